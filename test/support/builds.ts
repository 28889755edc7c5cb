/** Workers of several builds on one queue at the same time, as in a rolling deploy. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { inject } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import { NO_GROUP_DECISIONS } from '../../src/platform/groupDecisions.js';
import { ASK_AGAIN } from '../../src/temporal/protocol.js';
import { versioned } from '../../src/worker.js';
import type { Stand } from './stand.js';

const { EventType, WorkflowTaskFailedCause } = temporal.api.enums.v1;
const OVERTAKEN = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

/** Starts a worker of that build. When it is stopped, it first completes its tasks. */
export async function startBuild(
  { taskQueue, pool }: Stand,
  connection: NativeConnection,
  build: { readonly deploymentName: string; readonly buildId: string; readonly codePath: string },
): Promise<{ readonly stop: () => Promise<void> }> {
  const { codePath, ...version } = build;
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: { codePath },
    sinks: NO_GROUP_DECISIONS,
    activities: { ...createActivities({ pool }) },
    workerDeploymentOptions: versioned(version),
    maxCachedWorkflows: 200,
  });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
    },
  };
}

/**
 * A workflow run: the builds that completed its tasks, and the causes of failed tasks. A
 * continue-as-new that meets a new Signal is refused and tried again on any build, so it does not
 * count as a failed task.
 */
export type Lived = {
  readonly runId: string;
  readonly builds: readonly string[];
  readonly failures: readonly string[];
};

/** Returns all runs of a workflow, oldest first. */
export async function livedBy(
  { client }: Stand,
  account: WorkflowHandle,
): Promise<readonly Lived[]> {
  const lived: Lived[] = [];
  const { raw } = await account.describe();
  let runId = raw.workflowExecutionInfo?.firstRunId ?? '';
  while (runId) {
    const { events } = await client.workflow.getHandle(account.workflowId, runId).fetchHistory();
    const builds = new Set<string>();
    const failures: string[] = [];
    for (const event of events ?? []) {
      const done = event.workflowTaskCompletedEventAttributes;
      if (done) builds.add(done.deploymentVersion?.buildId ?? 'none');
      const failed = event.workflowTaskFailedEventAttributes;
      if (event.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED) {
        const why = String(failed?.failure?.message);
        if (failed?.cause !== OVERTAKEN && why !== ASK_AGAIN) failures.push(why);
      }
    }
    lived.push({ runId, builds: [...builds], failures });
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return lived;
}

/** Returns the command lines of a document with this beginning, without the shell's comments. */
export async function commandsOf(file: string, first: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  return lines.filter((line) => line.startsWith(first));
}

/** Runs a command line with the test's own `temporal` and server. */
export async function shell(line: string): Promise<string> {
  const bin = await mkdtemp(path.join(tmpdir(), 'safeband-bin-'));
  try {
    await symlink(inject('temporalCli'), path.join(bin, 'temporal'));
    const env = {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: bin,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
    };
    return (await promisify(execFile)('bash', ['-ec', line], { env })).stdout;
  } finally {
    await rm(bin, { recursive: true });
  }
}
