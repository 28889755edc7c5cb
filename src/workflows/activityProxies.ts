/**
 * The ways to call activities: fast, in the same task, or sure, outside of it. Every activity of
 * every workflow is called from here, so that no call receives the answer of another (answers.ts).
 */
import {
  log,
  proxyActivities,
  proxyLocalActivities,
  type ActivityOptions,
  type LocalActivityOptions,
} from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../activities/ports.js';
import { each, heeding, type Wrap } from '../temporal/answers.js';
import { unreadableIn } from '../domain/wire/objectReader.js';
import { markTask } from './searchAttributes.js';
import { COMMIT_UNKNOWN, NOT_COMMITTED } from '../temporal/protocol.js';

const heeded = (all: Activities): Activities =>
  heeding(all, (name, answerOf) => log.warn('answer.of_another', { name, answerOf }));
/** Calls activities in the workflow's own task, which then has a command (searchAttributes.ts). */
export const locally = (options: LocalActivityOptions): Activities =>
  heeded(each(proxyLocalActivities<Activities>(options), marking));
const marking: Wrap =
  (_, activity) =>
  (...ask) => {
    markTask();
    return activity(...ask);
  };
/** Calls activities over the server's queue, outside of the task. */
export const remotely = (options: ActivityOptions): Activities =>
  heeded(proxyActivities<Activities>(options));

/** The activities that the check of a cold account calls. */
export type Checks = Pick<Activities, 'readBack' | 'reconcile' | 'recall'>;
/** Answers wait while it runs, so it is short and tried once. */
const fast = locally({
  startToCloseTimeout: 1_000,
  scheduleToCloseTimeout: 2_000,
  retry: { maximumAttempts: 1 },
});
/** As short as the fast way, and outside of the task: the account takes messages while it runs. */
export const outside = remotely({
  scheduleToCloseTimeout: 2_000,
  retry: { maximumAttempts: 1 },
});
/** A caller waits for its answer anyway: a cold account's check may take five seconds (R12). */
export const check: Checks = locally({
  startToCloseTimeout: 4_500,
  scheduleToCloseTimeout: 4_500,
  retry: { maximumAttempts: 1 },
});
/** No answer waits for it. It has a time limit, so that a run can end during an outage. */
const sure = remotely({
  startToCloseTimeout: 10_000,
  scheduleToCloseTimeout: 60_000,
  retry: { initialInterval: 1_000, maximumInterval: 5_000 },
});

/** Whether Postgres has committed a failed try, as far as it is known. */
export type Outcome = 'unknown' | 'unlikely' | 'not committed';
/**
 * Returns what is known of a failed try. `unknown`: no answer in time, an unreadable answer, or a
 * commit without an answer. An error without this information probably did not reach Postgres.
 */
export function outcomeOf(error: unknown): Outcome {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure) || cause.type === COMMIT_UNKNOWN) return 'unknown';
  return cause.type === NOT_COMMITTED ? 'not committed' : 'unlikely';
}

export const reach = (isSlow: boolean): Activities => (isSlow ? sure : fast);

/** Throws if this worker cannot read the answer, for example without its key: it asks again. */
export function readable<T>(answer: T): T {
  const why = unreadableIn(answer);
  if (why !== undefined) throw new Error(`what Postgres answered cannot be read: ${why}`);
  return answer;
}
