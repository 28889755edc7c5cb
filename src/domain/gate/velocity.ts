/**
 * Velocity (R25): how much more than on the last days an account may send today. Example: with
 * factor 2 and a mean of 3, the cap of today is 6.
 */
import type { Account } from '../account/account.js';
import { sentDaysOf, VELOCITY_DAYS } from '../account/counter.js';

/** The limits of a velocity. */
export const FACTOR_MAX = 10;
export const FLOOR_MAX = 50;
/** A factor has at most two decimals, so the cap is computed in whole numbers. */
export const FACTOR_PARTS = 100;

/** Returns the cap of today by the sends of the last days; null without a velocity. */
export function velocityCapOf(account: Account): number | null {
  const { velocity } = account.policy;
  if (!velocity) return null;
  const last = sentDaysOf(account).slice(-VELOCITY_DAYS);
  if (last.length === 0) return velocity.floor;
  const sum = last.reduce((total, { sent }) => total + sent, 0);
  const parts = Math.round(velocity.factor * FACTOR_PARTS);
  return Math.max(velocity.floor, Math.floor((parts * sum) / (FACTOR_PARTS * last.length)));
}
