/** Groups with the policy of their new accounts (R26). */
import { withDefaults, type GroupDefaults } from '../../domain/commands/groupDefaults.js';
import type { Tier } from '../../domain/primitives/tier.js';
import type { Instant } from '../../domain/primitives/time.js';
import { isKnown } from '../read/lists.js';
import { rowsOf, type Queryable } from '../pool.js';

export type GroupRow = {
  readonly group: string;
  /** The accounts that the reader may see. */
  readonly accounts: number;
  readonly defaults: GroupDefaults;
  /** Null: no person has set defaults. */
  readonly changedBy: string | null;
  readonly changedAt: Instant | null;
};
type Asked = {
  /** Only the accounts of this list, and the groups that they have; null: all. */
  readonly accounts: readonly string[] | null;
  /** Groups that are listed also without an account of the list. */
  readonly groups: readonly string[] | null;
};

const ROW = `jsonb_build_object('group', name, 'accounts', coalesce(counted.accounts, 0),
  'defaults', coalesce(g.defaults, '{}'), 'changedBy', g.changed_by,
  'changedAt', safeband.ms_of(g.changed_at))`;
/** Names that an account has, or that have defaults; of the accounts $1, and the groups $2. */
const NAMES = `(
  select distinct group_name::text as name from safeband.accounts
   where group_name is not null and ($1::text[] is null or account_id = any($1))
  union select group_name from safeband.groups
   where $1::text[] is null or group_name = any($2::text[])) named`;
const JOINED = `left join safeband.groups g on g.group_name = name
  left join lateral (select count(*)::int as accounts from safeband.accounts a
     where a.group_name = name and ($1::text[] is null or a.account_id = any($1))) counted on true`;

/** Lists groups by name, after that one. */
export const listGroups = (
  db: Queryable,
  { accounts, groups, after, limit }: Asked & { readonly after: string; readonly limit: number },
): Promise<readonly GroupRow[]> =>
  rowsOf(
    db,
    `select ${ROW} as row from (select name from ${NAMES} where name > $3 collate "C"
        order by name collate "C" limit $4) page ${JOINED} order by name collate "C"`,
    [accounts, groups, after, limit],
  );

/** Reads one group; a group without accounts and defaults has an empty row, too. */
export async function readGroupRow(
  db: Queryable,
  group: string,
  accounts: Asked['accounts'],
): Promise<GroupRow> {
  const [row] = await rowsOf<GroupRow>(
    db,
    `select ${ROW} as row from (select $2::text as name) page ${JOINED}`,
    [accounts, group],
  );
  if (!row) throw new Error('a select without a table has one row');
  return row;
}

/** Replaces the defaults of a group. */
export async function setDefaults(
  db: Queryable,
  order: { readonly group: string; readonly defaults: GroupDefaults; readonly by: string },
): Promise<void> {
  await db.query(
    `insert into safeband.groups as g (group_name, defaults, changed_by) values ($1, $2::jsonb, $3)
     on conflict (group_name) do update
        set defaults = excluded.defaults, changed_by = excluded.changed_by,
            changed_at = clock_timestamp()`,
    [order.group, JSON.stringify(order.defaults), order.by],
  );
}

/**
 * Returns the start of an account with the defaults of its group in each field that it leaves out.
 * An account that exists keeps its own values (R13).
 */
export async function filledStart<
  S extends { readonly accountId: string; readonly tier: Tier; readonly group?: string | null },
>(db: Queryable, start: S): Promise<S> {
  const { accountId, group } = start;
  if (typeof group !== 'string') return start;
  const { defaults } = await readGroupRow(db, group, null);
  if (Object.keys(defaults).length === 0 || (await isKnown(db, accountId))) return start;
  return withDefaults(start, defaults);
}
