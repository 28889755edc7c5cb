/**
 * The list of all accounts for pages. Postgres sorts, filters and counts it by its entries. This
 * process keeps no account that no page has shown lately.
 */
import { createHash } from 'node:crypto';
import { errorText } from '../../../domain/primitives/errorText.js';
import { SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import { sendingOf } from '../../../domain/wire/canSend.js';
import type { Entry } from '../../../postgres/list/entries.js';
import {
  countMatches,
  countsOf,
  findAccounts,
  matchesIn,
  readCells,
  readEntries,
  readFigures,
  readIds,
  type Counts,
  type Figures,
  type Progress,
} from '../../../postgres/list/selecting.js';
import { readStatuses } from '../../../postgres/read/pageReads.js';
import type { Pool } from '../../../postgres/pool.js';
import type { Caller } from '../../access/caller.js';
import type { Live } from '../../live/live.js';
import { within } from '../../plumbing/within.js';
import { numbersOfRow, type Numbers } from '../ui/numbers.js';
import { addressOf, matcherOf, PAGE_SIZE, type Ask } from './accountsView.js';
import { entryOf, isSame } from './entryOf.js';
import { KeptRows } from './keptRows.js';
import { ListUpdates, type UpToDate } from './listUpdates.js';

/** How long a page waits for Postgres before it shows what is kept. */
const ANSWER_MS = 3 * SECOND_MS;
/** Maximum pages that are kept for the time when Postgres does not answer. */
const PAGES_MAX = 100;

export type Reading = {
  readonly progress: Progress;
  readonly readAt: Instant;
  /** The error of the last read: the numbers are out of date. Null if it succeeded. */
  readonly failure: string | null;
};
export type Listed = {
  readonly shown: readonly Numbers[];
  readonly matches: number;
  readonly page: number;
  readonly pages: number;
  /** Null while servers read the accounts for the first time. */
  readonly counts: Counts | null;
};
/** `list`: null while servers read the accounts for the first time. */
export type ListShown = { readonly reading: Reading; readonly list: Listed | null };
export type FleetShown = {
  readonly figures: Figures;
  readonly drifting: readonly Numbers[];
  readonly cooldowns: readonly Numbers[];
};
export type Asked = {
  readonly caller: Pick<Caller, 'accounts'>;
  /** True: reads what changed, and does not wait until Postgres reports it. */
  readonly isFresh: boolean;
};
type Needs = {
  readonly pool: Pool;
  readonly now: () => Instant;
  /** Reports changes, from the first use of the list on: an unused list costs nothing. */
  readonly live?: Pick<Live, 'alsoNotify' | 'isListening'>;
  /** How long a page waits, instead of `ANSWER_MS`. */
  readonly answerMs?: number;
};
/** A page by its ids. `entries`: null while servers read the accounts for the first time. */
type Selected = Omit<Listed, 'shown'> & {
  readonly ids: readonly string[];
  readonly entries: readonly Entry[] | null;
};
type Page = { readonly reading: Reading; readonly selected: Selected };

export class AccountList {
  readonly #needs: Needs;
  readonly #answerMs: number;
  readonly #updates: ListUpdates;
  readonly #kept = new KeptRows();
  #isWatching = false;
  /** The page that was shown last is the last one. */
  readonly #pages = new Map<string, Page>();

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#answerMs = needs.answerMs ?? ANSWER_MS;
    this.#updates = new ListUpdates({
      ...needs,
      answerMs: this.#answerMs,
      onRead: (rows, gone, at) => {
        for (const row of rows) this.#kept.replace(numbersOfRow(row, at));
        for (const id of gone) this.#kept.forget(id);
      },
    });
  }

  /** Keeps the list fresh no longer. */
  stop(): void {
    this.#updates.stop();
  }

  /** Marks a changed account: it is read again before the next answer. */
  touch(accountId: string): void {
    this.#updates.touch(accountId);
    this.#kept.outdate(accountId);
  }
  /** Marks that reports may have been lost: the next answer reads what changed. */
  touchAll(): void {
    this.#updates.touchAll();
    this.#kept.outdateAll();
  }

  /**
   * Returns a page of the list. If its rows differ from the entries, which may be some seconds
   * older, the page is selected again, so that each row matches the filters. While Postgres does
   * not answer, a page that was shown before is shown again; other pages throw.
   */
  async page({ caller: { accounts }, isFresh }: Asked, ask: Ask): Promise<ListShown> {
    const name = nameOf(ask, accounts);
    try {
      const { progress, ...upToDate } = await this.#bring(accounts, isFresh, needsNumbers(ask));
      for (let isFirst = true; ; isFirst = false) {
        if (progress && needsNumbers(ask)) {
          return { reading: readingOf(upToDate, progress), list: null };
        }
        const selected = progress
          ? await this.#ids(accounts, ask)
          : await this.#entries(accounts, ask, upToDate.auditedAt);
        const rows = await this.#rows(selected.ids, isFresh);
        const moved = movedIds(selected, rows);
        if (isFirst && moved.length > 0) {
          await this.#updates.selectAgain(moved);
          continue;
        }
        const all = { size: selected.counts?.all ?? selected.matches, unread: 0 };
        const reading = readingOf(upToDate, progress ?? all);
        this.#pages.delete(name); // A map has the key that was set last at its end.
        this.#pages.set(name, { reading, selected });
        const [oldest] = this.#pages.keys();
        if (this.#pages.size > PAGES_MAX && oldest !== undefined) this.#pages.delete(oldest);
        return shownOf(ask, { reading, selected }, rows);
      }
    } catch (error) {
      const page = this.#pages.get(name);
      const rows = page && this.#kept.of(page.selected.ids);
      if (!page || !rows || rows.length < page.selected.ids.length) throw error;
      const reading = { ...page.reading, failure: errorText(error) };
      return shownOf(ask, { ...page, reading }, rows);
    }
  }

  /**
   * Brings the entries up to date. False: they are not, for example while servers read the accounts
   * for the first time, or while Postgres does not report changes to this server.
   */
  async isCurrent(accounts: readonly string[] | null): Promise<boolean> {
    const upToDate = await this.#bring(accounts, false, false).catch(() => null);
    if (this.#needs.live?.isListening === false) return false;
    return upToDate?.progress === null && upToDate.failure === null && !upToDate.isBehind;
  }

  /** Returns the figures of all accounts, and the rows of at most `limit` accounts of a kind. */
  async fleet(
    { caller: { accounts }, isFresh }: Asked,
    limit: number,
  ): Promise<{ readonly reading: Reading; readonly fleet: FleetShown | null }> {
    const { progress, ...upToDate } = await this.#bring(accounts, isFresh, true);
    if (progress) return { reading: readingOf(upToDate, progress), fleet: null };
    const { auditedAt } = upToDate;
    const figures = await readFigures(this.#needs.pool, { accounts, auditedAt, limit });
    const { drifting, cooldowns, all } = figures;
    const rows = await this.#rows([...drifting.ids, ...cooldowns.ids], isFresh);
    const byId = new Map(rows.map((row) => [row.accountId, row]));
    const of = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
    return {
      reading: readingOf(upToDate, { size: all, unread: 0 }),
      fleet: { figures, drifting: of(drifting.ids), cooldowns: of(cooldowns.ids) },
    };
  }

  /** Keeps the list fresh from now on. */
  #watch(live: NonNullable<Needs['live']>): void {
    this.#isWatching = true;
    this.#updates.start();
    live.alsoNotify({
      onChange: (accountId) => this.touch(accountId),
      onGap: () => this.touchAll(),
    });
  }

  #bring(accounts: readonly string[] | null, isFresh: boolean, needsAll: boolean) {
    const { live } = this.#needs;
    if (live && !this.#isWatching) this.#watch(live);
    const work = this.#updates.bring({ accounts, isFresh, needsAll });
    return within(work, 2 * this.#answerMs, 'Postgres: no answer');
  }

  /** Selects a page by the entries. */
  async #entries(
    accounts: readonly string[] | null,
    ask: Ask,
    auditedAt: Instant | null,
  ): Promise<Selected> {
    const { pool } = this.#needs;
    const [cells, found] = await Promise.all([
      readCells(pool, accounts),
      findAccounts(pool, ask.search),
    ]);
    const filter = { ...ask, found, accounts };
    const matches = ask.search === '' ? matchesIn(cells, ask) : await countMatches(pool, filter);
    const place = placeOf(matches, ask);
    const entries = await readEntries(pool, filter, { ...ask, auditedAt }, place);
    const ids = entries.map(({ accountId }) => accountId);
    return { ids, entries, matches, ...place, counts: countsOf(cells) };
  }

  /** Selects a page by id while not all accounts have entries. */
  async #ids(accounts: readonly string[] | null, ask: Ask): Promise<Selected> {
    const { pool } = this.#needs;
    const filter = { search: ask.search, accounts };
    const offset = (ask.page - 1) * PAGE_SIZE;
    const found = await readIds(pool, filter, ask.isDescending, { limit: PAGE_SIZE, offset });
    const place = placeOf(found.matches, ask);
    const { ids } =
      place.page === ask.page ? found : await readIds(pool, filter, ask.isDescending, place);
    return { ids, entries: null, matches: found.matches, ...place, counts: null };
  }

  /** Reads the rows of these accounts, in that order, without accounts that have no row. */
  async #rows(ids: readonly string[], isFresh: boolean): Promise<readonly Numbers[]> {
    const { pool, now } = this.#needs;
    const at = now();
    const wanted = isFresh ? ids : ids.filter((id) => !this.#kept.isNew(id, at));
    if (wanted.length > 0) {
      const read = readStatuses(pool, wanted, at);
      const found = await within(read, this.#answerMs, 'Postgres: no answer');
      const known = new Set(found.map(({ accountId }) => accountId));
      for (const id of wanted) if (!known.has(id)) this.#kept.forget(id);
      for (const row of found) this.#kept.keep(numbersOfRow(row, at));
    }
    return this.#kept.of(ids);
  }
}

/** True if the ids alone do not answer: the numbers of all accounts are needed. */
const needsNumbers = ({ state, sending, group, sort }: Ask): boolean =>
  state !== null || sending !== null || group !== null || sort !== 'id';

/** Names a page and its reader. The ids of a key may be many, so their hash is kept. */
function nameOf(ask: Ask, accounts: readonly string[] | null): string {
  const reader =
    accounts === null ? '' : createHash('sha256').update(accounts.join(' ')).digest('base64');
  return `${addressOf(ask, { page: ask.page })} ${reader}`;
}

function placeOf(matches: number, { page: asked }: Ask) {
  const pages = Math.max(1, Math.ceil(matches / PAGE_SIZE));
  const page = Math.min(asked, pages);
  return { page, pages, limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
}

/** Returns the accounts whose rows differ from their entries, or that have no row any more. */
function movedIds({ ids, entries }: Selected, rows: readonly Numbers[]): readonly string[] {
  if (entries === null) return [];
  const byId = new Map(rows.map((row) => [row.accountId, row]));
  return ids.filter((id, n) => {
    const [row, entry] = [byId.get(id), entries[n]];
    return !row || !entry || !isSame(entry, entryOf(row, row.asOf));
  });
}

const readingOf = (
  { readAt, failure }: Pick<UpToDate, 'readAt' | 'failure'>,
  progress: Progress,
): Reading => ({ progress, readAt, failure });

function shownOf(ask: Ask, { reading, selected }: Page, rows: readonly Numbers[]): ListShown {
  const { matches, page, pages, counts } = selected;
  const matching = matcherOf(ask);
  const shown = rows.filter((row) => matching({ ...row, sending: sendingOf(row) }));
  const readAt = rows.length === 0 ? reading.readAt : Math.min(...rows.map(({ asOf }) => asOf));
  return { reading: { ...reading, readAt }, list: { matches, page, pages, counts, shown } };
}
