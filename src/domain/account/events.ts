/** The facts that change an account, in the past tense, each with all values that it needs. */
import type { AlertKind, Severity } from './alertKinds.js';
import type {
  Cooldown,
  CooldownCause,
  Credits,
  Effect,
  External,
  Hold,
  Learnt,
  Proof,
  Slot,
  WaitingAsk,
} from './account.js';
import type { CampaignId, ReservationId } from '../primitives/ids.js';
import type { Policy } from './policy.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { WindowIntervals } from './sendingWindow.js';
import type { RecordedReply } from './stops.js';

export type Details = {
  readonly [name: string]: string | number | boolean | null | readonly string[];
};

/** The source that proved a delivery: `source` of its row in the event log. */
export type Source = 'pipeline' | 'external' | 'journal' | 'operator';

/** The denial that an account in shadow mode did not give (R23). */
export type WouldDeny = {
  readonly reason: string;
  readonly limit?: number;
  readonly used?: number;
  readonly contactedBy?: ReservationId;
  /** As in a denial: when the gate would have granted. */
  readonly retryAt: Instant | null;
};

export type Event =
  /** `again`: the caller wanted to contact the recipient once more (R20). */
  | {
      readonly type: 'SlotReserved';
      readonly slot: Slot;
      readonly again?: true;
      /** Granted in shadow mode, and denied in the mode `enforce` (R23). */
      readonly wouldDeny?: WouldDeny;
    }
  | {
      readonly type: 'SlotDenied';
      readonly reason: string;
      readonly campaignId: CampaignId | null;
    }
  | { readonly type: 'AskQueued'; readonly ask: WaitingAsk }
  /** The turn of an ask came, or its time has ended: `decided` has the decision (R21). */
  | { readonly type: 'AskDecided'; readonly ask: WaitingAsk }
  /** The decision is saved and on its way to those who wait for it. */
  | { readonly type: 'AskAnswered'; readonly reservationId: ReservationId }
  | { readonly type: 'AskWithdrawn'; readonly ask: WaitingAsk }
  /** `source` is null if the event log already has the row. */
  | { readonly type: 'SlotDelivered'; readonly slot: Slot; readonly source: Source | null }
  | { readonly type: 'SlotReleased'; readonly slot: Slot }
  | { readonly type: 'SlotMadeUncertain'; readonly slot: Slot }
  /** The message id of a delivery became known, or proved to be that of another InMail. */
  | { readonly type: 'ProofCompleted'; readonly slot: Slot }
  | { readonly type: 'ExternalCounted'; readonly external: External; readonly sentAt: Instant }
  /** `isSameDay`: the reservation takes over the room that the external had taken. */
  | {
      readonly type: 'ExternalClaimed';
      readonly proof: Proof;
      readonly isSameDay: boolean;
      /** When the slot that claims it was reserved; absent in a finding of older code. */
      readonly reservedAt?: Instant;
    }
  /** The evidence has more or less of a day, beyond its slots, than the account (R8). */
  | {
      readonly type: 'BookCorrected';
      readonly day: UtcDay;
      readonly external: number;
      readonly unexplained: number;
    }
  /** Postgres has a different row of the slot, or none: it is written again. */
  | { readonly type: 'SlotRestored'; readonly slot: Slot }
  | { readonly type: 'ExternalRestored'; readonly external: External }
  | {
      readonly type: 'DayRolled';
      readonly day: UtcDay;
      readonly carried: readonly ReservationId[];
      readonly rampDay: number;
      /** The balance after a renewal of credits; absent if none is known or renewed (R24). */
      readonly credits?: Credits;
      /** The ceiling after a clean day; null: it has ended. Absent if it stays (R25). */
      readonly learnt?: Learnt | null;
    }
  | {
      readonly type: 'CooldownStarted';
      readonly cooldown: Cooldown;
      readonly counter: number;
      readonly reason: string;
      /** The reservation whose report started it; only for `throttled`. */
      readonly reservationId?: string;
    }
  | {
      readonly type: 'CooldownEnded';
      readonly cause: CooldownCause;
      readonly actor: string;
      /** Absent if a `Resumed` of the same message has it. */
      readonly reason?: string;
    }
  | {
      readonly type: 'BreakerOpened';
      readonly until: Instant;
      /** The person who moved its end, and the reason; absent if a report opened the breaker. */
      readonly actor?: string;
      readonly reason?: string;
    }
  | { readonly type: 'CreditsObserved'; readonly credits: Credits }
  | { readonly type: 'ReplyRecorded'; readonly reply: RecordedReply }
  /** Another state of the account has more replies to its InMails (R24). */
  | { readonly type: 'CreditsRefunded'; readonly count: number }
  | { readonly type: 'RampRestarted' }
  /** LinkedIn refused a send: from now on the account has this ceiling, or a stricter one (R25). */
  | { readonly type: 'CapLearnt'; readonly learnt: Learnt; readonly reason: string }
  | { readonly type: 'EffectApplied'; readonly effect: Effect }
  | { readonly type: 'Held'; readonly hold: Hold }
  | {
      readonly type: 'Resumed';
      readonly actor: string;
      readonly reason: string;
      /** Only the hold has ended. */
      readonly keepsBreaker?: true;
    }
  | {
      readonly type: 'PolicyChanged';
      readonly policy: Policy;
      readonly rampDay: number;
      readonly actor: string;
      readonly reason?: string;
    }
  | { readonly type: 'OpeningsLearnt'; readonly openings: WindowIntervals }
  | { readonly type: 'IdentityChecked' }
  | { readonly type: 'Reconciled'; readonly at: Instant }
  /** `isUnknown`: the reconcile may be in Postgres; `isCrowded`: the account has too many rows. */
  | {
      readonly type: 'ReconcileFailed';
      readonly at: Instant;
      readonly isUnknown?: boolean;
      readonly isCrowded?: boolean;
    }
  | { readonly type: 'Connected'; readonly actor: string }
  | { readonly type: 'Disconnected'; readonly actor: string; readonly reason: string }
  | { readonly type: 'SettledByOperator'; readonly actor: string; readonly details: Details }
  | {
      readonly type: 'AlertRaised';
      readonly kind: AlertKind;
      readonly severity: Severity;
      readonly details: Details;
    };

export const alert = (kind: AlertKind, severity: Severity, details: Details): Event => ({
  type: 'AlertRaised',
  kind,
  severity,
  details,
});
