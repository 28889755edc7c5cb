/** The Temporal Schedules: the audit of the fleet (R8), and the sender of webhooks. */
import {
  ScheduleAlreadyRunning,
  ScheduleClient,
  ScheduleOverlapPolicy,
  type Client,
  type Connection,
  type ScheduleOptions,
} from '@temporalio/client';
import { AUDIT_OFFSET_MS, OVERDUE_MS, RECONCILE_INTERVAL_MS } from '../domain/primitives/limits.js';
import { MINUTE_MS, type Instant } from '../domain/primitives/time.js';
import { FLEET_AUDIT, TASK_QUEUE, WEBHOOKS } from './protocol.js';

/** How long a missed start may be caught up; after that, the next start does the same work. */
const CATCH_UP_MS = MINUTE_MS;

export type Registered = 'made' | 'updated';
type Place = { readonly scheduleId: string; readonly taskQueue: string };

/** Makes both Schedules, or updates them to this version. Returns what was done with each. */
export async function registerSchedules(
  client: Client,
): Promise<readonly (readonly [scheduleId: string, done: Registered])[]> {
  return [
    [FLEET_AUDIT.scheduleId, await registerSchedule(client)],
    [WEBHOOKS.scheduleId, await registerWebhooks(client)],
  ];
}

/**
 * Registers the audit of the fleet: every ten minutes (R8). The Schedule starts none while its last
 * one runs; an audit that a person asked for may run at the same time.
 */
