/** The shapes of history that every build must be able to continue, each played on real servers. */
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import { WORKFLOW_TYPE, workflowIdOf } from '../../src/temporal/protocol.js';
import { ask, edit, run, update, statusOf, whenSaved } from '../support/account.js';
import { updateWithStart } from '../support/calls.js';
import { resetTo } from '../support/reset.js';
import type { Stand } from '../support/stand.js';
import { fastForward, secondsToMidnight } from '../support/time.js';

export type Bench = {
  readonly stand: Stand;
  /** Accounts whose rows no activity can reach. */
  readonly away: Set<string>;
};
/** Plays one story. The recording has all runs of its workflow. */
export type Shape = (bench: Bench, id: string) => Promise<WorkflowHandle>;

const patience = { timeout: 60_000 };
const HOUR = 3_600;

async function passMidnight({ stand }: Bench, account: WorkflowHandle): Promise<void> {
  const { runId } = await account.describe();
  const { asOf } = await statusOf(account);
  await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
  await expect.poll(async () => (await account.describe()).runId === runId, patience).toBe(false);
  await expect.poll(() => statusOf(account).catch(() => undefined), patience).toBeDefined();
}
const deliver = (account: WorkflowHandle, reservationId: string): Promise<unknown> =>
  update(account, 'sendDelivered', { reservationId, chatId: `chat-${reservationId}` });

/** No caller sends a message for two days. */
const idle: Shape = async (bench, id) => {
  const account = await bench.stand.connect(id);
  await passMidnight(bench, account);
  await passMidnight(bench, account);
  return account;
};

/** Reserves and reports each kind of outcome, by Updates, Signals and batches. */
const busy: Shape = async (bench, id) => {
  const account = await bench.stand.connect(id, { ramp: { dailyCaps: [20, 30] } });
  await run(account);
  for (const reservationId of ['a', 'b']) {
    await ask(account, reservationId, { recipientId: reservationId });
    await deliver(account, reservationId);
  }
  const requests = Array.from({ length: 8 }, (_, n) => ({
    reservationId: `r${n}`,
    recipientId: `to-${n}`,
  }));
  await update(account, 'sendReserveBatch', { requests });
  await account.signal('sendReserve', { reservationId: 'signalled', leaseSeconds: 60 });
  const { asOf: sentAt } = await statusOf(account);
  await account.signal('sendDelivered', { reservationId: 'r0', chatId: 'c0', messageId: 'm0' });
  await update(account, 'sendFailed', { reservationId: 'r1', kind: 'rejected' });
  await account.signal('sendFailed', { reservationId: 'r2', kind: 'unknown' });
  await update(account, 'sendObserved', {
    chatId: 'c3',
    messageId: 'm',
    recipientId: 'to-3',
    sentAt,
  });
  await update(account, 'sendObserved', { chatId: 'manual', messageId: 'm', sentAt });
  await whenSaved(account);
  await fastForward(bench.stand.client, account.workflowId, HOUR); // leases end, ticks come
  const order = { reservationId: 'r2', outcome: 'released', reason: 'checked', actor: 'ada' };
  await update(account, 'settleByOperator', order);
  await run(account);
  await passMidnight(bench, account);
  return account;
};

/** A throttled account whose cooldown ends by itself; then it is held and resumed. */
const cooldown: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  await ask(account, 'r');
  await update(account, 'sendFailed', { reservationId: 'r', kind: 'throttled' });
  await whenSaved(account);
  await fastForward(stand.client, account.workflowId, HOUR + 60);
  await update(account, 'hold', { reason: 'looks odd', actor: 'ada' });
  await update(account, 'resume', { reason: 'is not', actor: 'ada' });
  await whenSaved(account);
  return account;
};

/** A slot in flight at midnight, whose outcome comes as a Signal at the same time. */
const midnight: Shape = async (bench, id) => {
  const account = await bench.stand.connect(id);
  await ask(account, 'flying', { leaseSeconds: 86_400 });
  await whenSaved(account);
  const passed = passMidnight(bench, account);
  await account.signal('sendFailed', { reservationId: 'flying', kind: 'unknown' });
  await passed;
  await account.signal('sendDelivered', { reservationId: 'flying', chatId: 'c' });
  await whenSaved(account);
  await run(account);
  return account;
};

/** A reserve after an hour and a half without a message: the account reads the database first. */
const coldCheck: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  await run(account);
  await fastForward(stand.client, account.workflowId, 1.5 * HOUR);
  await Promise.all([ask(account, 'a'), ask(account, 'b')]);
  await deliver(account, 'a');
  await whenSaved(account);
  return account;
};

/** The database fails for some saves: they use an ordinary activity, and later local ones again. */
const outage: Shape = async ({ stand, away }, id) => {
  const account = await stand.connect(id);
  await run(account);
  away.add(id);
  await ask(account, 'a');
  await deliver(account, 'a');
  const isRetried = async (): Promise<boolean> =>
    ((await account.describe()).raw.pendingActivities ?? []).some((one) => Number(one.attempt) > 1);
  await expect.poll(isRetried, patience).toBe(true);
  await ask(account, 'b');
  away.delete(id);
  await whenSaved(account);
  await deliver(account, 'b');
  await whenSaved(account);
  return account;
};

