/** The state of an account that people see (R9). */
import type { Account } from '../account/account.js';
import type { Instant } from '../primitives/time.js';
import { isDoubtful } from './verified.js';
import { isBroken, isCooling } from './cooldown.js';

export const ACCOUNT_STATES = [
  'active',
  'cooldown',
  'held',
  'no_credits',
  'unverified',
  'disconnected',
] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

/** What can stop the sends of an account, as an account and its row both have it. */
type Stops = Pick<Account, 'isDisconnected' | 'hold' | 'breakerUntil' | 'cooldowns'>;

/** Returns the first of these states that holds, in the gate's order. */
export function stoppedState(
  stops: Stops,
  at: Instant,
): Exclude<AccountState, 'active' | 'unverified'> | undefined {
  if (stops.isDisconnected) return 'disconnected';
  if (stops.hold) return 'held';
  if (isBroken(stops, at)) return 'no_credits';
  return isCooling(stops, at) ? 'cooldown' : undefined;
}

/** Returns the state that people see: the first that holds, in the gate's order. */
export const stateOf = (account: Account, at: Instant): AccountState =>
  stoppedState(account, at) ?? (isDoubtful(account, at) ? 'unverified' : 'active');
