/** What an account left in Postgres, as a start reads it back (R13). */
import type { ChatId, MessageId, ReservationId } from '../primitives/ids.js';
import type {
  AccountRow,
  AlertRow,
  ChangeRow,
  DayRow,
  EventRow,
  ReservationRow,
} from './records.js';
import type { FailureKind } from '../account/account.js';
import type { Event } from '../account/events.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { ManualEdit } from '../account/manualEdit.js';

/** The pipeline's own journal of a call (`send_attempts`). */
export type Attempt = {
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
  readonly attemptedAt: Instant;
  readonly outcome: 'delivered' | 'failed' | 'void' | null;
  readonly chatId: ChatId | null;
  readonly messageId: MessageId | null;
  readonly errorCode: FailureKind | null;
};
export type StoredAccount = AccountRow & {
  readonly owner: string;
  /**
   * The version under which that owner claimed the row: equal to `version` if nothing came after.
   */
  readonly ownerVersion: number;
  /** The Temporal run whose last save left nothing unsaved; absent: not known. */
  readonly savedRunId?: string;
  /** The run that wrote this row, and the events of its history that it knew. */
  readonly runId?: string;
  readonly runEvents?: number;
};
/** How far a workflow's history had come when it wrote the account's row (R13). */
export type Place = {
  readonly runId: string;
  readonly events: number;
  /** Everything before it is in the rows, or in what the run was started with. */
  readonly isWhole: boolean;
};
/**
 * One write of an account's row: a number that only grows, and a mark of its content, so that the
 * same number with another mark is known as a write of a workflow task that was lost (R14).
 */
export type Write = { readonly number: number; readonly mark: string };
/** What a run found, as its caller is answered. */
export type RanAnswer = {
  readonly saved: true;
  readonly runId: string;
  readonly events: readonly Event[];
  /** What a manual edit had changed, and this run has reported. */
  readonly foreign: ManualEdit | null;
  readonly drift: number;
  readonly healed: boolean;
  readonly alerted: boolean;
  readonly cooled: boolean;
};
/** A run that is in Postgres, whether its answer arrived or not. */
export type CommittedRun = {
  readonly runId: string;
  /** The number of its write. */
  readonly number: number;
  /** The account's version that it saved, and the highest number of an entry. */
  readonly version: number;
  readonly through: number;
  readonly at: Instant;
  readonly answer: RanAnswer;
};
/** Alerts and changes that were written after the last save that the workflow knows of. */
export type Later = {
  readonly alerts: readonly Pick<AlertRow, 'kind' | 'quotaDay' | 'details'>[];
  readonly changes: readonly Pick<ChangeRow, 'kind' | 'actor' | 'reason' | 'details'>[];
};
/** A table with more rows of an account than the account can carry. */
export type Crowd = {
  readonly table: 'reservations' | 'send_attempts' | 'inmail_events';
  readonly rows: number;
  readonly limit: number;
};
/** External sends of a day that a start is not given one by one. */
export type LeftOut = {
  readonly quotaDay: UtcDay;
  readonly rows: number;
  readonly counted: number;
};
/** What a run reads of one account in one snapshot, after its own rows are written (R8). */
export type Evidence = {
  readonly reservations: readonly ReservationRow[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly EventRow[];
  /** Absent where the account can carry all of it. */
  readonly crowd?: Crowd;
};
/** Parts that are read by themselves, where all together are more than one answer takes. */
export type ReadPart = 'log' | 'run';
export type ReadBack = {
  /** What is not in this answer and has to be asked for; absent: nothing. */
  readonly left?: readonly ReadPart[];
  readonly account: StoredAccount | null;
  /** The highest number that any row of the account carries. */
  readonly highestNumber: number;
  /** Reservations of days that are still remembered, and older ones that are in flight. */
  readonly reservations: readonly ReservationRow[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly EventRow[];
  readonly crowd?: Crowd;
  readonly leftOut?: readonly LeftOut[];
  /** Closed days of the week. */
  readonly days: readonly DayRow[];
  /** The last write and the last run that were committed; absent if an older worker has read. */
  readonly lastWrite?: number;
  readonly lastRun?: CommittedRun | null;
  /** Absent unless it was asked for. */
  readonly later?: Later;
};
