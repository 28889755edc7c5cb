/** Counts the history events of a send, of an idle day and of a busy day. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { fastForward, secondsToMidnight } from '../test/support/time.js';
import { createClient } from '../src/client/index.js';
import type { StatusWire } from '../src/domain/wire/responses.js';
import type { Line } from './latency.js';
import type { Bench } from './stand.js';

/** How long a send may take to be saved completely; longer than any save waits. */
export const QUIET_MS = 13_000;
const SEND_MS = 1_000;

export const lengthOf = async (account: WorkflowHandle): Promise<number> =>
  (await account.describe()).historyLength;

/** Counts the events of one send: reserved, delivered a second later, saved, then nothing. */
export async function eventsOfSend(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  const counts: number[] = [];
  const actions: number[] = [];
  await sleep(QUIET_MS);
  for (const n of [1, 2]) {
    const before = await lengthOf(account);
    await account.executeUpdate('sendReserve', { args: [{ reservationId: `s${n}` }] });
    await sleep(SEND_MS);
    await account.signal('sendDelivered', { reservationId: `s${n}`, chatId: `c${n}` });
    await sleep(QUIET_MS);
    const all = plain((await account.fetchHistory()).events ?? []);
    counts.push(all.length - before);
    actions.push(actionsIn(all.slice(before)));
  }
  return [
    ['events of one send (reserve, delivered, saved)', counts.join(', '), '16 at most'],
    ['Actions of one send', actions.join(', '), '6 at most'],
  ];
}

const isNamed = (event: object | undefined, name: RegExp): boolean =>
  event !== undefined && Object.keys(event).some((key) => name.test(key));

/**
 * Counts the account's own events, without the events of skipped time, and without the workflow task
 * (three events) that the request for it causes.
 */
function countOwn(events: readonly object[]): number {
  let count = 0;
  for (let i = 0; i < events.length; i += 1) {
    if (isNamed(events[i], /skipp/i)) continue;
    if (isNamed(events[i], /optionsUpdated/i)) {
      if (isNamed(events[i + 1], /workflowTaskScheduled/i)) i += 3;
      continue;
    }
    count += 1;
  }
  return count;
}

/**
 * Events that Temporal Cloud bills as an Action each (docs.temporal.io/cloud/actions). Each marker
 * counts here, so that the figure is not too low. Queries and retries are in no history.
 */
const ACTION =
  /executionStarted|timerStarted|activityTaskScheduled|executionSignaled|updateAccepted|upsertWorkflowSearch|markerRecorded|initiatedEvent/i;
const actionsIn = (events: readonly object[]): number =>
  events.filter((event) => isNamed(event, ACTION)).length;

const plain = (events: readonly object[]): readonly object[] =>
  events.map((event): object => JSON.parse(JSON.stringify(event)));

/** Counts the account's own events since that run, and the Actions among them. */
async function ownEvents(
  { client }: Bench,
  account: WorkflowHandle,
  firstRunId?: string,
): Promise<{ readonly events: number; readonly actions: number }> {
  const count = { events: 0, actions: 0 };
  let runId: string | null | undefined = (await account.describe()).runId;
  while (runId) {
    const handle = client.workflow.getHandle(account.workflowId, runId);
    const events = plain((await handle.fetchHistory()).events ?? []);
    count.events += countOwn(events);
    count.actions += actionsIn(events);
    if (runId === firstRunId) break;
    runId = beforeOf(events[0]);
  }
  return count;
}

/** Returns the run before the run that begins with this event. */
function beforeOf(event: object | undefined): string | undefined {
  const attributes: unknown =
    event && 'workflowExecutionStartedEventAttributes' in event
      ? event.workflowExecutionStartedEventAttributes
      : undefined;
  return typeof attributes === 'object' &&
    attributes !== null &&
    'continuedExecutionRunId' in attributes &&
    typeof attributes.continuedExecutionRunId === 'string'
    ? attributes.continuedExecutionRunId
    : undefined;
}

