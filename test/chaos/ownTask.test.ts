/**
 * A workflow task ends while a local activity runs, because a Query came with it or because the
 * server failed it. Then messages come before the activity's answer. The run still replays (R18).
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import { named } from '../../src/temporal/answers.js';
import { TASK_QUEUE } from '../../src/temporal/protocol.js';
import { ask, run, update, statusOf } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';
import { startFront, type Front } from '../support/temporalFront.js';

const COMPLETED = '/temporal.api.workflowservice.v1.WorkflowService/RespondWorkflowTaskCompleted';

/** A gate in the test: calls that come while it is shut are recorded, and wait. */
class TestGate {
  #open = (): void => undefined;
  #came = (): void => undefined;
  #isShut: Promise<void> | undefined;
  /** Shuts the gate; the promise resolves when a call has come. */
  shut(): Promise<void> {
    this.#isShut = new Promise((resolve) => {
      this.#open = resolve;
    });
    return new Promise((resolve) => {
      this.#came = resolve;
    });
  }
  open(): void {
    this.#isShut = undefined;
    this.#open();
  }
  async pass(): Promise<void> {
    if (!this.#isShut) return;
    this.#came();
    await this.#isShut;
  }
}

/** The gate for a worker's answer that a task is done. */
const tasks = new TestGate();
/** The gate at the end of a reconcile. */
const runs = new TestGate();
let stand: Stand;
let front: Front;
let native: NativeConnection;
let worker: Worker;
let done: Promise<void>;

beforeAll(async () => {
  const taskQueue = `${TASK_QUEUE}-${randomUUID()}`;
  stand = await createStand({ taskQueue });
  front = await startFront(inject('temporalAddress'), {
    before: async (path) => (path === COMPLETED ? tasks.pass() : undefined),
  });
  native = await NativeConnection.connect({ address: front.address });
  const real = named(createActivities({ pool: stand.pool }));
  worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { codePath: inject('workflowBundlePath') },
    activities: {
      ...real,
      reconcile: async (given: Parameters<typeof real.reconcile>[0]) => {
        const found = await real.reconcile(given);
        await runs.pass();
        return found;
      },
    },
  });
  done = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await done;
  await native.close();
  await front.close();
  await stand.close();
});

/** How long a request takes to the server. With less time the test would show nothing. */
const BRIEFLY_MS = 200;

/** Expects that only these tasks failed, which the server gave up, and that all runs replay. */
const replays = async (account: WorkflowHandle): Promise<void> => {
  const histories = await runsOf(stand, account);
  expect(failuresIn(histories).filter((failure) => typeof failure === 'string')).toEqual([]);
  expect(await flawsOf(account.workflowId, histories)).toEqual([]);
};

it('an Update that comes while a local activity outlasts its task leaves a run that replays', async () => {
  const account = await stand.connect(stand.newAccount());
  await run(account);
  await ask(account, 'r1', { recipientId: 'anna' });

  // A task without a command, because all timers are armed.
  const isDone = tasks.shut();
  await account.signal('sendReserve', { reservationId: 'r2', recipientId: 'bert' });
  await isDone;
  // During this task: a message that begins a local activity, and a Query for the next task.
  await account.signal('reconcileNow', {});
  const status = statusOf(account);
  await sleep(BRIEFLY_MS);
  const isRunning = runs.shut();
  tasks.open();
  const isAnswered = tasks.shut();
  await isRunning;
  await isAnswered; // the Query, so this task is done as well
  const reported = update(account, 'sendDelivered', { reservationId: 'r1', chatId: 'chat-1' });
  await sleep(BRIEFLY_MS);
  runs.open(); // before the next task comes
  await sleep(BRIEFLY_MS);
  tasks.open();
  expect(await status).toMatchObject({ counter: 2 });
  expect(await reported).toMatchObject({ settled: 'delivered' });

  await ask(account, 'r3', { recipientId: 'carl' });
  await replays(account);
});

/** The number of new events during a task after which the server fails it. */
const TOO_MANY = 110;

it('a task that the server gives up while a local activity runs leaves a run that replays', async () => {
  const account = await stand.connect(stand.newAccount());
  await run(account);
  const isRunning = runs.shut();
  await account.signal('reconcileNow', {});
  await isRunning;
  const sentAt = new Date().toISOString();
  const seen = (n: number): object => ({ chatId: `c${n}`, messageId: 'm', sentAt });
  const all = Array.from({ length: TOO_MANY }, (_, n) => account.signal('sendObserved', seen(n)));
  await Promise.all(all);
  runs.open();
  await expect.poll(async () => (await statusOf(account)).external).toBe(TOO_MANY);
  await run(account);
  await replays(account);
});
