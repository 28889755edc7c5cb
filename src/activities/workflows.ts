/** The fleet audit's calls to Temporal, over the connection of its worker. */
import { activityInfo, getClient } from '@temporalio/activity';
import { WorkflowNotFoundError, type Payload } from '@temporalio/common';
import { unreadableIn } from '../domain/wire/objectReader.js';
import { messages, WORKFLOW_TYPE, workflowIdOf } from '../temporal/protocol.js';
import { readTasks, startAgain, terminateRun } from '../temporal/workflowTasks.js';
import type { Tasks } from './failing.js';
import type { Workflows } from './fleet.js';
import { history } from './history.js';

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

/** Returns why a payload in the history cannot be decrypted; null if all can be read. */
async function unread(accountId: string, runId: string): Promise<string | null> {
  for await (const events of history.pages(accountId, runId)) {
    for (const event of events) {
      for (const raw of await history.decode(payloadsIn(event))) {
        const why = unreadableIn(raw);
        if (why?.includes('binary/encrypted')) return why;
      }
    }
  }
  return null;
}

/** Returns all payloads of an event, at any depth. */
function payloadsIn(part: unknown): Payload[] {
  if (typeof part !== 'object' || part === null || ArrayBuffer.isView(part)) return [];
  return isPayload(part) ? [part] : Object.values(part).flatMap(payloadsIn);
}
const isPayload = (part: object): part is Payload =>
  'metadata' in part &&
  typeof part.metadata === 'object' &&
  part.metadata !== null &&
  'encoding' in part.metadata &&
  ArrayBuffer.isView(part.metadata.encoding);

const tasks: Tasks = {
  reported: () => idsOf(`${RUNNING} AND TemporalReportedProblems IS NOT NULL`),
  read: (accountId) => readTasks(getClient(), accountId),
  unread,
  terminate: (accountId, runId, reason) => terminateRun(getClient(), { accountId, runId }, reason),
  start,
};

export const workflows: Workflows = { running: () => idsOf(RUNNING), wake, start, tasks };
