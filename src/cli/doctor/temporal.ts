/** Temporal: is it there, does it know our attributes and schedule, does a worker listen. */
import { ScheduleNotFoundError } from '@temporalio/client';
import { OVERDUE_MS } from '../../domain/limits.js';
import { MINUTE_MS, type Instant } from '../../domain/time.js';
import { FLEET_AUDIT, SEARCH_ATTRIBUTES, WEBHOOKS } from '../../protocol.js';
import { cliErrorOf } from '../errors.js';
import type { Temporal } from '../temporal.js';
import { counted, when } from '../text.js';
import { fail, ok, warn, type Finding } from './finding.js';

const MIGRATE = 'safeband migrate';
/** A long poll lasts a minute: whoever was not heard of for longer has gone. */
const POLL_MS = 2 * MINUTE_MS;

export async function lookAtTemporal(
  reach: () => Promise<Temporal>,
  now: Instant,
): Promise<readonly Finding[]> {
  try {
    const temporal = await reach();
    const { serverVersion } = await temporal.connection.workflowService.getSystemInfo({});
    const { address, namespace } = temporal;
    const found = [ok('Temporal', `${serverVersion} at ${address}, namespace ${namespace}`)];
    for (const look of [attributes, audit, webhooks, pollers])
      found.push(await tried(look, temporal, now));
    return found;
  } catch (error) {
    const { message } = cliErrorOf(error);
    const cure = 'start it (safeband dev), or set TEMPORAL_ADDRESS';
    return [fail('Temporal', message.split('\n')[0] ?? '', cure)];
  }
}

type Look = (temporal: Temporal, now: Instant) => Promise<Finding>;

/** One question that is refused leaves the others. */
async function tried(look: Look, temporal: Temporal, now: Instant): Promise<Finding> {
  try {
    return await look(temporal, now);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return fail(look.name, why, 'mend TEMPORAL_NAMESPACE or the rights of TEMPORAL_API_KEY');
  }
}

async function attributes({ connection, namespace }: Temporal): Promise<Finding> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
  return missing.length > 0
    ? fail('search attributes', `${missing.join(', ')} missing: no account can start`, MIGRATE)
    : ok('search attributes', Object.values(SEARCH_ATTRIBUTES).join(', '));
}

/** What is missing where a Schedule is. */
const audit: Look = (temporal, now) =>
  schedule(temporal, { id: FLEET_AUDIT.scheduleId, lack: 'nobody audits the fleet', now });
const webhooks: Look = (temporal, now) =>
  schedule(temporal, { id: WEBHOOKS.scheduleId, lack: 'no webhook is sent', now });

async function schedule(
  { client }: Temporal,
  { id, lack, now }: { readonly id: string; readonly lack: string; readonly now: Instant },
): Promise<Finding> {
  const name = `schedule ${id.replace('inmail-', '')}`;
  try {
    const { state, info } = await client.schedule.getHandle(id).describe();
    if (state.paused) {
      const cure = `temporal schedule toggle -s ${id} --unpause --reason …`;
      return warn(name, `paused: ${lack} (${state.note ?? 'no note'})`, cure);
    }
    const last = info.recentActions.at(-1)?.takenAt.getTime() ?? info.createdAt.getTime();
    const text = `last started ${when(last, now)}`;
    return now - last > OVERDUE_MS && info.runningActions.length === 0
      ? fail(name, text, `temporal schedule describe -s ${id}, and see the worker below`)
      : ok(name, text);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return fail(name, `missing: ${lack}`, MIGRATE);
  }
}

async function pollers(
  { connection, namespace, taskQueue }: Temporal,
  now: Instant,
): Promise<Finding> {
  // Without a type it is the queue of workflow tasks.
  const { pollers: found } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  const heard = (found ?? []).map(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000,
  );
  const alive = heard.filter((at) => now - at < POLL_MS).length;
  if (alive > 0) return ok('worker', `${counted(alive, 'worker')} on task queue ${taskQueue}`);
  const last = heard.length === 0 ? '' : `; the last was heard of ${when(Math.max(...heard), now)}`;
  return fail(
    'worker',
    `none polls task queue ${taskQueue}: nobody answers${last}`,
    'safeband worker',
  );
}
