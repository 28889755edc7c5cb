/** The two ways of reaching the world: fast, in the same task, and sure, beside it. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/ports.js';
import { unreadableIn } from '../domain/fields.js';

/** Answers wait while it runs, so it is short and tried once. */
const fast = proxyLocalActivities<Activities>({
  startToCloseTimeout: 1_000,
  scheduleToCloseTimeout: 2_000,
  retry: { maximumAttempts: 1 },
});
/** A caller waits for its answer anyway: a cold account's check may take five seconds (R12). */
export const check: Pick<Activities, 'reconcile'> = proxyLocalActivities<Activities>({
  startToCloseTimeout: 4_500,
  scheduleToCloseTimeout: 4_500,
  retry: { maximumAttempts: 1 },
});
/** Nothing waits while it runs; it ends, so that an outage never keeps a run from its end. */
const sure = proxyActivities<Activities>({
  startToCloseTimeout: 10_000,
  scheduleToCloseTimeout: 60_000,
  retry: { initialInterval: 1_000, maximumInterval: 5_000 },
});

export const reach = (isSlow: boolean): Activities => (isSlow ? sure : fast);

/** An answer that this worker cannot read, such as without its key, is none; it is asked again. */
export function readable<T>(answer: T): T {
  const why = unreadableIn(answer);
  if (why !== undefined) throw new Error(`what Postgres answered cannot be read: ${why}`);
  return answer;
}
