/** What a save, a midnight, a start and a reset keep; and whom the audit wakes. */
import { expect } from 'vitest';
import type { Suspect } from '../../../src/domain/reconcile/fleetAudit.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import { MIDNIGHT_SPREAD_MS } from '../../../src/domain/primitives/midnight.js';
import { dayOf, MINUTE_MS } from '../../../src/domain/primitives/time.js';
import { at, c, m, must } from '../../support/scenario.js';
import { LATE, LATER, Life, NINE, type Check } from './life.js';

const whileSaving: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a');
  life.reserve('b');
  const batch = domain.batchOf(life.actor);
  life.deliver('a');
  life.actor = domain.saved(life.actor, batch, null);
  expect(life.actor.outbox.map(({ row }) => row.table)).toEqual(['reservations', 'inmail_events']);
  expect(domain.isDirty(life.actor)).toBe(true);
};

const staysHot: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  life.actor = domain.saved(life.actor, domain.batchOf(life.actor), null);
  expect(domain.isHot(life.actor)).toBe(true);
  life.heal({ ...life.run(), events: [] });
  expect(domain.isHot(life.actor)).toBe(false);
};

const restLater: Check = (domain) => {
  const life = new Life(domain, { inmailsSentToday: 62, deliveredToday: 62 });
  life.fail('unknown', 'throttled');
  life.actor = domain.saved(life.actor, domain.batchOf(life.actor), null);
  life.heal({ ...life.run(), events: [] });
  expect(domain.isHot(life.actor)).toBe(false);
  life.until(at('10:00'));
  expect(domain.isHot(life.actor)).toBe(true);
  expect(life.run().cooled).toBe(true);
};

const firstMessage: Check = (domain) => {
  const life = new Life(domain, {}, LATE);
  life.send(3);
  life.now = at('2026-11-25T00:00:00.000Z');
  life.reserve('first');
  expect(life.counter).toBe(1);
  expect(life.account.slots.at(-1)?.quotaDay).toBe(dayOf(life.now));
};

const closing: Check = (domain) => {
  const start = { inmailsSentToday: 62, deliveredToday: 62 };
  const life = new Life(domain, start, at('23:59'));
  life.until(at('2026-11-25T00:00:30.000Z'));
  expect(life.account.cooldowns).toEqual([
    { cause: 'overshoot', until: at('2026-11-25T01:00:00.000Z') },
  ]);
};

const sameDay: Check = (domain) => {
  const life = new Life(domain);
  life.send(3);
  const again = new Life(domain, {}, LATER, life.stored(30));
  expect(again.counter).toBe(30);
};

const unclean: Check = (domain) => {
  const life = new Life(domain);
  life.send(1);
  const found = life.stored();
  const account = found.account && { ...found.account, owner: 'another chain' };
  const again = new Life(domain, {}, LATER, { ...found, account });
  expect(again.account.cooldowns.map(({ cause }) => cause)).toEqual(['unclean_end']);
};

const twoTellings: Check = (domain) => {
  const own = new Life(domain);
  for (const id of ['a', 'b']) own.reserve(id);
  const other = new Life(domain);
  for (const id of ['a', 'b', 'c']) other.reserve(id);
  own.fail('a', 'rejected');
  other.deliver('a');
  other.when(domain.observe, { chatId: c('typed'), messageId: m('m'), sentAt: NINE });
  own.actor = domain.record(own.actor, domain.merged(own.account, other.account));
  expect(own.states).toEqual(['delivered', 'in_flight', 'in_flight']);
  expect(own.counter).toBe(4);
};

/** A delivery reported without a message, and its observed send after a reset (R4). */
const oneMessage: Check = (domain) => {
  const observed = { chatId: c('chat-a'), messageId: m('m'), sentAt: NINE };
  const own = new Life(domain);
  own.reserve('a');
  own.deliver('a');
  const other = new Life(domain);
  other.when(domain.observe, observed);
  const events = domain.merged(own.account, other.account);
  own.actor = domain.record(own.actor, events);
  expect(own.counter).toBe(1);
};
const countedSeparately: Check = (domain) => {
  const life = new Life(domain);
  life.reserve('a');
  life.deliver('a');
  const { day: quotaDay } = life.account;
  const external = { chatId: c('chat-a'), messageId: m('m'), quotaDay, at: NINE, isCounted: true };
  life.actor = domain.record(life.actor, [{ type: 'ExternalCounted', external, sentAt: NINE }]);
  life.heal(life.run());
  expect(life.counter).toBe(1);
};

const suspect = (more: Partial<Suspect> = {}): Suspect => ({
  accountId: must(isAccountId, 'acme'),
  day: dayOf(NINE),
  drift: 1,
  isUnequal: false,
  isEdited: false,
  hotSince: null,
  checkedAt: NINE,
  ...more,
});
const woken: Check = (domain) => {
  const isWoken = (more: Partial<Suspect>): boolean =>
    domain.judge(suspect(more), NINE + MINUTE_MS, MIDNIGHT_SPREAD_MS).isWoken;
  expect(isWoken({})).toBe(false);
  expect(isWoken({ isUnequal: true })).toBe(true);
  expect(isWoken({ isEdited: true })).toBe(true);
  expect(isWoken({ day: dayOf(NINE) - 1 })).toBe(true);
};
const silent: Check = (domain) => {
  const isSilent = (ms: number, more: Partial<Suspect>): boolean =>
    domain.judge(suspect(more), NINE + ms, MIDNIGHT_SPREAD_MS).isSilent;
  const twenty = 20 * MINUTE_MS;
  expect(isSilent(3 * twenty, {})).toBe(false);
  expect(isSilent(twenty, { hotSince: NINE })).toBe(false);
  expect(isSilent(twenty + 1, { hotSince: NINE })).toBe(true);
  expect(isSilent(twenty + 1, { hotSince: NINE, checkedAt: NINE + 1 })).toBe(false);
};

const clocks: Check = (domain) => {
  const isReported = (skewMs: number): boolean => domain.skewAlerts(skewMs, NINE).length > 0;
  expect([-60_001, -60_000, 60_000, 60_001].map(isReported)).toEqual([true, false, false, true]);
};

export const handoverChecks = {
  'rows that arrived during a save still wait': whileSaving,
  'an account is hot until a reconcile has found everything equal': staysHot,
  'an overshoot during another cooldown starts its cooldown after it': restLater,
  'the first message after midnight finds the new day': firstMessage,
  'the change of the day checks the closing counter': closing,
  'a start on the same day gives no second cap': sameDay,
  'a start after an unclean end waits': unclean,
  'of two versions of a slot the higher state wins': twoTellings,
  'a delivery takes the message that the other version has observed': oneMessage,
  'a delivery takes the observed message that is counted separately': countedSeparately,
  'the audit wakes each account that disagrees': woken,
  'a hot account without a reconcile is overdue after 20 minutes': silent,
  'two clocks may differ by a minute, in both directions': clocks,
} satisfies Readonly<Record<string, Check>>;
