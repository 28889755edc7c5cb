/** What a send and an idle day cost in history events: counted, not timed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { fastForward, secondsToMidnight } from '../test/support/time.js';
import type { StatusWire } from '../src/domain/wire.js';
import type { Line } from './latency.js';
import type { Bench } from './stand.js';

/** Longer than any save waits, so that everything of a send is in the history. */
const QUIET_MS = 13_000;
const SEND_MS = 1_000;

const lengthOf = async (account: WorkflowHandle): Promise<number> =>
  (await account.describe()).historyLength;

/** Reserve, a second later delivered, saved; then nothing: sends that are minutes apart. */
export async function eventsOfSend(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  const counts: number[] = [];
  await sleep(QUIET_MS);
  for (const n of [1, 2]) {
    const before = await lengthOf(account);
    await account.executeUpdate('sendReserve', { args: [{ reservationId: `s${n}` }] });
    await sleep(SEND_MS);
    await account.signal('sendDelivered', { reservationId: `s${n}`, chatId: `c${n}` });
    await sleep(QUIET_MS);
    counts.push((await lengthOf(account)) - before);
  }
  return [['events of one send (reserve, delivered, saved)', counts.join(', '), '16 at most']];
}

/** An event that skipping time itself leaves: it is no account's own. */
const isSkip = (event: object): boolean =>
  Object.keys(event).some((key) => /skipp|optionsUpdated/i.test(key));

/** Events of the account's runs from that one on, without those that skipping time leaves. */
async function ownEvents(
  { client }: Bench,
  account: WorkflowHandle,
  firstRunId?: string,
): Promise<number> {
  let count = 0;
  let runId: string | null | undefined = (await account.describe()).runId;
  while (runId) {
    const handle = client.workflow.getHandle(account.workflowId, runId);
    const events: object[] = (await handle.fetchHistory()).events ?? [];
    const plain = events.map((event): object => JSON.parse(JSON.stringify(event)));
    count += plain.filter((event) => !isSkip(event)).length;
    if (runId === firstRunId) break;
    runId = beforeOf(plain[0]);
  }
  return count;
}

/** The run that handed over to the one that begins with this event. */
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

const toMidnight = async (bench: Bench, account: WorkflowHandle): Promise<void> => {
  const { asOf } = await account.query<StatusWire>('status');
  await fastForward(bench.client, account.workflowId, secondsToMidnight(asOf));
};

/** The second of two idle days, with skipped time; what the skipping itself adds is left out. */
export async function eventsOfIdleDay(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  await account.executeUpdate('sendFailed', { args: [{ reservationId: 'hot', kind: 'rejected' }] });
  await toMidnight(bench, account);
  const { runId } = await account.describe();
  await toMidnight(bench, account);
  const handle = bench.client.workflow.getHandle(account.workflowId, runId);
  const events = (await handle.fetchHistory()).events ?? [];
  const own = events.filter((event) => !isSkip(JSON.parse(JSON.stringify(event))));
  return [['events of an idle account-day', String(own.length), '12 at most']];
}

/** Sends of a busy day, and the time between two of them. */
const SENDS = 50;
const BETWEEN_SECONDS = Math.floor((24 * 60 * 60) / SENDS);

/** A whole day with 50 sends spread evenly over it, each delivered a second after its grant. */
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
  const { delivered } = await account.query<StatusWire>('status');
  const events = (await ownEvents(bench, account, runId)) - before;
  return [[`events of a day with ${delivered} sends`, String(events), '1,100 at most']];
}

/** Ten-minute ticks of an account that waits for one outcome, and what each of them costs. */
export async function costOfTick(bench: Bench): Promise<readonly Line[]> {
  const ticks = 6;
  const account = await bench.account();
  await account.executeUpdate('sendReserve', {
    args: [{ reservationId: 'long', leaseSeconds: 86_400 }],
  });
  await fastForward(bench.client, account.workflowId, 20 * 60);
  const before = [await ownEvents(bench, account), bench.transactions()] as const;
  await fastForward(bench.client, account.workflowId, ticks * 10 * 60);
  const after = [await ownEvents(bench, account), bench.transactions()] as const;
  const each = (i: 0 | 1): string => ((after[i] - before[i]) / ticks).toFixed(1);
  return [
    ['events of a tick of a hot account', each(0), '6 at most'],
    ['transactions of a tick', each(1), '1'],
  ];
}
