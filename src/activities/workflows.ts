/** The fleet audit's calls to Temporal, over the connection of its worker. */
import { activityInfo, getClient } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/common';
import { startOrder } from '../temporal/orders.js';
import { messages, WORKFLOW_TYPE, workflowIdOf } from '../temporal/protocol.js';
import { readTasks, startAgain, terminateRun } from '../temporal/workflowTasks.js';
import type { Tasks } from './failing.js';
import type { Workflows } from './fleet.js';
import { history, unreadIn } from './history.js';

const RUNNING = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
const PAGE = 1_000;
const DEADLINE_MS = 5_000;

async function* idsOf(query: string): AsyncIterable<string> {
  const prefix = workflowIdOf('');
  for await (const { workflowId } of getClient().workflow.list({ query, pageSize: PAGE })) {
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

const start: Workflows['start'] = (account) =>
  startAgain(getClient(), account, activityInfo().taskQueue);

/**
 * An order whose workflow has completed does not run once more: only rows from an old dump show it
 * as running.
 */
const orderAgain: Workflows['startOrder'] = (orderId, isStopped) =>
  startOrder(
    getClient(),
    orderId,
    activityInfo().taskQueue,
    isStopped ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
  );

const tasks: Tasks = {
  reported: () => idsOf(`${RUNNING} AND TemporalReportedProblems IS NOT NULL`),
  read: (accountId) => readTasks(getClient(), accountId),
  unread: (accountId, runId) => unreadIn(history, accountId, runId),
  terminate: (accountId, runId, reason) => terminateRun(getClient(), { accountId, runId }, reason),
  start,
};

export const workflows: Workflows = {
  running: () => idsOf(RUNNING),
  wake,
  start,
  startOrder: orderAgain,
  tasks,
};
