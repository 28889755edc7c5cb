/**
 * A local activity belongs to the workflow task in which it begins. Temporal's core (1.24) may begin
 * another task while it runs: after eight tenths of the task's time, at once where a Query came with
 * the task, or where the server has given the task up. A replay may then order the messages of the
 * new task, and the activity's answer, in another way than the worker has, and the run stops.
 * Two rules keep the two orders the same.
 *   1. No task in which a local activity begins is sent to the server without a command: a replay
 *      takes a task without one, that follows one without, and the next one for one task.
 *   2. A new task that brings a message while a local activity is under way is not done: it fails
 *      once, and the worker does it again from the history, as each later replay will.
 */
import { patched, upsertMemo, workflowInfo } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { TASK_MEMO, TRIED_AGAIN } from './protocol.js';

/** The task in which it began; null: on a replay, and the worker has done nothing new since. */
type LocalActivity = { task: number | null };
const underWay = new WeakMap<object, Set<LocalActivity>>();

/** Begins a local activity. */
export function beginLocally<O>(begin: () => Promise<O>): Promise<O> {
  if (patched('no-local-activity-in-an-empty-task')) upsertMemo({ [TASK_MEMO]: true });
  const { historyLength, unsafe } = workflowInfo();
  const all = underWay.get(getActivator()) ?? new Set();
  underWay.set(getActivator(), all);
  const one: LocalActivity = { task: unsafe.isReplaying ? null : historyLength };
  all.add(one);
  const answer = begin();
  const ended = (): void => void all.delete(one);
  answer.then(ended, ended);
  return answer;
}

type Job = {
  readonly resolveActivity?: { readonly isLocal?: boolean | null } | null;
  readonly queryWorkflow?: unknown;
  readonly removeFromCache?: unknown;
  readonly notifyHasPatch?: unknown;
  readonly updateRandomSeed?: unknown;
};
type Activation = {
  readonly jobs?: readonly Job[] | null;
  readonly historyLength?: number | null;
  readonly isReplaying?: boolean | null;
};

/** A message, a timer, or what another activity has found. */
const isNews = (job: Job): boolean =>
  !job.resolveActivity?.isLocal &&
  !job.queryWorkflow &&
  !job.removeFromCache &&
  !job.notifyHasPatch &&
  !job.updateRandomSeed;

/** Refuses a task that brings news while a local activity of another task is under way. */
export function refuseNews({ jobs, historyLength, isReplaying }: Activation): void {
  if (isReplaying || !historyLength) return;
  for (const one of underWay.get(getActivator()) ?? []) {
    one.task ??= historyLength;
    if (one.task !== historyLength && jobs?.some(isNews)) throw new Error(TRIED_AGAIN);
  }
}
