/** The rows of an account in Postgres, as a start reads them (R13). */
import type { ChatId, MessageId, ReservationId } from '../primitives/ids.js';
import type {
  AccountRow,
  AlertRow,
  ChangeRow,
  DayRow,
  EventRow,
  ReservationRow,
  WaitingRow,
} from './records.js';
import type { Pacing } from '../account/policy.js';
import type { FailureKind } from '../account/account.js';
import type { Event } from '../account/events.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import type { ManualEdit } from '../account/counter.js';

/** The pipeline's own record of a call (`send_attempts`). */
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
  /** The version at which that owner claimed the row: equal to `version` if no write followed. */
  readonly ownerVersion: number;
  /** The Temporal run whose last save left nothing unsaved; absent if not known. */
  readonly savedRunId?: string;
  /** The workflow run that wrote this row, and the length of its history then. */
  readonly runId?: string;
  readonly runEvents?: number;
};
/** The length of a workflow's history when it wrote the account's row (R13). */
export type Place = {
  readonly runId: string;
  readonly events: number;
  /** True if all earlier messages are in the rows or in the state that the run began with. */
  readonly isWhole: boolean;
};
/**
 * One write of an account's row: a number that only grows, and a mark of its content. The same
 * number with another mark is the write of a lost workflow task (R14).
 */
export type Write = {
  readonly number: number;
  readonly mark: string;
  /**
   * The number of the last write whose answer is known. A row with a lower number is from a backup,
   * and nothing is written. Absent in runs of older code.
   */
  readonly answered?: number;
};
/** The findings of a reconcile, as its activity returns them. */
export type RanAnswer = {
  readonly saved: true;
  readonly runId: string;
  readonly events: readonly Event[];
  /** The manual edit that this reconcile has reported. */
  readonly foreign: ManualEdit | null;
  readonly drift: number;
  readonly healed: boolean;
  readonly alerted: boolean;
  readonly cooled: boolean;
};
/** A reconcile that is in Postgres, with or without its answer in the workflow. */
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
/** Alerts and changes that were written after the last save that the workflow knows. */
export type Later = {
  readonly alerts: readonly Pick<AlertRow, 'kind' | 'quotaDay' | 'details'>[];
  readonly changes: readonly Pick<ChangeRow, 'kind' | 'actor' | 'reason' | 'details'>[];
};
/** A table with more rows of an account than an account may have. */
export type Crowd = {
  readonly table: 'reservations' | 'send_attempts' | 'inmail_events';
  readonly rows: number;
  readonly limit: number;
  /** The unit of `rows` and `limit`; absent: rows of the table. */
  readonly unit?: 'bytes';
};
/** External sends of a day that a start receives as a number only. */
export type LeftOut = {
  readonly quotaDay: UtcDay;
  readonly rows: number;
  readonly counted: number;
};
/** The rows that a reconcile reads in one snapshot, after its own rows are written (R8). */
export type Evidence = {
  readonly reservations: readonly ReservationRow[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly EventRow[];
  /** How many grants of a day shadow mode would have denied (R23); absent: none. */
  readonly shadowed?: readonly { readonly day: UtcDay; readonly count: number }[];
  /** Absent if the account has no more rows than it may have. */
  readonly crowd?: Crowd;
};
/** Parts that are read one by one if all together are too large for one answer. */
export type ReadPart = 'log' | 'run' | 'line';
export type ReadBack = {
  /** Parts that are not in this answer; absent if there are none. */
  readonly left?: readonly ReadPart[];
  readonly account: StoredAccount | null;
  /** The pace of a new account that names none (R19); absent if the fleet has none. */
  readonly defaultPacing?: Pacing | undefined;
  /** The highest number in any row of the account. */
  readonly highestNumber: number;
  /** Reservations of remembered days, and older ones that are in flight. */
  readonly reservations: readonly ReservationRow[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly EventRow[];
  readonly crowd?: Crowd;
  /** Asks that wait, and granted ones whose slot is in flight (R21); absent in older answers. */
  readonly waiting?: readonly WaitingRow[];
  readonly leftOut?: readonly LeftOut[];
  /** Closed days of the week. */
  readonly days: readonly DayRow[];
  /** The last committed write and reconcile; absent in the answer of an older worker. */
  readonly lastWrite?: number;
  readonly lastRun?: CommittedRun | null;
  /** Absent unless the start asked for it. */
  readonly later?: Later;
  /** The row is claimed as well (R13); absent if the start has to claim it, as in older answers. */
  readonly claimed?: { readonly rivals: readonly string[] };
};
