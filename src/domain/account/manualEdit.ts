/** Manual edits of an account's row, as the next reconcile is given them. */
import type { UtcDay } from '../primitives/time.js';

/** What an account's row held although this workflow had not written it (R14). */
export type ManualEdit = {
  /** Told once, under this name: the transaction that found it. */
  readonly id: string;
  readonly day: UtcDay;
  readonly counter: number;
  /** The highest cap of that day as the row had it; null where a hand changed that, too. */
  readonly cap: number | null;
  readonly columns: readonly string[];
};
