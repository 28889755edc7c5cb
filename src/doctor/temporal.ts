/**
 * Checks Temporal: does it answer, are search attributes and schedules set up, does a worker poll.
 */
import type { Client, Connection } from '@temporalio/client';
import { temporalBrake } from '../client/brake/temporalBrake.js';
import { counted, when } from '../domain/primitives/clockWords.js';
import { errorText } from '../domain/primitives/errorText.js';
import { MINUTE_MS, parseInstant, type Instant } from '../domain/primitives/time.js';
import { attributesFlaw, deniedText, isDenied, readAttributes } from '../temporal/attributes.js';
import { SEARCH_ATTRIBUTES } from '../temporal/protocol.js';
import { flawOfSchedule, readSchedule, SCHEDULES, type Expected } from '../temporal/schedules.js';
import { fail, firstLineOf, ok, warn, type Finding, type ReasonOf } from './finding.js';

const MIGRATE = 'safeband migrate';
/** A long poll lasts one minute, so a worker without a poll for longer has stopped. */
const POLL_MS = 2 * MINUTE_MS;

export type Temporal = {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly connection: Connection;
  readonly client: Client;
};

export async function checkTemporal(
  reach: () => Promise<Temporal>,
  now: Instant,
  reasonOf: ReasonOf,
): Promise<readonly Finding[]> {
  try {
    const temporal = await reach();
    const { serverVersion } = await temporal.connection.workflowService.getSystemInfo({});
    const { address, namespace } = temporal;
    const found = [ok('Temporal', `${serverVersion} at ${address}, namespace ${namespace}`)];
    for (const check of [attributes, audit, webhooks, pollers, brake])
      found.push(await tried(check, temporal, now));
    return found;
  } catch (error) {
    const cure = 'start it (safeband dev), or set TEMPORAL_ADDRESS';
    return [fail('Temporal', firstLineOf(reasonOf(error)), cure)];
  }
}

type Check = (temporal: Temporal, now: Instant) => Promise<Finding>;

/** Runs one check; a refused call is a finding, so that the other checks still run. */
async function tried(check: Check, temporal: Temporal, now: Instant): Promise<Finding> {
  try {
    return await check(temporal, now);
  } catch (error) {
    const why = errorText(error);
    return fail(check.name, why, 'correct TEMPORAL_NAMESPACE or the rights of TEMPORAL_API_KEY');
  }
}

async function attributes(temporal: Temporal): Promise<Finding> {
  const name = 'search attributes';
  try {
    const flaw = attributesFlaw(await readAttributes(temporal), temporal.namespace);
    return flaw
      ? fail(name, flaw.found, flaw.cure.replace(/run npm run migrate/, `run ${MIGRATE}`))
      : ok(name, Object.values(SEARCH_ATTRIBUTES).join(', '));
  } catch (error) {
    if (!isDenied(error)) throw error;
    return warn(name, 'Temporal does not allow this check', deniedText(temporal.namespace));
  }
}

const audit: Check = (temporal, now) => schedule(temporal, SCHEDULES[0], now);
const webhooks: Check = (temporal, now) => schedule(temporal, SCHEDULES[1], now);

async function schedule({ client }: Temporal, expected: Expected, now: Instant): Promise<Finding> {
  const { scheduleId } = expected;
  const name = `schedule ${scheduleId.replace('inmail-', '')}`;
  const known = await readSchedule(client, scheduleId);
  const flaw = flawOfSchedule(expected, known, now);
  if (flaw) return (flaw.kind === 'paused' ? warn : fail)(name, flaw.found, flaw.cure);
  return ok(name, `last started ${when(known?.lastAt ?? null, now)}`);
}

/** How long the doctor waits for the brake. */
const BRAKE_MS = 2_000;

/** Names a brake that is on: a person may have forgotten it, and until its end no account sends. */
async function brake({ client, taskQueue }: Temporal, now: Instant): Promise<Finding> {
  const state = await temporalBrake(client, taskQueue).read(Date.now() + BRAKE_MS);
  const words = state.map(({ group, since }) => {
    const whose = group === null ? 'all accounts' : `the group ${group}`;
    return `on for ${whose} since ${when(parseInstant(since) ?? now, now)}`;
  });
  if (words.length === 0) return ok('brake', 'off');
  return warn('brake', `${words.join('; ')}: they get no slot`, 'safeband brake');
}

async function pollers(
  { connection, namespace, taskQueue }: Temporal,
  now: Instant,
): Promise<Finding> {
  // Without a type, Temporal describes the queue of workflow tasks.
  const { pollers: found } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  const polledAt = (found ?? []).map(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000,
  );
  const alive = polledAt.filter((at) => now - at < POLL_MS).length;
  if (alive > 0) return ok('worker', `${counted(alive, 'worker')} on task queue ${taskQueue}`);
  const last =
    polledAt.length === 0 ? '' : `; the last poll was ${when(Math.max(...polledAt), now)}`;
  return fail(
    'worker',
    `no worker polls task queue ${taskQueue}, so no account answers${last}`,
    'safeband worker',
  );
}
