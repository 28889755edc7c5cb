/** What stops the sends of an account: cooldowns, a hold, used-up credits, a learnt ceiling. */
import type { ChatId, ReservationId } from '../primitives/ids.js';
import type { Instant, UtcDay } from '../primitives/time.js';

export const COOLDOWN_CAUSES = [
  'overshoot',
  'throttled',
  'unclean_end',
  'identity_in_use',
  'two_owners',
] as const;
export type CooldownCause = (typeof COOLDOWN_CAUSES)[number];
export type Cooldown = { readonly until: Instant; readonly cause: CooldownCause };
/** The known balance of InMail credits (R24). */
export type Credits = {
  /** The balance that a caller observed, and when. */
  readonly observed: number;
  readonly at: Instant;
  /** What is left of it. It may be below 0 where LinkedIn took more InMails than it could. */
  readonly balance: number;
  /** What replies and renewals have added since then; absent: nothing. */
  readonly refunded?: number;
  readonly renewed?: number;
  /** The end of the breaker that this balance opened; absent if it opened none. */
  readonly emptyUntil?: Instant;
};
/** Why a recorded reply gave no credit back, in the order in which the reasons are asked. */
export const REPLY_IGNORED = ['free', 'too_late', 'no_balance', 'older'] as const;
export type ReplyIgnored = (typeof REPLY_IGNORED)[number];
/** The first reply in a chat. */
export type RecordedReply = {
  readonly chatId: ChatId;
  readonly at: Instant;
  /** The InMail of the reply; without a reservation, its id is null. */
  readonly reservationId: ReservationId | null;
  readonly sentAt: Instant;
  /** Why it gave no credit back; null: it did. */
  readonly ignored: ReplyIgnored | null;
};
/** The ceiling of a day that LinkedIn's refusals have taught (R25). */
export type Learnt = {
  readonly cap: number;
  /** The last day on which it cannot grow at midnight. */
  readonly until: UtcDay;
};
export type Hold = { readonly reason: string; readonly actor: string; readonly since: Instant };
