/**
 * Reads and writes for the audit of the fleet (R8): pages of connected accounts with their event
 * log, news in journal and log, its heartbeat and its alerts. Few statements, each for many rows.
 */
import { FLEET_ALERTS, type FleetAlert, type Suspect } from '../../domain/reconcile/fleetAudit.js';
import { REMEMBERED_DAYS } from '../../domain/primitives/limits.js';
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** Reads the database's clock, for the comparison of R16. */
export async function readClock(db: Queryable): Promise<Instant> {
  const { rows } = await db.query<{ now: number }>(
    'select safeband.ms_of(clock_timestamp())::float8 as now',
  );
  return rows[0]?.now ?? Number.NaN;
}

/** Maximum accounts that one statement reads. */
export const ACCOUNTS_PAGE = 10_000;

export type AccountsPage = {
  readonly checked: number;
  /** The last id of the page; null: there are no more accounts. */
  readonly last: string | null;
  readonly connected: readonly string[];
  readonly suspects: readonly Suspect[];
  /** Disconnected by a manually edited row: their workflows have the true state. */
  readonly doubtful: readonly string[];
};

/** Reads the connected accounts after that id, and which of them have numbers to check. */
export async function readAccountsPage(
  db: Queryable,
  page: { readonly after: string; readonly limit: number; readonly day: UtcDay },
): Promise<AccountsPage> {
  const [found] = await rowsOf<AccountsPage>(
    db,
    // Counted account by account in the index. Reason: the planner's estimate for a day that began
    // after its last statistics is wrong, so no plan may depend on it.
    `with page as materialized (
       select account_id::text as id, state <> 'disconnected' as is_connected,
              counter_day, is_edited, hot_since, last_checked_at,
              inmails_sent_today - imported as counted, in_flight + uncertain as open, unexplained,
              (select count(*)::int from safeband.inmail_events e
                where e.is_counted and e.quota_day = safeband.day_at($3)
                  and e.account_id = a.account_id) as logged
         from safeband.accounts a
        where account_id > $1 and (state <> 'disconnected' or is_edited)
        order by account_id limit $2
     ), compared as (
       select page.*, counted - logged as drift,
              counter_day = safeband.day_at($3)
                and (counted - logged <> open or unexplained > 0) as is_unequal
         from page
     )
     select json_build_object(
       'checked', count(*), 'last', max(id),
       'connected', coalesce(json_agg(id) filter (where is_connected), '[]'),
       'suspects', coalesce(json_agg(json_build_object(
           'accountId', id, 'day', safeband.day_no(counter_day), 'drift', drift,
           'isUnequal', is_unequal, 'isEdited', is_edited,
           'hotSince', safeband.ms_of(hot_since), 'checkedAt', safeband.ms_of(last_checked_at)))
         filter (where is_connected and (is_unequal or is_edited or hot_since is not null
           or counter_day < safeband.day_at($3))), '[]'),
       'doubtful', coalesce(json_agg(id) filter (where not is_connected), '[]')) as row
       from compared`,
    [page.after, page.limit, page.day],
  );
  return found ?? { checked: 0, last: null, connected: [], suspects: [], doubtful: [] };
}

/**
 * How old a row must be for this audit; the next audit checks younger rows. Reason: a grant's
 * journal row may be written before its reservation's row, which is saved within 15 s.
 */
const YOUNG = '30 seconds';

export type News = {
  readonly accountIds: readonly string[];
  /** The transaction from which the next audit has to read. */
  readonly horizon: string;
};

/**
 * Finds accounts whose journal or log contains more than their reservations, among the rows written
 * since the transaction `since`: attempts and events without a grant, and outcomes that lift a
 * slot.
 */
