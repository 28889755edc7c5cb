/**
 * Midnight UTC (R7): counter, day and ramp step change together, and what is in flight is carried.
 */
import { isLeased, type Account, type CooldownCause, type Slot } from '../account/account.js';
import { alert, type Event } from '../account/events.js';
import { isOvershoot } from '../gate/caps.js';
import { COOLDOWN_MS, ROLL_LATEST_MS } from '../primitives/limits.js';
import { dayOf, isoDay, startOf, type Instant } from '../primitives/time.js';
import { counterOf, tallyOf } from '../account/counter.js';

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
  if (!isRestDue(account)) return [];
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

/** Far over the cap, and not rested for it yet: the next run or the roll sees to that (R8). */
export function isRestDue(account: Account): boolean {
  const counter = counterOf(account, account.day);
  return isOvershoot(counter, account.highestCap) && counter > account.cooledAtCounter;
}

/** The counter is far over the cap: the account rests, once, unless the counter grew (R8). */
export function overshootAt(account: Account, at: Instant): readonly Event[] {
  if (!isRestDue(account) || isCooling(account, at)) return [];
  const counter = counterOf(account, account.day);
  const reason = `${counter} of a cap of ${account.highestCap}`;
  return [cooldownStarted('overshoot', at + COOLDOWN_MS, counter, reason)];
}

export const cooldownStarted = (
  cause: CooldownCause,
  until: Instant,
  counter: number,
  reason: string,
): Extract<Event, { type: 'CooldownStarted' }> => ({
  type: 'CooldownStarted',
  cooldown: { until, cause },
  counter,
  reason,
});

/** The cooldown that ends last, if one holds at that instant: it holds while now < until (R9). */
export function cooldownAt(
  { cooldowns }: Account,
  at: Instant,
): Account['cooldowns'][number] | null {
  let last: Account['cooldowns'][number] | null = null;
  for (const one of cooldowns) if (at < one.until && one.until > (last?.until ?? 0)) last = one;
  return last;
}

export const isCooling = (account: Account, at: Instant): boolean =>
  cooldownAt(account, at) !== null;

/**
 * Leave to call LinkedIn (R18), as far as the account knows: the caller's own row is its affair.
 */
export const mayAttempt = (account: Account, slot: Slot, at: Instant): boolean =>
  isLeased(slot, at) &&
  !account.isDisconnected &&
  account.hold === null &&
  !isBroken(account, at) &&
  !isCooling(account, at);

/** InMail credits are used up until the next grant (R5). */
export const isBroken = ({ breakerUntil }: Account, at: Instant): boolean =>
  breakerUntil !== null && at < breakerUntil;
