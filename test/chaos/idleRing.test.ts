/**
 * Timers without work. A timer rings while nothing is due, and then a message comes: a worker that
 * keeps no account in memory replays the run for each task, and gets both at once. A later replay
 * gets them one by one. A timer that has lost its work is cancelled where this is possible.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dropCopies } from '../mutants/mutant.js';
import { all, ask, run, statusOf, update, skipToSave } from '../support/account.js';
import { bundleOf } from '../support/changed.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

const { EventType } = temporal.api.enums.v1;
const HOUR = 3_600;

/** Runs of an older build: it cancelled no timer. The present build continues them. */
const OLDER = {
  what: 'no timer is cancelled',
  file: 'src/workflows/changes.ts',
  old: "  'first-runs-read-no-history',\n  'timers-are-cancelled',\n",
  mutated: '',
};

let stand: Stand;
let older: Stand;
beforeAll(async () => {
  const workflowBundlePath = await bundleOf({ inmailAccount: OLDER });
  [stand, older] = await Promise.all([
    createStand({ maxCachedWorkflows: 0 }),
    createStand({ maxCachedWorkflows: 0, workflowBundlePath }),
  ]);
});
afterAll(async () => {
  await Promise.all([stand.close(), older.close(), dropCopies()]);
});

/** Checks that the present build can replay all runs, and that no task failed. */
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

it('an Update after timers that fired while nothing was due leaves a history that replays', async () => {
  const account = await older.connect(older.newAccount());
  await ask(account, 'a'); // arms the save of ten seconds, and the reconcile
  await run(account);
  await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'c', messageId: 'm' });
  await run(account); // everything is saved, before the timer of two seconds and that of ten ring
  expect((await statusOf(account)).unsaved).toBe(0);
  await expect
    .poll(() => timersOf(account, 10))
    .toMatchObject({ started: 1, fired: 1, isAtRest: true });
  await ask(account, 'b');
  await skipToSave(account);
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
  const id = stand.newAccount();
  const account = await stand.connect(id, { pacing: { minGapSeconds: 5 } });
  await ask(account, 'a');
  await run(account);
  const validUntil = new Date(Date.now() + HOUR * 1_000).toISOString();
  await ask(account, 'b', { wait: true, validUntil });
  // Queries would compete with the account's tasks, because this worker keeps no account in memory.
  const decided = "select state from safeband.waiting where account_id = $1 and state = 'granted'";
  await expect.poll(() => all(stand, decided, id)).toHaveLength(1);
  await update(account, 'sendDelivered', { reservationId: 'b', chatId: 'c', messageId: 'm' });
  const sends = 'select 1 from safeband.inmail_events where account_id = $1';
  await expect.poll(() => all(stand, sends, id)).toHaveLength(1);
  const events = (await account.fetchHistory()).events ?? [];
  expect(events.filter((event) => event.timerFiredEventAttributes)).toHaveLength(1); // the turn
  await replays(account);
});
