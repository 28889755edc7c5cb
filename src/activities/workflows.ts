/** What the audit of the fleet asks of Temporal, over the connection of its worker. */
import { activityInfo, getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { messages, WORKFLOW_TYPE, workflowIdOf } from '../protocol.js';
import type { Workflows } from './fleet.js';

const RUNNING = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
const PAGE = 1_000;
const DEADLINE_MS = 5_000;

async function* running(): AsyncIterable<string> {
  const prefix = workflowIdOf('');
  for await (const { workflowId } of getClient().workflow.list({
    query: RUNNING,
    pageSize: PAGE,
  })) {
    if (workflowId.startsWith(prefix)) yield workflowId.slice(prefix.length);
  }
}

async function wake(accountId: string): Promise<boolean> {
  const client = getClient();
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.getHandle(workflowIdOf(accountId)).signal(messages.reconcileNow.name, {}),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Policy, counts and open slots are read back by the start itself (R13). */
async function start(account: { readonly accountId: string; readonly tier: string }) {
  const client = getClient();
  await client.withDeadline(Date.now() + DEADLINE_MS, () =>
    client.workflow.start(WORKFLOW_TYPE, {
      workflowId: workflowIdOf(account.accountId),
      taskQueue: activityInfo().taskQueue,
      args: [account],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  );
}

export const workflows: Workflows = { running, wake, start };
