/** What a correction changed (R8), in a few words: the same on pages and the command line. */

export type Corrected = {
  /** The counter before and after; null: it did not change. */
  readonly before: number | null;
  readonly after: number | null;
  /** Columns of the account's row that were restored after a manual edit. */
  readonly columns: readonly string[];
};

/** Returns what was corrected of a day. A change from a number to the same number is none. */
export function correctionWords({ before, after, columns }: Corrected, day: string): string {
  if (before !== null && before !== after) {
    return `the counter of ${day} from ${before} to ${after}`;
  }
  return columns.length > 0
    ? `the row of the account, which was edited manually: ${columns.join(', ')}`
    : `rows of reservations or of the event log of ${day}; the counter did not change`;
}
