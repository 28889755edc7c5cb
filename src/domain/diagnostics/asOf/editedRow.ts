/**
 * A row of an account that was edited manually (R14, R17). The gate does not use the edit, and the
 * next reconcile corrects the row. Example: the row has 104, and the gate counts 17.
 */
import { auditAfter } from '../../days/forecast.js';
import { words } from '../../gap/sentences.js';
import { isoInstant, type Instant, type UtcDay } from '../../primitives/time.js';

/** The row as it is now, with the columns that differ from its last save. */
export type EditedNow = {
  readonly day: UtcDay;
  readonly counter: number;
  readonly columns: readonly string[];
};
export type EditedRow = {
  /** The counter of the row. */
  readonly row: number;
  /** The counter that the gate uses. */
  readonly counted: number;
  /** The edited columns of the row; empty if only rows of reservations were edited. */
  readonly columns: readonly string[];
  /** When the next reconcile corrects the row; null while the account is disconnected. */
  readonly correctedAt: string | null;
  /** The edit in words. */
  readonly line: string;
};
/** What the gate counts, and when the account reconciles; null: when the audit asks it to. */
type Counted = {
  readonly day: UtcDay;
  readonly counter: number;
  readonly isDisconnected: boolean;
  readonly nextRunAt: Instant | null;
};

/** Returns the edit in words; null if there is none, or if the row is of an earlier day. */
export function editedRowOf(
  { day, counter: counted, isDisconnected, nextRunAt }: Counted,
  edited: EditedNow | null,
  now: Instant,
): EditedRow | null {
  if (edited === null) return null;
  const { counter: row, columns } = edited;
  if (edited.day !== day && !columns.includes('counter_day')) return null;
  // The audit wakes each account whose row was edited, and the account reconciles at once.
  const at = isDisconnected ? null : Math.min(nextRunAt ?? Infinity, auditAfter(now));
  const correctedAt = at === null ? null : isoInstant(at);
  const found = { row, counted, columns, correctedAt };
  return { ...found, line: `${editOf(found)} ${endOf(at)}` };
}

function editOf({ row, counted, columns }: Omit<EditedRow, 'line'>): string {
  if (columns.length === 0) {
    return 'A row of a reservation was edited or deleted manually. The gate does not use the edit.';
  }
  const what = `The row of the account was edited manually (${columns.join(', ')})`;
  return row === counted
    ? `${what}. The gate does not use the edit.`
    : `${what}: its counter is ${row}, and the gate counts ${counted}.`;
}

const endOf = (at: Instant | null): string =>
  at === null
    ? 'No reconcile corrects it while the account is disconnected.'
    : `The next reconcile, at ${words(at)}, corrects it.`;
