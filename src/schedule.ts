/** The Temporal Schedules: the audit of the fleet (R8), and the sender of webhooks. */
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import { RECONCILE_INTERVAL_MS } from './domain/limits.js';
import { MINUTE_MS } from './domain/time.js';
import { FLEET_AUDIT, TASK_QUEUE, WEBHOOKS } from './protocol.js';

/** Not at midnight, when all accounts begin a new run and Temporal's list of them is behind. */
const OFFSET_MS = RECONCILE_INTERVAL_MS / 2;
/** What was missed for longer than this is not caught up: the next one sees as much. */
const CATCH_UP_MS = MINUTE_MS;

export type Registered = 'made' | 'updated';
type Place = { readonly scheduleId: string; readonly taskQueue: string };

/** Makes both Schedules, or brings them to this version; what was done with each. */
export async function registerSchedules(
  client: Client,
): Promise<readonly (readonly [scheduleId: string, done: Registered])[]> {
  return [
    [FLEET_AUDIT.scheduleId, await registerSchedule(client)],
    [WEBHOOKS.scheduleId, await registerWebhooks(client)],
  ];
}

/** The audit of the fleet: every ten minutes, never two at once (R8). */
export const registerSchedule = (
  client: Client,
  place: Place = { scheduleId: FLEET_AUDIT.scheduleId, taskQueue: TASK_QUEUE },
): Promise<Registered> =>
  register(client, place.scheduleId, {
    spec: { intervals: [{ every: RECONCILE_INTERVAL_MS, offset: OFFSET_MS }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: FLEET_AUDIT.workflowType,
      workflowId: place.scheduleId,
      taskQueue: place.taskQueue,
      args: [],
      staticSummary: 'Holds every connected account against the event log',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_MS },
  });

/** The sender of webhooks: one at a time, and the next at once when it ends. */
export const registerWebhooks = (
  client: Client,
  place: Place = { scheduleId: WEBHOOKS.scheduleId, taskQueue: TASK_QUEUE },
): Promise<Registered> =>
  register(client, place.scheduleId, {
    spec: { intervals: [{ every: MINUTE_MS }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: WEBHOOKS.workflowType,
      workflowId: place.scheduleId,
      taskQueue: place.taskQueue,
      args: [],
      staticSummary: 'Sends signed webhooks',
    },
    policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: CATCH_UP_MS },
  });

type Definition = Pick<ScheduleOptions, 'spec' | 'policies'> & {
  readonly action: ScheduleOptions['action'] & { readonly workflowId: string };
};

/**
 * Makes the Schedule, with a first start at once, or brings the one that is there to this version;
 * one that an operator has paused stays so. Says which it did.
 */
async function register(
  client: Client,
  scheduleId: string,
  schedule: Definition,
): Promise<Registered> {
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
