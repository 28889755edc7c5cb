/**
 * The rows that an account writes. Each row has the number of its change. Numbers only grow, also
 * across restarts, so a row that is written twice or late changes nothing.
 */
import type {
  AccountId,
  CampaignId,
  ChatId,
  MessageId,
  RecipientId,
  ReservationId,
} from '../primitives/ids.js';
import type {
  CampaignDenial,
  Cooldown,
  Credits,
  Hold,
  Learnt,
  Slot,
  WaitingAsk,
} from '../account/account.js';
import type { Details, Source, WouldDeny } from '../account/events.js';
import type { SentDay } from '../account/counter.js';
import type { RecordedReply } from '../account/stops.js';
import type { Policy } from '../account/policy.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { AlertKind, Severity } from '../account/alertKinds.js';

export type ReservationRow = {
  readonly table: 'reservations';
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
  readonly state: Slot['state'];
  readonly campaignId: CampaignId | null;
  readonly recipientId: RecipientId | null;
  readonly reservedAt: Instant;
  readonly leaseExpiresAt: Instant;
  readonly settledAt: Instant | null;
  readonly reason: string | null;
  readonly journaled: boolean;
  readonly chatId: ChatId | null;
  readonly messageId: MessageId | null;
  /** True if the message id is that of an observed send (R4). */
  readonly isAdopted: boolean;
  readonly carriedInto: UtcDay | null;
  /** Only in a row that a worker writes: the caller contacted the recipient once more (R20). */
  readonly again?: true;
  /** Only in a row that a worker writes, of a grant in shadow mode (R23). */
  readonly wouldDeny?: WouldDeny;
  /** It costs no credit (R24). */
  readonly free?: true;
};
/** One delivered InMail; the row is permanent. */
export type EventRow = {
  readonly table: 'inmail_events';
  /** Null for external sends. */
  readonly reservationId: ReservationId | null;
  readonly chatId: ChatId;
  readonly messageId: MessageId | null;
  readonly source: Source;
  readonly quotaDay: UtcDay;
  readonly deliveredAt: Instant;
  /** False if it was observed too late to count for any cap (R16). */
  readonly isCounted: boolean;
  /** As a start reads it; null if another program wrote the row. Absent before 0.2. */
  readonly number?: number | null;
};
/** The newest alert of an account, kind and day, with how often it was raised. */
export type AlertRow = {
  readonly table: 'alerts';
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly quotaDay: UtcDay;
  readonly details: Details;
  readonly at: Instant;
  /** How often the alert was raised since the last row of its kind and day was written. */
  readonly times: number;
};
export type ChangeRow = {
  readonly table: 'account_changes';
  readonly kind:
    | 'policy'
    | 'hold'
    | 'resume'
    | 'cooldown'
    | 'breaker'
    | 'ramp'
    | 'learnt_cap'
    | 'settle'
    | 'connect'
    | 'disconnect';
  readonly actor: string;
  readonly reason: string | null;
  readonly details: Details;
  readonly at: Instant;
};
/** A closed quota day; written at midnight, and again when a late report changes it. */
export type DayRow = {
  readonly table: 'account_days';
  readonly quotaDay: UtcDay;
  readonly counter: number;
  readonly delivered: number;
  readonly uncertain: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  readonly denials: { readonly [reason: string]: number };
  readonly late: number;
};
/** One ask of the waiting line (R21). */
export type WaitingRow = Omit<WaitingAsk, 'decided'> & {
  readonly table: 'waiting';
  readonly state: 'waiting' | 'granted' | 'denied' | 'withdrawn';
  /** Why it was denied; while it waits, why it waits. */
  readonly reason: string;
  readonly decidedAt: Instant | null;
};
/** The denials of a campaign for one reason, on a day that has ended (R22). */
export type DenialRow = CampaignDenial & {
  readonly table: 'campaign_denials';
  readonly quotaDay: UtcDay;
};
/** The first reply in a chat (R24). */
export type ReplyRow = RecordedReply & { readonly table: 'replies' };
export type Row =
  ReservationRow | EventRow | AlertRow | ChangeRow | DayRow | WaitingRow | DenialRow | ReplyRow;
export type Entry = { readonly number: number; readonly row: Row };

/** The account's own row: all that a start reads (R13). */
export type AccountRow = {
  readonly accountId: AccountId;
  readonly policy: Policy;
  readonly day: UtcDay;
  readonly counter: number;
  readonly inFlight: number;
  readonly uncertain: number;
  readonly carried: number;
  readonly imported: number;
  readonly external: number;
  readonly unexplained: number;
  readonly rampDay: number;
  /** The ramp day after the next midnight, for reads before the reset is written. */
  readonly rampDayNext: number;
  readonly highestCap: number;
  readonly cooledAtCounter: number;
  /** As of the write; readers compute what ends with time. */
  readonly state: 'connected' | 'disconnected';
  readonly cooldowns: readonly Cooldown[];
  readonly hold: Hold | null;
  readonly breakerUntil: Instant | null;
  readonly version: number;
  readonly updatedAt: Instant;
  /** The denials of the day by campaign and reason; absent if there are none (R22). */
  readonly denied?: readonly CampaignDenial[];
  /** The days before this one with a send, if the account has a velocity (R25). */
  readonly sentDays?: readonly SentDay[];
  /** Absent while no balance was observed (R24). */
  readonly credits?: Credits;
  /** Absent without a ceiling. `next`: its cap after the next midnight; null: it ends (R25). */
  readonly learnt?: (Learnt & { readonly next: number | null }) | undefined;
};
