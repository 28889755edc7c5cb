/** Filters and orders of the list of accounts, as parts of a statement. */
import type { Instant } from '../../domain/primitives/time.js';
import type { Sending } from '../../domain/wire/canSend.js';
import { NO_GROUP, type GroupFilter } from '../groups/members.js';

/** The accounts that a read is limited to; null: all. */
export type Ids = readonly string[] | null;

export type Sort = 'id' | 'counter' | 'remaining' | 'drift' | 'state' | 'checked';
export type Filter = {
  readonly search: string;
  /** The accounts that match the search, if they are few; null: each account is compared. */
  readonly found: Ids;
  readonly state: string | null;
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

/** Names a parameter of a statement. */
export type Name = (value: unknown) => string;
/** Collects the parameters of a statement: returns the name of each. */
export function parameters() {
  const values: unknown[] = [];
  const name: Name = (value) => {
    values.push(value);
    return `$${values.length}`;
  };
  return { values, name };
}

/** Returns the condition of a search. Ids are ASCII, and this collation compares them faster. */
export const matching = (search: string, name: Name): string =>
  `strpos(lower(account_id::text collate "C"), ${name(search.toLowerCase())}) > 0`;

/** Returns the condition of a filter. */
export function conditionOf(filter: Filter, name: Name): string {
  const { search, found, state, sending, group, accounts } = filter;
  const parts = [
    accounts === null ? [] : `account_id = any(${name(accounts)}::text[])`,
    state === null ? [] : `state = ${name(state)}`,
    sending === null ? [] : `sending = ${name(sending)}`,
    group === null ? [] : group === NO_GROUP ? 'group_name is null' : `group_name = ${name(group)}`,
    found !== null
      ? `account_id = any(${name(found)}::text[])`
      : search === ''
        ? []
        : matching(search, name),
  ].flat();
  return parts.length === 0 ? 'true' : parts.join(' and ');
}

const KEYS: Readonly<Record<Sort, string>> = {
  id: 'account_id',
  counter: 'counter',
  remaining: 'remaining',
  drift: 'abs(drift)',
  state: 'urgency',
  checked: 'checked',
};
const directionOf = ({ isDescending }: Order): string => (isDescending ? 'desc' : 'asc');

/** Returns the order of the list. Accounts that are equal in it come by id. */
export const byOrder = (order: Order): string =>
  `order by ${KEYS[order.sort]} ${directionOf(order)}${order.sort === 'id' ? '' : ', account_id'}`;

/** Returns the accounts that match: at least the first `most` of the order, as a relation. */
export const matchesOf = (condition: string, order: Order, name: Name, most: number): string =>
  order.sort === 'checked'
    ? checkedOf(condition, order, name, most)
    : `(select * from safeband.account_list where ${condition})`;

/**
 * Returns the accounts with the time of their last check. Most connected accounts have that of the
 * last audit, which is not in their rows, so no index has the order of all. But three parts of the
 * list have one: disconnected accounts, which no audit checks, accounts that were checked since the
 * audit, and the others, which have the same time and come by id.
 */
function checkedOf(condition: string, order: Order, name: Name, most: number): string {
  const own = `coalesce(checked_at, '-infinity')`;
  const audited = `(select coalesce(safeband.at_ms(${name(order.auditedAt)}::bigint), '-infinity'))`;
  const limit = name(most);
  const byOwn = `${own} ${directionOf(order)}, account_id`;
  const part = (which: string, key: string, by: string): string =>
    `(select *, ${key} as checked from safeband.account_list
       where ${condition} and ${which} order by ${by} limit ${limit})`;
  return `(${[
    part(`state = 'disconnected'`, own, byOwn),
    part(`state <> 'disconnected' and ${own} > ${audited}`, own, byOwn),
    part(`state <> 'disconnected' and ${own} <= ${audited}`, audited, 'account_id'),
  ].join(' union all ')})`;
}
