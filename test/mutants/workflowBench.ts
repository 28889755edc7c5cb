/** Shared tools of the checks of the workflows: an account of the workflow under test, and callers. */
import type { WorkflowHandle } from '@temporalio/client';
import type { ExpectStatic } from 'vitest';
import { workflowIdOf } from '../../src/temporal/protocol.js';
import { stateOf, statusOf, update } from '../support/account.js';
import { updateWithStart } from '../support/calls.js';
import { resetTo } from '../support/reset.js';
import type { Stand } from '../support/stand.js';
import { fastForward, secondsToMidnight } from '../support/time.js';

export type Bench = {
  readonly stand: Stand;
  /** The workflow of the project, or a broken one. */
  readonly workflowType: string;
  /** Accounts whose runs fail. */
  readonly away: Set<string>;
  /** Accounts whose next run is answered with the answer of a claim. */
  readonly mixed: Set<string>;
  /** How long a check waits for an expected state. */
  readonly patience: { readonly timeout: number };
  /** The `expect` of the test itself, because tests run at the same time. */
  readonly expect: ExpectStatic;
};
export type WorkflowCheck = (bench: Bench) => Promise<void>;

export { stateOf, statusOf, update };
export const whenSaved = async (
  { expect, patience }: Bench,
  account: WorkflowHandle,
): Promise<void> => {
  await expect.poll(async () => (await statusOf(account)).unsaved, patience).toBe(0);
};
export async function deliver(bench: Bench, account: WorkflowHandle, id: string): Promise<void> {
  const reservationId = id;
  await update(account, 'sendReserve', { reservationId });
  await update(account, 'sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  await whenSaved(bench, account);
}
export async function connect(
  { stand, workflowType }: Bench,
  more: object = {},
): Promise<WorkflowHandle> {
  const start = { accountId: stand.newAccount(), tier: 'sales_navigator', ...more };
  const workflowId = workflowIdOf(start.accountId);
  await updateWithStart(stand.client, 'connect', workflowType, {
    workflowId,
    taskQueue: stand.taskQueue,
    args: [start],
  });
  return stand.client.workflow.getHandle(workflowId);
}
export const idOf = ({ workflowId }: WorkflowHandle): string =>
  workflowId.replace('inmail-account/', '');
/** Starts an account with one delivered InMail and a run that found no difference. */
export async function cold(bench: Bench): Promise<WorkflowHandle> {
  const account = await connect(bench);
  await deliver(bench, account, 'sent');
  await update(account, 'reconcileNow');
  bench.expect((await statusOf(account)).nextReconcileAt).toBe(null);
  return account;
}
export async function passMidnight(
  { stand, expect, patience }: Bench,
  account: WorkflowHandle,
): Promise<void> {
  const { asOf } = await statusOf(account);
  const { runId } = await account.describe();
  await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
  await expect.poll(async () => (await account.describe()).runId === runId, patience).toBe(false);
}
export const statusNameOf = async (account: WorkflowHandle): Promise<string> =>
  (await account.describe()).status.name;

/** Resets the run to its first task, so that Temporal sends all Signals again in one task. */
export async function resetToFirst(account: WorkflowHandle): Promise<WorkflowHandle> {
  await resetTo(account, 1, 'all');
  return account.client.getHandle(account.workflowId);
}
