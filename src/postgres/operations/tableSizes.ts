/** Reads how large the tables that grow are, and how old their oldest rows are (R28). */
import type { Instant } from '../../domain/primitives/time.js';
import { onlyRow, rowsOf, type Queryable } from '../pool.js';

export type TableSize = {
  readonly table: string;
  readonly bytes: number;
  /** Postgres' own estimate. */
  readonly rows: number;
  /** False: this database user may not read the rows, so `oldest` is null. */
  readonly mayRead: boolean;
  readonly oldest: Instant | null;
  /** How the last audit deleted rows of the table; null: no audit has done it yet. */
  readonly kept: {
    readonly days: number | null;
    readonly onlyExported: boolean;
    readonly prunedRows: number;
    readonly prunedAt: Instant | null;
    readonly exportedBefore: Instant | null;
  } | null;
};

const DAY = (column: string): string =>
  `safeband.ms_of(min(${column})::timestamp at time zone 'UTC')`;
/** The oldest row of each account, by its index: no statement reads a table as a whole. */
const byAccount = (table: string, column: string, oldest = column): string =>
  `(select ${oldest} from safeband.accounts a cross join lateral (
      select ${column} from safeband.${table} t where t.account_id = a.account_id
       order by ${column} limit 1) first)`;
const dayByAccount = (table: string): string =>
  byAccount(table, 'quota_day', DAY('first.quota_day'));
const timeByAccount = (table: string, column: string): string =>
  byAccount(table, column, `safeband.ms_of(min(first.${column}))`);

/** The first row of a table whose rows are numbered in the order of their time. */
const byNumber = (table: string, number: string, time: string): string =>
  `(select safeband.ms_of(${time}) from safeband.${table} order by ${number} limit 1)`;

/** The tables that grow, each with how its oldest row is found. */
const OLDEST: Readonly<Record<string, string>> = {
  inmail_events: dayByAccount('inmail_events'),
  account_days: dayByAccount('account_days'),
  reservations: dayByAccount('reservations'),
  send_attempts: dayByAccount('send_attempts'),
  waiting: '(select safeband.ms_of(min(asked_at)) from safeband.waiting)',
  campaign_denials: `(select ${DAY('quota_day')} from safeband.campaign_denials)`,
  past_sends: timeByAccount('past_sends', 'sent_at'),
  replies: timeByAccount('replies', 'recorded_at'),
  reconciler_runs: `(select safeband.ms_of(min(ran_at)) from (
      select min(ran_at) as ran_at from safeband.reconciler_runs where scope = 'account'
      union all select min(ran_at) from safeband.reconciler_runs where scope = 'fleet') first)`,
  corrections: timeByAccount('corrections', 'at'),
  alerts: '(select safeband.ms_of(min(opened_at)) from safeband.alerts)',
  account_changes: timeByAccount('account_changes', 'at'),
  group_reserves: '(select safeband.ms_of(min(recorded_at)) from safeband.group_reserves)',
  group_recipients: '(select safeband.ms_of(min(recorded_at)) from safeband.group_recipients)',
  account_history: '(select safeband.ms_of(min(updated_at)) from safeband.account_history)',
  reservation_history: dayByAccount('reservation_history'),
  webhook_events: byNumber('webhook_events', 'number', 'recorded_at'),
  webhook_deliveries: byNumber('webhook_deliveries', 'delivery_id', 'at'),
  order_accounts:
    '(select safeband.ms_of(min(made_at)) from safeband.orders where accounts_deleted_at is null)',
  access_changes: byNumber('access_changes', 'change_id', 'at'),
};
/** The names of the tables that grow. */
export const GROWING_TABLES: readonly string[] = Object.keys(OLDEST);

/** Reads the sizes of the tables that grow, the largest first. */
export async function readTableSizes(db: Queryable): Promise<readonly TableSize[]> {
  const readable = await readableTables(db);
  return rowsOf(
    db,
    `select jsonb_build_object('table', c.relname,
       'bytes', pg_total_relation_size(c.oid),
       'rows', greatest(c.reltuples, s.n_live_tup, 0)::bigint,
       'mayRead', c.relname = any($2),
       'oldest', case c.relname when '' then null ${Object.entries(OLDEST)
         .filter(([table]) => readable.includes(table))
         .map(([table, sql]) => `when '${table}' then ${sql}`)
         .join(' ')} end,
       'kept', (select jsonb_build_object('days', r.days, 'onlyExported', r.only_exported,
            'prunedRows', r.pruned_rows, 'prunedAt', safeband.ms_of(r.pruned_at),
            'exportedBefore', safeband.ms_of(r.exported_before))
          from safeband.retention r
         where r.relation = c.relname and r.pruned_at is not null)) as row
     from pg_class c left join pg_stat_user_tables s on s.relid = c.oid
    where c.relnamespace = 'safeband'::regnamespace and c.relname = any($1)
    order by pg_total_relation_size(c.oid) desc, c.relname`,
    [GROWING_TABLES, readable],
  );
}

/** Postgres refuses a statement that names a table without a right to it, so these are left out. */
async function readableTables(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'safeband'::regnamespace and relname = any($1)
        and has_table_privilege(oid, 'select')`,
    [GROWING_TABLES],
  );
  return rows.map(({ name }) => name);
}

/** Reads how large all tables are together, with their indexes, and how many tables there are. */
export async function readTotalSize(
  db: Queryable,
): Promise<{ readonly tables: number; readonly bytes: number }> {
  const { rows } = await db.query<{ tables: number; bytes: number }>(
    `select count(*)::int as tables,
            coalesce(sum(pg_total_relation_size(oid)), 0)::float8 as bytes
       from pg_class where relnamespace = 'safeband'::regnamespace and relkind = 'r'`,
  );
  return onlyRow(rows);
}
