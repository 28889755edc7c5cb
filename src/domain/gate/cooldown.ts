/**
 * Cooldowns (R8, R9): when a reconcile or a midnight starts one, what counts as an overshoot, and
 * what a cooldown keeps an account from.
 */
import { isLeased, type Account, type CooldownCause, type Slot } from '../account/account.js';
import type { Event } from '../account/events.js';
import { COOLDOWN_MS, OVERSHOOT } from '../primitives/limits.js';
import type { Instant } from '../primitives/time.js';
import type { ManualEdit } from '../account/manualEdit.js';
import { counterOf } from '../account/counter.js';

/**
 * The counter is far over the highest cap of its day: the account rests, once (R8). A reconcile
 * looks at the counter as it was before the correction. A row that was edited before midnight is
 * found after it, and is compared with the cap of the day that it closed.
 */
export function overshoot(
  account: Account,
  stood: number,
  foreign: ManualEdit | null,
  at: Instant,
): readonly Event[] {
  const { highestCap, cooledAtCounter } = account;
  if (isCooling(account, at)) return [];
  const rest = (counter: number, cap: number, since: number): Event =>
    cooldownStarted('overshoot', at + COOLDOWN_MS, since, `${counter} of a cap of ${cap}`);
  if (stood > cooledAtCounter && isOvershoot(stood, highestCap)) {
    return [rest(stood, highestCap, stood)];
  }
  if (foreign?.day !== account.day - 1) return [];
  const cap = foreign.cap ?? highestCap;
  return isOvershoot(foreign.counter, cap) ? [rest(foreign.counter, cap, cooledAtCounter)] : [];
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

/** Far enough over the cap that the account must rest: 60 of 50, any send on a cap of 0 (R8). */
export const isOvershoot = (counter: number, cap: number): boolean =>
  counter > cap && OVERSHOOT.counterTimes * counter >= OVERSHOOT.capTimes * cap;
