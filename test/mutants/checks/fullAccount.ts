/** An account that is full stays small enough for Temporal, and forgets no send (R15). */
import { expect } from 'vitest';
import { bytesOf } from '../../../src/domain/primitives/bytes.js';
import { EXTERNALS_MAX, SAVE_BYTES_MAX, SLOTS_MAX } from '../../../src/domain/primitives/limits.js';
import { c, m, NOTHING, p, r } from '../../support/scenario.js';
import { Life, NINE, type Check } from './life.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import type { ReservationRow } from '../../../src/domain/records/records.js';

const long = (name: string): string => `${name}${'中'.repeat(512 - name.length)}`;
const see = (life: Life, name: string, sentAt = life.now): unknown =>
  life.when(life.domain.observe, { chatId: c(long(name)), messageId: m('m'), sentAt });

const prints: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a');
  life.deliver('a', long('chat'));
  expect(see(life, 'chat')).toEqual({ matched: 'a', counted: false });
  expect([life.counter, life.states]).toEqual([1, ['delivered']]);
};

const forgotten: Check = (domain) => {
  const life = new Life(domain);
  see(life, 'today');
  for (let n = 0; n < EXTERNALS_MAX; n += 1) see(life, `old-${n}`, life.now - 3 * DAY_MS);
  expect(see(life, 'today')).toEqual({ matched: null, counted: false });
  expect(life.counter).toBe(1);
};

const rowsOf = (domain: Parameters<Check>[0], count: number): readonly ReservationRow[] => {
  const life = new Life(domain);
  life.reserve('a');
  const [row] = life.written.reservations;
  return Array.from(
    { length: count },
    (_, n) => row && { ...row, reservationId: r(`r${n}`) },
  ).filter((one) => one !== undefined);
};

const crowd: Check = (domain) => {
  // As many as are read of a table with more.
  const reservations = rowsOf(domain, SLOTS_MAX + 100).slice(0, domain.ROWS_READ.reservations);
  expect(domain.crowdIn({ reservations, attempts: [], events: [] })).toMatchObject({
    table: 'reservations',
    limit: SLOTS_MAX,
  });
  const whole = reservations.slice(0, SLOTS_MAX);
  expect(domain.crowdIn({ reservations: whole, attempts: [], events: [] })).toBe(null);
};

const fullDay: Check = (domain) => {
  const life = new Life(domain, { dailyCap: 10 });
  for (let n = 0; n < 30; n += 1) {
    life.reserve(`r${n}`);
    life.fail(`r${n}`, 'rejected');
  }
  expect(life.counter).toBe(0);
  expect(life.reserve('more')).toMatchObject({ reason: 'churn_cap', limit: 30 });
};

const fullAccount: Check = (domain) => {
  const [row] = rowsOf(domain, 1);
  const day = row ? row.quotaDay - 1 : 0;
  const old = rowsOf(domain, SLOTS_MAX).map((one) => ({
    ...one,
    quotaDay: day,
    state: 'released' as const,
    settledAt: one.reservedAt,
    reason: 'rejected',
  }));
  const full = new Life(domain, {}, NINE, { ...NOTHING, reservations: old });
  expect(full.reserve('more')).toMatchObject({ reason: 'churn_cap', limit: SLOTS_MAX });
  const almost = new Life(domain, {}, NINE, { ...NOTHING, reservations: old.slice(1) });
  expect(almost.reserve('more')).toMatchObject({ granted: true });
};

const portions: Check = (domain) => {
  const life = new Life(domain);
  for (let n = 0; n < 60; n += 1) {
    life.when(domain.observe, {
      chatId: c(long(`c${n}`)),
      messageId: m(long(`m${n}`)),
      sentAt: life.now,
    });
  }
  expect(bytesOf(life.actor.outbox)).toBeGreaterThan(SAVE_BYTES_MAX);
  expect(bytesOf(domain.batchOf(life.actor).entries)).toBeLessThan(SAVE_BYTES_MAX * 1.1);
};

const parts: Check = (domain) => {
  const reservations = rowsOf(domain, SLOTS_MAX).map((row) => ({
    ...row,
    recipientId: p('p'.repeat(512)),
  }));
  const found = { ...NOTHING, reservations };
  expect(domain.firstOf(found).left).toEqual(['log', 'run', 'line']);
  expect(domain.firstOf({ ...found, reservations: reservations.slice(0, 10) }).left).toBe(
    undefined,
  );
};

export const fullAccountChecks = {
  'a long chat is the same as its fingerprint': prints,
  'a send of today is not forgotten for those that count for no cap': forgotten,
  'an account with one row more than it may have is known': crowd,
  'a day has a limited number of grants': fullDay,
  'an account that is full grants nothing': fullAccount,
  'a save has a limited number of bytes': portions,
  'a start reads large data in parts': parts,
} satisfies Readonly<Record<string, Check>>;
