/**
 * An account whose workflow tasks fail (R8): people are alerted, `/readyz` and the doctor report it,
 * and a run that can never be replayed is terminated, without losing what it had answered.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { RESTART_AFTER_MS } from '../../src/domain/primitives/limits.js';
import { readHealth } from '../../src/postgres/operations/health.js';
import { WORKFLOW_TYPE, workflowIdOf } from '../../src/temporal/protocol.js';
import { readTasks } from '../../src/temporal/workflowTasks.js';
import { broken, dropCopies, scratch } from '../mutants/mutant.js';
import { all, ask, update, stateOf, statusOf, whenSaved } from '../support/account.js';
import { writeBundle } from '../support/bundle.js';
import { updateWithStart } from '../support/calls.js';
import { safeband, settingsOf } from '../support/cli.js';
import { createStand, type Stand } from '../support/stand.js';
import { payloadKeysFrom, type PayloadKeys } from '../../src/temporal/payloadKeys.js';

const settingOf = (n: number) => ({
  SAFEBAND_PAYLOAD_KEYS: `k${n}:${Buffer.alloc(32, n).toString('base64')}`,
});
const keysOf = (n: number): PayloadKeys => payloadKeysFrom(settingOf(n));

let stand: Stand;
/** A worker with other workflow code, which cannot replay histories of the project's workflow. */
let other: Stand;
/** Accounts whose saves fail. */
const away = new Set<string>();
const clock = { aheadMs: 0 };
beforeAll(async () => {
  stand = await createStand({ payloadKeys: keysOf(1), activities: faults });
  const { databaseUrl, taskQueue } = stand;
  other = await createStand({
    databaseUrl,
    taskQueue,
    activities: faults,
    payloadKeys: keysOf(1),
    workflowBundlePath: await otherBundle(),
  });
});
afterAll(async () => {
  await other.close();
  await stand.close();
  await dropCopies();
});

const faults = (real: Activities): Partial<Activities> => ({
  auditFleet: (one) => real.auditFleet({ ...one, at: one.at + clock.aheadMs }),
  save: async (one) => {
    if (away.has(one.row.accountId)) throw new Error('Postgres is away');
    return real.save(one);
  },
  reconcile: async (one) => {
    if (away.has(one.row.accountId)) throw new Error('Postgres is away');
    return real.reconcile(one);
  },
});

const TAKEN = '    await takeAll(self);\n';
/** Workflows with one more timer at their beginning, and with a defect that a hold triggers. */
async function otherBundle(): Promise<string> {
  const folder = await broken({
    rule: 'R8',
    what: 'one timer more',
    file: 'src/workflows/inmailAccount.ts',
    old: '  listen(self);\n',
    mutated: '  listen(self);\n  self.unblocked.arm(DAY_MS);\n',
    by: '',
  });
  const loop = path.join(folder, 'src', 'workflows', 'inmailAccount.ts');
  const defect = "if (self.read().account.hold?.reason === 'defect') throw new Error('a defect');";
  const text = (await readFile(loop, 'utf8')).replace(TAKEN, `${TAKEN}    ${defect}\n`);
  expect(text).toContain(defect);
  await writeFile(loop, text);
  const file = path.join(scratch, 'one-timer-more.js');
  await mkdir(scratch, { recursive: true });
  await writeBundle(file, path.join(folder, 'src', 'workflows', 'index.ts'));
  return file;
}

/** Connects an account whose tasks time out after a second, so that they fail often. */
async function connect(): Promise<{ id: string; account: WorkflowHandle }> {
  const id = stand.newAccount();
  const start = { accountId: id, tier: 'sales_navigator' };
  await updateWithStart(stand.client, 'connect', WORKFLOW_TYPE, {
    workflowId: workflowIdOf(id),
    taskQueue: stand.taskQueue,
    args: [start],
    workflowTaskTimeout: '1s',
  });
  const account = stand.handle(id);
  await update(account, 'reconcileNow');
  return { id, account };
}

/** Sends messages until the tasks that process them have failed. */
async function failOften({ id, account }: { id: string; account: WorkflowHandle }): Promise<void> {
  const failures = async (): Promise<number> => {
    await account.signal('sendObserved', {});
    return (await readTasks(stand.client, id))?.failures ?? 0;
  };
  await expect.poll(failures, { interval: 500 }).toBeGreaterThanOrEqual(5);
}

