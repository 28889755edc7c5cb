/**
 * The replay gate: histories, recorded or running, against the workflows of this build. One that
 * is refused would fail the tasks of each account in that place, until the build is taken back.
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
  /** What a person knows it by: the file, or workflow and run. */
  readonly name: string;
  readonly workflowId: string;
  readonly history: History;
};
export type Verdict = {
  readonly name: string;
  readonly events: number;
  /** Why this build cannot go on from there; undefined: it can. */
  readonly refusal: string | undefined;
};

const RUNNING = `WorkflowType IN ('${WORKFLOW_TYPE}', '${FLEET_AUDIT.workflowType}')`;

/**
 * Recordings below a folder, by name: `.json` as Temporal writes it, or the same gzipped. No folder
 * is none.
 */
export async function* recordingsIn(folder: string): AsyncIterable<Recording> {
  const names = existsSync(folder) ? await readdir(folder, { recursive: true }) : [];
  for (const name of names.filter((one) => /\.json(\.gz)?$/.test(one)).toSorted()) {
    const bytes = await readFile(path.join(folder, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    const history = historyFromJSON(JSON.parse(text));
    const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    if (!started?.workflowId) throw new Error(`${name}: no run begins with its first event`);
    yield { name, workflowId: started.workflowId, history };
  }
}

/** What of Temporal's list is replayed: all runs that are going on, or fewer of them. */
export const runningQuery = (more?: string): string =>
  `${RUNNING} AND ExecutionStatus = 'Running'${more === undefined ? '' : ` AND (${more})`}`;

/** Runs of that query, the most recent first, at most that many. */
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

/** Replays each, and tells what came of it as it comes. */
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

/** The first sentence: what the history has, and what this build would do. */
const reasonOf = ({ name, message }: Error): string => `${name}: ${message.split('\n')[0] ?? ''}`;
