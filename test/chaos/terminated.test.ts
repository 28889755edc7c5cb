/**
 * An operator terminates a workflow while Postgres is away: the next start reads its answers from its
 * history, counts them once and saves them (R13).
 */
import { setTimeout } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { all, ask, update, stateOf, statusOf, whenSaved } from '../support/account.js';
import { startProxy, type Proxy } from '../support/proxy.js';
import { createStand, freshDatabase, type Stand, type StandOptions } from '../support/stand.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';
import { payloadKeysFrom } from '../../src/temporal/payloadKeys.js';

const { CommandType } = proto.temporal.api.enums.v1;

type Ground = { readonly stand: Stand; readonly proxy: Proxy; readonly close: () => Promise<void> };

/** Makes a stand whose proxy to Postgres can be closed. */
async function ground(options: StandOptions = {}): Promise<Ground> {
  const database = await freshDatabase();
  const proxy = await startProxy(database.url);
  const stand = await createStand({ ...options, databaseUrl: proxy.url });
  const close = async (): Promise<void> => {
    await stand.close();
    proxy.close();
    await database.drop();
  };
  return { stand, proxy, close };
}

const KEYS = payloadKeysFrom({
  SAFEBAND_PAYLOAD_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
});

const LOG = `select chat_id as chat from safeband.inmail_events where account_id = $1 order by 1`;
const UNCLEAN = `select severity, details->>'outcomes' as outcomes, details->>'grants' as grants
  from safeband.alerts where account_id = $1 and kind = 'unclean_end'`;

/** Returns the run of the account's workflow and its number of events. */
const runOf = async (account: WorkflowHandle): Promise<{ runId: string; events: number }> => {
  const { runId, historyLength } = await account.describe();
  return { runId, events: historyLength };
};

/** Sends messages with unknown names, until the run has almost its maximum of events (600). */
async function fill(account: WorkflowHandle): Promise<void> {
  while ((await runOf(account)).events < 540) {
    await Promise.all(Array.from({ length: 20 }, () => account.signal('noise')));
  }
}

const PAUSE_MS = 100;
/**
 * Messages until the run has more events than a run may have: a run does not end while Signals come
 * without a pause. Then a message now and then, for a run that was busy at the last one, until the
 * next run begins. A try of a save that fails may take a minute, and a run waits for it.
 */
async function pushOver(account: WorkflowHandle, runId: string): Promise<void> {
  for (let polls = 1; ; polls += 1) {
    const present = await runOf(account);
    if (present.runId !== runId) return;
    if (present.events < 640 || polls % 20 === 0) await account.signal('noise');
    await setTimeout(PAUSE_MS);
  }
}

/** Saves ten slots, two of them delivered, and then closes Postgres. */
async function morning(
  { stand, proxy }: Ground,
  isLong = false,
): Promise<{ id: string; account: WorkflowHandle; runId: string }> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const requests = Array.from({ length: 10 }, (_, n) => ({ reservationId: `r${n}` }));
  await update(account, 'sendReserveBatch', { requests });
  for (const n of [0, 1]) {
    await update(account, 'sendDelivered', { reservationId: `r${n}`, chatId: `c${n}` });
  }
  if (isLong) await fill(account);
  await whenSaved(account);
  const { runId } = await runOf(account);
  proxy.turn('refused');
  return { id, account, runId };
}

/** Sends messages that are answered and not saved: each way, each kind, and two more slots. */
async function afternoon(account: WorkflowHandle): Promise<void> {
  for (const n of [2, 3])
    await update(account, 'sendDelivered', { reservationId: `r${n}`, chatId: `c${n}` });
  await account.signal('sendDelivered', { reservationId: 'r4', chatId: 'c4', messageId: 'm4' });
  await update(account, 'sendFailed', { reservationId: 'r5', kind: 'rejected' });
  await account.signal('sendFailed', { reservationId: 'r6', kind: 'unknown' });
  const { asOf: sentAt } = await statusOf(account);
  await update(account, 'sendObserved', { chatId: 'by-hand', messageId: 'm', sentAt });
  expect(await ask(account, 'late')).toMatchObject({ granted: true });
  expect(await ask(account, 'later')).toMatchObject({ granted: true });
  await update(account, 'sendDelivered', { reservationId: 'later', chatId: 'c-later' });
}

/** 10 slots of the morning and 2 of the afternoon; one is released, and one InMail was manual. */
const COUNTS = {
  counter: 12,
  delivered: 6,
  inFlight: 4,
  uncertain: 1,
  external: 1,
  unexplained: 0,
};
const CHATS = ['by-hand', 'c-later', 'c0', 'c1', 'c2', 'c3', 'c4'];

async function expectWhole({ stand }: Ground, id: string): Promise<void> {
  const again = stand.handle(id);
  await expect.poll(() => statusOf(again)).toMatchObject({ ...COUNTS, verified: true });
  expect((await statusOf(again)).state).toBe('active');
  // Its caller keeps the granted slot, and no other caller gets it.
  expect(await ask(again, 'late')).toMatchObject({ granted: true, repeated: true });
  expect(await stateOf(again, 'later')).toBe('delivered');
  await whenSaved(again);
  expect(await all(stand, LOG, id)).toEqual(CHATS.map((chat) => ({ chat })));
  expect(await all(stand, UNCLEAN, id)).toEqual([expect.objectContaining({ severity: 'info' })]);
  const requests = Array.from({ length: 60 }, (_, n) => ({ reservationId: `more-${n}` }));
  const { decisions } = await update<{ decisions: DecisionWire[] }>(again, 'sendReserveBatch', {
    requests,
  });
  expect(decisions.filter(({ granted }) => granted)).toHaveLength(50 - COUNTS.counter);
}

