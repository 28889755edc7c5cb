/** The audit of the fleet: each of these mutants fails a check on a real database. */
import type { FleetCheckName } from './fleetChecks.js';
import type { Mutant } from './mutant.js';

const ACTIVITY = 'src/activities/account.ts';
const FAILING = 'src/activities/failing.ts';
const FLEET = 'src/activities/fleet.ts';
const FLEET_SQL = 'src/postgres/operations/fleet.ts';
const TASKS = 'src/domain/reconcile/failingTasks.ts';

export const FLEET_MUTANTS: readonly Mutant<FleetCheckName>[] = [
  {
    rule: 'R8',
    what: 'the audit does not notice that a row was edited',
    file: FLEET_SQL,
    old: '(is_unequal or is_edited or hot_since is not null',
    mutated: '(is_unequal or hot_since is not null',
    by: 'the audit wakes an account after a manual edit of its row',
  },
  {
    rule: 'R8',
    what: 'an account without a reconcile raises no alert',
    file: FLEET,
    old: '    ...overdue.map((suspect) => overdueAlert(suspect, at)),\n',
    mutated: '',
    by: 'a hot account without a reconcile for 20 minutes is overdue',
  },
  {
    rule: 'R8',
    what: 'the rows do not show that an account is hot',
    file: ACTIVITY,
    old: 'const how = { isHot,',
    mutated: 'const how = { isHot: isHot && false,',
    by: 'a hot account without a reconcile for 20 minutes is overdue',
  },
  {
    rule: 'R8',
    what: 'the audit does not close an alert whose cause is gone',
    file: FLEET,
    old: 'await closeFleetAlerts(db, { runId, at, kept });',
    mutated: 'void [closeFleetAlerts, kept];',
    by: 'an account without a workflow is started again, and its alert ends',
  },
  {
    rule: 'R8',
    what: 'an audit closes the alerts of a newer one',
    file: 'src/postgres/operations/fleet.ts',
    old: ' and raised_at <= safeband.at_ms($1)',
    mutated: '',
    by: 'an account without a workflow is started again, and its alert ends',
  },
  {
    rule: 'R8',
    what: 'an account without a workflow raises an alert, and is not started',
    file: 'src/activities/audit/missing.ts',
    old: 'await start({ accountId, tier });',
    mutated: 'void start;',
    by: 'an account without a workflow is started again, and its alert ends',
  },
  {
    rule: 'R8',
    what: 'an audit leaves no heartbeat',
    file: FLEET,
    old: 'await writeFleetHeartbeat(db, {',
    mutated: 'await ((..._: unknown[]) => void writeFleetHeartbeat)(db, {',
    by: 'an audit leaves one heartbeat',
  },
  {
    rule: 'R8',
    what: 'an attempt that was committed late is never checked',
    file: 'src/postgres/operations/news.ts',
    old: 'least(pg_snapshot_xmin(pg_current_snapshot()),',
    mutated: 'least(pg_snapshot_xmax(pg_current_snapshot()),',
    by: 'the audit finds an attempt that was committed late',
  },
  {
    rule: 'R8',
    what: 'accounts whose tasks fail raise no alert',
    file: FLEET,
    old: '    ...found.alerts,\n',
    mutated: '',
    by: 'people are alerted while tasks fail, whatever the cause',
  },
  {
    rule: 'R8',
    what: 'a cause that persists over midnight raises a second alert',
    file: 'src/postgres/save/runs.ts',
    old: 'and open.kind = any($4::text[])',
    mutated: 'and open.kind <> all($4::text[])',
    by: 'people are alerted while tasks fail, whatever the cause',
  },
  {
    rule: 'R8',
    what: 'a run is terminated for any failure of its tasks',
    file: TASKS,
    old: "if (!seen.isReplayFailure) return 'cause';",
    mutated: '',
    by: 'people are alerted while tasks fail, whatever the cause',
  },
  {
    rule: 'R13',
    what: 'a run is terminated whose history the worker cannot read',
    file: FAILING,
    old: 'obstacle === null && unread === null',
    mutated: 'obstacle === null',
    by: 'a run that cannot be replayed is terminated after ten minutes, once an hour',
  },
  {
    rule: 'R8',
    what: 'a run is terminated again and again',
    file: TASKS,
    old: "at - restartedAt < RESTART_EVERY_MS) return 'lately';",
    mutated: "at - restartedAt < 0 * RESTART_EVERY_MS) return 'lately';",
    by: 'a run that cannot be replayed is terminated after ten minutes, once an hour',
  },
  {
    rule: 'R30',
    what: 'an order that was kept and not started stays as it is',
    file: FLEET,
    old: '      await startUnstarted(pool, workflows.startOrder);\n',
    mutated: '',
    by: 'the audit starts an order whose workflow does not run',
  },
  {
    rule: 'R30',
    what: 'an order that was stopped before its start never ends',
    file: 'src/postgres/fleet/orderWork.ts',
    old: 'from safeband.orders where ended_at is null`',
    mutated: 'from safeband.orders where ended_at is null and stopped_at is null`',
    by: 'the audit starts an order whose workflow does not run',
  },
];
