/**
 * The ways to call activities: quick, tried once, or sure, with retries. Every activity of every
 * workflow is called from here, so that no call receives the answer of another (answers.ts).
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
import { checkingAnswers } from '../temporal/answers.js';
import { unreadableIn } from '../domain/wire/objectReader.js';
import { hasChanges } from './changes.js';
import { COMMIT_UNKNOWN, NOT_COMMITTED } from '../temporal/protocol.js';

const checked = (all: Activities): Activities =>
  checkingAnswers(all, (name, answerOf) => log.warn('answer.of_another', { name, answerOf }));
/** Calls activities over the server's queue, outside of the task. */
export const remotely = (options: ActivityOptions): Activities =>
  checked(proxyActivities<Activities>(options));

/** Calls activities in the workflow's own task: only for a workflow that gets no message. */
export const locally = (options: LocalActivityOptions): Activities =>
  checked(proxyLocalActivities<Activities>(options));

/**
 * Calls activities once, within that time. A run of older code calls them in its own task, with a
 * time limit of its own. New runs do not: a replay may answer such a local activity in another task
 * than the worker did, if a Query or a crowd of Updates came meanwhile. The run could then never be
 * replayed again.
 */
export function quick(ms: number, inTaskMs = ms): () => Activities {
  const once = { scheduleToCloseTimeout: ms, retry: { maximumAttempts: 1 } };
  const outside = remotely(once);
  const inTask = locally({ ...once, startToCloseTimeout: inTaskMs });
  return () => (hasChanges() ? outside : inTask);
}

/** The activities that the check of a cold account calls. */
export type Checks = Pick<Activities, 'readBack' | 'reconcile' | 'recall'>;
const fast = quick(2_000, 1_000);
/** A caller waits for its answer anyway: a cold account's check may take five seconds (R12). */
export const check: () => Checks = quick(4_500);
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

/** Returns the way to Postgres: fast, or after a failure sure. */
export const reach = (isSlow: boolean): Activities => (isSlow ? sure : fast());

/** Throws if this worker cannot read the answer, for example without its key: it asks again. */
export function readable<T>(answer: T): T {
  const why = unreadableIn(answer);
  if (why !== undefined) throw new Error(`what Postgres answered cannot be read: ${why}`);
  return answer;
}
