/** Reads the rows that retention will delete (R28), for a file, as a stream in one snapshot. */
import { HOUR_MS, MINUTE_MS, type Instant } from '../../domain/primitives/time.js';
import type { PrunedTable } from '../../domain/records/retention.js';
import { NO_GROUP, type GroupFilter } from '../groups/members.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';

/** When a row became old; null: it does not age yet, for example an alert that is open. */
const AGE: Readonly<Record<PrunedTable, string>> = {
  corrections: 't.at',
  reconciler_runs: 't.ran_at',
  send_attempts: `t.quota_day::timestamp at time zone 'UTC'`,
  waiting: 't.decided_at',
  reservations: `t.quota_day::timestamp at time zone 'UTC'`,
  campaign_denials: `t.quota_day::timestamp at time zone 'UTC'`,
  past_sends: 't.sent_at',
  alerts: 'case when t.resolved_at is not null then greatest(t.resolved_at, t.raised_at) end',
  account_changes: 't.at',
  order_accounts: '(select o.ended_at from safeband.orders o where o.order_id = t.order_id)',
};
/** What people did with an alert goes with it. */
const MORE: Readonly<Partial<Record<PrunedTable, string>>> = {
  alerts: `, (select coalesce(json_agg(x order by x.action_id), '[]')
    from safeband.alert_actions x where x.alert_id = t.alert_id) as actions`,
};

const ROWS_AT_ONCE = 1_000;
/** A save that began before the snapshot may write its time before it, and end after it. */
const SLACK_MS = MINUTE_MS;

export type Exported = { readonly rows: number; readonly asOf: Instant };

export type ExportAsk = {
  readonly table: PrunedTable;
  readonly before: Instant;
  /** Only rows of accounts that the group has now; audits of the fleet belong to none. */
  readonly group?: GroupFilter;
};

/** A cursor has no parameters, so the group is a setting of the transaction. */
const OF_GROUP = `t.account_id in (select a.account_id from safeband.accounts a
  where a.group_name is not distinct from
    nullif(current_setting('safeband.export_group'), '${NO_GROUP}'))`;

/** Calls `write` with each row from before that instant, as one line of JSON. */
export function exportRows(
  pool: Pool,
  ask: ExportAsk,
  write: (json: string) => void,
): Promise<Exported> {
  const { table, before, group = null } = ask;
  return inTransaction(
    pool,
    async (db) => {
      await db.query(`set local statement_timeout = ${HOUR_MS}; set local timezone = 'UTC'`);
      const { rows: clock } = await db.query<{ now: number }>(
        'select safeband.ms_of(clock_timestamp())::float8 as now',
      );
      await db.query(`select set_config('safeband.export_group', $1, true)`, [group ?? '']);
      await db.query(
        `declare exported no scroll cursor for
          select row_to_json(found)::text as json from (
            select t.*${MORE[table] ?? ''} from safeband.${table} t
             where ${AGE[table]} < safeband.at_ms(${Math.trunc(before)})
               ${group === null ? '' : `and ${OF_GROUP}`}
             order by ${AGE[table]}) found`,
      );
      let rows = 0;
      for (let isMore = true; isMore;) {
        const page = await fetched(db);
        for (const json of page) write(json);
        rows += page.length;
        isMore = page.length === ROWS_AT_ONCE;
      }
      return { rows, asOf: (clock[0]?.now ?? 0) - SLACK_MS };
    },
    { begin: 'begin isolation level repeatable read read only' },
  );
}

/** Returns JSON that only has ASCII: a terminal shows it, and no value changes. */
export const ascii = (json: string): string =>
  json.replaceAll(
    /[^\u0020-\u007E]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

async function fetched(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ json: string }>(`fetch ${ROWS_AT_ONCE} from exported`);
  return rows.map(({ json }) => json);
}

/** Records that the rows from before that instant are in a file, so that they may be deleted. */
export async function recordExport(
  db: Queryable,
  done: {
    readonly table: PrunedTable;
    readonly before: Instant;
    readonly asOf: Instant;
    readonly by: string;
  },
): Promise<void> {
  await db.query(
    `insert into safeband.retention (relation, exported_before, exported_at, exported_by)
     values ($1, safeband.at_ms($2), safeband.at_ms($3), $4)
     on conflict (relation) do update set exported_before = excluded.exported_before,
       exported_at = excluded.exported_at, exported_by = excluded.exported_by`,
    [done.table, done.before, done.asOf, done.by],
  );
}
