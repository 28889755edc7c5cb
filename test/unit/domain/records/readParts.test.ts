/** What a start reads of a full account comes in parts that Temporal takes (R13). */
import { expect, it } from 'vitest';
import { bytesOf } from '../../../../src/domain/primitives/bytes.js';
import { condensed, ROWS_READ } from '../../../../src/domain/reconcile/crowd.js';
import { kept } from '../../../../src/domain/account/kept.js';
import {
  LATER_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  READ_BACK_BYTES_MAX,
  SLOTS_MAX,
} from '../../../../src/domain/primitives/limits.js';
import { firstOf, joined, partOf } from '../../../../src/domain/records/readParts.js';
import type { EventRow, ReservationRow } from '../../../../src/domain/records/records.js';
import type { Attempt, ReadBack } from '../../../../src/domain/records/snapshot.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { at, c, m, must, NOTHING, p, r } from '../../../support/scenario.js';
import { isCampaignId } from '../../../../src/domain/primitives/ids.js';

const long = (name: string): string => `${name}${'中'.repeat(512 - name.length)}`;
const ours = (name: string): string => name.padEnd(128, 'x');
const now = at('09:00');
const quotaDay = dayOf(now);
const chat = (n: number) => kept(c(long(`c${n}`)));
const message = (n: number) => kept(m(long(`m${n}`)));

const reservation = (n: number): ReservationRow => ({
  table: 'reservations',
  reservationId: r(ours(`r${n}`)),
  quotaDay,
  state: 'delivered',
  campaignId: must(isCampaignId, ours(`k${n}`)),
  recipientId: p(long(`p${n}`)),
  reservedAt: now,
  leaseExpiresAt: now,
  settledAt: now,
  reason: null,
  journaled: true,
  chatId: chat(n),
  messageId: message(n),
  isAdopted: true,
  carriedInto: quotaDay,
});
const attempt = (n: number): Attempt => ({
  reservationId: r(ours(`r${n}`)),
  quotaDay,
  attemptedAt: now,
  outcome: 'delivered',
  chatId: chat(n),
  messageId: message(n),
  errorCode: null,
});
const event = (n: number, ofSlot: boolean): EventRow => ({
  table: 'inmail_events',
  reservationId: ofSlot ? r(ours(`r${n}`)) : null,
  chatId: chat(n),
  messageId: message(n),
  source: 'external',
  quotaDay,
  deliveredAt: now,
  isCounted: true,
});
const some = <T>(count: number, of: (n: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, n) => of(n));

/** All that is read of each table; the log has each slot by its name, and again by its proof. */
const full: ReadBack = {
  ...NOTHING,
  reservations: some(SLOTS_MAX, reservation),
  attempts: some(SLOTS_MAX, attempt),
  events: [
    ...some(SLOTS_MAX, (n) => event(n, true)),
    ...some(ROWS_READ.inmail_events - SLOTS_MAX - 1, (n) => event(n, false)),
  ],
  lastRun: null,
  later: {
    alerts: some(100, () => ({ kind: 'drift', quotaDay, details: { message: long('') } })),
    changes: some(100, () => ({ kind: 'hold', actor: 'ada', reason: long(''), details: {} })),
  },
};

it('each part of a full account is below half of what Temporal takes, and no part is lost', () => {
  const found = condensed(full);
  expect(bytesOf(found)).toBeGreaterThan(PAYLOAD_BYTES_MAX);
  const first = firstOf(found);
  const log = partOf(found, 'log');
  const run = partOf(found, 'run');
  expect(first.left).toEqual(['log', 'run', 'line']);
  for (const part of [first, log, run]) expect(bytesOf(part)).toBeLessThan(PAYLOAD_BYTES_MAX);
  const whole = joined(joined(first, log, 'log'), run, 'run');
  const { later, ...rows } = found;
  expect(whole).toMatchObject(rows);
  expect(bytesOf(whole.later)).toBeLessThanOrEqual(LATER_BYTES_MAX + 100);
  expect(whole.later?.changes.length).toBeGreaterThan(50);
  expect(later?.changes).toHaveLength(100);
});

it('rows that fit one answer come in one part', () => {
  const found = condensed({ ...NOTHING, reservations: some(100, reservation) });
  expect(firstOf(found)).toEqual(found);
  expect(bytesOf(found)).toBeLessThan(READ_BACK_BYTES_MAX);
});

it('recipients are read as an account keeps them', () => {
  const [row] = condensed({ ...NOTHING, reservations: [reservation(1)] }).reservations;
  expect(bytesOf(row?.recipientId)).toBeLessThan(100);
});
