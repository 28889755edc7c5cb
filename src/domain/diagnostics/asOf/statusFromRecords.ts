/**
 * The status of an account as its rows describe it, and what a row adds to a status that its
 * workflow answered (R8, R17). Example: a row has the counter 104, and the event log has 17 rows.
 * The status is 104 = 17 delivered + 87 unexplained, because 17 are proved and nothing accounts for
 * the rest.
 */
import type { Account } from '../../account/account.js';
import { runAfter } from '../../days/forecast.js';
import { isoDay, type Instant, type UtcDay } from '../../primitives/time.js';
import { statusWire, type StatusWire } from '../../wire/responses.js';

/** The row of an account, as it was last written. */
export type RowNow = {
  readonly version: number;
  readonly day: UtcDay;
  readonly counter: number;
  /** The row, or one of its reservations, was written by other means than a save (R14). */
  readonly isEdited: boolean;
};
/** Rows of the event log of one quota day. */
export type Logged = { readonly delivered: number; readonly external: number };
/** The two counters of an account whose row has a counter that is not the sum of its parts. */
export type EditedCounter = { readonly row: number; readonly counted: number };

/** Returns the status of those rows, without what the row's own counter adds to it. */
export function statusOfRows(
  {
    account,
    row,
  }: {
    readonly account: Account;
    readonly row: { readonly version: number; readonly hotSince: Instant | null };
  },
  now: Instant,
): StatusWire {
  const nextRunAt = row.hotSince === null ? null : runAfter(account.accountId, now + 1);
  const status = statusWire(account, now, { version: row.version, unsaved: 0, nextRunAt });
  return { ...status, denials: null };
}

/** True if the workflow has changes that the row does not have yet. */
export const isAheadOf = (status: StatusWire, row: Pick<RowNow, 'version'>): boolean =>
  status.unsaved > 0 || status.version > row.version;

/**
 * Returns the row's counter if it holds for the day of that status: of rows that were read alone,
 * or after a manual edit. A row of another day, or one behind its workflow, decides nothing.
 */
export function rowCounterOf(
  status: StatusWire,
  row: RowNow,
  source: 'workflow' | 'rows',
): number | null {
  if (isoDay(row.day) !== status.quotaDay || isAheadOf(status, row)) return null;
  return source === 'rows' || row.isEdited ? row.counter : null;
}

/** Returns the two counters if they differ; null if they agree or the row decides nothing. */
export function editedCounterOf(
  status: StatusWire,
  row: RowNow,
  source: 'workflow' | 'rows',
): EditedCounter | null {
  const counter = rowCounterOf(status, row, source);
  if (counter === null || counter === status.counter) return null;
  return { row: counter, counted: status.counter };
}

/**
 * Returns the status in which the larger counter counts, as it does in the next reconcile (R8). Of
 * what the row has more, rows of the event log prove as much as they can, and the rest is
 * unexplained.
 */
export function withRowCounter(
  status: StatusWire,
  edited: EditedCounter | null,
  logged: Logged,
): StatusWire {
  const excess = edited === null ? 0 : edited.row - edited.counted;
  if (excess <= 0) return status;
  const { delivered, external } = status;
  const proved = Math.min(
    excess,
    Math.max(0, logged.delivered + logged.external - delivered - external),
  );
  const byUs = Math.min(proved, Math.max(0, logged.delivered - delivered));
  return {
    ...status,
    counter: status.counter + excess,
    delivered: delivered + byUs,
    external: external + proved - byUs,
    unexplained: status.unexplained + excess - proved,
    weekUsed: status.weekUsed + excess,
    remaining: Math.max(0, status.remaining - excess),
  };
}
