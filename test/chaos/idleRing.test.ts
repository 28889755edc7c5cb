/**
 * Timers without work. A timer rings while nothing is due, and then a message comes: a worker that
 * keeps no account in memory replays the run for each task, and gets both at once. A later replay
 * gets them one by one. A timer that has lost its work is cancelled where this is possible.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, run, stateOf, update, whenSaved } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

const { EventType } = temporal.api.enums.v1;
const HOUR = 3_600;

let stand: Stand;
beforeAll(async () => {
  stand = await createStand({ maxCachedWorkflows: 0 });
});
afterAll(() => stand.close());

async function replays(account: WorkflowHandle): Promise<void> {
  const runs = await runsOf(stand, account);
  expect(failuresIn(runs)).toEqual([]);
  expect(await flawsOf(account.workflowId, runs)).toEqual([]);
}

/** The timers of that length: how many were started, and how many of these fired or are cancelled. */
async function timersOf(account: WorkflowHandle, seconds: number) {
  const events = (await account.fetchHistory()).events ?? [];
  const ids = new Set(
    events.flatMap(({ timerStartedEventAttributes: timer }) =>
      Number(timer?.startToFireTimeout?.seconds) === seconds ? [timer?.timerId] : [],
    ),
  );
  const among = (timers: readonly ({ timerId?: string | null } | null | undefined)[]): number =>
    timers.filter((timer) => timer && ids.has(timer.timerId ?? undefined)).length;
  return {
    started: ids.size,
    fired: among(events.map(({ timerFiredEventAttributes: timer }) => timer)),
    cancelled: among(events.map(({ timerCanceledEventAttributes: timer }) => timer)),
    isAtRest: events.at(-1)?.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  };
}

it('an Update after a timer that fired while nothing was due leaves a history that replays', async () => {
  const account = await stand.connect(stand.newAccount());
  await ask(account, 'a');
  await update(account, 'sendFailed', { reservationId: 'a', kind: 'throttled' });
  await update(account, 'hold', { reason: 'looks odd', actor: 'ada' });
  await run(account); // the cooldown of an hour ends under the hold: no one sees its end
  await fastForward(stand.client, account.workflowId, HOUR + 10);
  await expect.poll(() => timersOf(account, HOUR)).toMatchObject({ started: 1, fired: 1 });
  await update(account, 'configure', { dailyCap: 7 });
  await whenSaved(account);
  await replays(account);
});

it('a save cancels the timer that would save later', async () => {
  const account = await stand.connect(stand.newAccount());
  await run(account);
  await ask(account, 'a'); // arms the save of ten seconds
  await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'c', messageId: 'm' });
  await expect.poll(() => timersOf(account, 10)).toMatchObject({ started: 1, cancelled: 1 });
  await ask(account, 'b');
  await run(account);
  expect(await timersOf(account, 10)).toMatchObject({ started: 2, fired: 0, cancelled: 2 });
  await replays(account);
});

it('a report after the decision of an ask that waited is saved at once', async () => {
  const account = await stand.connect(stand.newAccount(), { pacing: { minGapSeconds: 2 } });
  await ask(account, 'a');
  await run(account);
  const validUntil = new Date(Date.now() + HOUR * 1_000).toISOString();
  await ask(account, 'b', { wait: true, validUntil });
  await expect.poll(() => stateOf(account, 'b')).toBe('in_flight');
  await update(account, 'sendDelivered', { reservationId: 'b', chatId: 'c', messageId: 'm' });
  await whenSaved(account);
  const events = (await account.fetchHistory()).events ?? [];
  expect(events.filter((event) => event.timerFiredEventAttributes)).toHaveLength(1); // the turn
  await replays(account);
});
