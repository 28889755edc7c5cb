/** The answer to a reserve while the brake is on (R27). Client and server give it, no account. */
import type { AnswerWire, DecisionWire, DenialWire } from '../wire/decisions.js';

export const FLEET_HELD = 'fleet_held';

/** The brake holds the fleet. No account was asked, and only a person can release the brake. */
export type FleetHeldWire = Omit<DenialWire, 'reason' | 'retryAt'> & {
  readonly reason: typeof FLEET_HELD;
  readonly retryAt: null;
};
/** What a caller gets from client or server: the account's answer, or that of the brake. */
export type CallerDecisionWire = DecisionWire | FleetHeldWire;
export type CallerAnswerWire = AnswerWire | FleetHeldWire;