/** Reads the status through the client, which asks again until a new run has begun. */
const statusOf = (bench: Bench, account: WorkflowHandle): Promise<StatusWire> =>
  createClient({ client: bench.client }).status(bench.idOf(account));

const toMidnight = async (bench: Bench, account: WorkflowHandle): Promise<void> => {
  const { asOf } = await statusOf(bench, account);
  await fastForward(bench.client, account.workflowId, secondsToMidnight(asOf));
};

/** Counts the events of the second of two idle days, without the events of skipped time. */
export async function eventsOfIdleDay(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  await account.executeUpdate('sendFailed', { args: [{ reservationId: 'hot', kind: 'rejected' }] });
  await toMidnight(bench, account);
  const { runId } = await account.describe();
  await toMidnight(bench, account);
  const handle = bench.client.workflow.getHandle(account.workflowId, runId);
  const events = plain((await handle.fetchHistory()).events ?? []);
  return [
    ['events of an idle account-day', String(countOwn(events)), '12 at most'],
    ['Actions of an idle account-day', String(actionsIn(events)), ''],
  ];
}

/** Sends of a busy day, and the time between two of them. */
const SENDS = 50;
const BETWEEN_SECONDS = Math.floor((24 * 60 * 60 - 300) / SENDS);

/** Counts the events of a day with 50 sends, evenly spread and delivered a second after a grant. */
export async function eventsOfBusyDay(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  await account.executeUpdate('sendFailed', { args: [{ reservationId: 'hot', kind: 'rejected' }] });
  await toMidnight(bench, account);
  const { runId } = await account.describe();
  const before = await ownEvents(bench, account, runId);
  for (let n = 0; n < SENDS; n += 1) {
    await account.executeUpdate('sendReserve', { args: [{ reservationId: `s${n}` }] });
    await sleep(SEND_MS);
    await account.signal('sendDelivered', { reservationId: `s${n}`, chatId: `c${n}` });
    await fastForward(bench.client, account.workflowId, BETWEEN_SECONDS);
    process.stderr.write(`\r  busy day: ${n + 1} of ${SENDS} sends`);
  }
  process.stderr.write('\n');
  const { delivered } = await statusOf(bench, account);
  const { events, actions } = await ownEvents(bench, account, runId);
  return [
    [`events of a day with ${delivered} sends`, String(events - before.events), '1,100 at most'],
    [`Actions of a day with ${delivered} sends`, String(actions - before.actions), ''],
  ];
}

/** Measures the ten-minute ticks of an account that waits for one outcome, for an hour. */
export async function costOfTick(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  await account.executeUpdate('sendReserve', {
    args: [{ reservationId: 'long', leaseSeconds: 86_400 }],
  });
  await fastForward(bench.client, account.workflowId, 40 * 60); // the first slot has been settled
  const cost = async (): Promise<readonly [number, number, number]> => [
    (await ownEvents(bench, account)).events,
    bench.transactions(),
    await runsOf(bench, account),
  ];
  const before = await cost();
  await fastForward(bench.client, account.workflowId, 60 * 60);
  const after = await cost();
  const ticks = after[2] - before[2];
  const each = (i: 0 | 1): string => ((after[i] - before[i]) / ticks).toFixed(1);
  return [
    [`events of a tick of a hot account (${ticks} ticks)`, each(0), '6 at most'],
    ['transactions of a tick', each(1), '1'],
  ];
}

async function runsOf(bench: Bench, account: WorkflowHandle): Promise<number> {
  const db = new pg.Client({ connectionString: bench.databaseUrl });
  await db.connect();
  const { rows } = await db.query<{ runs: number }>(
    'select count(*)::int as runs from safeband.reconciler_runs where account_id = $1',
    [bench.idOf(account)],
  );
  await db.end();
  return rows[0]?.runs ?? 0;
}
