/**
 * The replay gate: replays histories, recorded or running, with the workflows of this build. A
 * refused history shows that the tasks of such accounts would fail until the build is taken back.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { FLEET_AUDIT, WORKFLOW_TYPE } from './protocol.js';

type History = ReturnType<typeof historyFromJSON>;
export type Recording = {
  /** The file, or workflow and run. */
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
};
export type Verdict = {
  readonly name: string;
  readonly events: number;
  /** Why this build cannot continue that run; undefined if it can. */
  readonly refusal: string | undefined;
};

const RUNNING = `WorkflowType IN ('${WORKFLOW_TYPE}', '${FLEET_AUDIT.workflowType}')`;

/**
 * Reads the recordings below a folder, by name: `.json` as Temporal writes it, or the same gzipped.
 * A folder that does not exist has none.
 */
export async function* recordingsIn(folder: string): AsyncIterable<Recording> {
  const names = existsSync(folder) ? await readdir(folder, { recursive: true }) : [];
  for (const name of names.filter((one) => /\.json(\.gz)?$/.test(one)).toSorted()) {
    const bytes = await readFile(path.join(folder, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const history = historyFromJSON(JSON.parse(text));
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    if (!started?.workflowId) throw new Error(`${name}: its first event is not the start of a run`);
    yield { name, workflowId: started.workflowId, history };
  }
}

/** Returns the list filter of the runs to replay: all open runs, or fewer of them. */
export const runningQuery = (more?: string): string =>
  `${RUNNING} AND ExecutionStatus = 'Running'${more === undefined ? '' : ` AND (${more})`}`;

/** Reads the histories of the runs of that query, the most recent first, at most that many. */
export async function* runningIn(
  client: Client,
  { query, limit }: { readonly query: string; readonly limit: number },
): AsyncIterable<Recording> {
  let left = limit;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    if (left <= 0) return;
    left -= 1;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    yield { name: `${workflowId} ${runId}`, workflowId, history };
  }
}

/** Replays each recording, and yields each verdict at once. */
export async function* replayed(
  options: ReplayWorkerOptions,
  recordings: AsyncIterable<Recording>,
): AsyncIterable<Verdict> {
  const waiting: Recording[] = [];
  async function* taken(): AsyncIterable<Recording> {
    for await (const recording of recordings) {
      waiting.push(recording);
      yield recording;
    }
  }
  for await (const { error } of Worker.runReplayHistories(options, taken())) {
    const recording = waiting.shift();
    if (!recording) throw new Error('a verdict without a history');
    const events = recording.history.events?.length ?? 0;
    yield { name: recording.name, events, refusal: error && reasonOf(error) };
  }
}

/** Returns the first sentence of a refusal: what the history has, and what this build would do. */
const reasonOf = ({ name, message }: Error): string => `${name}: ${message.split('\n')[0] ?? ''}`;
