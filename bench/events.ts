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

/** The second of two idle days, with skipped time; what the skipping itself adds is left out. */
export async function eventsOfIdleDay(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  await account.executeUpdate('sendFailed', { args: [{ reservationId: 'hot', kind: 'rejected' }] });
  const pass = async (): Promise<void> => {
    const { asOf } = await account.query<StatusWire>('status');
    await fastForward(bench.client, account.workflowId, secondsToMidnight(asOf));
  };
  await pass();
  const { runId } = await account.describe();
  await pass();
  const handle = bench.client.workflow.getHandle(account.workflowId, runId);
  const events = (await handle.fetchHistory()).events ?? [];
  const isSkip = (event: object): boolean =>
    Object.keys(event).some((key) => /skipp|optionsUpdated/i.test(key));
  const own = events.filter((event) => !isSkip(JSON.parse(JSON.stringify(event))));
  return [['events of an idle account-day', String(own.length), '12 at most']];
}
