/**
 * One LinkedIn account: how many slots it has spent on each quota day, and what limits it now. It
 * is plain JSON, because continue-as-new hands it over: no Map, Set, Date. Lists, not records keyed
 * by ids, because `constructor` is a legal id.
 *
 *   (none) --sendReserve--> in_flight --sendDelivered--> delivered
 *                             |   |                       ^    ^
 *                             |   +--unknown, silence--> uncertain
 *                             |                           |    |
 *                             +------sendFailed--------> released (late proof: delivered)
 *
 * A slot's state only rises: in_flight < uncertain < released < delivered (R5). The counter of a
 * day is never stored: it is the sum of its parts, so it always equals them.
 */
import type {
  AccountId,
  CampaignId,
  ChatId,
  MessageId,
  RecipientId,
  ReplyTarget,
  ReservationId,
} from '../primitives/ids.js';
import type { Policy } from './policy.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { WindowIntervals } from './sendingWindow.js';
import type { Cooldown, Credits, Hold, Learnt } from './stops.js';
export type { Cooldown, CooldownCause, Credits, Hold, Learnt } from './stops.js';

export type FailureKind =
  'not_attempted' | 'rejected' | 'throttled' | 'no_credits' | 'restricted' | 'unknown';

/** The request of a taken slot. Its quota day is the UTC day of `reservedAt` and never changes. */
export type SlotRequest = {
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
  readonly reservedAt: Instant;
  /** The end of the lease, exclusive. */
  readonly leaseExpiresAt: Instant;
  readonly campaignId: CampaignId | null;
  readonly recipientId: RecipientId | null;
  readonly journaled: boolean;
  /** The later day whose room the slot takes, too, because its InMail may be of that day (R7). */
  readonly carriedInto: UtcDay | null;
  readonly free?: true; // it costs no credit (R24)
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
      /** True if the message id is that of an observed send, not of the report (R4). */
      readonly isAdopted: boolean;
    };
export type Slot = SlotRequest & SlotOutcome;

/** The ids of an InMail in LinkedIn's answer, or of an observed send. */
export type Proof = { readonly chatId: ChatId; readonly messageId: MessageId | null };
/** A delivered InMail without a reservation, remembered so that it is counted once (R15). */
export type External = Proof & {
  readonly quotaDay: UtcDay;
  /** When Safeband received it. */
  readonly at: Instant;
  /** False if it was too old to count for any cap (R16). */
  readonly isCounted: boolean;
};
/** An applied effect of a report: once for each reservation and kind (R5). */
export type Effect = {
  readonly reservationId: ReservationId;
  readonly kind: FailureKind;
  readonly day: UtcDay;
};

/** The numbers of one quota day that its remembered slots do not contain. */
export type DayBook = {
  readonly day: UtcDay;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  /** Slots that are no longer remembered one by one. */
  readonly forgottenDelivered: number;
  readonly forgottenUncertain: number;
  readonly denials: readonly { readonly reason: string; readonly count: number }[];
  /** How many changes came after the day's end. */
  readonly late: number;
};

export type WaitingAsk = {
  readonly reservationId: ReservationId;
  readonly campaignId: CampaignId | null;
  readonly recipientId: RecipientId | null;
  readonly leaseSeconds: number;
  readonly journaled: boolean;
  /** True: the recipient may have got an InMail already, and gets one more (R20). */
  readonly again: boolean;
  readonly free?: true;
  /** 0 is served first, 9 last. */
  readonly priority: number;
  /** The end of the wait, exclusive. */
  readonly validUntil: Instant;
  readonly askedAt: Instant;
  /** Why it waits: the gate's reason when it came. */
  readonly reason: string;
  readonly replyTo: ReplyTarget | null;
  /**
   * Null while it waits. `granted`, or the reason of its denial: its row has to be saved before
   * a caller learns the decision, so that no decision is lost with the workflow (R13).
   */
  readonly decided: string | null;
};
/** The decision of an ask that got its slot. */
export const GRANTED = 'granted';
/** How many reserves of a campaign were denied today for one reason (R22). */
export type CampaignDenial = {
  readonly campaignId: CampaignId;
  readonly reason: string;
  readonly count: number;
};

export type Account = {
  readonly accountId: AccountId;
  /** The latest time that the account was given; it never runs backwards. */
  readonly now: Instant;
  readonly day: UtcDay;
  readonly policy: Policy;
  /** Null while the UTC intervals of the sending window are not known. */
  readonly openings: WindowIntervals | null;
  readonly rampDay: number;
  /** The highest daily cap that was in force today (R8). */
  readonly highestCap: number;
  /** The counter at which today's overshoot started a cooldown; 0 if none did. */
  readonly cooledAtCounter: number;
  /** The days of the week, oldest first; the last one is today. */
  readonly days: readonly DayBook[];
  readonly slots: readonly Slot[];
  readonly externals: readonly External[];
  readonly effects: readonly Effect[];
  /** At most one for each cause; people see the one that ends last. */
  readonly cooldowns: readonly Cooldown[];
  readonly hold: Hold | null;
  readonly breakerUntil: Instant | null;
  readonly isDisconnected: boolean;
  /** True if the identity was compared with those of all other accounts (R13). */
  readonly isIdentityChecked: boolean;
  /** When the last reconcile succeeded; null if none has since the start (R12). */
  readonly reconciledAt: Instant | null;
  /** When a reconcile failed since then. */
  readonly runFailedAt: Instant | null;
  /**
   * True if a reconcile's outcome is not known: its findings may be in Postgres alone, so nothing
   * is granted until a reconcile succeeds (R12). Absent in state from before 0.2.
   */
  readonly isRunUnknown?: boolean;
  /** True if it has too many rows: no reconcile succeeds. Absent in state before 0.2. */
  readonly isCrowded?: boolean;
  /**
   * The latest day on which an external send came that was forgotten to make room; absent or null
   * if none was. A proof that is not remembered may be in the event log alone (R15).
   */
  readonly forgottenOn?: UtcDay | null;
  /** Asks that wait, in the order of their arrival (R21). Absent in state before 0.2. */
  readonly line?: readonly WaitingAsk[];
  /** The denials of today by campaign and reason; absent in state that older code wrote (R22). */
  readonly denied?: readonly CampaignDenial[];
  /** The last days with a send before the week; absent in state that older code wrote (R25). */
  readonly sentDays?: readonly { readonly day: UtcDay; readonly sent: number }[];
  readonly credits?: Credits | null; // null or absent: no balance was observed (R24)
  readonly learnt?: Learnt | null; // null or absent: no ceiling was learnt (R25)
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

export const lineOf = ({ line = [] }: Account): readonly WaitingAsk[] => line;

export const findSlot = (account: Account, id: ReservationId): Slot | undefined =>
  account.slots.find((slot) => slot.reservationId === id);

/** True if the slot is spent and its outcome is not known. */
export const isOpen = (slot: Slot): boolean =>
  slot.state === 'in_flight' || slot.state === 'uncertain';

/** True if the slot is in flight and its lease runs. */
export const isLeased = (slot: Slot, at: Instant): boolean =>
  slot.state === 'in_flight' && at < slot.leaseExpiresAt;
