/** What waits to be saved goes in portions, because one activity takes so many bytes. */
import { bytesOf, once } from '../primitives/bytes.js';
import { SAVE_BYTES_MAX, SAVE_ROWS_MAX } from '../primitives/limits.js';
import type { Entry } from '../records/records.js';

const entryBytes = once<Entry>(bytesOf);

/** How many bytes wait to be saved, with the commas between the rows; asked with each message. */
export const outboxBytes = once<readonly Entry[]>((outbox) =>
  outbox.reduce((sum, entry) => sum + entryBytes(entry) + 1, 0),
);

/** Returns the oldest rows, as many as one save takes: at least one. */
export function portionOf(outbox: readonly Entry[]): readonly Entry[] {
  let bytes = 0;
  const rows = outbox.slice(0, SAVE_ROWS_MAX);
  const end = rows.findIndex((entry, n) => (bytes += entryBytes(entry)) > SAVE_BYTES_MAX && n > 0);
  return end < 0 ? rows : rows.slice(0, end);
}

/** True if one save carries all that waits. */
export const isOneSave = (outbox: readonly Entry[]): boolean =>
  outbox.length <= SAVE_ROWS_MAX && portionOf(outbox).length === outbox.length;
