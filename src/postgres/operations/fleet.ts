/**
 * Reads and writes for the audit of the fleet (R8): pages of connected accounts with their event
 * log, its heartbeat and its alerts. Few statements, each for many rows.
 */
import { FLEET_ALERTS, type Suspect } from '../../domain/reconcile/fleetAudit.js';
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

/** Returns the ids of the connected accounts. */
export async function readConnected(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select account_id as id from safeband.accounts where state <> 'disconnected'`,
  );
  return rows.map(({ id }) => id);
}

/** Returns which of the accounts have claimed their rows since they were started. */
export async function readOpened(
  db: Queryable,
  started: readonly (readonly [accountId: string, since: Instant])[],
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select account_id as id
       from unnest($1::text[], $2::bigint[]) as s (started_id, since)
       join safeband.accounts on account_id = started_id
      where recorded_at >= safeband.at_ms(since)`,
    [started.map(([accountId]) => accountId), started.map(([, since]) => since)],
  );
  return rows.map(({ id }) => id);
}

/**
 * Accounts of which an audit does not know whether their tasks fail, and those without a workflow
 * that it has not reached. After the loss of Temporal these are nearly all accounts.
 */
export type Unchecked = { readonly tasks: readonly string[]; readonly absent: readonly string[] };

/**
 * Closes the audit's alerts whose cause is gone: all except those that this audit has raised, those
 * whose cause it could not check, and those of a newer audit that ended earlier.
 */
export async function closeFleetAlerts(
  db: Queryable,
  {
    runId,
    at,
    kept,
  }: {
    readonly runId: string;
    readonly at: Instant;
    /** The accounts whose alerts could not be checked. */
    readonly kept: Unchecked;
  },
): Promise<void> {
  await db.query(
    `update safeband.alerts old
        set resolved_at = safeband.at_ms($1), recorded_at = clock_timestamp()
      where resolved_at is null and kind = any($2::text[]) and raised_at <= safeband.at_ms($1)
        and details->>'runId' is distinct from $4::text
        and not (kind = 'tasks_failing' and account_id = any($3::text[]))
        and not (kind in ('workflow_missing', 'run_overdue') and account_id = any($5::text[]))`,
    [at, FLEET_ALERTS, kept.tasks, runId, kept.absent],
  );
}