async function startAgain({ stand, proxy }: Ground, id: string): Promise<void> {
  proxy.turn('open');
  await stand.connect(id);
}

describe.each([
  ['in clear', undefined],
  ['encrypted', KEYS],
])('a workflow with unsaved outcomes, %s', (_, payloadKeys) => {
  let place: Ground;
  beforeAll(async () => {
    place = await ground(payloadKeys ? { payloadKeys } : {});
  });
  afterAll(() => place.close());

  it('loses none of them when it is terminated', async () => {
    const { id, account } = await morning(place);
    await afternoon(account);
    await account.terminate('an operator');
    await startAgain(place, id);
    await expectWhole(place, id);
    expect((await statusOf(place.stand.handle(id))).counter).toBe(50);
  });

  it('loses none of them when it has continued as new before', async () => {
    const { id, account, runId } = await morning(place, true);
    await afternoon(account);
    await pushOver(account, runId);
    await account.terminate('an operator');
    await startAgain(place, id);
    await expectWhole(place, id);
    expect((await statusOf(place.stand.handle(id))).counter).toBe(50);
  });

  it('keeps a hold that was answered and not saved, and counts what came between two starts', async () => {
    const { id, account } = await morning(place);
    await afternoon(account);
    await update(account, 'hold', { reason: 'a complaint', actor: 'ada' });
    await account.terminate('an operator');
    // This start never reads its rows, because Postgres is away. Its messages are only in its history.
    const { client, taskQueue } = place.stand;
    const second = await client.workflow.start('inmailAccount', {
      workflowId: account.workflowId,
      taskQueue,
      args: [{ accountId: id, tier: 'sales_navigator' }],
    });
    await second.signal('sendDelivered', { reservationId: 'r7', chatId: 'c7' });
    await second.terminate('again');
    await startAgain(place, id);
    const again = place.stand.handle(id);
    await expect
      .poll(() => statusOf(again))
      .toMatchObject({ state: 'held', hold: { actor: 'ada' }, delivered: 7, counter: 12 });
  });
});

it('a start whose claim was committed without an answer still has what the last workflow left', async () => {
  const lost: string[] = [];
  const place = await ground({
    activities: (real) => ({
      claim: async (given) => {
        const answer = await real.claim(given);
        if (given.found === null || lost.length === 2) return answer;
        lost.push(given.owner);
        throw new Error('the answer was lost');
      },
    }),
  });
  const { id, account } = await morning(place);
  await afternoon(account);
  await account.terminate('an operator');
  await startAgain(place, id);
  await expectWhole(place, id);
  expect(lost).toHaveLength(2);
  await place.close();
});

describe('a workflow that ended by itself in another way', () => {
  let place: Ground;
  beforeAll(async () => {
    place = await ground();
  });
  afterAll(() => place.close());

  /** Starts a run that never reads its rows, so that only its history has its messages. */
  async function startedAgain(
    { client, taskQueue }: Stand,
    { id, account }: { id: string; account: WorkflowHandle },
    more: object = {},
  ): Promise<WorkflowHandle> {
    await account.terminate('an operator');
    const { workflowId } = account;
    return client.workflow.signalWithStart('inmailAccount', {
      workflowId,
      taskQueue,
      args: [{ accountId: id, tier: 'sales_navigator' }],
      signal: 'sendDelivered',
      signalArgs: [{ reservationId: 'r7', chatId: 'c7' }],
      ...more,
    });
  }
  async function expectAnswered(id: string): Promise<void> {
    await startAgain(place, id);
    const again = place.stand.handle(id);
    const whole = { state: 'active', verified: true, counter: 10, delivered: 3 };
    await expect.poll(() => statusOf(again)).toMatchObject(whole);
    expect(await stateOf(again, 'r7')).toBe('delivered');
    expect(await all(place.stand, UNCLEAN, id)).toMatchObject([{ severity: 'info' }]);
  }

  it('a workflow that ended by itself in another way loses nothing when it timed out', async () => {
    const { id, account } = await morning(place);
    const second = await startedAgain(place.stand, { id, account }, { workflowRunTimeout: '1s' });
    await expect.poll(async () => (await second.describe()).status.name).toBe('TIMED_OUT');
    await expectAnswered(id);
  });

  it('a workflow that ended by itself in another way loses nothing when it failed', async () => {
    const { id, account } = await morning(place);
    await place.stand.stopWorker();
    const second = await startedAgain(place.stand, { id, account });
    await failRun(place.stand, second.workflowId);
    expect((await second.describe()).status.name).toBe('FAILED');
    await place.stand.startWorker();
    await expectAnswered(id);
  });
});

/**
 * Polls the workflow's next task as a worker would, and fails the run. A task of another workflow of
 * the stand, such as a save, is left: it times out, and the worker gets it again.
 */
async function failRun({ client, taskQueue }: Stand, workflowId: string): Promise<void> {
  const { workflowService, options } = client;
  const { namespace } = options;
  const poll = { namespace, taskQueue: { name: taskQueue } };
  let taskToken: Uint8Array | undefined;
  while (!taskToken) {
    const task = await client.withDeadline(Date.now() + 90_000, () =>
      workflowService.pollWorkflowTaskQueue(poll),
    );
    if (task.workflowExecution?.workflowId === workflowId) ({ taskToken } = task);
  }
  const failure = { message: 'as a defect would', applicationFailureInfo: {} };
  const { COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION: commandType } = CommandType;
  const fail = { commandType, failWorkflowExecutionCommandAttributes: { failure } };
  await workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands: [fail] });
}
