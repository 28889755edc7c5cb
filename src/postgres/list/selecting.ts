/** Selects, sorts and counts accounts by their entries. `accounts` limits a read; null: all. */
import type { AccountState } from '../../domain/gate/accountState.js';
import { DRIFT_MAX } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Sending, SendingGroup } from '../../domain/wire/canSend.js';
import { NO_GROUP, type GroupCount, type GroupFilter } from '../groups/members.js';
import { onlyRow, rowsOf, type Queryable } from '../pool.js';
import type { Entry } from './entries.js';

type Ids = readonly string[] | null;

export type Sort = 'id' | 'counter' | 'remaining' | 'drift' | 'state' | 'checked';
export type Filter = {
  readonly search: string;
  readonly state: AccountState | null;
  readonly sending: Sending | null;
  readonly group: GroupFilter;
  readonly accounts: Ids;
};
export type Order = {
  readonly sort: Sort;
  readonly isDescending: boolean;
  /** The last audit: it checked every connected account, and changed none of their rows. */
  readonly auditedAt: Instant | null;
};

/** Collects the parameters of a statement: returns the name of each. */
function parameters() {
  const values: unknown[] = [];
  const name = (value: unknown): string => {
    values.push(value);
    return `$${values.length}`;
  };
  return { values, name };
}
type Name = (value: unknown) => string;

/** Returns the condition of a filter. */
function conditionOf({ search, state, sending, group, accounts }: Filter, name: Name): string {
  const parts = [
    accounts === null ? [] : `account_id = any(${name(accounts)}::text[])`,
    state === null ? [] : `state = ${name(state)}`,
    sending === null ? [] : `sending = ${name(sending)}`,
    group === null ? [] : group === NO_GROUP ? 'group_name is null' : `group_name = ${name(group)}`,
    // Ids have only letters of ASCII, and this collation compares them faster.
    search === ''
      ? []
      : `strpos(lower(account_id::text collate "C"), ${name(search.toLowerCase())}) > 0`,
  ].flat();
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

/** Returns what a list is sorted by. */
function keyOf({ sort, auditedAt }: Order, name: Name): string {
  const keys: Readonly<Record<Exclude<Sort, 'checked'>, string>> = {
    id: 'account_id',
    counter: 'counter',
    remaining: 'remaining',
    drift: 'abs(drift)',
    state: 'urgency',
  };
  return sort === 'checked' ? checkedAt(auditedAt, name) : keys[sort];
}
const checkedAt = (auditedAt: Instant | null, name: Name): string =>
  `coalesce(greatest(checked_at, case when state <> 'disconnected' then
     (select safeband.at_ms(${name(auditedAt)}::bigint)) end), '-infinity')`;

const ENTRY = `jsonb_build_object('accountId', account_id, 'state', state, 'urgency', urgency,
  'sending', sending, 'group', group_name, 'counter', counter, 'logged', logged,
  'inFlight', in_flight, 'uncertain', uncertain, 'remaining', remaining, 'drift', drift,
  'checkedAt', safeband.ms_of(checked_at), 'cooldownUntil', safeband.ms_of(cooldown_until),
  'endsAt', safeband.ms_of(ends_at))`;

/** Reads a page of the list. Accounts that are equal in its order come by id. */
export function readEntries(
  db: Queryable,
  filter: Filter,
  order: Order,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<readonly Entry[]> {
  const { values, name } = parameters();
  const condition = conditionOf(filter, name);
  const ties = order.sort === 'id' ? '' : ', account_id';
  const by = `order by ${keyOf(order, name)} ${order.isDescending ? 'desc' : 'asc'}${ties}`;
  // The rows before the offset are only counted: the entries are built of those of the page.
  return rowsOf<Entry>(
    db,
    `select ${ENTRY} as row from (
       select * from safeband.account_list where ${condition} ${by}
        limit ${name(limit)} offset ${name(offset)}) page ${by}`,
    values,
  );
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
  const at = checkedAt(auditedAt, name);
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
                      select account_id, ${at} as checked from safeband.account_list
                       where ${connected} order by 2, 1 limit 1) first)) as row`,
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
  const every = { search, accounts, state: null, sending: null, group: null };
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
