/**
 * The durable send (`safeband/workflows`): many prospects over three accounts and two campaigns,
 * with a worker that is killed twice and midnights that are skipped. `SAFEBAND_PROSPECTS=1000` is
 * the whole example.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { InmailSendResult } from '../../src/durable/index.js';
import { DAY_MS, isoInstant } from '../../src/domain/primitives/time.js';
import { query, statusOf } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward, secondsToMidnight } from '../support/time.js';

const PROSPECTS = Number(process.env['SAFEBAND_PROSPECTS'] ?? 18);
const CAP = PROSPECTS > 100 ? 50 : 4;
/** An account with a third of 1,000 prospects needs seven days, each of half a minute or less. */
const PATIENCE = { timeout: 600_000 };

let stand: Stand;
let folder: string;
let calls: string;
const workers: ChildProcess[] = [];
beforeAll(async () => {
  stand = await createStand();
  folder = await mkdtemp(path.join(tmpdir(), 'safeband-durable-'));
  calls = path.join(folder, 'calls');
  await writeFile(calls, '');
});
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await stand.close();
  await rm(folder, { recursive: true, force: true });
});

const queue = (): string => `${stand.taskQueue}-pipeline`;
/** Starts a worker of the pipeline, and returns it when it polls. */
async function startWorker(): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../support/durableWorker.mjs', import.meta.url));
  const env = {
    PATH: process.env['PATH'],
    COMPILED: inject('compiledDir'),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    CALLS: calls,
    QUEUE: queue(),
    ACCOUNTS: stand.taskQueue,
  };
  const worker = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  workers.push(worker);
  let output = '';
  worker.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  worker.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await expect.poll(() => output).toContain('ready');
  return worker;
}
async function kill(worker: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  worker.kill('SIGKILL');
  await ended;
}
const called = async (): Promise<readonly string[]> =>
  (await readFile(calls, 'utf8')).split('\n').filter(Boolean);

it(`sends ${PROSPECTS} InMails, each at most once, with a worker that is killed twice`, async () => {
  const accounts = ['a', 'b', 'c'].map((name) => stand.newAccount(name));
  for (const id of accounts) await stand.connect(id, { tier: 'recruiter', dailyCap: CAP });
  const start = async (n: number): Promise<WorkflowHandle> => {
    const accountId = accounts[n % accounts.length] ?? '';
    const campaignId = n % 2 === 0 ? 'q4' : 'spring';
    const request = { reservationId: `p-${n}`, campaignId, recipientId: `member-${n}` };
    return stand.client.workflow.start('inmailSend', {
      workflowId: `${accountId}-p-${n}`,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: queue(),
      workflowTaskTimeout: '2 s',
      args: [
        {
          accountId,
          request,
          deadline: isoInstant(Date.now() + 30 * DAY_MS),
          activity: 'sendInmail',
          sendTimeoutSeconds: 10, // a call of a slow machine ends in time, too
        },
      ],
    });
  };
  const sends = await Promise.all(Array.from({ length: PROSPECTS }, (_, n) => start(n)));
  for (const least of [1, 4]) {
    const worker = await startWorker();
    await expect.poll(async () => (await called()).length).toBeGreaterThanOrEqual(least);
    await kill(worker);
  }
  await startWorker();
  const results = Promise.all(sends.map((one): Promise<InmailSendResult> => one.result()));
  // The rest waits for midnights, which are skipped as soon as nothing is in flight.
  for (const id of accounts) {
    const account = stand.handle(id);
    await expect
      .poll(async () => {
        const { waiting, inFlight, asOf, counter, remaining } = await statusOf(account);
        expect(counter).toBeLessThanOrEqual(CAP);
        // With 1,000 prospects, the cap of the week ends some days, too.
        if (waiting > 0 && inFlight === 0 && remaining === 0)
          await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
        return waiting + inFlight;
      }, PATIENCE)
      .toBe(0);
  }
  const all = await results;
  const names = await called();
  expect(new Set(names).size).toBe(names.length);
  const sent = all.filter((one) => one.sent === true);
  const unknown = all.filter((one) => one.sent === 'unknown');
  expect(sent.length + unknown.length).toBe(PROSPECTS);
  // Each killed worker loses at most the two calls that it made at that time.
  expect(unknown.length).toBeLessThanOrEqual(4);
  expect(names.length).toBeGreaterThanOrEqual(sent.length);
  const { rows } = await stand.pool.query<{ sent: number }>(
    `select max(sent)::int as sent from (
       select count(*) as sent from safeband.reservations
        where account_id = any($1) and state <> 'released' group by account_id, quota_day) days`,
    [accounts],
  );
  expect(rows).toEqual([{ sent: CAP }]);
  // The pipeline starts a second time, with the same ids, as examples/workflow.ts does.
  const again = await Promise.allSettled(sends.map((_, n) => start(n)));
  for (const one of again) {
    const reason = expect.any(WorkflowExecutionAlreadyStartedError);
    expect(one).toMatchObject({ status: 'rejected', reason });
  }
  expect(await called()).toEqual(names);
});

