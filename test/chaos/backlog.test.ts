/**
 * A large backlog of one account delays no other account: a task processes a limited number of
 * messages, and the worker answers other accounts between tasks. The list of replies is limited, too.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { afterEach, expect, it } from 'vitest';
import { MESSAGES_PER_TASK, REPLIES_AT_ONCE } from '../../src/domain/primitives/limits.js';
import { all, ask, update, sent, statusOf } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

let stand: Stand;
afterEach(() => stand.close());

/** SAFEBAND_BACKLOG=6000 is the size that ended workers in the past. Fewer also need many tasks. */
const SIGNALS = Number(process.env['SAFEBAND_BACKLOG'] ?? 1_200);
const ASKS = Number(process.env['SAFEBAND_BACKLOG_ASKS'] ?? 600);

/** Sends all messages, a hundred at a time. */
async function signalAll(
  account: WorkflowHandle,
  count: number,
  message: (n: number) => readonly [name: string, payload: object],
): Promise<void> {
  for (let n = 0; n < count; n += 100) {
    const some = Array.from({ length: Math.min(100, count - n) }, (_, more) => message(n + more));
    await Promise.all(some.map(([name, payload]) => account.signal(name, payload)));
  }
}

const TASK_COMPLETED = 'workflowTaskCompletedEventAttributes';

it('a backlog is processed in many tasks, and another account answers meanwhile', async () => {
  stand = await createStand();
  const { account } = await sent(stand, 1);
  const other = await sent(stand, 1);
  await stand.stopWorker();
  const sentAt = new Date().toISOString();
  await signalAll(account, SIGNALS, (n) => [
    'sendObserved',
    { chatId: `c${n}`, messageId: 'm', sentAt },
  ]);
  await account.signal('hold', { reason: 'the last message', actor: 'ada' });
  const before = (await runsOf(stand, account)).length;
  await stand.startWorker();
  const [answer, decision] = await Promise.all([
    ask(account, 'behind-all'),
    ask(other.account, 'beside'),
  ]);
  expect([answer, decision]).toMatchObject([{ reason: 'held' }, { granted: true }]);
  expect(await statusOf(account)).toMatchObject({ counter: SIGNALS + 1, state: 'held' });
  await stand.stopWorker();
  await stand.startWorker(); // and a worker that has to replay it
  expect(await ask(account, 'again')).toMatchObject({ granted: false });
  const runs = await runsOf(stand, account);
  const tasks = runs
    .slice(0, runs.length - before + 1)
    .flatMap(({ events }) => (events ?? []).filter((event) => event[TASK_COMPLETED]));
  expect(tasks.length).toBeGreaterThan(SIGNALS / MESSAGES_PER_TASK);
  expect(failuresIn(runs)).toEqual([]);
  expect(await flawsOf(account.workflowId, runs)).toEqual([]);
});

it('reserves whose reply no workflow takes fail no task', async () => {
  stand = await createStand();
  const { id, account } = await sent(stand, 1);
  await stand.client.workflow.start('noSuchWorkflow', {
    workflowId: `deaf-${id}`,
    taskQueue: `deaf-${id}`,
  });
  const replyTo = { workflowId: `deaf-${id}`, signalName: 'answer' };
  await stand.stopWorker();
  await signalAll(account, ASKS, (n) => ['sendReserve', { reservationId: `r${n}`, replyTo }]);
  await stand.startWorker();
  expect(await ask(account, 'behind-all')).toMatchObject({ granted: false });
  const answered = async (): Promise<number> => {
    const { events } = await stand.client.workflow.getHandle(`deaf-${id}`).fetchHistory();
    return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
  };
  await expect.poll(answered).toBe(ASKS);
  const runs = await runsOf(stand, account);
  expect(failuresIn(runs)).toEqual([]);
  for (const { events } of runs)
    expect(mostUnderWay(events ?? [])).toBeLessThanOrEqual(REPLIES_AT_ONCE);
  expect(await flawsOf(account.workflowId, runs)).toEqual([]);
  await update(account, 'reconcileNow');
  expect(
    await all(
      stand,
      `select 1 from safeband.alerts where account_id = $1 and kind = 'reply_failed'`,
      id,
    ),
  ).toEqual([]);
});

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
function mostUnderWay(events: Events): number {
  let underWay = 0;
  let most = 0;
  for (const event of events) {
    if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) underWay += 1;
    if (event.externalWorkflowExecutionSignaledEventAttributes) underWay -= 1;
    if (event.signalExternalWorkflowExecutionFailedEventAttributes) underWay -= 1;
    most = Math.max(most, underWay);
  }
  return most;
}

it('a reply that cannot be sent raises an alert, and the run still ends', async () => {
  stand = await createStand();
  const { id, account } = await sent(stand, 1);
  const replyTo = { workflowId: `nobody-${id}`, signalName: 'answer' };
  await signalAll(account, 50, (n) => ['sendReserve', { reservationId: `r${n}`, replyTo }]);
  const kinds = `select kind from safeband.alerts where account_id = $1 and kind = 'reply_failed'`;
  await expect.poll(() => all(stand, kinds, id)).toEqual([{ kind: 'reply_failed' }]);
  await update(account, 'disconnect', { reason: 'done', actor: 'ada' });
  expect(failuresIn(await runsOf(stand, account))).toEqual([]);
});
