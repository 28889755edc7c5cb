/**
 * A timer rings without work, and then a message comes. A worker that keeps no account in memory
 * replays the run for each task, and gets both at once. A later replay gets them one by one.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, run, update, statusOf, whenSaved } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

const { EventType } = temporal.api.enums.v1;

let stand: Stand;
beforeAll(async () => {
  stand = await createStand({ maxCachedWorkflows: 0 });
});
afterAll(() => stand.close());

it('an Update after timers that fired while nothing was due leaves a history that replays', async () => {
  const account = await stand.connect(stand.newAccount());
  await ask(account, 'a'); // arms the save of ten seconds, and the reconcile
  await run(account);
  await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'c', messageId: 'm' });
  await run(account); // everything is saved, before the timer of two seconds and that of ten ring
  expect((await statusOf(account)).unsaved).toBe(0);
  await expect.poll(() => hasRung(account)).toBe(true);
  await ask(account, 'b');
  await whenSaved(account);
  const runs = await runsOf(stand, account);
  expect(failuresIn(runs)).toEqual([]);
  expect(await flawsOf(account.workflowId, runs)).toEqual([]);
});

/** The timer of ten seconds has fired, and its task is done. */
async function hasRung(account: WorkflowHandle): Promise<boolean> {
  const events = (await account.fetchHistory()).events ?? [];
  const started = events.flatMap(({ timerStartedEventAttributes: timer }) =>
    Number(timer?.startToFireTimeout?.seconds) === 10 ? [timer?.timerId] : [],
  );
  const fired = events.flatMap(({ timerFiredEventAttributes: timer }) => timer?.timerId ?? []);
  const isDone = events.at(-1)?.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
  return isDone && started.every((timerId) => timerId && fired.includes(timerId));
}
