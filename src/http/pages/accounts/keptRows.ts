/**
 * The rows of the accounts that pages showed lately. An open page asks for the same rows after each
 * change of any account, and while Postgres does not answer, it shows what it showed before.
 */
import { SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import { nextEdge, type Numbers } from '../ui/numbers.js';

const ROWS_MAX = 2_000;
/** Maximum age of a row, for changes that Postgres does not report. */
const AGE_MAX_MS = 45 * SECOND_MS;

export class KeptRows {
  /** The row that was shown last is the last one. */
  readonly #rows = new Map<string, Numbers>();
  /** Rows that are shown only while Postgres does not answer. */
  readonly #outdated = new Set<string>();

  /** True if the row may be shown: neither a change nor time has changed it. */
  isNew(accountId: string, now: Instant): boolean {
    const row = this.#rows.get(accountId);
    if (row === undefined || this.#outdated.has(accountId)) return false;
    return now - row.asOf < AGE_MAX_MS && now < nextEdge(row);
  }

  /** Returns the rows of these accounts that are kept. */
  of(accountIds: readonly string[]): readonly Numbers[] {
    return accountIds.flatMap((id) => this.#rows.get(id) ?? []);
  }

  /** Keeps a row that a page shows. */
  keep(row: Numbers): void {
    this.#rows.delete(row.accountId); // A map has the key that was set last at its end.
    this.#rows.set(row.accountId, row);
    this.#outdated.delete(row.accountId);
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > ROWS_MAX && oldest !== undefined) this.forget(oldest);
  }

  /** Replaces the row of an account if one is kept and is not newer. */
  replace(row: Numbers): void {
    const kept = this.#rows.get(row.accountId);
    if (!kept || kept.asOf > row.asOf) return;
    this.#rows.set(row.accountId, row);
    this.#outdated.delete(row.accountId);
  }

  /** Notes that an account has changed. */
  outdate(accountId: string): void {
    if (this.#rows.has(accountId)) this.#outdated.add(accountId);
  }
  outdateAll(): void {
    for (const accountId of this.#rows.keys()) this.#outdated.add(accountId);
  }

  forget(accountId: string): void {
    this.#rows.delete(accountId);
    this.#outdated.delete(accountId);
  }
}
