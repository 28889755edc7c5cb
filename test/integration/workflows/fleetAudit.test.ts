/** The audit of the fleet on the real servers (R8): it checks, wakes, restarts, and alerts. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Audited } from '../../../src/activities/ports.js';
import type { Findings } from '../../../src/temporal/protocol.js';
import { registerSchedule } from '../../../src/temporal/schedules.js';
import { readRecovery } from '../../../src/postgres/operations/recovery.js';
import { skipToSave, statusOf, update } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward } from '../../support/time.js';

let stand: Stand;
const clock = { skewMs: 0, auditAheadMs: 0 };
const fault = { isAway: false };
beforeAll(async () => {
  stand = await createStand({
    activities: (real) => ({
      readClock: async () => (await real.readClock()) + clock.skewMs,
      auditFleet: (ask) => real.auditFleet({ ...ask, at: ask.at + clock.auditAheadMs }),
      reconcile: async (run) => {
        if (fault.isAway) throw new Error('the database is away');
        return real.reconcile(run);
      },
    }),
  });
});
afterAll(() => stand.close());

let audits = 0;
const audit = (): Promise<Audited> =>
  stand.client.workflow.execute('inmailFleetAudit', {
    workflowId: `audit-${stand.taskQueue}-${(audits += 1)}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
const all = async (sql: string, ...values: readonly unknown[]): Promise<readonly unknown[]> =>
  (await stand.pool.query(sql, [...values])).rows;
const alertsOf = (id: string) =>
  all(
    `select kind, resolved_at is null as "isOpen" from safeband.alerts
      where account_id = $1 order by kind`,
    id,
  );
const lengthOf = async (account: WorkflowHandle): Promise<number> =>
  (await account.describe()).historyLength;

/** Connects a cold account with that many deliveries, whose last run found no difference. */
async function cold(count: number): Promise<{ id: string; account: WorkflowHandle }> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const requests = Array.from({ length: count }, (_, n) => ({ reservationId: `s${n}` }));
  if (count > 0) await update(account, 'sendReserveBatch', { requests });
  for (const { reservationId } of requests) {
    await update(account, 'sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  }
  const isCold = async (): Promise<boolean> => {
    await update<Findings>(account, 'reconcileNow');
    return (await statusOf(account)).nextReconcileAt === null;
  };
  await expect.poll(isCold).toBe(true);
  return { id, account };
}

describe('an audit of a quiet fleet', () => {
  it('an audit of a quiet fleet leaves one heartbeat, and costs an idle account no step', async () => {
    const { id, account } = await cold(2);
    const idle = await cold(0);
    await fastForward(stand.client, account.workflowId, 60); // no timer of a save is left
    await audit();
    const before = [await lengthOf(account), await lengthOf(idle.account)];
    const found = await audit();
    expect([await lengthOf(account), await lengthOf(idle.account)]).toEqual(before);
    expect(found).toMatchObject({ woken: 0, drifting: 0, silent: 0, lateResets: 0, missing: 0 });
    expect(found.checked).toBeGreaterThanOrEqual(2);
    const [heartbeat] = await all(
      `select account_id, accounts_checked as checked, alerted, (explanation - 'horizon') as found
         from safeband.reconciler_runs where scope = 'fleet' order by ran_at desc limit 1`,
    );
    const written = { ...found, erasureKey: 'none' };
    expect(heartbeat).toEqual({
      account_id: null,
      checked: found.checked,
      alerted: false,
      found: written,
    });
    // The idle account also has a time of its last check.
    const [row] = await all(
      `select last_checked_at >= now() - interval '1 minute' as "isFresh"
         from safeband.account_status where account_id = $1`,
      id,
    );
    expect(row).toEqual({ isFresh: true });
  });

  it('an audit of a quiet fleet is started by its Schedule, every ten minutes and never twice at once', async () => {
    const scheduleId = `audit-${stand.taskQueue}`;
    const [before] = await all(`select count(*)::int as n from safeband.reconciler_runs
      where scope = 'fleet'`);
    expect(await registerSchedule(stand.client, { scheduleId, taskQueue: stand.taskQueue })).toBe(
      'made',
    );
    const heartbeats = () =>
      all(`select count(*)::int as n from safeband.reconciler_runs where scope = 'fleet'`);
    await expect.poll(heartbeats).not.toEqual([before]);
    await stand.client.schedule.getHandle(scheduleId).delete();
  });
});

describe('a cold account is woken and corrects itself', () => {
  const edits = [
    [
      'a manual edit that raises the counter',
      'update safeband.accounts set inmails_sent_today = 9',
    ],
    ['a manual edit of a cap', 'update safeband.accounts set daily_cap = 3'],
    ['a manual deletion of a reservation', 'delete from safeband.reservations'],
    ['a manual release of a reservation', `update safeband.reservations set state = 'released'`],
  ] as const;
  it.each(edits)('a cold account is woken and corrects itself after %s', async (_, sql) => {
    const { id, account } = await cold(2);
    await all(`${sql} where account_id = $1`, id);
    expect((await audit()).woken).toBeGreaterThanOrEqual(1);
    const corrections = () =>
      all('select before, after from safeband.corrections where account_id = $1', id);
    await expect.poll(corrections).toHaveLength(1);
    expect(await statusOf(account)).toMatchObject({ counter: 2, delivered: 2, unexplained: 0 });
    await skipToSave(account);
    const row = () =>
      all(
        `select inmails_sent_today as counter, daily_cap, is_edited,
                (select count(*)::int from safeband.reservations r
                  where r.account_id = a.account_id and state = 'delivered') as delivered
           from safeband.accounts a where account_id = $1`,
        id,
      );
    await expect
      .poll(row)
      .toEqual([{ counter: 2, daily_cap: null, is_edited: false, delivered: 2 }]);
  });

  const INTO_LOG = `insert into safeband.inmail_events
    (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
    values ($1, $2, $3, 'pipeline', (now() at time zone 'UTC')::date, now())`;
  const INTO_JOURNAL = `insert into safeband.send_attempts
    (account_id, reservation_id, quota_day, attempted_at, recorded_at)
    values ($1, $2, (now() at time zone 'UTC')::date, now(), now() - interval '1 minute')`;

  it('a cold account is woken and corrects itself after a pipeline has written an event without a slot', async () => {
    const { id, account } = await cold(1);
    await all(INTO_LOG, id, 'wild', 'chat-wild');
    await all(INTO_LOG, id, null, 'chat-by-hand');
    await audit();
    await expect
      .poll(() => statusOf(account))
      .toMatchObject({ counter: 3, delivered: 2, external: 1 });
  });

  it('a cold account is woken and corrects itself after an attempt without a grant, also one that was committed late', async () => {
    const { id, account } = await cold(1);
    const slow = await stand.pool.connect();
    await slow.query('begin');
    await slow.query(INTO_JOURNAL, [id, 'late']);
    await audit();
    await audit();
    expect(await statusOf(account)).toMatchObject({ counter: 1 });
    await slow.query('commit');
    slow.release();
    await audit();
    await expect.poll(() => statusOf(account)).toMatchObject({ counter: 2, uncertain: 1 });
  });

  it('a cold account is woken and corrects itself after the journal has the outcome of an uncertain slot', async () => {
    const { id, account } = await cold(1);
    await update(account, 'sendReserve', { reservationId: 'doubt', journaled: true });
    await all(INTO_JOURNAL, id, 'doubt');
    await update(account, 'sendFailed', { reservationId: 'doubt', kind: 'unknown' });
    await expect
      .poll(async () => {
        await update<Findings>(account, 'reconcileNow');
        return (await statusOf(account)).nextReconcileAt;
      })
      .toBe(null);
    await audit();
    await all(
      `update safeband.send_attempts set outcome = 'delivered', chat_id = 'c-doubt',
              settled_at = now() - interval '1 minute' where account_id = $1`,
      id,
    );
    await audit();
    await expect
      .poll(() => statusOf(account))
      .toMatchObject({ counter: 2, uncertain: 0, delivered: 2 });
  });
});

describe('an account that writes nothing', () => {
  const SILENT = `update safeband.accounts
    set hot_since = now() - interval '1 hour', last_checked_at = now() - interval '21 minutes'
    where account_id = $1`;

  it('an account that writes nothing is overdue after twenty minutes, and its reconcile ends the alert', async () => {
    const { id, account } = await cold(1);
    await all(SILENT, id);
    fault.isAway = true;
    expect((await audit()).silent).toBe(1);
    const open = { kind: 'run_overdue', isOpen: true };
    expect(await alertsOf(id)).toEqual([open]);
    fault.isAway = false;
    await update<Findings>(account, 'reconcileNow');
    await expect.poll(() => alertsOf(id)).toEqual([{ ...open, isOpen: false }]);
  });

  it('an account that writes nothing is started again if its workflow is gone, continues, and the alert ends', async () => {
    const { id, account } = await cold(3);
    await all(SILENT, id);
    await account.terminate('as an accident would');
    const found = await audit();
    expect(found).toMatchObject({ missing: 1, silent: 0 });
    expect(await alertsOf(id)).not.toContainEqual({ kind: 'run_overdue', isOpen: true });
    // The progress of a recovery, which pages and doctor show.
    expect(await readRecovery(stand.pool)).toMatchObject({ started: 1, missing: 0 });
    const open = { kind: 'workflow_missing', isOpen: true };
    expect(await alertsOf(id)).toContainEqual(open);
    await expect
      .poll(() => statusOf(stand.handle(id)).catch(() => undefined))
      .toMatchObject({
        counter: 3,
        delivered: 3,
        state: 'active', // its history could be read to the end (R13)
      });
    expect((await audit()).missing).toBe(0);
    expect(await alertsOf(id)).toContainEqual({ ...open, isOpen: false });
  });

  it('a disconnected account that writes nothing is not woken', async () => {
    const { id, account } = await cold(1);
    await update(account, 'disconnect', { reason: 'moved on' });
    await account.result();
    expect((await audit()).missing).toBe(0);
    expect(await alertsOf(id)).toEqual([]);
    expect((await account.describe()).status.name).toBe('COMPLETED');
  });

  it('an account that writes nothing has not rolled its day two minutes after midnight: it is woken', async () => {
    const { id } = await cold(1);
    await all(
      'update safeband.accounts set counter_day = counter_day - 1 where account_id = $1',
      id,
    );
    clock.auditAheadMs = 120_000; // more than two minutes after midnight, also when it is just past
    const found = await audit().finally(() => (clock.auditAheadMs = 0));
    expect(found.lateResets).toBe(1);
    const row = () =>
      all(
        `select counter_day = (now() at time zone 'UTC')::date as "isToday"
           from safeband.accounts where account_id = $1`,
        id,
      );
    await expect.poll(row).toEqual([{ isToday: true }]);
  });
});

it('alerts while the clock of the database is more than a minute off', async () => {
  clock.skewMs = 61_000;
  await audit();
  expect(await alertsOf('safeband:fleet')).toEqual([{ kind: 'clock_skew', isOpen: true }]);
  clock.skewMs = 0;
  await audit();
  expect(await alertsOf('safeband:fleet')).toEqual([{ kind: 'clock_skew', isOpen: false }]);
});

it('asks a cold account for a reconcile that fails, and the account tries again automatically', async () => {
  const { id, account } = await cold(1);
  const { quotaDay } = await statusOf(account);
  await all('update safeband.accounts set inmails_sent_today = 9 where account_id = $1', id);
  fault.isAway = true;
  await audit();
  const nextRun = async () => (await statusOf(account)).nextReconcileAt;
  await expect.poll(nextRun).not.toBe(null);
  fault.isAway = false;
  await fastForward(stand.client, account.workflowId, 11 * 60);
  const corrections = () =>
    all('select before, after from safeband.corrections where account_id = $1', id);
  await expect.poll(corrections).toEqual([{ before: 9, after: 1 }]);
  const status = await statusOf(account);
  expect(status).toMatchObject({ state: 'active', verified: true });
  expect(status.counter).toBe(status.quotaDay === quotaDay ? 1 : 0); // eleven minutes may end its day
});
