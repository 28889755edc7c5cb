/** Selects, sorts and counts accounts by their entries. `accounts` limits a read; null: all. */
import type { AccountState } from '../../domain/gate/accountState.js';
import { DRIFT_MAX } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { SendingGroup } from '../../domain/wire/canSend.js';
import { NO_GROUP, type GroupCount } from '../groups/members.js';
import { onlyRow, rowsOf, type Queryable } from '../pool.js';
import {
  byOrder,
  conditionOf,
  matchesOf,
  matching,
  parameters,
  type Filter,
  type Ids,
  type Order,
} from './conditions.js';
import type { Entry } from './entries.js';

const ENTRY = `jsonb_build_object('accountId', account_id, 'state', state, 'urgency', urgency,
  'sending', sending, 'group', group_name, 'counter', counter, 'logged', logged,
  'inFlight', in_flight, 'uncertain', uncertain, 'remaining', remaining, 'drift', drift,
  'checkedAt', safeband.ms_of(checked_at), 'cooldownUntil', safeband.ms_of(cooldown_until),
  'endsAt', safeband.ms_of(ends_at))`;

/** Reads a page of the list. */
export function readEntries(
  db: Queryable,
  filter: Filter,
  order: Order,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly Entry[]> {
  const { values, name } = parameters();
  const matches = matchesOf(conditionOf(filter, name), order, name, offset + limit);
  const by = byOrder(order);
  // The rows before the offset are only counted: the entries are built of those of the page.
  return rowsOf<Entry>(
    db,
    `select ${ENTRY} as row from (
       select * from ${matches} list ${by} limit ${name(limit)} offset ${name(offset)}) page ${by}`,
    values,
  );
}

/** Characters of the parts of ids that have an index. */
const PART = 3;
/** Maximum accounts of a search that are named; of more, a page finds its accounts soon. */
const FOUND_MAX = 1_000;

/** Reads the accounts that match a search by the index of parts of ids; null: many, or unknown. */
export async function findAccounts(db: Queryable, search: string, most = FOUND_MAX): Promise<Ids> {
  const characters = Array.from(search.toLowerCase());
  if (characters.length < PART) return null;
  const starts = characters.slice(PART - 1);
  const wanted = starts.map((_, n) => characters.slice(n, n + PART).join(''));
  const { values, name } = parameters();
  const [ids = []] = await rowsOf<readonly string[]>(
    db,
    `select to_jsonb(array(select account_id from safeband.account_names
       where parts @> ${name(wanted)}::text[]
         and ${matching(search, name)} limit ${name(most + 1)})) as row`,
    values,
  );
  return ids.length > most ? null : ids;
}

/** Counts the accounts that match a filter. */
export async function countMatches(db: Queryable, filter: Filter): Promise<number> {
  const { values, name } = parameters();
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from safeband.account_list where ${conditionOf(filter, name)}`,
    values,
  );
  return onlyRow(rows).count;
}

/** The accounts that have the same state, answer and group: how many, and their sums. */
export type Cell = {
  readonly state: AccountState;
  readonly sending: SendingGroup;
  readonly group: string | null;
  readonly accounts: number;
  readonly counter: number;
  readonly logged: number;
  readonly inFlight: number;
  readonly uncertain: number;
  /** Accounts with a drift other than 0. */
  readonly drifting: number;
};

const CELL = `jsonb_build_object('state', state, 'sending', sending,
  'group', nullif(group_name, ''), 'accounts', accounts, 'counter', counter, 'logged', logged,
  'inFlight', in_flight, 'uncertain', uncertain, 'drifting', drifting)`;

/** Counts all accounts, or those of that list, by what filters name. */
export const readCells = (db: Queryable, accounts: Ids): Promise<readonly Cell[]> =>
  accounts === null
    ? rowsOf<Cell>(db, `select ${CELL} as row from safeband.account_counts where accounts > 0`, [])
    : rowsOf<Cell>(
        db,
        `select ${CELL} as row from (
           select state, sending, coalesce(group_name::text, '') as group_name,
                  count(*) as accounts, sum(counter) as counter, sum(logged) as logged,
                  sum(in_flight) as in_flight, sum(uncertain) as uncertain,
                  count(*) filter (where drift <> 0) as drifting
             from safeband.account_list where account_id = any($1::text[])
            group by 1, 2, 3) counted`,
        [accounts],
      );

/** Returns how many accounts match a filter that has no search. */
export const matchesIn = (
  cells: readonly Cell[],
  { state, sending, group }: Pick<Filter, 'state' | 'sending' | 'group'>,
): number =>
  sum(cells, (cell) =>
    (state === null || cell.state === state) &&
    (sending === null || cell.sending === sending) &&
    (group === null || (cell.group ?? NO_GROUP) === group)
      ? cell.accounts
      : 0,
  );

const sum = (cells: readonly Cell[], of: (cell: Cell) => number): number =>
  cells.reduce((total, cell) => total + of(cell), 0);

/** How many accounts there are, by what filters name. */
export type Counts = {
  readonly all: number;
  readonly byState: Readonly<Record<AccountState, number>>;
  readonly bySending: Readonly<Record<SendingGroup, number>>;
  /** By name. */
  readonly byGroup: readonly GroupCount[];
};

/** Returns how many accounts these cells have, by what filters name. */
export function countsOf(cells: readonly Cell[]): Counts {
  const byState = {
    held: 0,
    cooldown: 0,
    no_credits: 0,
    unverified: 0,
    active: 0,
    disconnected: 0,
  };
  const bySending = { yes: 0, waits: 0, person: 0, none: 0 };
  const groups = new Map<string, number>();
  for (const { state, sending, group, accounts } of cells) {
    byState[state] += accounts;
    bySending[sending] += accounts;
    if (group !== null) groups.set(group, (groups.get(group) ?? 0) + accounts);
  }
  const byGroup = [...groups].map(([group, accounts]) => ({ group, accounts }));
  return {
    all: sum(cells, ({ accounts }) => accounts),
    byState,
    bySending,
    byGroup: byGroup.toSorted((a, b) => (a.group < b.group ? -1 : 1)),
  };
}

/** The figures of all accounts that a reader may see. */
export type Figures = Pick<Counts, 'all' | 'byState'> & {
  readonly sums: Pick<Cell, 'counter' | 'logged' | 'inFlight' | 'uncertain'>;
  /** Connected accounts with a drift: how many, how many raise an alert, and the first ids. */
  readonly drifting: { readonly count: number; readonly above: number; readonly ids: Known };
  /** Accounts in a cooldown; the cooldown that ends next first. */
  readonly cooldowns: { readonly count: number; readonly ids: Known };
  /** The connected account whose last reconcile is the least recent. */
  readonly oldest: { readonly accountId: string; readonly at: Instant | null } | null;
};
type Known = readonly string[];

/** Reads the figures, with the ids of at most `limit` accounts of a kind. */
export async function readFigures(
  db: Queryable,
  asked: { readonly accounts: Ids; readonly auditedAt: Instant | null; readonly limit: number },
): Promise<Figures> {
  const { accounts, auditedAt, limit } = asked;
  const { values, name } = parameters();
  const [max, most] = [name(DRIFT_MAX), name(limit)];
  const mine = accounts === null ? 'true' : `account_id = any(${name(accounts)}::text[])`;
  const connected = `${mine} and state <> 'disconnected'`;
  const byCheck: Order = { sort: 'checked', isDescending: false, auditedAt };
  const checked = matchesOf(connected, byCheck, name, 1);
  const [cells, [found]] = await Promise.all([
    readCells(db, accounts),
    rowsOf<{
      readonly above: number;
      readonly drifting: Known;
      readonly cooldowns: Known;
      readonly oldest: Figures['oldest'];
    }>(
      db,
      `select jsonb_build_object(
         'above', (select count(*) from safeband.account_list
                    where ${connected} and abs(drift) > ${max} and drift > ${max}),
         'drifting', array(select account_id from safeband.account_list
                    where ${connected} and drift <> 0
                    order by abs(drift) desc, account_id limit ${most}),
         'cooldowns', array(select account_id from safeband.account_list
                    where ${mine} and state = 'cooldown'
                    order by cooldown_until, account_id limit ${most}),
         'oldest', (select jsonb_build_object('accountId', account_id,
                      'at', safeband.ms_of(nullif(checked, '-infinity'))) from (
                      select * from ${checked} list ${byOrder(byCheck)} limit 1) first)) as row`,
      values,
    ),
  ]);
  const { above, drifting, cooldowns, oldest } = onlyRow(found ? [found] : []);
  const { all, byState } = countsOf(cells);
  const connectedCells = cells.filter(({ state }) => state !== 'disconnected');
  return {
    all,
    byState,
    sums: {
      counter: sum(cells, ({ counter }) => counter),
      logged: sum(cells, ({ logged }) => logged),
      inFlight: sum(cells, ({ inFlight }) => inFlight),
      uncertain: sum(cells, ({ uncertain }) => uncertain),
    },
    drifting: { count: sum(connectedCells, (one) => one.drifting), above, ids: drifting },
    cooldowns: { count: byState.cooldown, ids: cooldowns },
    oldest,
  };
}

/** How many accounts there are, and how many of them have no entry yet. */
export type Progress = { readonly size: number; readonly unread: number };

/** Reads how far the first read of all accounts has come. */
export async function readProgress(db: Queryable, accounts: Ids): Promise<Progress> {
  const all = '$1::text[] is null or account_id = any($1)';
  const { rows } = await db.query<{ size: number; listed: number }>(
    `select (select count(*)::int from safeband.accounts where ${all}) as size,
            (select count(*)::int from safeband.account_list where ${all}) as listed`,
    [accounts],
  );
  const { size, listed } = onlyRow(rows);
  return { size, unread: Math.max(0, size - listed) };
}

/** Reads a page of ids while the list is not filled yet: by id, with a search and no filter. */
export async function readIds(
  db: Queryable,
  { search, accounts }: Pick<Filter, 'search' | 'accounts'>,
  isDescending: boolean,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ readonly ids: Known; readonly matches: number }> {
  const { values, name } = parameters();
  const every = { search, accounts, found: null, state: null, sending: null, group: null };
  const condition = conditionOf(every, name);
  const [found] = await rowsOf<{ readonly ids: Known; readonly matches: number }>(
    db,
    `select jsonb_build_object(
       'matches', (select count(*) from safeband.accounts where ${condition}),
       'ids', array(select account_id from safeband.accounts where ${condition}
          order by account_id ${isDescending ? 'desc' : 'asc'}
          limit ${name(limit)} offset ${name(offset)})) as row`,
    values,
  );
  return onlyRow(found ? [found] : []);
}
