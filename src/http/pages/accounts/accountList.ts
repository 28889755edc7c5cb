/**
 * The list of all accounts: sorted, filtered and counted in this process from a few numbers of each
 * account, while the rows of a page come from Postgres. An account's numbers are read again when
 * Postgres reports a change, when time ends a part of them, and some of all accounts every 45 s.
 */
import { SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import {
  readAccountChanges,
  readAccountIds,
  type Horizon,
} from '../../../postgres/read/accountPages.js';
import { readStatuses } from '../../../postgres/read/pageReads.js';
import type { Pool } from '../../../postgres/pool.js';
import { listStatuses, type StatusRow } from '../../../postgres/read/reads.js';
import type { Caller } from '../../access/caller.js';
import { within } from '../../plumbing/within.js';
import { numbersOfRow, type Numbers } from '../ui/numbers.js';
import { Entries, entryOf } from './entries.js';
import { KeptRows } from './keptRows.js';

/** Maximum age of the list; a hard refresh reads what changed at once (R17). */
export const LIST_AGE_MAX_MS = 60 * SECOND_MS;
const REFRESH_MS = 45 * SECOND_MS;
/** Accounts per statement, so that no page blocks the event loop for more than a few ms. */
const PAGE = 250;
/**
 * Accounts that each refresh reads also without a report of a change: a fleet of this size is read
 * as a whole, and of a larger one always the next part.
 */
const ROUND = 2_000;
/** Maximum number of changed accounts that an answer waits for; more are read in the background. */
const AWAITED_MAX = 200;
/** A transaction may commit after a later one, so each refresh reads further back than the last. */
const OVERLAP_MS = 30 * SECOND_MS;
/** How long a page waits for Postgres before it shows what is kept. */
const ANSWER_MS = 3 * SECOND_MS;

/** The list as of its last read. */
export type Reading = {
  readonly entries: Entries;
  readonly readAt: Instant;
  /** The error of the last read: the numbers are out of date. Null if it succeeded. */
  readonly failure: string | null;
};
export type Asked = {
  readonly caller: Pick<Caller, 'accounts'>;
  /** True: reads what changed, and does not wait until Postgres reports it. */
  readonly isFresh: boolean;
  /** True: the page cannot do without the numbers of all accounts. */
  readonly needsNumbers: boolean;
};
export type Rows = {
  readonly rows: readonly Numbers[];
  /** True: the list differs from the list before these rows were read. */
  readonly isMoved: boolean;
  readonly failure: string | null;
};
type Needs = {
  readonly pool: Pool;
  readonly now: () => Instant;
  /** How long a page waits, instead of `ANSWER_MS`. */
  readonly answerMs?: number;
};

export class AccountList {
  readonly #needs: Needs;
  readonly #answerMs: number;
  readonly #entries = new Entries();
  /** The account after which the next part begins: of the first read, or of a refresh. */
  #after = '';
  #isFilled = false;
  /** True: notifications of Postgres may have been lost. */
  #isMissing = false;
  #readAt: Instant = 0;
  #failure: string | null = null;
  #reads = 0;
  #horizons: { since: Horizon; last: Horizon } | null = null;
  #changed = new Set<string>();
  /** The first instant at which kept numbers end without a change of their row. */
  #edge: Instant = Infinity;
  readonly #kept = new KeptRows();
  #beginning: Promise<void> | null = null;
  #reading: Promise<void> | null = null;
  #flushing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#answerMs = needs.answerMs ?? ANSWER_MS;
  }

  /** Keeps the list fresh until `stop`. */
  start(): void {
    this.#timer ??= setInterval(() => void this.#readAgain(), REFRESH_MS).unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Marks a changed account: it is read again before the next answer. */
  touch(accountId: string): void {
    this.#changed.add(accountId);
  }

  /** Marks that notifications may have been lost: the next answer reads what changed. */
  touchAll(): void {
    this.#isMissing = true;
  }

  /** Returns the accounts that the key may see. Throws if the ids have never been read. */
  async read({ caller, isFresh, needsNumbers }: Asked): Promise<Reading> {
    const { accounts } = caller;
    await this.#begin();
    const isSmall = this.#entries.size <= ROUND;
    const work = this.#isFilled ? this.#update(isFresh) : this.#readFirst(accounts);
    if (this.#isFilled || needsNumbers || isSmall) {
      await within(work, this.#answerMs).catch(() => undefined);
    }
    const entries = accounts === null ? this.#entries : this.#entries.of(accounts);
    return { entries, readAt: this.#readAt, failure: this.#failure };
  }

  /** Reads what changed, and what time has changed. */
  async #update(isFresh: boolean): Promise<void> {
    const now = this.#needs.now();
    const isOld = this.#isMissing || now - this.#readAt > LIST_AGE_MAX_MS;
    if (isFresh || isOld) await this.#readAgain();
    this.#touchEnded(now);
    await this.#flush();
  }

  /** Reads all accounts. A key with few accounts does not wait for the others. */
  async #readFirst(accounts: readonly string[] | null): Promise<void> {
    const all = this.#readAgain();
    if (accounts === null) return all;
    const { unread } = this.#entries.of(accounts);
    if (unread > AWAITED_MAX) await all;
    else if (unread > 0) await this.#readChanged(accounts);
  }

  /**
   * Returns the rows of these accounts, in that order, without accounts that have no row. Throws if
   * Postgres does not answer, and not all of these rows are kept.
   */
  async rows(ids: readonly string[], isFresh: boolean): Promise<Rows> {
    const now = this.#needs.now();
    let isMoved = false;
    let failure: string | null = null;
    try {
      const isNew = (id: string): boolean => this.#kept.isNew(id, now) && !this.#changed.has(id);
      const wanted = isFresh ? ids : ids.filter((id) => !isNew(id));
      const found = await within(this.#readSome(wanted), this.#answerMs, 'Postgres: no answer');
      isMoved = found.isMoved;
      for (const row of found.rows) this.#kept.keep(row);
    } catch (error) {
      if (this.#kept.of(ids).length < ids.length) throw error;
      failure = textOf(error);
    }
    return { rows: this.#kept.of(ids), isMoved, failure };
  }

  /** Marks accounts whose cooldown or day has ended: their numbers differ now. */
  #touchEnded(now: Instant): void {
    if (now < this.#edge) return;
    this.#edge = Infinity;
    for (const { accountId, edge, asOf } of this.#entries.read()) {
      if (edge <= now && asOf < edge) this.touch(accountId);
      else if (edge > now) this.#edge = Math.min(this.#edge, edge);
    }
  }

  /** Reads which accounts there are; a caller during the read waits for it. */
  #begin(): Promise<void> {
    this.#beginning ??= this.#readIds().catch((error: unknown) => {
      this.#beginning = null;
      throw error;
    });
    return this.#beginning;
  }

  async #readIds(): Promise<void> {
    const { pool, now } = this.#needs;
    const { horizon, auditedAt } = await readAccountChanges(pool, null, now());
    this.#horizons = { since: horizon, last: horizon };
    this.#entries.setAudited(auditedAt);
    this.#entries.begin(await readAccountIds(pool));
    this.#readAt = now();
  }

  /** Reads all accounts, or later what changed; a caller during a read waits for that read. */
  #readAgain(): Promise<void> {
    this.#reading ??= this.#tryRead().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #tryRead(): Promise<void> {
    try {
      await this.#begin();
      if (!this.#isFilled) {
        await this.#readNext(Infinity);
        this.#entries.end();
        this.#isFilled = true;
      } else {
        await this.#readNext(ROUND);
      }
      await this.#readChanges();
      this.#failure = null;
    } catch (error) {
      this.#failure = textOf(error);
    }
  }

  /** Reads the next accounts by id, at most that many, and begins again after the last one. */
  async #readNext(limit: number): Promise<void> {
    const { pool, now } = this.#needs;
    for (let count = 0; count < limit; count += PAGE) {
      const [at, read] = [now(), (this.#reads += 1)];
      const page = await listStatuses(pool, { at, after: this.#after, limit: PAGE });
      this.#put(page, at, read);
      const isLast = page.length < PAGE;
      this.#after = isLast ? '' : (page.at(-1)?.accountId ?? '');
      if (isLast) return;
    }
  }

  async #readChanges(): Promise<void> {
    const { pool, now } = this.#needs;
    const at = now();
    this.#isMissing = false;
    try {
      const since = this.#horizons?.since ?? null;
      const { horizon, auditedAt, accountIds } = await readAccountChanges(pool, since, at);
      for (let from = 0; from < accountIds.length; from += PAGE) {
        await this.#readSome(accountIds.slice(from, from + PAGE));
      }
      this.#entries.setAudited(auditedAt);
      const last = this.#horizons?.last ?? horizon;
      if (horizon.at - last.at >= OVERLAP_MS) this.#horizons = { since: last, last: horizon };
      this.#readAt = at;
    } catch (error) {
      this.#isMissing = true;
      throw error;
    }
  }

  /** Reads changed accounts: a few at once, many in the background. */
  async #flush(): Promise<void> {
    const ids = [...this.#changed];
    this.#changed = new Set();
    if (ids.length > AWAITED_MAX) void this.#readChanged(ids);
    else if (ids.length > 0) this.#flushing = this.#readChanged(ids);
    await this.#flushing;
  }

  async #readChanged(ids: readonly string[]): Promise<void> {
    try {
      for (let from = 0; from < ids.length; from += PAGE) {
        await this.#readSome(ids.slice(from, from + PAGE));
      }
      this.#failure = null;
    } catch (error) {
      for (const id of ids) this.#changed.add(id);
      this.#failure = textOf(error);
    }
  }

  async #readSome(ids: readonly string[]): Promise<Omit<Rows, 'failure'>> {
    const { pool, now } = this.#needs;
    if (ids.length === 0) return { rows: [], isMoved: false };
    const [at, read] = [now(), (this.#reads += 1)];
    const found = await readStatuses(pool, ids, at);
    if (found.length < ids.length) {
      const known = new Set(found.map(({ accountId }) => accountId));
      for (const id of ids.filter((one) => !known.has(one))) {
        this.#entries.remove(id);
        this.#kept.forget(id);
      }
    }
    return this.#put(found, at, read);
  }

  #put(found: readonly StatusRow[], at: Instant, read: number): Omit<Rows, 'failure'> {
    let isMoved = false;
    const rows = found.map((row) => numbersOfRow(row, at));
    for (const row of rows) {
      const entry = entryOf(row, read);
      if (this.#entries.put(entry)) isMoved = true;
      this.#edge = Math.min(this.#edge, entry.edge);
      this.#kept.replace(row);
    }
    return { rows, isMoved };
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
