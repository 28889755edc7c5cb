/**
 * Writes what a reconcile writes (R8): `void` rows for ended leases, heartbeat, corrections,
 * alerts.
 */
import { ALERTS_OVER_MIDNIGHT } from '../../domain/reconcile/fleetAudit.js';
import type { Verdict } from '../../domain/reconcile/reconcile.js';
import type { DayVerdict } from '../../domain/reconcile/dayFindings.js';
import type { CommittedRun } from '../../domain/records/snapshot.js';
import { dayOf, type Instant, type UtcDay } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';
import type { ManualEdit } from '../../domain/account/counter.js';

/**
 * The account's row before the save, locked; `isEdited`: something other than a save wrote it
 * (R14).
 */
export type LockedRow = {
  readonly owner: string;
  readonly version: number;
  readonly lastWrite: number;
  readonly lastMark: string | null;
  readonly lastRun: CommittedRun | null;
  readonly day: UtcDay;
  readonly counter: number;
  readonly cap: number;
  readonly isEdited: boolean;
  /** An earlier manual edit that no reconcile has reported yet. */
  readonly edits: ManualEdit | null;
  /** The columns that differ from the last save. */
  readonly columns: readonly string[];
};

export async function lockAccount(db: Queryable, accountId: string): Promise<LockedRow | null> {
  const { rows } = await db.query<LockedRow>(
    `select owner, version::float8 as version, last_write::float8 as "lastWrite",
            last_write_mark as "lastMark", last_run as "lastRun",
            safeband.day_no(counter_day) as day,
            inmails_sent_today as counter, highest_cap as cap,
            is_edited as "isEdited", edits,
            case when is_edited then safeband.edited_columns(a) else '{}' end as columns
       from safeband.accounts a where account_id = $1 for update`,
    [accountId],
  );
  return rows[0] ?? null;
}

/** Returns the manual edit of the row before the save. Call it in the transaction of the save. */
export async function manualEditIn(
  db: Queryable,
  { isEdited, day, counter, cap, columns }: LockedRow,
): Promise<ManualEdit | null> {
  if (!isEdited) return null;
  const { rows } = await db.query<{ id: string }>('select pg_current_xact_id()::text as id');
  const isCapKnown = !columns.includes('highest_cap');
  return { id: rows[0]?.id ?? '', day, counter, cap: isCapKnown ? cap : null, columns };
}

/** Keeps a manual edit in the account's row until a reconcile has reported it. */
export async function keepEdits(
  db: Queryable,
  accountId: string,
  edits: ManualEdit | null,
): Promise<void> {
  await db.query(
    `update safeband.accounts set edits = $2::jsonb, recorded_at = clock_timestamp()
      where account_id = $1`,
    [accountId, edits && JSON.stringify(edits)],
  );
}

/**
 * How long a reconcile waits for a caller's open transaction; after that the slot counts as spent.
 */
const FENCE_WAIT = '300ms';
/** Maximum waits of a reconcile: many open transactions must not hold it up. */
const FENCES_AWAITED = 2;

/**
 * Writes a `void` row into the journal for each attempt that never began (R6). An attempt that
 * begins later fails on the primary key. If another transaction is inserting the row, nothing is
 * written.
 */
export async function fence(
  db: Queryable,
  accountId: string,
  slots: readonly { readonly reservationId: string; readonly quotaDay: UtcDay }[],
  at: Instant,
): Promise<void> {
  let awaited = 0;
  for (const { reservationId, quotaDay } of slots) {
    if (awaited === FENCES_AWAITED) break;
    await db.query('savepoint fence');
    try {
      await db.query(`set local lock_timeout = '${FENCE_WAIT}'`);
      await db.query(
        `insert into safeband.send_attempts
           (account_id, reservation_id, quota_day, attempted_at, outcome, settled_at)
         values ($1, $2, safeband.day_at($3), safeband.at_ms($4), 'void', safeband.at_ms($4))
         on conflict do nothing`,
        [accountId, reservationId, quotaDay, at],
      );
      await db.query('release savepoint fence');
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      awaited += 1;
      await db.query('rollback to savepoint fence');
    }
  }
  if (slots.length > 0) await db.query('set local lock_timeout = 0');
}

const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '55P03';

export type RunRows = {
  readonly accountId: string;
  readonly runId: string;
  readonly at: Instant;
  readonly durationMs: number;
  readonly verdict: Omit<Verdict, 'alerts'> & { readonly alerts: readonly unknown[] };
  readonly foreign: ManualEdit | null;
};

