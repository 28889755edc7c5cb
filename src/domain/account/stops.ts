/** What stops the sends of an account: cooldowns, a hold, and used-up credits (R5, R8, R9, R24). */
import type { Instant } from '../primitives/time.js';

export type CooldownCause =
  'overshoot' | 'throttled' | 'unclean_end' | 'identity_in_use' | 'two_owners';
export type Cooldown = { readonly until: Instant; readonly cause: CooldownCause };
/** The known balance of InMail credits (R24). */
export type Credits = {
  /** The balance that a caller observed, and when. */
  readonly observed: number;
  readonly at: Instant;
  /** What is left of it. It may be below 0 where LinkedIn took more InMails than it could. */
  readonly balance: number;
  /** The end of the breaker that this balance opened; absent if it opened none. */
  readonly emptyUntil?: Instant;
};
export type Hold = { readonly reason: string; readonly actor: string; readonly since: Instant };