export const registerSchedule = (
  client: Client,
  place: Place = { scheduleId: FLEET_AUDIT.scheduleId, taskQueue: TASK_QUEUE },
): Promise<Registered> =>
  register(client, place.scheduleId, {
    spec: { intervals: [{ every: RECONCILE_INTERVAL_MS, offset: AUDIT_OFFSET_MS }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: FLEET_AUDIT.workflowType,
      workflowId: place.scheduleId,
      taskQueue: place.taskQueue,
      args: [],
      staticSummary: 'Compares every connected account with the event log',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP_MS },
  });

/** Registers the sender of webhooks: one at a time, and the next as soon as it ends. */
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

type Definition = Required<Pick<ScheduleOptions, 'spec' | 'policies'>> & {
  readonly action: ScheduleOptions['action'] & {
    readonly workflowType: string;
    readonly workflowId: string;
    readonly args: unknown[];
  };
};

/**
 * Replaces a Schedule without reading it first. Reason: the SDK's own update reads the action, and
 * throws if a foreign signal has left the Schedule without an action.
 */
class Replacing extends ScheduleClient {
  async replace(
    scheduleId: string,
    definition: Definition,
    state: { readonly paused: boolean; readonly note?: string },
  ): Promise<void> {
    // oxlint-disable-next-line no-underscore-dangle -- the SDK's name of what subclasses may call
    await this._updateSchedule(scheduleId, { ...definition, state }, {});
  }
}

/**
 * Makes the Schedule, with a first start at once, or updates an existing Schedule to this version,
 * also a broken one. A Schedule that an operator paused stays paused. Returns which it did.
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
  const found = await readSchedule(client, scheduleId);
  const state = { paused: found?.isPaused ?? false, ...(found?.note ? { note: found.note } : {}) };
  const { connection, options } = client;
  const { namespace, identity, loadedDataConverter: dataConverter } = options;
  const replacing = new Replacing({ connection, namespace, identity, dataConverter });
  await replacing.replace(scheduleId, schedule, state);
  return 'updated';
}

/** What Temporal knows of a Schedule, read without the SDK's checks of its content. */
export type ScheduleReading = {
  readonly isPaused: boolean;
  readonly note: string;
  /** Null: it starts nothing. */
  readonly workflowType: string | null;
  /** Null: it will start nothing, because of its times or of a limit of starts. */
  readonly nextAt: Instant | null;
  /** When it last started something; when it was made, if it never did. */
  readonly lastAt: Instant;
  readonly isRunning: boolean;
};

type Asked = {
  readonly connection: {
    readonly workflowService: Pick<Connection['workflowService'], 'describeSchedule'>;
  };
  readonly options: { readonly namespace: string };
};

const NOT_FOUND = 5;
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === NOT_FOUND;

/** Reads one Schedule; null: there is none. */
export async function readSchedule(
  { connection, options: { namespace } }: Asked,
  scheduleId: string,
): Promise<ScheduleReading | null> {
  const ask = { namespace, scheduleId };
  const found = await connection.workflowService.describeSchedule(ask).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (!found) return null;
  const { schedule, info } = found;
  const last = info?.recentActions?.at(-1)?.actualTime ?? info?.createTime;
  return {
    isPaused: schedule?.state?.paused ?? false,
    note: schedule?.state?.notes ?? '',
    workflowType: schedule?.action?.startWorkflow?.workflowType?.name || null,
    nextAt: msOf(info?.futureActionTimes?.[0]),
    lastAt: msOf(last) ?? 0,
    isRunning: (info?.runningWorkflows?.length ?? 0) > 0,
  };
}

type Stamp = { readonly seconds?: { toNumber: () => number } | null } | null | undefined;
const msOf = (stamp: Stamp): Instant | null =>
  stamp ? (stamp.seconds?.toNumber() ?? 0) * 1_000 : null;

/** The Schedules of this version: what each starts, and the consequence if it starts nothing. */
export const SCHEDULES = [
  { ...FLEET_AUDIT, lack: 'nothing audits the fleet' },
  { ...WEBHOOKS, lack: 'no webhook is sent' },
] as const;
export type Expected = (typeof SCHEDULES)[number];

/** A fault of a Schedule, and its fix. */
export type ScheduleFlaw = {
  readonly kind: 'paused' | 'broken' | 'late';
  readonly found: string;
  readonly cure: string;
};

/** Checks what a Schedule starts and its next time; undefined if nothing is wrong. */
export function flawOfSchedule(
  { scheduleId, workflowType, lack }: Expected,
  reading: ScheduleReading | null,
  now: Instant,
): ScheduleFlaw | undefined {
  const broken = (found: string): ScheduleFlaw => ({
    kind: 'broken',
    found: `${found}: ${lack}`,
    cure: 'safeband migrate',
  });
  if (!reading) return broken('missing');
  if (reading.workflowType === null) return broken('it starts no workflow');
  if (reading.workflowType !== workflowType) return broken('it starts another workflow');
  if (reading.isPaused) {
    const cure = `temporal schedule toggle -s ${scheduleId} --unpause --reason …`;
    return { kind: 'paused', found: `paused: ${lack} (${reading.note || 'no note'})`, cure };
  }
  if (reading.nextAt === null) return broken('it has no next time');
  if (reading.nextAt - now > OVERDUE_MS) return broken('its next time is too far away');
  if (
    now - reading.nextAt > OVERDUE_MS ||
    (now - reading.lastAt > OVERDUE_MS && !reading.isRunning)
  ) {
    const cure = `temporal schedule describe -s ${scheduleId}, and check that a worker runs`;
    return { kind: 'late', found: `it starts nothing when it is due: ${lack}`, cure };
  }
  return undefined;
}

/** Checks each Schedule of this version. Throws if Temporal does not answer. */
export const flawsOfSchedules = (client: Asked, now: Instant) =>
  Promise.all(
    SCHEDULES.map(async (expected) => ({
      scheduleId: expected.scheduleId,
      flaw: flawOfSchedule(expected, await readSchedule(client, expected.scheduleId), now),
    })),
  );

const DEADLINE_MS = 5_000;

/**
 * Starts the fleet audit at once; one that runs, also one of the Schedule, does the same work. The
 * Schedule may start another one meanwhile: each closes only alerts from before it began.
 */
export async function startAudit(client: Client, taskQueue: string): Promise<void> {
  const { scheduleId, workflowType } = FLEET_AUDIT;
  const schedule = await readSchedule(client, scheduleId);
  if (schedule?.isRunning) return;
  await client.withDeadline(Date.now() + DEADLINE_MS, () =>
    client.workflow.start(workflowType, {
      workflowId: `${scheduleId}/${taskQueue}`,
      taskQueue,
      args: [],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: 'An audit that a person asked for',
    }),
  );
}
