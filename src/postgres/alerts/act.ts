/**
 * Acknowledges and closes alerts for people. Only rows change: the account and its workflow are not
 * asked, and a reconcile that finds the cause again opens the same row again.
 */
import {
  refusalOfAct,
  type ActRefusal,
  type AlertVerb,
} from '../../domain/diagnostics/alerts/act.js';
import type { Instant } from '../../domain/primitives/time.js';
import { inTransaction, type Pool } from '../pool.js';
import { readAlert, type Alert } from './alerts.js';

export type AlertOrder = {
  readonly alertId: number;
  readonly verb: AlertVerb;
  readonly actor: string;
  readonly reason: string;
  readonly at: Instant;
  /** The accounts that the person may see; null for all. */
  readonly accounts: readonly string[] | null;
  /** The last report that the person saw; null if it is not known. */
  readonly knownRaisedAt: Instant | null;
};

export type AlertActed = { readonly alert: Alert } | { readonly refusal: ActRefusal } | undefined;

/** Executes the order, and returns the changed alert; undefined if there is no such alert. */
export const actOnAlert = (pool: Pool, order: AlertOrder): Promise<AlertActed> =>
  inTransaction(pool, async (db) => {
    const { alertId, verb, accounts, at } = order;
    // The lock lets the statement that raises the alert again come before or after, not between.
    await db.query(`select from safeband.alerts where alert_id = $1 for update`, [alertId]);
    const alert = await readAlert(db, alertId, accounts);
    if (!alert) return undefined;
    const refusal = refusalOfAct(verb, alert, order.knownRaisedAt);
    if (refusal) return { refusal };
    const [column, action] =
      verb === 'close' ? ['resolved_at', 'closed'] : ['acknowledged_at', 'acknowledged'];
    await db.query(
      `update safeband.alerts
          set ${column} = safeband.at_ms($2), recorded_at = clock_timestamp()
        where alert_id = $1`,
      [alertId, at],
    );
    await db.query(
      `insert into safeband.alert_actions (alert_id, action, actor, reason, at)
       values ($1, $2, $3, $4, safeband.at_ms($5))`,
      [alertId, action, order.actor, order.reason, at],
    );
    const changed = await readAlert(db, alertId, accounts);
    return changed && { alert: changed };
  });
