/**
 * Everything that the workflows do to the world: types only. Each activity says why it is safe to
 * run twice, because Temporal will. Business times are arguments; none reads a clock for them
 * (R16).
 */
import type { AccountId } from '../domain/ids.js';
import type { AccountRow, Entry } from '../domain/rows.js';
import type { ReadBack } from '../domain/stored.js';
import type { Instant, UtcDay } from '../domain/time.js';
import type { Openings, SendingWindow } from '../domain/window.js';

/** Who may write an account's rows: the first run id of a workflow's chain (R14). */
export type Owner = string;

export type Claim = {
  readonly owner: Owner;
  /** What `readBack` found; null: no row. The claim fails where the row has moved since. */
  readonly found: { readonly owner: Owner; readonly version: number } | null;
  readonly row: AccountRow;
};
export type Claimed =
  | { readonly claimed: false }
  /** `rivals`: other accounts with the same identity, or an id that differs only in case (R13). */
  | { readonly claimed: true; readonly rivals: readonly string[] };

export type Save = {
  readonly owner: Owner;
  readonly row: AccountRow;
  /** At most 200, ascending. */
  readonly entries: readonly Entry[];
};
export type Saved =
  /** Everything up to `through` is in Postgres. `oldIds`: reservation ids that were used before. */
  | { readonly saved: true; readonly through: number; readonly refused: number }
  /** The row belongs to another owner, or is newer than this save: nothing was written (R14). */
  | { readonly saved: false; readonly owner: Owner; readonly version: number };

export interface Activities {
  /**
   * Reads what Postgres knows of an account, in one snapshot (R13).
   * Safe to run again: it only reads.
   */
  readBack(ask: { readonly accountId: AccountId; readonly day: UtcDay }): Promise<ReadBack>;

  /**
   * Makes this chain of runs the owner of the account's row, and looks for rivals, under a lock.
   * Safe to run again: an owner that claims once more gets the same answer.
   */
  claim(claim: Claim): Promise<Claimed>;

  /**
   * Moves the account's row forward and writes what is not saved, in one transaction.
   * Safe to run again: each row is written under its number, and numbers only grow.
   */
  save(save: Save): Promise<Saved>;

  /**
   * Works out when a sending window is open, as UTC intervals (R11). Touches nothing.
   */
  expandWindow(ask: {
    readonly window: SendingWindow;
    readonly timezone: string;
    readonly from: Instant;
    /** How many days from `from` on. */
    readonly days: number;
  }): Promise<Openings>;
}
