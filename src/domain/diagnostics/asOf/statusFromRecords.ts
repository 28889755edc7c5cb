/**
 * The status of an account as its rows describe it (R17). Rows that were edited manually are read
 * with the values of their last save, because the gate uses these.
 */
import type { Account } from '../../account/account.js';
import { runAfter } from '../../days/forecast.js';
import { parseDay, parseInstant, type Instant } from '../../primitives/time.js';
import { statusWire, type StatusWire } from '../../wire/responses.js';
import { editedRowOf, type EditedNow, type EditedRow } from './editedRow.js';

/** The row of an account, as it was last written. */
export type RowNow = {
  /** The version of its last save. */
  readonly version: number;
  /** Null: the row is as its last save wrote it (R14). */
  readonly edited: EditedNow | null;
};
/** Rows of the event log of one quota day. */
export type Logged = { readonly delivered: number; readonly external: number };

/** Returns the status of those rows. */
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
 * Returns the manual edit of the row; null if there is none, or if the workflow is about to write
 * the row.
 */
export function editOfStatus(status: StatusWire, row: RowNow, now: Instant): EditedRow | null {
  const { quotaDay, counter, state, nextReconcileAt } = status;
  const day = parseDay(quotaDay);
  if (day === undefined || isAheadOf(status, row)) return null;
  const nextRunAt = nextReconcileAt === null ? null : (parseInstant(nextReconcileAt) ?? null);
  const isDisconnected = state === 'disconnected';
  return editedRowOf({ day, counter, isDisconnected, nextRunAt }, row.edited, now);
}
