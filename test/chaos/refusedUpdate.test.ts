/**
 * An Update that its validator refuses leaves no event, but its task has a later time than the task
 * before. If the account began work only because of that time, its run could never be replayed
 * again (R18).
 */
import { randomUUID } from 'node:crypto';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import { NO_GROUP_DECISIONS } from '../../src/platform/groupDecisions.js';
import { named } from '../../src/temporal/answers.js';
import { TASK_QUEUE } from '../../src/temporal/protocol.js';
import { run, statusOf, update, whenSaved } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';
import { startFront, type Front } from '../support/temporalFront.js';

const COMPLETED = '/temporal.api.workflowservice.v1.WorkflowService/RespondWorkflowTaskCompleted';
/** Longer than the two seconds in which deliveries are saved. */
const LATE_MS = 2_500;

/** When the worker's answers pass: they wait until then. */
let passesAt = 0;
let stand: Stand;
let front: Front;
let native: NativeConnection;
let worker: Worker;
let done: Promise<void>;
beforeAll(async () => {
  const taskQueue = `${TASK_QUEUE}-${randomUUID()}`;
  stand = await createStand({ taskQueue });
  front = await startFront(inject('temporalAddress'), {
    before: async (path) => {
      if (path === COMPLETED) await expect.poll(() => Date.now()).toBeGreaterThanOrEqual(passesAt);
    },
  });
  native = await NativeConnection.connect({ address: front.address });
  worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: { codePath: inject('workflowBundlePath') },
    sinks: NO_GROUP_DECISIONS,
    activities: named(createActivities({ pool: stand.pool })),
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

it('an Update that is refused at the time of a save leaves a run that replays', async () => {
  const account = await stand.connect(stand.newAccount());
  await run(account);
  await whenSaved(account);

  // The timer of the save is sent late, so it rings long after the time of the save.
  passesAt = Date.now() + LATE_MS;
  const sentAt = new Date().toISOString();
  await account.signal('sendObserved', { chatId: 'chat', messageId: 'message', sentAt });
  await expect.poll(() => statusOf(account)).toMatchObject({ external: 1 });
  await expect(update(account, 'sendReserve', { reservationId: '' })).rejects.toThrow(
    'Update failed',
  );

  await whenSaved(account);
  const histories = await runsOf(stand, account);
  expect(failuresIn(histories)).toEqual([]);
  expect(await flawsOf(account.workflowId, histories)).toEqual([]);
});
