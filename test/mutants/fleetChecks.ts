/** The accounts that an audit of the fleet must find, wake, start again and report (R8). */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { RESTART_AFTER_MS, RESTART_EVERY_MS } from '../../src/domain/primitives/limits.js';
import { DAY_MS } from '../../src/domain/primitives/time.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import type { TasksReading } from '../../src/domain/reconcile/failingTasks.js';
import { at, r, type Scenario } from '../support/scenario.js';
import type { DatabaseCheck, Desk, TasksAtDesk } from './desk.js';

const LATER = at('09:10');
/** Returns the account after a run that found no difference, so that it is cold. */
async function cold(desk: Desk): Promise<Scenario> {
  const account = await desk.begin();
  await desk.run(account, `${desk.accountId}/1`);
  return account;
}
const alertsOf = (desk: Desk): Promise<readonly object[]> =>
  desk.all(
    `select kind, resolved_at is null as is_open from safeband.alerts
      where account_id = $1 order by kind`,
  );

const edited: DatabaseCheck = async (desk) => {
  await cold(desk);
  expect(await desk.audit(LATER)).toMatchObject({ isWoken: false });
  await desk.all('update safeband.accounts set daily_cap = 3 where account_id = $1');
  expect(await desk.audit(LATER + 1)).toMatchObject({ isWoken: true });
};

const overdue: DatabaseCheck = async (desk) => {
  const account = (await cold(desk)).when(reserve, { reservationId: r('a') });
  await desk.save(account.entity);
  const end = at('09:20');
  await desk.audit(end);
  expect(await alertsOf(desk)).toEqual([]);
  expect(await desk.audit(end + 1)).toMatchObject({ isWoken: true });
  expect(await alertsOf(desk)).toEqual([{ kind: 'run_overdue', is_open: true }]);
};

const missing: DatabaseCheck = async (desk) => {
  await cold(desk);
  expect(await desk.audit(LATER, true)).toMatchObject({ isStarted: true });
  expect(await alertsOf(desk)).toEqual([{ kind: 'workflow_missing', is_open: true }]);
  // An audit that began before, and ends later.
  await desk.audit(LATER - 1);
  expect(await alertsOf(desk)).toEqual([{ kind: 'workflow_missing', is_open: true }]);
  expect(await desk.audit(LATER + 1)).toMatchObject({ isStarted: false });
  expect(await alertsOf(desk)).toEqual([{ kind: 'workflow_missing', is_open: false }]);
};

const heartbeat: DatabaseCheck = async (desk) => {
  await cold(desk);
  const { runId } = await desk.audit(LATER);
  await desk.audit(LATER);
  const rows = await desk.pool.query(
    `select scope, account_id, accounts_checked > 0 as is_any
       from safeband.reconciler_runs where run_id = $1`,
    [runId],
  );
  expect(rows.rows).toEqual([{ scope: 'fleet', account_id: null, is_any: true }]);
};

const late: DatabaseCheck = async (desk) => {
  await cold(desk);
  let now = at('12:00');
  const audit = () => desk.audit((now += 1));
  const slow = await desk.pool.connect();
  await slow.query('begin');
  await slow.query(
    `insert into safeband.send_attempts
       (account_id, reservation_id, quota_day, attempted_at, recorded_at)
     values ($1, 'late', '2026-11-24', now(), now() - interval '1 minute')`,
    [desk.accountId],
  );
  const before = [await audit(), await audit()];
  await slow.query('commit');
  slow.release();
  expect(before.map(({ isWoken }) => isWoken)).toEqual([false, false]);
  expect(await audit()).toMatchObject({ isWoken: true });
};

const FAILING: TasksReading = {
  runId: 'run-1',
  failures: 5,
  since: LATER,
  cause: 'NON_DETERMINISTIC_ERROR',
  isReplayFailure: true,
  message: null,
};
const failing: DatabaseCheck = async (desk) => {
  await cold(desk);
  const bug = { ...FAILING, cause: 'WORKFLOW_WORKER_UNHANDLED_FAILURE', isReplayFailure: false };
  const later = LATER + RESTART_AFTER_MS;
  expect(await desk.audit(later, false, { reading: bug })).toMatchObject({ isTerminated: false });
  expect(await alertsOf(desk)).toEqual([{ kind: 'tasks_failing', is_open: true }]);
  await desk.audit(later + DAY_MS, false, { reading: bug });
  expect(await alertsOf(desk)).toEqual([{ kind: 'tasks_failing', is_open: true }]);
  await desk.audit(later + DAY_MS + 1, false, { reading: { ...FAILING, failures: 0 } });
  expect(await alertsOf(desk)).toEqual([{ kind: 'tasks_failing', is_open: false }]);
};

const givenUp: DatabaseCheck = async (desk) => {
  await cold(desk);
  const due = LATER + RESTART_AFTER_MS;
  const audit = (when: number, more: Partial<TasksAtDesk> = {}) =>
    desk.audit(when, false, { reading: FAILING, ...more });
  expect(await audit(due - 1)).toMatchObject({ isTerminated: false });
  const unread = 'encoding binary/encrypted: no such key';
  expect(await audit(due, { unread })).toMatchObject({ isTerminated: false, isStarted: false });
  expect(await audit(due + 1)).toMatchObject({ isTerminated: true, isStarted: true });
  expect(await audit(due + RESTART_EVERY_MS)).toMatchObject({ isTerminated: false });
  expect(await audit(due + RESTART_EVERY_MS + 1)).toMatchObject({ isTerminated: true });
};

const unstarted: DatabaseCheck = async (desk) => {
  const make = async (orderId: string, isStopped: boolean, isOver: boolean): Promise<void> => {
    await desk.pool.query(
      `insert into safeband.orders (order_id, kind, filter, reason, actor, per_second, accounts,
         stopped_at, stopped_by, stop_reason, ended_at)
       select $1, 'hold', '{}', 'r', 'ada', 1, 1, case when $2 then now() end,
              case when $2 then 'ada' end, case when $2 then 'r' end, case when $3 then now() end`,
      [orderId, isStopped, isOver],
    );
  };
  const ids = ['a', 'b', 'c'].map(() => randomBytes(8).toString('hex'));
  const [kept = '', stopped = '', over = ''] = ids;
  await make(kept, false, false);
  await make(stopped, true, false);
  await make(over, true, true);
  const { orders } = await desk.audit(LATER);
  expect(ids.map((id) => orders.get(id))).toEqual([false, true, undefined]);
};

export const FLEET_CHECKS = {
  'the audit wakes an account after a manual edit of its row': edited,
  'a hot account without a reconcile for 20 minutes is overdue': overdue,
  'an account without a workflow is started again, and its alert ends': missing,
  'an audit leaves one heartbeat': heartbeat,
  'the audit finds an attempt that was committed late': late,
  'people are alerted while tasks fail, whatever the cause': failing,
  'a run that cannot be replayed is terminated after ten minutes, once an hour': givenUp,
  'the audit starts an order whose workflow does not run': unstarted,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type FleetCheckName = keyof typeof FLEET_CHECKS;
