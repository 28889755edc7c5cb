/** Manual edits of an account's row, as the next reconcile receives them. */
import type { UtcDay } from '../primitives/time.js';

/** The values of an account's row that its workflow had not written (R14). */
export type ManualEdit = {
  /** The transaction that found the edit, so that it is reported once. */
  readonly id: string;
  readonly day: UtcDay;
  readonly counter: number;
  /** The highest cap of that day in the row; null if that was edited, too. */
  readonly cap: number | null;
  readonly columns: readonly string[];
};
