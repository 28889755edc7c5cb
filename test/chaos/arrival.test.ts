/**
 * Messages of a run's first task come to a workflow that has no handlers yet. It processes them in
 * the order of their arrival, whatever their names are, as in every other task.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKFLOW_TYPE, workflowIdOf } from '../../src/temporal/protocol.js';
import { update, statusOf } from '../support/account.js';
import { updateWithStart } from '../support/calls.js';
import { flawsOf, runsOf } from '../support/histories.js';
import { resetTo } from '../support/reset.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward, secondsToMidnight } from '../support/time.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const PERSON = { reason: 'looked', actor: 'ada' };
type Step = readonly [name: string, payload: object];
const STORIES: readonly { readonly steps: readonly Step[]; readonly ends: object }[] = [
  {
    steps: [
      ['hold', PERSON],
      ['resume', PERSON],
      ['hold', PERSON],
    ],
    ends: { state: 'held' },
  },
  {
    steps: [
      ['hold', PERSON],
      ['resume', PERSON],
    ],
    ends: { state: 'active' },
  },
  {
    steps: [
      ['disconnect', PERSON],
      ['connect', { tier: 'sales_navigator' }],
    ],
    ends: { state: 'active' },
  },
  {
    steps: [
      ['connect', { tier: 'sales_navigator', dailyCap: 20 }],
      ['configure', { dailyCap: 5, actor: 'ada' }],
    ],
    ends: { caps: { daily: 5 } },
  },
  {
    steps: [
      ['configure', { dailyCap: 5, actor: 'ada' }],
      ['connect', { tier: 'sales_navigator', dailyCap: 20 }],
    ],
    ends: { caps: { daily: 20 } },
  },
];

/** The last message of each story may be an Update: it waits for those before it. */
const WAYS = ['signal', 'update'] as const;

async function sendAll(
  account: WorkflowHandle,
  id: string,
  steps: readonly Step[],
  last: (typeof WAYS)[number],
): Promise<Promise<unknown>> {
  const full = steps.map(([name, payload]): Step => [
    name,
    name === 'connect' ? { accountId: id, ...payload } : payload,
  ]);
  const signals = last === 'update' ? full.slice(0, -1) : full;
  for (const [name, payload] of signals) await account.signal(name, payload);
  const [name = '', payload = {}] = full.at(-1) ?? [];
  return last === 'update' ? update(account, name, payload) : Promise.resolve();
}

const CASES = STORIES.flatMap((story) => WAYS.map((last) => ({ ...story, last })));
const titled = CASES.map((one) => ({
  ...one,
  title: `${one.steps.map(([name]) => name).join(', ')} (${one.last})`,
}));

it.each(titled)('in the first task of an account: $title', async ({ steps, ends, last }) => {
  await stand.stopWorker();
  const accountId = stand.newAccount();
  const account = await stand.client.workflow.start(WORKFLOW_TYPE, {
    workflowId: workflowIdOf(accountId),
    taskQueue: stand.taskQueue,
    args: [{ accountId, tier: 'sales_navigator' }],
  });
  const sent = sendAll(account, accountId, steps, last);
  if (last === 'signal') await sent;
  await stand.startWorker();
  await sent;
  await expect.poll(() => statusOf(account).catch(() => undefined)).toMatchObject(ends);
  expect(await flawsOf(account.workflowId, await runsOf(stand, account))).toEqual([]);
});

it.each(STORIES)('in a task of a running account: $steps', async ({ steps, ends }) => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await stand.stopWorker();
  await sendAll(account, id, steps, 'signal');
  await stand.startWorker();
  await expect.poll(() => statusOf(account)).toMatchObject(ends);
});

it('in the first task of the run after midnight', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const { runId } = await account.describe();
  const { asOf } = await statusOf(account);
  // Messages come without a pause, so that some come while the run ends.
  const state = { isOver: false, held: 0 };
  const stream = (async () => {
    while (!state.isOver) {
      for (const name of ['hold', 'resume', 'hold']) await account.signal(name, PERSON);
      state.held += 1;
    }
  })();
  await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
  await expect.poll(async () => (await account.describe()).runId === runId).toBe(false);
  state.isOver = true;
  await stream;
  expect(state.held).toBeGreaterThan(0);
  await expect.poll(() => statusOf(account)).toMatchObject({ state: 'held' });
  expect(await flawsOf(account.workflowId, await runsOf(stand, account))).toEqual([]);
});

it('in the task after a reset', async () => {
  const account = await stand.connect(stand.newAccount());
  await update(account, 'reconcileNow');
  for (const name of ['hold', 'resume', 'hold']) await account.signal(name, PERSON);
  await expect.poll(() => statusOf(account)).toMatchObject({ state: 'held' });
  await resetTo(account, 5, 'all');
  const now = stand.client.workflow.getHandle(account.workflowId);
  await expect.poll(() => statusOf(now).catch(() => undefined)).toMatchObject({ hold: PERSON });
  expect(await flawsOf(now.workflowId, await runsOf(stand, now))).toEqual([]);
});

it('answers an unknown Update, and processes an Update together with the start that it belongs to', async () => {
  const accountId = stand.newAccount();
  const start = { accountId, tier: 'sales_navigator' };
  const answer = updateWithStart(stand.client, 'noSuchMessage', WORKFLOW_TYPE, {
    workflowId: workflowIdOf(accountId),
    taskQueue: stand.taskQueue,
    args: [start],
  });
  await expect(answer).rejects.toMatchObject({
    cause: { message: expect.stringContaining('No registered handler') },
  });
  expect(await update(stand.handle(accountId), 'hold', PERSON)).toEqual({ state: 'held' });
});
