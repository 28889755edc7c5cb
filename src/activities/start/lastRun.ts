/**
 * Reads, from the history of an account's last workflow, the messages that it did not save (R13).
 */
import type { Activities, LastRunAsk, LastRunPortion } from '../ports.js';
import { RECOVERY_BYTES_MAX, RECOVERY_PORTION_BYTES } from '../../domain/primitives/limits.js';
import { readMessages } from './readMessages.js';
import type { History } from '../history.js';
import { closedRuns, type ClosedRuns, type Run } from './closedRuns.js';
import type { RunMessage } from '../../domain/entity/lastRunMessages.js';

export const lastRunActivities = (history: History): Pick<Activities, 'readLastRun'> => ({
  readLastRun: (ask) => readLastRun(history, ask),
});

/**
 * Reads everything again for each portion, because two calls may reach two workers. A run has some
 * hundred events, rarely some thousand.
 */
async function readLastRun(history: History, ask: LastRunAsk): Promise<LastRunPortion> {
  const found = await closedRuns(history, ask);
  const received: RunMessage[] = [];
  let unread = found.missing;
  let bytes = 0;
  for (const run of found.runs.filter(({ isToRead }) => isToRead)) {
    const pages = history.pages(ask.accountId, run.runId);
    const read = await readMessages(history, pages, (event) => isInRow(found, run, ask, event));
    unread ??= read.unread;
    received.push(...read.received);
    bytes += sizeOf(read.received);
    if (bytes <= RECOVERY_BYTES_MAX) continue;
    unread ??= `it has more than ${RECOVERY_BYTES_MAX} bytes of messages`;
    break;
  }
  const portion = portionOf(received, ask.after);
  const isLast = ask.after + portion.length >= received.length;
  const { isClean, backup } = found;
  return { heard: portion, isLast, unread, isClean, ...(backup ? { backup } : {}) };
}

/** True if the row was written by a later run, or by this run after that event. */
function isInRow({ runs }: ClosedRuns, run: Run, { stored }: LastRunAsk, event: number): boolean {
  const { runId, runEvents = 0 } = stored;
  if (run.runId === runId) return event <= runEvents;
  const writer = runs.findIndex((one) => one.runId === runId);
  return runs.indexOf(run) < writer;
}

/** Returns as many messages as fit into one answer, at least one. */
function portionOf(received: readonly RunMessage[], after: number): readonly RunMessage[] {
  const portion: RunMessage[] = [];
  let bytes = 0;
  for (const one of received.slice(after)) {
    bytes += sizeOf(one);
    if (portion.length > 0 && bytes > RECOVERY_PORTION_BYTES) break;
    portion.push(one);
  }
  return portion;
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
