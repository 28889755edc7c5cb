/**
 * Midnight UTC (R7): counter, day and ramp step change together, and open slots are carried.
 */
import type { Account, Slot } from '../account/account.js';
import { alert, type Event } from '../account/events.js';
import { WEEK_DAYS } from '../primitives/limits.js';
import { MIDNIGHT_SPREAD_MS, rollLatestMs } from '../primitives/midnight.js';
import { dayOf, isoDay, startOf, type Instant, type UtcDay } from '../primitives/time.js';
import { counterOf, tallyOf } from '../account/counter.js';
import { isCooldownDue, overshootAt } from '../gate/cooldown.js';
import { learntAtRoll } from '../gate/learnt.js';
import { shadowMark, shadowSentences } from '../gate/shadow.js';
import { renewedAt } from '../account/credits.js';

/**
 * Returns the facts of midnight: none on the same day, else one roll, also after several days.
 * `lastRun`: in a forecast, the last reconcile before midnight; it settles what is in flight (R6).
 */
export function roll(account: Account, at: Instant, lastRun = -Infinity): readonly Event[] {
  const day = dayOf(at);
  if (day <= account.day) return [];
  const midnight = startOf(day);
  const carried = account.slots.filter((slot) => mayLandAfter(slot, midnight, lastRun));
  const rolled: Event = {
    type: 'DayRolled',
    day,
    carried: carried.map(({ reservationId }) => reservationId),
    rampDay: rampDayNext(account),
    ...renewedAt(account, day),
    ...learntAtRoll(account),
  };
  return [...overshootAt(account, rolledAt(midnight, at)), ...overCapAtRoll(account), rolled];
}

/** Returns the alert of the day that closes, if no reconcile has raised it before (R8). */
function overCapAtRoll(account: Account): readonly Event[] {
  if (!isCooldownDue(account)) return [];
  const { day, highestCap: cap } = account;
  const counter = counterOf(account, day);
  const closed = `${isoDay(day)} closed with ${counter} of a cap of ${cap}.`;
  const sentences = [closed, ...shadowSentences(account.policy)];
  const details = { day: isoDay(day), counter, cap, sentences, ...shadowMark(account.policy) };
  return [alert('over_cap', 'critical', details)];
}

/**
 * Returns when a cooldown of the roll begins. In the first two minutes it begins at midnight, so an
 * earlier `retryAt` is exact: without a longer spread, idle accounts roll in that time. Later it
 * begins now, because a cooldown must last an hour.
 */
const rolledAt = (midnight: Instant, at: Instant): Instant =>
  at - midnight <= rollLatestMs(MIDNIGHT_SPREAD_MS) ? midnight : at;

/** True if the slot was in flight at midnight, or uncertain within its lease: it may land today. */
const mayLandAfter = (slot: Slot, midnight: Instant, lastRun: Instant): boolean =>
  slot.state === 'in_flight'
    ? slot.leaseExpiresAt > lastRun
    : slot.state === 'uncertain' && slot.leaseExpiresAt > midnight;

/** Returns the next ramp day: it advances after a day with a delivery, and stays at its end. */
export function rampDayNext(account: Account): number {
  const steps = account.policy.ramp?.dailyCaps.length ?? 0;
  if (account.rampDay > steps) return account.rampDay;
  const isEarned = tallyOf(account, account.day).delivered > 0;
  return isEarned && account.rampDay <= steps ? account.rampDay + 1 : account.rampDay;
}

/** Returns the days that ended, also if several midnights passed at once; at most a week. */
export function closedDays(before: Account, { day }: Account): readonly UtcDay[] {
  const slept = Math.min(day - before.day - 1, WEEK_DAYS - 1);
  return [before.day, ...Array.from({ length: slept }, (_, n) => day - slept + n)];
}
