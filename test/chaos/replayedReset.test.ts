/**
 * A run recognises a reset by its new random seed (src/temporal/interceptors.ts). A worker that has lost
 * the run from its cache replays it from the start, and finds the reset at the same place (R14).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { afterEach, expect, inject, it } from 'vitest';
import { statusOf } from '../support/account.js';
import { resetTo, type Reapply } from '../support/reset.js';
import { createStand, type Stand } from '../support/stand.js';
import { countsOf, day, expectWaiting, untouched } from '../support/twin.js';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;

let stand: Stand;
afterEach(() => stand.close());

/** Expects no failed task in this run, and a history that replays. */
async function expectReplays(account: WorkflowHandle): Promise<void> {
  const history = await account.fetchHistory();
  const causes = history.events?.flatMap(({ eventType, workflowTaskFailedEventAttributes: why }) =>
    eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED ? [why?.cause] : [],
  );
  expect(causes).toEqual([WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW]);
  const workflowBundle = { codePath: inject('workflowBundlePath') };
  await Worker.runReplayHistory({ workflowBundle }, history, account.workflowId);
}

const whenReopened = (account: WorkflowHandle): Promise<void> =>
  expect.poll(async () => (await statusOf(account)).cooldown?.cause).toBe('two_owners');

it.each<Reapply>(['all', 'nothing'])(
  'a worker that keeps no workflow in memory finds a reset, with %s of its messages again',
  async (reapply) => {
    stand = await createStand({ maxCachedWorkflows: 0 });
    const accident = async (account: WorkflowHandle): Promise<void> => {
      await resetTo(account, 5, reapply);
      await whenReopened(account);
    };
    const [twin, id] = await Promise.all([untouched(stand), day(stand, accident)]);
    expect(await countsOf(stand, id)).toEqual(twin);
    await expectWaiting(stand, id, { cause: 'two_owners', isEndedByResume: false });
    await expectReplays(stand.handle(id));
  },
);

it('a new worker finds a reset before its start', async () => {
  stand = await createStand();
  const accident = async (account: WorkflowHandle): Promise<void> => {
    await resetTo(account, 5, 'all');
    await whenReopened(account);
    await stand.stopWorker();
    await stand.startWorker();
  };
  const twin = await untouched(stand);
  const id = await day(stand, accident);
  expect(await countsOf(stand, id)).toEqual(twin);
  await expectWaiting(stand, id, { cause: 'two_owners', isEndedByResume: false });
  await expectReplays(stand.handle(id));
});