export async function readNews(
  db: Queryable,
  { since, day }: { readonly since: string; readonly day: UtcDay },
): Promise<News> {
  const { rows } = await db.query<{ accountIds: readonly string[]; horizon: string }>(
    `with news as (
       select s.account_id, s.written_in, s.recorded_at, s.settled_at
         from safeband.send_attempts s
         left join safeband.reservations r using (account_id, reservation_id)
        where s.written_in >= $1::xid8 and s.quota_day >= safeband.day_at($2)
          and case when r.state is null then coalesce(s.outcome, '') <> 'void'
                   when s.outcome = 'delivered' then r.state <> 'delivered'
                   else s.outcome is not null and r.state = 'uncertain'
                     and coalesce(s.error_code, '') <> 'unknown' end
       union all
       select account_id, written_in, recorded_at, null
         from safeband.inmail_events
        where number is null and written_in >= $1::xid8
     ), aged as (
       select account_id::text as id, written_in,
              greatest(recorded_at, settled_at) < clock_timestamp() - interval '${YOUNG}' as is_old
         from news
     )
     select coalesce(array_agg(distinct id) filter (where is_old), '{}') as "accountIds",
            least(pg_snapshot_xmin(pg_current_snapshot()),
              (select written_in from aged where not is_old order by written_in limit 1))::text
              as horizon
       from aged`,
    [since, day - REMEMBERED_DAYS],
  );
  return rows[0] ?? { accountIds: [], horizon: '0' };
}

/**
 * Reads the transaction from which this audit has to read: the last audit that reached every
 * account recorded it. The audit reads from the beginning if there was none, or if the database's
 * count of transactions is lower, as after a restore from a backup.
 */
export async function readHorizon(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ horizon: string }>(
    `select case when horizon <= pg_snapshot_xmax(pg_current_snapshot()) then horizon::text
                 else '0' end as horizon
       from (select (explanation->>'horizon')::xid8 as horizon from safeband.reconciler_runs
              where scope = 'fleet' and explanation ? 'horizon' order by ran_at desc limit 1) last`,
  );
  return rows[0]?.horizon ?? '0';
}

export type FleetRun = {
  readonly runId: string;
  readonly at: Instant;
  readonly durationMs: number;
  readonly checked: number;
  readonly isAlerted: boolean;
  readonly explanation: object;
};

/** Writes one heartbeat for each audit, also if the audit is tried again. */
export async function writeFleetHeartbeat(db: Queryable, run: FleetRun): Promise<void> {
  await db.query(
    `insert into safeband.reconciler_runs
       (run_id, scope, ran_at, duration_ms, accounts_checked, alerted, explanation)
     values ($1, 'fleet', safeband.at_ms($2), $3, $4, $5, $6::jsonb)
     on conflict do nothing`,
    [
      run.runId,
      run.at,
      run.durationMs,
      run.checked,
      run.isAlerted,
      JSON.stringify(run.explanation),
    ],
  );
}

/**
 * Reads connected accounts with an alert of an earlier day that no reconcile of today has checked
 * yet.
 */
export async function readUnreconciled(db: Queryable, day: UtcDay): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct account_id as id from safeband.alerts
       join safeband.accounts a using (account_id)
      where resolved_at is null and kind in ('drift', 'over_cap', 'undercount')
        and quota_day < safeband.day_at($1) and a.state <> 'disconnected'
        and coalesce(safeband.utc_day(last_checked_at) < safeband.day_at($1), true)`,
    [day],
  );
  return rows.map(({ id }) => id);
}

/**
 * Reads the tier of a connected account; null if it is not connected. Call it after the workflow
 * was not found: a disconnected workflow ends only after its row is written.
 */
export async function readTier(db: Queryable, accountId: string): Promise<string | null> {
  const { rows } = await db.query<{ tier: string }>(
    `select tier from safeband.accounts where account_id = $1 and state <> 'disconnected'`,
    [accountId],
  );
  return rows[0]?.tier ?? null;
}

/** Closes the audit's alerts whose cause is gone: all except those that it has just raised. */
export async function closeFleetAlerts(
  db: Queryable,
  {
    runId,
    at,
    raised,
  }: {
    readonly runId: string;
    readonly at: Instant;
    readonly raised: readonly Pick<FleetAlert, 'accountId' | 'kind'>[];
  },
): Promise<void> {
  await db.query(
    `update safeband.alerts old
        set resolved_at = safeband.at_ms($1), recorded_at = clock_timestamp()
      where resolved_at is null and kind = any($2::text[])
        and details->>'runId' is distinct from $4::text
        and not exists (
          select from jsonb_to_recordset($3::jsonb) as a ("accountId" text, kind text)
           where a."accountId" = old.account_id and a.kind = old.kind)`,
    [at, FLEET_ALERTS, JSON.stringify(raised), runId],
  );
}
