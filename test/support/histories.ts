/** Recorded histories of accounts, and whether these workflows can continue them. */
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import type { Stand } from './stand.js';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;
const { WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: UNHANDLED } = WorkflowTaskFailedCause;
type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** Every run of that account; the newest first. */
export async function runsOf(
  { client }: Stand,
  account: WorkflowHandle,
): Promise<readonly History[]> {
  const runs: History[] = [];
  let runId: string | null | undefined = (await account.describe()).runId;
  while (runId) {
    const history: History = await client.workflow
      .getHandle(account.workflowId, runId)
      .fetchHistory();
    runs.push(history);
    runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  }
  return runs;
}

/** Why tasks failed, but for a run that could not end because a message came. */
export const failuresIn = (runs: readonly History[]): readonly unknown[] =>
  runs.flatMap(({ events }) =>
    (events ?? []).flatMap(({ eventType, workflowTaskFailedEventAttributes: failed }) =>
      eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED && failed?.cause !== UNHANDLED
        ? [failed?.failure?.message ?? failed?.cause]
        : [],
    ),
  );

/** What is wrong with each run that does not replay. */
export async function flawsOf(
  workflowId: string,
  runs: readonly History[],
): Promise<readonly string[]> {
  const histories = (async function* all() {
    for (const history of runs) yield { workflowId, history };
  })();
  const workflowBundle = { codePath: inject('workflowBundlePath') };
  const flaws: string[] = [];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    if (error) flaws.push(`${workflowId}: ${error.message}`);
  }
  return flaws;
}
