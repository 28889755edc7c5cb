/** When a run sends an account to rest (R8): it looks at the counter as it stood, not as healed. */
import type { Account } from '../account/account.js';
import { isOvershoot } from './caps.js';
import type { Event } from '../account/events.js';
import { COOLDOWN_MS } from '../primitives/limits.js';
import { cooldownStarted, isCooling } from '../days/rollover.js';
import type { Instant } from '../primitives/time.js';
import type { Foreign } from '../account/manualEdit.js';

/**
 * The counter is far over the highest cap of its day: the account rests, once (R8). A row that a
 * hand wrote before midnight is found after it, and is held against the cap of the day it closed.
 */
export function overshoot(
  account: Account,
  stood: number,
  foreign: Foreign | null,
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
