/**
 * Keeps the entries of the list of accounts in Postgres up to date. Only the gate knows
 * "can it send?", so a server computes the entries: of an account that Postgres reports as changed,
 * or whose entry time has ended, before the next answer and every 45 s; of some of all accounts
 * every 45 s. This process keeps only which accounts were reported.
 */
import { errorText } from '../../../domain/primitives/errorText.js';
import { SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import {
  beginMark,
  ended,
  following,
  moveMark,
  readAccountChanges,
  readMark,
  refreshEntries,
  unlisted,
  unlistedOf,
  type Choose,
  type ListMark,
} from '../../../postgres/list/entries.js';
import { readProgress, type Progress } from '../../../postgres/list/selecting.js';
import type { Pool } from '../../../postgres/pool.js';
import type { StatusRow } from '../../../postgres/read/reads.js';
import { within } from '../../plumbing/within.js';
import { entryOf } from './entryOf.js';

/** Maximum age of the list; a hard refresh reads what changed at once (R17). */
export const LIST_AGE_MAX_MS = 60 * SECOND_MS;
const REFRESH_MS = 45 * SECOND_MS;
/** Accounts per statement, so that no statement blocks the event loop for more than a few ms. */
const PAGE = 250;
/**
 * Accounts that each refresh reads also without a report of a change: a fleet of this size is read
 * as a whole, and of a larger one always the next part.
 */
const ROUND = 2_000;
/** Maximum number of accounts without a report that an answer waits for; more are read later. */
const AWAITED_MAX = 200;
/**
 * Maximum number of reports that are kept; with more, what changed is read instead. If 100,000
 * accounts are saved every ten minutes, 7,500 reports come until the next refresh.
 */
const REPORTED_MAX = 10_000;

export type UpdatesNeeds = {
  readonly pool: Pool;
  readonly now: () => Instant;
  /** How long an answer waits for Postgres before it shows the entries that are there. */
  readonly answerMs: number;
  /** Called with the rows of accounts that were read, and the ids of those that have no row. */
  readonly onRead: (rows: readonly StatusRow[], gone: readonly string[], at: Instant) => void;
};
export type UpToDate = {
  /** How many of the reader's accounts have no entry yet; null: all have one. */
  readonly progress: Progress | null;
  readonly auditedAt: Instant | null;
  /** When a server last read what changed. */
  readonly readAt: Instant;
  /** The error of the last read: the entries are out of date. Null if it succeeded. */
  readonly failure: string | null;
  /** True: not all changes are read yet, or not all accounts for the first time. */
  readonly isBehind: boolean;
};

export class ListUpdates {
  readonly #needs: UpdatesNeeds;
  #changed = new Set<string>();
  /** How often reports of Postgres may have been lost, or were too many. The start is the first. */
  #losses = 1;
  /** How many of these losses a read of what changed has followed. */
  #lossesRead = 0;
  #failure: string | null = null;
  /** The account after which the next round begins. */
  #after = '';
  readonly #running = new Map<string, Promise<void>>();
  #isLong = false;
  /** Reads of reported accounts that have not ended; false: one failed. */
  readonly #reading = new Set<Promise<boolean>>();
  #timer: NodeJS.Timeout | null = null;

  constructor(needs: UpdatesNeeds) {
    this.#needs = needs;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#again().catch(() => undefined), REFRESH_MS);
    this.#timer.unref();
  }
  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Notes that an account has changed. */
  touch(accountId: string): void {
    this.#changed.add(accountId);
    if (this.#changed.size > REPORTED_MAX) this.touchAll();
  }
  /** Notes that reports may have been lost. */
  touchAll(): void {
    this.#losses += 1;
    this.#changed.clear();
  }
  get #isMissing(): boolean {
    return this.#losses > this.#lossesRead;
  }

  /** Brings the entries up to date, as far as an answer waits for it. */
  async bring(asked: {
    readonly accounts: readonly string[] | null;
    readonly isFresh: boolean;
    readonly needsAll: boolean;
  }): Promise<UpToDate> {
    const { pool, now, answerMs } = this.#needs;
    const { accounts, isFresh, needsAll } = asked;
    let mark = await readMark(pool, now(), AWAITED_MAX + 1);
    let progress: Progress | null = null;
    let isRead = false;
    const wait = (work: Promise<boolean>) => within(work, answerMs).catch(() => false);
    if (mark.isFilled) {
      const isMoving = isFresh || this.#isMissing || isOld(mark, now());
      isRead = await wait(this.#update(mark, isMoving, isFresh));
      if (isMoving) mark = await readMark(pool, now(), 0);
    } else {
      progress = await readProgress(pool, accounts);
      const work = this.#first(accounts, progress, mark.endedIds);
      if (needsAll || progress.size <= ROUND) isRead = await wait(work);
      else work.catch(() => undefined);
      mark = await readMark(pool, now(), 0);
      progress = mark.isFilled ? null : await readProgress(pool, accounts);
      if (progress?.unread === 0) progress = null;
    }
    const { auditedAt, readAt } = mark;
    const isBehind = !mark.isFilled || isOld(mark, now()) || this.#isMissing || !isRead;
    return { progress, auditedAt, readAt: readAt ?? now(), failure: this.#failure, isBehind };
  }

  /** Reads these accounts again. Throws if Postgres does not answer. */
  async refresh(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += PAGE) {
      const some = ids.slice(from, from + PAGE);
      await this.#refresh(async () => some);
    }
  }

  /** Reads the accounts of a page again, as far as an answer waits for it; notes if that failed. */
  async selectAgain(ids: readonly string[]): Promise<void> {
    await within(this.#reported(ids), this.#needs.answerMs).catch(() => undefined);
  }

  async #refresh(choose: Choose): Promise<readonly string[]> {
    const { pool, now, onRead } = this.#needs;
    const { ids, rows, at } = await refreshEntries(pool, { choose, now, entryOf });
    const known = new Set(rows.map(({ accountId }) => accountId));
    onRead(
      rows,
      ids.filter((id) => !known.has(id)),
      at,
    );
    return ids;
  }

  async #update(mark: ListMark, isMoving: boolean, isFresh: boolean): Promise<boolean> {
    if (isMoving) await this.#catchUp();
    if (isFresh) await this.#once('round', () => this.#round());
    return this.#flush(mark.endedIds);
  }

  /** Reads all accounts for the first time. A key with few of them does not wait for all. */
  async #first(
    accounts: readonly string[] | null,
    { unread }: Progress,
    endedIds: readonly string[],
  ): Promise<boolean> {
    const all = this.#once('fill', () => this.#fill());
    if (accounts === null || unread > AWAITED_MAX) await all;
    else if (unread > 0) await this.#refresh(unlistedOf(accounts, AWAITED_MAX));
    // The first read of all may take long, and accounts may have changed since their first read.
    return this.#flush(endedIds);
  }

  async #fill(): Promise<void> {
    await beginMark(this.#needs.pool);
    let after = '';
    for (let count = PAGE; count === PAGE;) {
      const ids = await this.#refresh(unlisted(after, PAGE));
      after = ids.at(-1) ?? after;
      count = ids.length;
    }
    await this.#changes();
  }

  /** Reads what changed. Many accounts are read in the background, and the answer does not wait. */
  async #catchUp(): Promise<void> {
    const work = this.#once('changes', () => this.#changes());
    if (!this.#isLong) await work;
  }

  async #changes(): Promise<void> {
    const { pool, now } = this.#needs;
    const [at, losses] = [now(), this.#losses];
    try {
      const { horizon, accountIds } = await readAccountChanges(pool, at);
      // Each answer waits for reported accounts, so they are read first, and only once.
      const reported = new Set(this.#changed);
      const isRead = await this.#flush([]);
      const others = isRead ? accountIds.filter((id) => !reported.has(id)) : accountIds;
      this.#isLong = others.length > AWAITED_MAX;
      await this.refresh(others);
      await moveMark(pool, horizon, at);
      this.#lossesRead = losses;
    } finally {
      this.#isLong = false;
    }
  }

  /** Reads reported accounts, and a few that time has changed; false: a read failed. */
  async #flush(endedIds: readonly string[]): Promise<boolean> {
    const reported = [...this.#changed];
    this.#changed = new Set();
    const isLong = endedIds.length > AWAITED_MAX;
    if (isLong) void this.#once('ended', () => this.#ended());
    const ids = isLong ? reported : [...new Set([...reported, ...endedIds])];
    if (ids.length > 0) void this.#reported(ids);
    // Other answers may read some of what was reported until now.
    return (await Promise.all(this.#reading)).every(Boolean);
  }

  #reported(ids: readonly string[]): Promise<boolean> {
    const read = this.#readAgain(ids).finally(() => this.#reading.delete(read));
    this.#reading.add(read);
    return read;
  }

  async #readAgain(ids: readonly string[]): Promise<boolean> {
    try {
      await this.refresh(ids);
      this.#failure = null;
      return true;
    } catch (error) {
      for (const id of ids) this.touch(id);
      this.#failure = errorText(error);
      return false;
    }
  }

  /** Reads the accounts that time has changed, until none is left. */
  async #ended(): Promise<void> {
    for (let count = PAGE; count === PAGE;) {
      count = (await this.#refresh(ended(this.#needs.now(), PAGE))).length;
    }
  }

  async #again(): Promise<void> {
    const { pool, now } = this.#needs;
    const { isFilled } = await readMark(pool, now(), 0);
    if (!isFilled) return this.#once('fill', () => this.#fill());
    await this.#once('changes', () => this.#changes());
    await this.#once('ended', () => this.#ended());
    await this.#once('round', () => this.#round());
  }

  /** Reads the next accounts by id, and begins again after the last one. */
  async #round(): Promise<void> {
    for (let count = 0; count < ROUND; count += PAGE) {
      const ids = await this.#refresh(following(this.#after, PAGE));
      this.#after = ids.length < PAGE ? '' : (ids.at(-1) ?? '');
      if (ids.length < PAGE) return;
    }
  }

  /** Runs the work once at a time: a caller during the work waits for it. */
  #once(name: string, work: () => Promise<void>): Promise<void> {
    const running = this.#running.get(name);
    if (running) return running;
    const begun = this.#noting(work).finally(() => this.#running.delete(name));
    this.#running.set(name, begun);
    return begun;
  }

  /** Does the work, and notes whether it failed. */
  async #noting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failure = null;
    } catch (error) {
      this.#failure = errorText(error);
    }
  }
}

/** True if too long ago, or if the clock of another server was ahead. */
const isOld = ({ readAt }: ListMark, now: Instant): boolean =>
  readAt === null || Math.abs(now - readAt) > LIST_AGE_MAX_MS;
