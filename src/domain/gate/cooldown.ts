/**
 * Cooldowns (R8, R9): when a reconcile or midnight starts a cooldown, which counter is an
 * overshoot, and what a cooldown forbids.
 */
import { isLeased, type Account, type CooldownCause, type Slot } from '../account/account.js';
import type { Event } from '../account/events.js';
import { isShadow, type Policy } from '../account/policy.js';
import { COOLDOWN_MS, OVERSHOOT } from '../primitives/limits.js';
import type { Instant } from '../primitives/time.js';
import { type ManualEdit, counterOf } from '../account/counter.js';

/**
 * Returns the cooldown that a reconcile starts after an overshoot; once for the same counter (R8).
 * The reconcile compares the counter from before its correction. A manual edit from before midnight
 * is found after midnight, so it is compared with the cap of the day that it belongs to.
 */
export function overshoot(
  account: Account,
  counterBefore: number,
  edit: ManualEdit | null,
  at: Instant,
): readonly Event[] {
  const { highestCap, cooledAtCounter, policy } = account;
  if (isCooling(account, at)) return [];
  const cooldown = (counter: number, cap: number, cooledAt: number): Event =>
    cooldownStarted('overshoot', at + COOLDOWN_MS, cooledAt, ofCap(counter, cap, policy));
  if (counterBefore > cooledAtCounter && isOvershoot(counterBefore, highestCap)) {
    return [cooldown(counterBefore, highestCap, counterBefore)];
  }
  if (edit?.day !== account.day - 1) return [];
  const cap = edit.cap ?? highestCap;
  return isOvershoot(edit.counter, cap) ? [cooldown(edit.counter, cap, cooledAtCounter)] : [];
}

/**
 * True if an overshoot has not yet started its cooldown: the next reconcile or midnight does (R8).
 */
export function isCooldownDue(account: Account): boolean {
  const counter = counterOf(account, account.day);
  return isOvershoot(counter, account.highestCap) && counter > account.cooledAtCounter;
}

/** Returns the cooldown for an overshoot, unless it had one at this counter or above (R8). */
export function overshootAt(account: Account, at: Instant): readonly Event[] {
  if (!isCooldownDue(account) || isCooling(account, at)) return [];
  const counter = counterOf(account, account.day);
  const reason = ofCap(counter, account.highestCap, account.policy);
  return [cooldownStarted('overshoot', at + COOLDOWN_MS, counter, reason)];
}

const ofCap = (counter: number, cap: number, policy: Policy): string =>
  `${counter} of a cap of ${cap}${isShadow(policy) ? ' in shadow mode' : ''}`;

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

/** Returns the cooldown that ends last and holds at that instant: while now < until (R9). */
export function cooldownAt(
  { cooldowns }: Pick<Account, 'cooldowns'>,
  at: Instant,
): Account['cooldowns'][number] | null {
  let last: Account['cooldowns'][number] | null = null;
  for (const one of cooldowns) if (at < one.until && one.until > (last?.until ?? 0)) last = one;
  return last;
}

export const isCooling = (account: Pick<Account, 'cooldowns'>, at: Instant): boolean =>
  cooldownAt(account, at) !== null;

/** How long a new grant permits the call of LinkedIn without another query (R18). */
export const FRESH_MS = 5_000;

/**
 * True if the account permits the call to LinkedIn (R18); the caller also checks its own row. In
 * shadow mode, only the end of the lease and a disconnect forbid it (R23).
 */
export const mayAttempt = (account: Account, slot: Slot, at: Instant): boolean =>
  isLeased(slot, at) &&
  !account.isDisconnected &&
  (isShadow(account.policy) ||
    (account.hold === null &&
      (slot.free === true || !isBroken(account, at)) &&
      !isCooling(account, at)));

/** True if the InMail credits are used up until their renewal (R5). */
export const isBroken = ({ breakerUntil }: Pick<Account, 'breakerUntil'>, at: Instant): boolean =>
  breakerUntil !== null && at < breakerUntil;

/** True if a cooldown must follow: 60 of a cap of 50, any send on a cap of 0 (R8). */
export const isOvershoot = (counter: number, cap: number): boolean =>
  counter > cap && OVERSHOOT.counterTimes * counter >= OVERSHOOT.capTimes * cap;
