/** Reads how large the tables that grow are, and how old their oldest rows are (R28). */
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

export type TableSize = {
  readonly table: string;
  readonly bytes: number;
  /** Postgres' own estimate. */
  readonly rows: number;
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
};

/** Reads the sizes of the tables that grow, the largest first. */
export const readTableSizes = (db: Queryable): Promise<readonly TableSize[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('table', c.relname,
       'bytes', pg_total_relation_size(c.oid),
       'rows', greatest(c.reltuples, s.n_live_tup, 0)::bigint,
       'oldest', case c.relname ${Object.entries(OLDEST)
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
    [Object.keys(OLDEST)],
  );