/** Returns the report of the workflow's last activity. */
async function reportOf(send: WorkflowHandle): Promise<unknown> {
  const { events } = await send.fetchHistory();
  const [last] = (events ?? [])
    .map((event) => event.activityTaskScheduledEventAttributes)
    .filter((one) => one?.activityType?.name === 'safebandReport')
    .toReversed();
  const [payload] = last?.input?.payloads ?? [];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString()).report;
}

it('names why nothing was sent, and a cancelled one gives its place back', async () => {
  const id = stand.newAccount('d');
  const account = await stand.connect(id, { dailyCap: 1 });
  let count = 0;
  const start = (more: object, accountId = id): Promise<WorkflowHandle> => {
    count += 1;
    const input = {
      accountId,
      request: { reservationId: `r-${count}`, recipientId: `member-of-${id}` },
      deadline: isoInstant(Date.now() + 2 * DAY_MS),
      activity: 'sendInmail',
      ...more,
    };
    const options = { workflowId: `${id}-r-${count}`, taskQueue: queue(), args: [input] };
    return stand.client.workflow.start('inmailSend', options);
  };
  const endOf = async (more: object, accountId?: string): Promise<unknown> =>
    (await start(more, accountId)).result();
  expect(await endOf({}, stand.newAccount('none'))).toMatchObject({
    sent: false,
    reason: 'AccountUnknown',
  });
  const late = isoInstant(Date.now() + 366 * DAY_MS);
  for (const [input, field] of [
    [{ deadline: 'tomorrow' }, 'deadline'],
    [{ deadline: late }, 'deadline'],
    [{ request: { reservationId: '' } }, 'reservationId'],
    [{ request: { reservationId: 'r', priority: 10 } }, 'priority'],
    [{ activity: '' }, 'activity'],
    [{ sendTimeoutSeconds: 0 }, 'sendTimeoutSeconds'],
  ] as const) {
    await expect(endOf(input)).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: expect.stringMatching(`^${field}`) },
    });
  }
  const refused = { activity: 'refused', request: { reservationId: 'refused' } };
  const first = await start(refused);
  expect(await first.result()).toMatchObject({ sent: false, reason: 'rejected' });
  expect(await reportOf(first)).toMatchObject({ kind: 'rejected', code: 'errors/no_member' });
  const again = endOf(refused);
  expect(await statusOf(account)).toMatchObject({ counter: 0 });
  expect(await endOf({ activity: 'broken' })).toMatchObject({ sent: 'unknown' });
  const waits = await start({ request: { reservationId: 'waits' } });
  await expect.poll(async () => (await statusOf(account)).waiting).toBe(1);
  expect(await again).toMatchObject({ sent: false, reason: 'ReservationSettled' });
  await expect
    .poll(() => query(waits, '__temporal_workflow_metadata'))
    .toMatchObject({ currentDetails: expect.stringContaining('(daily_cap): place 1') });
  const other = { reservationId: 'waits', recipientId: 'another-member' };
  expect(await endOf({ request: other })).toMatchObject({
    sent: false,
    reason: 'ReservationConflict',
    why: expect.stringContaining('has another recipientId'),
  });
  expect(await statusOf(account)).toMatchObject({ waiting: 1 });
  await waits.cancel();
  expect(await waits.result()).toMatchObject({ sent: false, reason: 'cancelled' });
  expect(await statusOf(account)).toMatchObject({ waiting: 0, counter: 1 });
});
