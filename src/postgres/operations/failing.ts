/** Accounts whose workflow tasks fail, as the fleet audit has alerted. */
import { parseInstant, type Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

export type FailingAlert = {
  readonly accountId: string;
  /** It still fails, as far as is known; else its run was given up, and it was started again. */
  readonly isCritical: boolean;
  readonly message: string;
  readonly failure: string;
  readonly cure: string;
  /** Why the workers cannot read the history of its run; null: they can, as far as is known. */
  readonly unread: string | null;
};

/** Open alerts, those that still fail first. */
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

/** When the audit last gave up a run of each of these accounts; days that are over count, too. */
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
