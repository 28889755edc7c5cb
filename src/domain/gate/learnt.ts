/**
 * The learnt ceiling (R25): how much less an account may send after LinkedIn refused a send.
 * Example: with 20 InMails spent, the ceiling is 16 for seven days, and then grows after each clean
 * day.
 */
import { findSlot, type Account, type Learnt } from '../account/account.js';
import { carriedOf, counterOf, tallyOf } from '../account/counter.js';
import type { Event } from '../account/events.js';
import { LEARNT_MIN } from '../account/policy.js';
import { WEEK_DAYS } from '../primitives/limits.js';
import { SAFE_BAND } from '../primitives/tier.js';
import { isoDay, type UtcDay } from '../primitives/time.js';
import type { ReservationId } from '../primitives/ids.js';

/** For how many days after the day of a refusal the ceiling does not grow. */
const LEARNT_DAYS = 7;

/** Returns the ceiling as a cap of today; null without one, or if the policy does not apply it. */
export const learntCapOf = ({ policy, learnt }: Account): number | null =>
  policy.learntCap ? (learnt?.cap ?? null) : null;

/** Returns what an account learns if LinkedIn refuses this send; nothing at or above the band. */
export function learntFrom(
  account: Account,
  reservationId: ReservationId | undefined,
  why: string,
): readonly Event[] {
  const { day, spent } = spentWith(account, reservationId);
  // In whole numbers: 0.8 x 35 must not end below 28 because of its last bits.
  const cap = Math.max(LEARNT_MIN, Math.floor((spent * 4) / 5));
  if (cap >= SAFE_BAND[account.policy.tier]) return [];
  const learnt = { cap, until: account.day + LEARNT_DAYS };
  return [{ type: 'CapLearnt', learnt, reason: `${why}: ${spent} spent on ${isoDay(day)}` }];
}

/** Returns the day of a send, and what was spent on it, with this send. */
function spentWith(
  account: Account,
  id: ReservationId | undefined,
): { readonly day: UtcDay; readonly spent: number } {
  const slot = id === undefined ? undefined : findSlot(account, id);
  const isOfWeek = slot !== undefined && slot.quotaDay > account.day - WEEK_DAYS;
  const day = isOfWeek ? slot.quotaDay : account.day;
  const carried = day === account.day ? carriedOf(account) : 0;
  const refused = slot?.state === 'released' ? 1 : 0;
  return { day, spent: counterOf(account, day) + carried + refused };
}

/** Returns the ceiling of the day after today, as far as today's deliveries are known. */
export function learntNext(account: Account): Learnt | null {
  const { learnt, policy, day } = account;
  if (!learnt) return null;
  const isClean = day >= learnt.until && tallyOf(account, day).delivered > 0;
  if (!isClean) return learnt;
  const cap = grown(learnt.cap);
  return cap < SAFE_BAND[policy.tier] ? { ...learnt, cap } : null;
}

/** Returns a tenth more, rounded down, and at least one more. */
const grown = (cap: number): number => Math.max(cap + 1, Math.floor((cap * 11) / 10));

/** Returns the part of a roll that changes the ceiling; nothing if it stays. */
export function learntAtRoll(account: Account): { readonly learnt?: Learnt | null } {
  const learnt = learntNext(account);
  return learnt?.cap === account.learnt?.cap ? {} : { learnt };
}

/** Returns the ceiling as the row keeps it, with its cap after the next midnight. */
export function learntColumn(account: Account): {
  readonly learnt?: Learnt & { readonly next: number | null };
} {
  const { learnt } = account;
  return learnt ? { learnt: { ...learnt, next: learntNext(account)?.cap ?? null } } : {};
}

/** The known ceiling, with its next days if each day until then is clean. */
export type KnownCeiling = {
  readonly cap: number;
  /** The first day on which it may be higher. */
  readonly growsOn: string;
  /** The first day without it. */
  readonly endsOn: string;
};

/** Returns the known ceiling, also while the policy does not apply it; null without one. */
export function knownCeiling({ learnt, policy, day }: Account): KnownCeiling | null {
  if (!learnt) return null;
  const growsOn = Math.max(learnt.until, day) + 1;
  let endsOn = growsOn;
  for (let cap = grown(learnt.cap); cap < SAFE_BAND[policy.tier]; cap = grown(cap)) endsOn += 1;
  return { cap: learnt.cap, growsOn: isoDay(growsOn), endsOn: isoDay(endsOn) };
}
