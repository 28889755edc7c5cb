/** Measures the waiting line (R21): an ask in a long line, and the events of a send that waited. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { DAY_MS, isoInstant } from '../src/domain/primitives/time.js';
import { median, quantile, timed, type Bench } from './stand.js';
import { lengthOf, QUIET_MS } from './events.js';
import type { Line } from './latency.js';

const WAITING = 450;
const ASKS = 48;
const PER_BATCH = 150;

const inDays = (days: number): string => isoInstant(Date.now() + days * DAY_MS);
const waits = (n: number): object => ({
  reservationId: `w${n}`,
  wait: true,
  validUntil: inDays(30),
});
const ask = (account: WorkflowHandle, request: object): Promise<unknown> =>
  account.executeUpdate('sendReserve', { args: [request] });

/** Returns an account whose cap is used, with a long line. */
async function inLine(bench: Bench): Promise<WorkflowHandle> {
  const account = await bench.account();
  await account.executeUpdate('configure', { args: [{ dailyCap: 1 }] });
  for (let n = 0; n < WAITING; n += PER_BATCH) {
    const requests = Array.from({ length: PER_BATCH }, (_, i) => waits(n + i));
    await account.executeUpdate('sendReserveBatch', { args: [{ requests }] });
  }
  return account;
}

/** Measures an ask that joins a line, and an ask without a line. Both take turns. */
export async function askInLine(bench: Bench, rounds: number): Promise<readonly Line[]> {
  const [joins, alone]: [number[], number[]] = [[], []];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [long, none] = [await inLine(bench), await bench.account()];
    const [ours, others]: [number[], number[]] = [[], []];
    for (let n = 0; n < ASKS; n += 1) {
      const turns = [
        async () => ours.push(await timed(() => ask(long, waits(WAITING + n)))),
        async () => others.push(await timed(() => ask(none, { reservationId: `r${n}` }))),
      ];
      for (const turn of n % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    ratios.push(median(ours) / median(others));
    joins.push(...ours);
    alone.push(...others);
  }
  const ms = (values: readonly number[], q: number): string => quantile(values, q).toFixed(1);
  return [
    ['ask without a line, p50 / p99 ms', `${ms(alone, 0.5)} / ${ms(alone, 0.99)}`, ''],
    [
      `ask in a line of ${WAITING} to 500, p50 / p99 ms`,
      `${ms(joins, 0.5)} / ${ms(joins, 0.99)}`,
      '',
    ],
    ['ask in a line : ask without, p50', `${median(ratios).toFixed(2)} x`, '1.20 x at most'],
  ];
}

/** Counts the events of a send that waited two seconds for its turn, until all is saved. */
export async function eventsOfTurn(bench: Bench): Promise<readonly Line[]> {
  const account = await bench.account();
  await account.executeUpdate('configure', { args: [{ pacing: { minGapSeconds: 2 } }] });
  const counts: number[] = [];
  for (const n of [1, 2]) {
    await sleep(QUIET_MS);
    await ask(account, { reservationId: `before${n}` });
    await sleep(QUIET_MS);
    await ask(account, { reservationId: `pace${n}` });
    const before = await lengthOf(account);
    await ask(account, waits(n));
    await sleep(3_000);
    await account.signal('sendDelivered', { reservationId: `w${n}`, chatId: `c${n}` });
    await sleep(QUIET_MS);
    counts.push((await lengthOf(account)) - before);
  }
  return [['events of a send that waited its turn', counts.join(', '), '20 at most']];
}
