/** The state of an account that people see (R9). */
import type { Account } from '../account/account.js';
import type { Instant } from '../primitives/time.js';
import { isDoubtful } from './gate.js';
import { cooldownAt, isBroken } from './cooldown.js';

export const ACCOUNT_STATES = [
  'active',
  'cooldown',
  'held',
  'no_credits',
  'unverified',
  'disconnected',
] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];

/** Returns the state that people see: the first one that holds, in the gate's order. */
export function stateOf(account: Account, at: Instant): AccountState {
  if (account.isDisconnected) return 'disconnected';
  if (account.hold) return 'held';
  if (isBroken(account, at)) return 'no_credits';
  if (cooldownAt(account, at)) return 'cooldown';
  return isDoubtful(account, at) ? 'unverified' : 'active';
}
