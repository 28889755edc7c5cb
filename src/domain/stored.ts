/** What an account left in Postgres, as a start reads it back (R13). */
import type { ChatId, MessageId, ReservationId } from './ids.js';
import type { AccountRow, DayRow, EventRow, ReservationRow } from './rows.js';
import type { FailureKind } from './account.js';
import type { Instant, UtcDay } from './time.js';

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
};
/** What an account's row held although this workflow had not written it (R14). */
export type Foreign = {
  /** Told once, under this name: the transaction that found it. */
  readonly id: string;
  readonly day: UtcDay;
  readonly counter: number;
  /** The highest cap of that day as the row had it; null where a hand changed that, too. */
  readonly cap: number | null;
  readonly columns: readonly string[];
};
/** What a run reads of one account in one snapshot, after its own rows are written (R8). */
export type Witnesses = {
  readonly reservations: readonly ReservationRow[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly EventRow[];
};
export type ReadBack = {
  readonly account: StoredAccount | null;
  /** The highest number that any row of the account carries. */
  readonly highestNumber: number;
  /** Reservations of days that are still remembered, and older ones that are in flight. */
  readonly reservations: readonly ReservationRow[];
  readonly attempts: readonly Attempt[];
  readonly events: readonly EventRow[];
  /** Closed days of the week. */
  readonly days: readonly DayRow[];
};
