/** The Temporal Schedule of the fleet audit: every ten minutes, never two at once (R8). */
import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import { RECONCILE_INTERVAL_MS } from './domain/limits.js';
import { MINUTE_MS } from './domain/time.js';
import { FLEET_AUDIT, TASK_QUEUE } from './protocol.js';

/** Not at midnight, when all accounts begin a new run and Temporal's list of them is behind. */
const OFFSET_MS = RECONCILE_INTERVAL_MS / 2;
/** An audit that was missed for longer than this is not caught up: the next one sees as much. */
const CATCH_UP_MS = MINUTE_MS;

/**
 * Makes the Schedule, with a first audit at once, or brings the one that is there to this version;
 * one that an operator has paused stays so. Says which it did.
 */
export async function registerSchedule(
  client: Client,
  { scheduleId, taskQueue }: { readonly scheduleId: string; readonly taskQueue: string } = {
    scheduleId: FLEET_AUDIT.scheduleId,
    taskQueue: TASK_QUEUE,
  },
): Promise<'made' | 'updated'> {
  const schedule = {
    spec: { intervals: [{ every: RECONCILE_INTERVAL_MS, offset: OFFSET_MS }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: FLEET_AUDIT.workflowType,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: 'Holds every connected account against the event log',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_MS },
  };
  try {
    await client.schedule.create({
      ...schedule,
      scheduleId,
      state: { triggerImmediately: true },
    });
    return 'made';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
  const handle = client.schedule.getHandle(scheduleId);
  await handle.update(({ state }) => ({ ...schedule, state }));
  return 'updated';
}
