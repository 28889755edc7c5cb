/**
 * Rows that wait to be saved. A newer row replaces the older one of the same thing, and one save
 * takes a portion, because the input of an activity is limited.
 */
import { bytesOf, once } from '../primitives/bytes.js';
import { SAVE_BYTES_MAX, SAVE_ROWS_MAX } from '../primitives/limits.js';
import type { Entry, ReservationRow, Row } from '../records/records.js';
import { rowWithIds } from '../account/kept.js';

const entryBytes = once<Entry>(bytesOf);

/** Returns the bytes that wait to be saved, with the commas between the rows. */
export const outboxBytes = once<readonly Entry[]>((outbox) =>
  outbox.reduce((sum, entry) => sum + entryBytes(entry) + 1, 0),
);

/** Returns the oldest rows, as many as one save may have, and at least one. */
export function portionOf(outbox: readonly Entry[]): readonly Entry[] {
  let bytes = 0;
  const rows = outbox.slice(0, SAVE_ROWS_MAX);
  const end = rows.findIndex((entry, n) => (bytes += entryBytes(entry)) > SAVE_BYTES_MAX && n > 0);
  return end < 0 ? rows : rows.slice(0, end);
}

/** True if one save takes all rows. */
export const isOneSave = (outbox: readonly Entry[]): boolean =>
  outbox.length <= SAVE_ROWS_MAX && portionOf(outbox).length === outbox.length;

/**
 * Adds rows: a newer row of the same reservation, day or alert replaces the one that still waits.
 * An alert that was sent is not merged: if it was committed, it would be counted twice.
 */
export function enqueue(outbox: readonly Entry[], entry: Entry, sent: number): readonly Entry[] {
  const { row } = entry;
  const old = outbox.find(
    (waiting) => isOfSame(waiting.row, row) && (row.table !== 'alerts' || waiting.number > sent),
  );
  if (!old) return [...outbox, entry];
  const others = outbox.filter((other) => other !== old);
  if (row.table === 'reservations' && old.row.table === 'reservations') {
    const marks = old.row.quotaDay === row.quotaDay ? marksOf(old.row) : {};
    return [...others, { ...entry, row: { ...rowWithIds(row, old.row), ...marks } }];
  }
  if (row.table !== 'alerts' || old.row.table !== 'alerts') return [...others, entry];
  return [...others, { ...entry, row: { ...row, times: row.times + old.row.times } }];
}

/** Returns what only the row of the grant has. */
const marksOf = ({ again, wouldDeny }: ReservationRow): Partial<ReservationRow> => ({
  ...(again ? { again } : {}),
  ...(wouldDeny ? { wouldDeny } : {}),
});

function isOfSame(old: Row, row: Row): boolean {
  if (row.table === 'reservations') {
    return old.table === row.table && old.reservationId === row.reservationId;
  }
  if (row.table === 'account_days') {
    return old.table === row.table && old.quotaDay === row.quotaDay;
  }
  if (row.table === 'waiting') {
    return old.table === row.table && old.reservationId === row.reservationId;
  }
  if (row.table !== 'alerts') return false;
  return old.table === row.table && old.kind === row.kind && old.quotaDay === row.quotaDay;
}