/** Writes one heartbeat for each reconcile, also if the reconcile found nothing. */
export async function writeHeartbeat(db: Queryable, run: RunRows): Promise<void> {
  const { verdict } = run;
  const today = verdict.days.at(-1);
  await db.query(
    `insert into safeband.reconciler_runs
       (run_id, scope, account_id, ran_at, duration_ms, accounts_checked, counter_before,
        counter_after, delivered, external, in_flight, uncertain, drift, alerted, cooled,
        explanation)
     values ($1, 'account', $2, safeband.at_ms($3), $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13,
             $14::jsonb)
     on conflict do nothing`,
    [
      run.runId,
      run.accountId,
      run.at,
      run.durationMs,
      today?.before,
      today?.after,
      today?.delivered,
      today?.external,
      verdict.inFlight,
      verdict.uncertain,
      today?.drift,
      verdict.alerts.length > 0,
      verdict.cooled,
      JSON.stringify({ parts: today?.parts ?? [] }),
    ],
  );
}

/**
 * Writes what was corrected on one day, and why. A manual edit is reported once. If the counter did
 * not change, the correction has no numbers.
 */
export async function writeCorrection(
  db: Queryable,
  { accountId, runId, at, foreign }: RunRows,
  { day, before, after, parts, sentences }: DayVerdict,
): Promise<void> {
  await db.query(
    `insert into safeband.corrections
       (account_id, run_id, quota_day, before, after, layer, explanation, at)
     select $1::text, $2, safeband.day_at($3), $4, $5, 'operation', $6::jsonb, safeband.at_ms($7)
      where not exists (select from safeband.corrections earlier
        where earlier.account_id = $1::text and earlier.quota_day = safeband.day_at($3)
          and earlier.explanation->>'edit' = $8::text)
     on conflict do nothing`,
    [
      accountId,
      runId,
      day,
      before === after ? null : before,
      before === after ? null : after,
      JSON.stringify({
        parts,
        editedColumns: foreign?.columns ?? [],
        sentences: sentences(),
        ...(foreign ? { edit: foreign.id } : {}),
      }),
      at,
      foreign?.id ?? null,
    ],
  );
}

export type Raised = {
  readonly accountId: string;
  readonly kind: string;
  readonly severity: string;
  /** `day`: the quota day of the alert, unless an open alert of an earlier day is updated. */
  readonly details: object;
};

/** Raises the alerts of a reconcile or an audit, once also if it is tried again. */
export async function raiseAlerts(
  db: Queryable,
  {
    runId,
    at,
    alerts,
  }: {
    readonly runId: string;
    readonly at: Instant;
    readonly alerts: readonly Raised[];
  },
): Promise<void> {
  if (alerts.length === 0) return;
  await db.query(
    `insert into safeband.alerts as old
       (account_id, kind, severity, quota_day, details, raised_at)
     select a."accountId", a.kind, a.severity, is_of.day,
            a.details || jsonb_build_object('runId', $1::text, 'day', is_of.day), safeband.at_ms($2)
       from jsonb_to_recordset($3::jsonb)
         as a ("accountId" text, kind text, severity text, details jsonb)
      cross join lateral (select coalesce(
        (select max(open.quota_day) from safeband.alerts open
          where open.account_id = a."accountId" and open.kind = a.kind
            and open.kind = any($4::text[]) and open.resolved_at is null),
        (a.details->>'day')::date) as day) is_of
     on conflict (account_id, kind, quota_day) do update
       set severity = excluded.severity, details = excluded.details, times = old.times + 1,
           raised_at = excluded.raised_at, resolved_at = null, recorded_at = clock_timestamp()
     where old.details->>'runId' is distinct from excluded.details->>'runId'`,
    [runId, at, JSON.stringify(alerts), ALERTS_OVER_MIDNIGHT],
  );
}

/** True if an alert of that day is open. */
export async function hasUnresolvedAlert(
  db: Queryable,
  accountId: string,
  day: UtcDay,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from safeband.alerts
      where account_id = $1 and quota_day = safeband.day_at($2) and resolved_at is null
        and kind in ('drift', 'over_cap', 'undercount')`,
    [accountId, day],
  );
  return rowCount !== 0;
}

/**
 * Resolves the alerts of earlier reconciles whose cause is gone, for the days that this reconcile
 * checked. A day that closed over its cap cannot change, so its alert stays open all of the next
 * day.
 */
export async function resolveAlerts(db: Queryable, { accountId, runId, at, verdict }: RunRows) {
  await db.query(
    `update safeband.alerts a set resolved_at = safeband.at_ms($3), recorded_at = clock_timestamp()
      where account_id = $1 and kind in ('drift', 'over_cap', 'undercount', 'run_overdue', 'too_many_rows')
        and resolved_at is null and details->>'runId' is distinct from $2::text
        and (safeband.day_no(quota_day) = any($4::int[]) or quota_day < safeband.day_at($5) - 1)
        and not (kind = 'over_cap' and quota_day = safeband.day_at($5) - 1 and exists (
          select from safeband.account_days d
           where d.account_id = a.account_id and d.quota_day = a.quota_day
             and d.counter > (a.details->>'cap')::int))`,
    [accountId, runId, at, verdict.days.map(({ day }) => day), dayOf(at)],
  );
}
