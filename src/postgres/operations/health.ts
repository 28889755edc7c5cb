/** Reads what readiness needs from Postgres: its version, and the age of the last audit. */
import { rowsOf, type Queryable } from '../pool.js';
import { AUDIT_SIGN } from './recovery.js';

export type Health = {
  /** Migrations that were applied, in order. */
  readonly migrations: readonly string[];
  /**
   * Age of the last heartbeat of the fleet audit, or of the last account that it started again:
   * an audit that starts thousands of accounts writes its heartbeat late. Null if there was none.
   */
  readonly auditAgeMs: number | null;
  /** Age of the database's first migration. */
  readonly ageMs: number;
  /** How many accounts have failing workflow tasks, by the fleet audit. */
  readonly failing: number;
};

const UNDEFINED_TABLE = '42P01';

/** Reads everything in one statement, by the database's clock; null if our tables do not exist. */
export async function readHealth(db: Queryable): Promise<Health | null> {
  try {
    const [health] = await rowsOf<Health>(
      db,
      `select jsonb_build_object(
         'migrations', (select jsonb_agg(name order by name) from safeband.schema_migrations),
         'ageMs', (select extract(epoch from clock_timestamp() - min(applied_at)) * 1000
                     from safeband.schema_migrations),
         'failing', (select count(distinct account_id) from safeband.alerts
                      where resolved_at is null and kind = 'tasks_failing'
                        and severity = 'critical'),
         'auditAgeMs', extract(epoch from clock_timestamp() - greatest(
             (select recorded_at from safeband.reconciler_runs where scope = 'fleet'
               order by ran_at desc limit 1),
             ${AUDIT_SIGN})) * 1000) as row`,
      [],
    );
    return health ?? null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE) return null;
    throw error;
  }
}