/** An operator resets the run, so that the account reads its rows again. */
const reset: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  await ask(account, 'a');
  await deliver(account, 'a');
  await whenSaved(account);
  await resetTo(account, 5, 'all');
  const cause = async () => (await statusOf(account).catch(() => undefined))?.cooldown?.cause;
  await expect.poll(cause, patience).toBe('two_owners');
  await whenSaved(account);
  return account;
};

/** Terminated, started again, cancelled, reconnected, and disconnected permanently. */
const ends: Shape = async ({ stand }, id) => {
  await (await stand.connect(id)).terminate('an accident');
  const account = await stand.connect(id);
  await update(account, 'resume', { reason: 'it was an accident', actor: 'ada' });
  await ask(account, 'a');
  await account.cancel();
  await expect.poll(async () => (await statusOf(account)).state, patience).toBe('disconnected');
  await stand.connect(id);
  await deliver(account, 'a');
  await update(account, 'disconnect', { reason: 'moved away', actor: 'ada' });
  const status = async () => (await account.describe()).status.name;
  await expect.poll(status, patience).toBe('COMPLETED');
  return account;
};

/** The first message is a Signal, which waits until the rows are read. */
const early: Shape = async ({ stand }, id) => {
  const account = await stand.client.workflow.signalWithStart(WORKFLOW_TYPE, {
    workflowId: workflowIdOf(id),
    taskQueue: stand.taskQueue,
    args: [{ accountId: id, tier: 'premium' }],
    signal: 'sendDelivered',
    signalArgs: [{ reservationId: 'forgotten', chatId: 'c' }],
  });
  await expect.poll(() => statusOf(account).catch(() => undefined), patience).toBeDefined();
  await whenSaved(account);
  return account;
};

/** All messages are invalid. */
const badSignals: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  await account.signal('sendGreetings', {});
  await account.signal('__temporal_secret', {});
  await account.signal('sendDelivered', { chatId: 'no reservation' });
  await stand.client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: account.workflowId },
    signalName: 'sendDelivered',
    input: { payloads: [{ metadata: { encoding: bytes('binary/encrypted') }, data: bytes('x') }] },
  });
  await ask(account, 'a', { replyTo: { workflowId: 'unknown', signalName: 'decided' } });
  await whenSaved(account);
  return account;
};

/** A sending window, whose intervals are computed at the start and after a change. */
const windows: Shape = async (bench, id) => {
  const sendingWindow = { days: ['mon', 'tue', 'wed'], start: '09:00', end: '17:30' };
  const account = await bench.stand.connect(id, { timezone: 'Europe/Berlin', sendingWindow });
  await run(account);
  await ask(account, 'a');
  await update(account, 'configure', { sendingWindow: { ...sendingWindow, end: '18:00' } });
  await update(account, 'configure', { dailyCap: 10, sendingWindow: null, actor: 'ada' });
  await whenSaved(account);
  await passMidnight(bench, account);
  return account;
};

/** Another program owns the row: the account grants nothing and tries again. */
const outrun: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id);
  await run(account);
  await edit(stand, id, "owner = 'other', version = version + 10");
  await ask(account, 'a');
  const state = async (): Promise<string> => (await statusOf(account)).state;
  await expect.poll(state, patience).toBe('cooldown');
  await fastForward(stand.client, account.workflowId, 300);
  return account;
};

/** A run corrects an import whose two numbers differ, and an identity is compared with all others. */
const imported: Shape = async ({ stand }, id) => {
  const account = await stand.connect(id, { inmailsSentToday: 104, deliveredToday: 17 });
  await run(account);
  const identified = { accountId: id, tier: 'sales_navigator', identity: `member ${id}` };
  await update(account, 'connect', identified);
  await whenSaved(account);
  await run(account);
  return account;
};

/** One audit of the fleet. */
const fleetAudit: Shape = async ({ stand }, id) => {
  const options = { workflowId: `audit-${id}`, taskQueue: stand.taskQueue, args: [] };
  const audit = await stand.client.workflow.start('inmailFleetAudit', options);
  await audit.result();
  return audit;
};

/** A refused start, so that the run fails at once. */
const badStart: Shape = async ({ stand }, id) => {
  const workflowId = workflowIdOf(id);
  const connected = updateWithStart(stand.client, 'connect', WORKFLOW_TYPE, {
    workflowId,
    taskQueue: stand.taskQueue,
    args: [{ accountId: id, tier: 'gold' }],
  });
  await expect(connected).rejects.toThrow('Update');
  return stand.client.workflow.getHandle(workflowId);
};

export const SHAPES: Readonly<Record<string, Shape>> = {
  'idle-days': idle,
  'busy-day': busy,
  cooldown,
  midnight,
  'cold-check': coldCheck,
  outage,
  reset,
  ends,
  early,
  'bad-signals': badSignals,
  windows,
  outrun,
  imported,
  'fleet-audit': fleetAudit,
  'bad-start': badStart,
};