let audits = 0;
/** Returns the rows of an audit, because its answer may be encrypted with a key that the test lacks. */
async function audit(): Promise<unknown> {
  const handle = await stand.client.workflow.start('inmailFleetAudit', {
    workflowId: `audit-${stand.taskQueue}-${(audits += 1)}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
  await handle.result().catch(() => undefined);
  const { rows } = await stand.pool.query<{ found: unknown }>(
    'select explanation as found from safeband.reconciler_runs where run_id = $1',
    [handle.firstExecutionRunId],
  );
  return rows[0]?.found;
}
const TOLD = `select severity, resolved_at is null as "isOpen", details->>'failure' as failure,
    details->>'cure' as cure from safeband.alerts where account_id = $1 and kind = 'tasks_failing'`;
const doctor = async (): Promise<
  readonly { name: string; level: string; text: string; cure: string }[]
> => JSON.parse((await safeband(['doctor', '--json'], settingsOf(stand))).out).findings;
const tasksOf = async () => (await doctor()).filter(({ name }) => name === 'workflow tasks');

it('an account whose history cannot be replayed raises an alert, and is started again after ten minutes', async () => {
  const { id, account } = await connect();
  const runId = (await account.describe()).runId;
  for (const n of [1, 2, 3]) await ask(account, `r${n}`);
  await update(account, 'sendDelivered', { reservationId: 'r1', chatId: 'c1' });
  await whenSaved(account);
  away.add(id);
  await update(account, 'sendDelivered', { reservationId: 'r2', chatId: 'c2' }); // answered, not saved
  expect(await statusOf(account)).toMatchObject({ counter: 3, delivered: 2 });
  await stand.stopWorker();
  await other.startWorker();
  away.delete(id);
  await account.signal('sendDelivered', { reservationId: 'r3', chatId: 'c3' });
  await failOften({ id, account });
  expect(await audit()).toMatchObject({ failing: 1, restarted: 0 });
  expect(await all(stand, TOLD, id)).toEqual([
    {
      severity: 'critical',
      isOpen: true,
      failure: expect.stringContaining('NON_DETERMINISTIC_ERROR: [TMPRL1100]'),
      cure: expect.stringContaining(`safeband restart ${id} --reason`),
    },
  ]);
  expect((await readHealth(stand.pool))?.failing).toBe(1);
  expect(await tasksOf()).toEqual([
    {
      name: 'workflow tasks',
      level: 'fail',
      text: expect.stringContaining(id),
      cure: expect.stringContaining(`safeband restart ${id} --reason`),
    },
  ]);
  clock.aheadMs = RESTART_AFTER_MS;
  expect(await audit()).toMatchObject({ failing: 0, restarted: 1, missing: 0 });
  const again = stand.handle(id);
  await expect
    .poll(() => statusOf(again).catch(() => null))
    .toMatchObject({ counter: 3, delivered: 3, state: 'active', verified: true });
  expect(
    (await stand.client.workflow.getHandle(again.workflowId, runId).describe()).status.name,
  ).toBe('TERMINATED');
  expect(await stateOf(again, 'r2')).toBe('delivered');
  expect(await ask(again, 'r4')).toMatchObject({ granted: true, remainingToday: 46 });
  expect(await all(stand, TOLD, id)).toMatchObject([{ severity: 'warning', isOpen: true }]);
  expect((await readHealth(stand.pool))?.failing).toBe(0);
  expect(await tasksOf()).toMatchObject([{ level: 'ok', text: `restarted: ${id}` }]);
  expect(await audit()).toMatchObject({ failing: 0, restarted: 0 });
  expect(await all(stand, TOLD, id)).toMatchObject([{ severity: 'warning', isOpen: false }]);
  clock.aheadMs = 0;
  await other.stopWorker();
  await stand.startWorker();
});

it('an account whose worker lacks a key is not restarted, and continues when the worker has the key', async () => {
  const { id, account } = await connect();
  await ask(account, 'r1');
  const { runId } = await account.describe();
  await stand.stopWorker();
  await stand.startWorker(keysOf(2));
  await failOften({ id, account });
  for (const aheadMs of [0, RESTART_AFTER_MS]) {
    clock.aheadMs = aheadMs;
    expect(await audit()).toMatchObject({ failing: 1, restarted: 0 });
    expect(await all(stand, TOLD, id)).toMatchObject([
      { severity: 'critical', cure: expect.stringContaining('SAFEBAND_PAYLOAD_KEYS') },
    ]);
  }
  const { code, err } = await safeband(['restart', id, '--reason', 'x'], settingsOf(stand));
  expect([code, err]).toEqual([5, expect.stringContaining('the workers cannot read the history')]);
  await stand.stopWorker();
  await stand.startWorker();
  await expect.poll(() => statusOf(account).catch(() => null)).toMatchObject({ counter: 1 });
  expect((await account.describe()).runId).toBe(runId);
  expect(await audit()).toMatchObject({ failing: 0 });
  expect(await all(stand, TOLD, id)).toMatchObject([{ isOpen: false }]);
  clock.aheadMs = 0;
});

it('safeband restart starts a failing account at once, and does not change a healthy one', async () => {
  const { id, account } = await connect();
  await ask(account, 'r1');
  const { env, ...settings } = settingsOf(stand);
  const restart = () =>
    safeband(['restart', id, '--reason', 'wedged'], {
      ...settings,
      env: { ...env, ...settingOf(1) },
    });
  expect(await restart()).toMatchObject({
    code: 5,
    err: expect.stringContaining('no task of it fails'),
  });
  await stand.stopWorker();
  await other.startWorker();
  await account.signal('sendDelivered', { reservationId: 'r1', chatId: 'c1' });
  await failOften({ id, account });
  const { code, out } = await restart();
  expect([code, out]).toEqual([0, expect.stringContaining('it is started again: active')]);
  expect(await statusOf(stand.handle(id))).toMatchObject({ counter: 1, delivered: 1 });
});

it('an account whose worker has a defect raises an alert, and is not restarted', async () => {
  const { id, account } = await connect(); // the other worker runs
  await account.signal('hold', { reason: 'defect', actor: 'ada' });
  await failOften({ id, account });
  clock.aheadMs = RESTART_AFTER_MS;
  expect(await audit()).toMatchObject({ failing: 1, restarted: 0 });
  clock.aheadMs = 0;
  expect(await all(stand, TOLD, id)).toMatchObject([
    {
      severity: 'critical',
      failure: 'WORKFLOW_WORKER_UNHANDLED_FAILURE: a defect',
      cure: expect.stringContaining('correct the worker'),
    },
  ]);
});
