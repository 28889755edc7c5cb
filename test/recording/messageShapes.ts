/** Shapes of history in which messages wait: for a check, for the next task, for the next run. */
import { expect } from 'vitest';
import { ask, run, stateOf, update, statusOf, whenSaved } from '../support/account.js';
import { resetTo } from '../support/reset.js';
import { fastForward } from '../support/time.js';
import type { Shape } from './shapes.js';

const PERSON = { reason: 'checked', actor: 'ada' };
const patience = { timeout: 90_000 };

/** Resets the run to its first task, so that all later messages come again, in one task. */
const inOneTask = async (
  ...[{ stand }, id]: Parameters<Shape>
): Promise<Awaited<ReturnType<Shape>>> => {
  await resetTo(stand.handle(id), 1, 'all');
  return stand.handle(id);
};

/** Saves an observed send and checks a cold account at the same time. */
const coldCheckDuringSave: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  await run(account);
  await fastForward(stand.client, account.workflowId, 2_100);
  const sentAt = new Date().toISOString();
  const observed = account.signal('sendObserved', { chatId: 'c', messageId: 'm', sentAt });
  await Promise.all([observed, ask(account, 'a'), ask(account, 'b')]);
  await whenSaved(account);
  return account;
};

/** Sends three batches of 150 in one task, and then hold, resume and hold. */
const backlog: Shape = async (bench, id) => {
  const account = await bench.stand.connect(id);
  for (const batch of ['a', 'b', 'c']) {
    const requests = Array.from({ length: 150 }, (_, n) => ({ reservationId: `${batch}${n}` }));
    await account.signal('sendReserveBatch', { requests });
  }
  for (const name of ['hold', 'resume', 'hold']) await account.signal(name, PERSON);
  await whenSaved(account);
  const again = await inOneTask(bench, id);
  await expect
    .poll(() => statusOf(again).catch(() => null), patience)
    .toMatchObject({ hold: PERSON });
  await run(again);
  return again;
};

/** Needs more replies than one run may send: the next runs send the others. */
const replies: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  await run(account);
  const workflowId = `deaf-${id}`;
  await stand.client.workflow.start('deaf', { workflowId, taskQueue: workflowId });
  const replyTo = { workflowId, signalName: 'answer' };
  const { runId } = await account.describe();
  for (const batch of ['a', 'b']) {
    const requests = Array.from({ length: 150 }, (_, n) => ({
      reservationId: `${batch}${n}`,
      replyTo,
    }));
    await update(account, 'sendReserveBatch', { requests });
  }
  const answered = async (): Promise<number> => {
    const { events } = await stand.client.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length;
  };
  await expect.poll(answered, patience).toBe(300);
  await whenSaved(account);
  expect((await account.describe()).runId).not.toBe(runId);
  return account;
};

/** Waits for a turn and is reported at once; the next ask is withdrawn while its turn is to come. */
const line: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id, { pacing: { minGapSeconds: 2 } });
  await run(account);
  await ask(account, 'first');
  const waits = { wait: true, validUntil: new Date(Date.now() + 3_600_000).toISOString() };
  await ask(account, 'second', waits);
  await expect.poll(() => stateOf(account, 'second'), patience).toBe('in_flight');
  await account.signal('sendDelivered', { reservationId: 'second', chatId: 'c' });
  await ask(account, 'third', waits);
  await update(account, 'sendWithdraw', { reservationId: 'third' });
  await whenSaved(account);
  await run(account);
  return account;
};

export const MESSAGE_SHAPES: Readonly<Record<string, Shape>> = {
  'cold-check-beside-save': coldCheckDuringSave,
  backlog,
  replies,
  line,
};
