/**
 * All accounts as the lists show them, cached in this process, so that a list of 10,000 accounts is
 * sorted and searched without Postgres. The cache is read again in the background before it is a
 * minute old, and row by row when Postgres reports a change of an account.
 */
import { SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import { readStatuses } from '../../../postgres/read/pageReads.js';
import type { Pool } from '../../../postgres/pool.js';
import { listStatuses } from '../../../postgres/read/reads.js';
import { nextEdge, numbersOfRow, type Numbers } from '../ui/numbers.js';

/** Maximum age of the snapshot; a hard refresh reads it at once (R17). */
export const SNAPSHOT_AGE_MAX_MS = 60 * SECOND_MS;
const REFRESH_MS = 45 * SECOND_MS;
/** Accounts per statement, so that no page blocks the event loop for more than a few ms. */
const PAGE = 250;
/** Maximum number of changed accounts that an answer waits for; more are read in the background. */
const AWAITED_MAX = 200;

export type Snapshot = {
  /** Ordered by id. */
  readonly accounts: readonly Numbers[];
  /** The time of the last complete read; single accounts may be newer. */
  readonly readAt: Instant;
  /** The error of the last read: these numbers are out of date. Null if it succeeded. */
  readonly failure: string | null;
};
type Needs = { readonly pool: Pool; readonly now: () => Instant };

export class FleetSnapshot {
  readonly #needs: Needs;
  #byId = new Map<string, Numbers>();
  #sorted: readonly Numbers[] | null = null;
  #readAt: Instant | null = null;
  #failure: string | null = null;
  #changed = new Set<string>();
  /** The first instant at which cached numbers end without a change of their row. */
  #edge: Instant = 0;
  #reading: Promise<void> | null = null;
  #flushing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Keeps the snapshot fresh until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => void this.#readAll(), REFRESH_MS).unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Marks a changed account: it is read again before the next answer. */
  touch(accountId: string): void {
    this.#changed.add(accountId);
  }

  /** Marks all accounts, for example when notifications of Postgres may have been lost. */
  touchAll(): void {
    this.#readAt = null;
  }

  /** Returns the snapshot; `isFresh` reads it again. Throws if no read has ever succeeded. */
  async read({ isFresh }: { readonly isFresh: boolean }): Promise<Snapshot> {
    const now = this.#needs.now();
    const isOld = this.#readAt === null || now - this.#readAt > SNAPSHOT_AGE_MAX_MS;
    if (isFresh || isOld) await this.#readAll();
    else {
      this.#touchEnded(now);
      const flushed = this.#flush();
      if (this.#changed.size <= AWAITED_MAX) await flushed;
    }
    if (this.#readAt === null && this.#byId.size === 0 && this.#failure) {
      throw new Error(this.#failure);
    }
    return {
      accounts: this.#list(),
      readAt: this.#readAt ?? now,
      failure: this.#failure,
    };
  }

  #list(): readonly Numbers[] {
    this.#sorted ??= [...this.#byId.values()].toSorted((a, b) =>
      a.accountId < b.accountId ? -1 : 1,
    );
    return this.#sorted;
  }

  /** Marks accounts whose cooldown or day has ended: their numbers differ now. */
  #touchEnded(now: Instant): void {
    if (now < this.#edge) return;
    this.#edge = Infinity;
    for (const numbers of this.#byId.values()) {
      const edge = nextEdge(numbers);
      if (edge <= now && numbers.asOf < edge) this.touch(numbers.accountId);
      else if (edge > now) this.#edge = Math.min(this.#edge, edge);
    }
  }

  #keep(byId: Map<string, Numbers>, numbers: Numbers): void {
    byId.set(numbers.accountId, numbers);
    this.#edge = Math.min(this.#edge, nextEdge(numbers));
  }

  /** Reads all accounts; a caller during a read waits for that read. */
  #readAll(): Promise<void> {
    this.#reading ??= this.#tryFill().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #tryFill(): Promise<void> {
    try {
      await this.#fill();
      this.#failure = null;
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  async #fill(): Promise<void> {
    const { pool, now } = this.#needs;
    const at = now();
    this.#changed = new Set();
    const byId = new Map<string, Numbers>();
    for (let after = '', isMore = true; isMore;) {
      const page = await listStatuses(pool, { at, after, limit: PAGE });
      for (const row of page) this.#keep(byId, numbersOfRow(row, at));
      after = page.at(-1)?.accountId ?? after;
      isMore = page.length === PAGE;
    }
    this.#byId = byId;
    this.#sorted = null;
    this.#readAt = at;
  }

  #flush(): Promise<void> {
    if (this.#changed.size === 0) return this.#flushing ?? Promise.resolve();
    const ids = [...this.#changed];
    this.#changed = new Set();
    this.#flushing = this.#readSome(ids);
    return this.#flushing;
  }

  async #readSome(ids: readonly string[]): Promise<void> {
    const { pool, now } = this.#needs;
    const at = now();
    try {
      for (let from = 0; from < ids.length; from += PAGE) {
        const rows = await readStatuses(pool, ids.slice(from, from + PAGE), at);
        for (const row of rows) this.#keep(this.#byId, numbersOfRow(row, at));
        this.#sorted = null;
      }
      this.#failure = null;
    } catch (error) {
      for (const id of ids) this.#changed.add(id);
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }
}
