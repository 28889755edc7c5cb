/**
 * One LinkedIn account: how many slots it has spent on each quota day, and what it may still do.
 * Plain JSON, because it must survive continue-as-new whole: no Map, Set, Date; lists, not records
 * keyed by ids, because `constructor` is a legal id.
 *
 *   (none) --sendReserve--> in_flight --sendDelivered--> delivered
 *                             |   |                       ^    ^
 *                             |   +--unknown, silence--> uncertain
 *                             |                           |    |
 *                             +------sendFailed--------> released (late proof: delivered)
 *
 * What is known of a slot only grows: in_flight < uncertain < released < delivered (R5). The
 * counter of a day is never stored: it is the sum of what explains it, so it cannot drift here.
 */
import type {
  AccountId,
  CampaignId,
  ChatId,
  MessageId,
  RecipientId,
  ReservationId,
} from '../primitives/ids.js';
import type { Policy } from './policy.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { WindowIntervals } from './sendingWindow.js';

export type FailureKind =
  'not_attempted' | 'rejected' | 'throttled' | 'no_credits' | 'restricted' | 'unknown';

/**
 * A taken slot: what was asked, and when. Its quota day is the UTC day of `reservedAt`, for ever.
 */
export type SlotRequest = {
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
  readonly reservedAt: Instant;
  /** The lease runs while the clock is before this. */
  readonly leaseExpiresAt: Instant;
  readonly campaignId: CampaignId | null;
  readonly recipientId: RecipientId | null;
  readonly journaled: boolean;
  /** The later day whose room it takes as well, because it may have landed then (R7). */
  readonly carriedInto: UtcDay | null;
};
export type SlotOutcome =
  | { readonly state: 'in_flight' }
  | { readonly state: 'uncertain'; readonly settledAt: Instant; readonly reason: string }
  | { readonly state: 'released'; readonly settledAt: Instant; readonly reason: string }
  | {
      readonly state: 'delivered';
      readonly settledAt: Instant;
      readonly chatId: ChatId;
      readonly messageId: MessageId | null;
      /** The message id was learnt from an observed send, not reported with the delivery (R4). */
      readonly isAdopted: boolean;
    };
export type Slot = SlotRequest & SlotOutcome;

/** LinkedIn's answer, or what was seen in the outbox. */
export type Proof = { readonly chatId: ChatId; readonly messageId: MessageId | null };
/** A delivered InMail that is no reservation's, remembered so that it is counted once (R15). */
export type External = Proof & {
  readonly quotaDay: UtcDay;
  /** When it came to us. */
  readonly at: Instant;
  /** Too old to count for any cap (R16). */
  readonly isCounted: boolean;
};
/** An effect of a report that has been applied: once a reservation and kind (R5). */
export type Effect = {
  readonly reservationId: ReservationId;
  readonly kind: FailureKind;
  readonly day: UtcDay;
};

/** What is known of one quota day beyond its remembered slots. */
export type DayBook = {
  readonly day: UtcDay;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  /** Slots that are no longer remembered one by one. */
  readonly forgottenDelivered: number;
  readonly forgottenUncertain: number;
  readonly denials: readonly { readonly reason: string; readonly count: number }[];
  /** Changes after the day's end. */
  readonly late: number;
};

export type CooldownCause =
  'overshoot' | 'throttled' | 'unclean_end' | 'identity_in_use' | 'two_owners';
export type Cooldown = { readonly until: Instant; readonly cause: CooldownCause };
export type Hold = { readonly reason: string; readonly actor: string; readonly since: Instant };

export type Account = {
  readonly accountId: AccountId;
  /** The clock as last seen; it never runs backwards. */
  readonly now: Instant;
  readonly day: UtcDay;
  readonly policy: Policy;
  /** Null while the UTC intervals of the sending window are not known. */
  readonly openings: WindowIntervals | null;
  readonly rampDay: number;
  /** The highest daily cap that was in force today (R8). */
  readonly highestCap: number;
  /** The counter at which today's overshoot cooled the account down; 0: it did not. */
  readonly cooledAtCounter: number;
  /** The week, oldest first; the last one is today. */
  readonly days: readonly DayBook[];
  readonly slots: readonly Slot[];
  readonly externals: readonly External[];
  readonly effects: readonly Effect[];
  /** At most one a cause; the one that ends last is shown. */
  readonly cooldowns: readonly Cooldown[];
  readonly hold: Hold | null;
  readonly breakerUntil: Instant | null;
  readonly isDisconnected: boolean;
  /** The identity was compared with all other accounts' (R13). */
  readonly isIdentityChecked: boolean;
  /** The last run that succeeded; null: none since the start (R12). */
  readonly reconciledAt: Instant | null;
  /** A run failed since then. */
  readonly runFailedAt: Instant | null;
  /**
   * A run's outcome is not known: what it found may be in Postgres alone, so nothing is granted
   * until a run succeeds (R12). Absent in state of before 0.2.
   */
  readonly isRunUnknown?: boolean;
  /** It has more rows than it can carry, so no run can succeed; absent in state of before 0.2. */
  readonly isCrowded?: boolean;
  /**
   * The latest day on which an external send came that had to be forgotten for others; absent or
   * null: none was. A proof that is not remembered may be known to the event log alone (R15).
   */
  readonly forgottenOn?: UtcDay | null;
};

export const emptyDay = (day: UtcDay): DayBook => ({
  day,
  external: 0,
  imported: 0,
  unexplained: 0,
  forgottenDelivered: 0,
  forgottenUncertain: 0,
  denials: [],
  late: 0,
});

export const bookOf = (account: Account, day: UtcDay): DayBook =>
  account.days.find((book) => book.day === day) ?? emptyDay(day);

export const findSlot = (account: Account, id: ReservationId): Slot | undefined =>
  account.slots.find((slot) => slot.reservationId === id);

/** Spent, and what became of it is not known. */
export const isOpen = (slot: Slot): boolean =>
  slot.state === 'in_flight' || slot.state === 'uncertain';

/** In flight, and the caller still has time. */
export const isLeased = (slot: Slot, at: Instant): boolean =>
  slot.state === 'in_flight' && at < slot.leaseExpiresAt;
