/** Recorded histories of accounts, and whether these workflows can continue them. */
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import { ASK_AGAIN } from '../../src/temporal/protocol.js';
import type { Stand } from './stand.js';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;
const { WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND: UNHANDLED } = WorkflowTaskFailedCause;
type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** Returns every run of the account, newest first. */
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

/**
 * Returns the causes of failed tasks, without ends of runs that a new message prevented, and without
 * a Query that came with messages while a busy worker read the run again: it is asked again.
 */
export const failuresIn = (runs: readonly History[]): readonly unknown[] =>
  runs
    .flatMap(({ events }) =>
      (events ?? []).flatMap(({ eventType, workflowTaskFailedEventAttributes: failed }) =>
        eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED && failed?.cause !== UNHANDLED
          ? [failed?.failure?.message ?? failed?.cause]
          : [],
      ),
    )
    .filter((failure) => failure !== ASK_AGAIN);

/** The folder for histories of failures, which git ignores. */
const KEPT = path.join(import.meta.dirname, '../../.safeband/histories');

/** Writes the history of one run into a file, and returns its path. */
async function kept(workflowId: string, n: number, history: History): Promise<string> {
  await mkdir(KEPT, { recursive: true });
  const file = path.join(KEPT, `${workflowId.replaceAll('/', '_')}-${n}.json`);
  await writeFile(file, historyToJSON(history));
  return file;
}

type Recorded = { readonly workflowId: string; readonly history: History };

/** Returns the fault of each of these runs that does not replay, and keeps its history in a file. */
export async function flawsOfAll(recorded: readonly Recorded[]): Promise<readonly string[]> {
  const histories = (async function* all() {
    yield* recorded;
  })();
  const workflowBundle = { codePath: inject('workflowBundlePath') };
  const flaws: string[] = [];
  let n = 0;
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
    const run = recorded[n];
    n += 1;
    if (!error) continue;
    const file = run ? await kept(run.workflowId, n, run.history) : 'nowhere';
    flaws.push(`${run?.workflowId}: ${error.message}; its history is in ${file}`);
  }
  if (n !== recorded.length) flaws.push(`${n} of ${recorded.length} runs were replayed`);
  return flaws;
}

/** Returns the fault of each run of one account that does not replay. */
export const flawsOf = (workflowId: string, runs: readonly History[]): Promise<readonly string[]> =>
  flawsOfAll(runs.map((history) => ({ workflowId, history })));
