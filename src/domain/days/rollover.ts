/**
 * Midnight UTC (R7): counter, day and ramp step change together, and what is in flight is carried.
 */
import type { Account, Slot } from '../account/account.js';
import { alert, type Event } from '../account/events.js';
import { ROLL_LATEST_MS } from '../primitives/limits.js';
import { dayOf, isoDay, startOf, type Instant } from '../primitives/time.js';
import { counterOf, tallyOf } from '../account/counter.js';
import { isCooldownDue, overshootAt } from '../gate/cooldown.js';

/**
 * What the passing of time makes happen: nothing, or one roll, however many days were slept. A
 * forecast knows when the last run before midnight will have settled what is in flight (R6).
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
  };
  return [...overshootAt(account, rolledAt(midnight, at)), ...overCapAtRoll(account), rolled];
}

/** The alert of the day that closes; a run that looked at it before has raised it already (R8). */
function overCapAtRoll(account: Account): readonly Event[] {
  if (!isCooldownDue(account)) return [];
  const { day, highestCap: cap } = account;
  const counter = counterOf(account, day);
  const sentences = [`${isoDay(day)} closed with ${counter} of a cap of ${cap}.`];
  return [alert('over_cap', 'critical', { day: isoDay(day), counter, cap, sentences })];
}

/**
 * An idle account rolls within two minutes: its cooldown is then reckoned from midnight itself, so
 * that a `retryAt` told before is exact. After a longer sleep it is reckoned from now.
 */
const rolledAt = (midnight: Instant, at: Instant): Instant =>
  at - midnight <= ROLL_LATEST_MS ? midnight : at;

/** It was in flight at midnight, or uncertain with its lease still running: it may land today. */
const mayLandAfter = (slot: Slot, midnight: Instant, lastRun: Instant): boolean =>
  slot.state === 'in_flight'
    ? slot.leaseExpiresAt > lastRun
    : slot.state === 'uncertain' && slot.leaseExpiresAt > midnight;

/** The ramp advances after a day with at least one own delivery; past its end it stays there. */
export function rampDayNext(account: Account): number {
  const steps = account.policy.ramp?.dailyCaps.length ?? 0;
  if (account.rampDay > steps) return account.rampDay;
  const isEarned = tallyOf(account, account.day).delivered > 0;
  return isEarned && account.rampDay <= steps ? account.rampDay + 1 : account.rampDay;
}
