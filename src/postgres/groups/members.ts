/** The accounts of a group, by their rows (R26). */
import { rowsOf, type Queryable } from '../pool.js';

/** What a filter names: a group, or `none` for the accounts without one; null: all accounts. */
export type GroupFilter = string | null;
/** Filters read this word as the accounts without a group. */
export const NO_GROUP = 'none';
/** Metrics sum the groups that have no line of their own under this word. */
export const OTHER_GROUPS = 'other';
/** Groups that have lines of their own in metrics. */
const GROUPS_SHOWN = 20;

/** Selects the groups with lines of their own, the largest ones, from rows with `group_name`. */
export const largestOf = (rows: string): string =>
  `select group_name as name from ${rows} group by group_name
    order by count(*) desc, group_name limit ${GROUPS_SHOWN}`;

/** Reads the groups that have lines of their own in metrics. */
export const readLargest = (db: Queryable): Promise<readonly string[]> =>
  rowsOf(
    db,
    `select to_jsonb(name::text) as row
       from (${largestOf('safeband.accounts where group_name is not null')}) largest`,
    [],
  );

/** Reads the ids of the accounts of a group, by id. */
export const membersOf = async (db: Queryable, group: string): Promise<readonly string[]> => {
  const [ids = []] = await rowsOf<readonly string[]>(
    db,
    `select coalesce(jsonb_agg(account_id order by account_id), '[]') as row
       from safeband.accounts
      where ${group === NO_GROUP ? 'group_name is null and $1::text is not null' : 'group_name = $1'}`,
    [group],
  );
  return ids;
};

/** A group and its accounts that a reader may see. */
export type GroupCount = { readonly group: string; readonly accounts: number };

/** Counts the accounts of each group, by name. */
export const countGroups = (db: Queryable, accounts: Ids): Promise<readonly GroupCount[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('group', group_name, 'accounts', count(*)) as row
       from safeband.accounts
      where group_name is not null and ($1::text[] is null or account_id = any($1))
      group by group_name order by group_name`,
    [accounts],
  );

/** Reads the group of an account; null: it has none, or there is no such account. */
export const readGroup = async (db: Queryable, accountId: string): Promise<string | null> => {
  const [found] = await rowsOf<{ readonly group: string | null }>(
    db,
    `select jsonb_build_object('group', group_name) as row
       from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return found?.group ?? null;
};

/**
 * Returns the accounts of a list: those of the group that the key may see. Null: the list has no
 * limit. A group without accounts has an empty list.
 */
export async function idsOfGroup(
  db: Queryable,
  { group, accounts }: { readonly group: GroupFilter; readonly accounts: Ids },
): Promise<Ids> {
  if (group === null) return accounts;
  const members = await membersOf(db, group);
  if (accounts === null) return members;
  const seen = new Set(accounts);
  return members.filter((id) => seen.has(id));
}
type Ids = readonly string[] | null;

/** What a key or an endpoint of webhooks is limited to. */
type Scope = { readonly accounts: Ids; readonly groups: Ids };

/**
 * Returns which keys and endpoints a filter selects: those that are limited to the group, or to an
 * account that it has now. Keys and endpoints of all accounts belong to no group.
 */
export async function scopesOfGroup(
  db: Queryable,
  group: GroupFilter,
): Promise<(scope: Scope) => boolean> {
  if (group === null) return () => true;
  const members = new Set(await membersOf(db, group));
  return ({ accounts, groups }) =>
    (groups ?? []).includes(group) || (accounts ?? []).some((one) => members.has(one));
}
