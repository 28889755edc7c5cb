/** Reads the fleet audit's alerts about failing workflow tasks. */
import { parseInstant, type Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

export type FailingAlert = {
  readonly accountId: string;
  /**
   * The tasks still fail, as far as known; else the run was terminated and the account restarted.
   */
  readonly isCritical: boolean;
  readonly message: string;
  readonly failure: string;
  readonly cure: string;
  /** Why the workers cannot read the history of the run; null if they can, as far as known. */
  readonly unread: string | null;
};

/** Reads the open alerts; accounts that still fail come first. */
export const readFailingAlerts = (db: Queryable): Promise<readonly FailingAlert[]> =>
  rowsOf<FailingAlert>(
    db,
    `select jsonb_build_object('accountId', account_id, 'isCritical', severity = 'critical',
              'message', details->>'message', 'failure', details->>'failure',
              'cure', details->>'cure', 'unread', details->>'unread') as row
       from safeband.alerts where kind = 'tasks_failing' and resolved_at is null
      order by severity = 'critical' desc, account_id`,
    [],
  );

/** Reads when the audit last restarted each of these accounts, also on earlier days. */
export async function readRestarts(
  db: Queryable,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, Instant>> {
  const { rows } = await db.query<{ id: string; at: string }>(
    `select account_id::text as id, max(details->>'restartedAt') as at
       from safeband.alerts
      where kind = 'tasks_failing' and account_id = any($1) and details ? 'restartedAt'
      group by 1`,
    [accountIds],
  );
  return new Map(
    rows.flatMap(({ id, at }) => {
      const instant = parseInstant(at);
      return instant === undefined ? [] : [[id, instant] as const];
    }),
  );
}
