/** Compares `sendReserve` with a bare no-op Update in the same worker: latency and rate. */
import type { WorkflowHandle } from '@temporalio/client';
import { createClient } from '../src/client/index.js';
import { median, quantile, timed, type Bench } from './stand.js';

/** Grants that an account has left after it was made hot. */
const GRANTS = 48;
export type Line = readonly [what: string, value: string, target: string];

const reserveOf = (account: WorkflowHandle) => (n: number) =>
  account.executeUpdate('sendReserve', { args: [{ reservationId: `r${n}` }] });
const noopOf = (bare: WorkflowHandle) => (n: number) =>
  bare.executeUpdate('noop', { args: [{ reservationId: `r${n}` }] });

/** Measures one caller. Both calls alternate, so that noise affects both. */
export async function oneCaller(bench: Bench, rounds: number): Promise<readonly Line[]> {
  const [ours, bares]: [number[], number[]] = [[], []];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [reserve, noop] = [reserveOf(await bench.account()), noopOf(await bench.bare())];
    const [block, bareBlock]: [number[], number[]] = [[], []];
    for (let n = 0; n < GRANTS; n += 1) {
      const turns = [
        async () => block.push(await timed(() => reserve(n))),
        async () => bareBlock.push(await timed(() => noop(n))),
      ];
      for (const turn of n % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    ratios.push(median(block) / median(bareBlock));
    ours.push(...block);
    bares.push(...bareBlock);
  }
  const ms = (values: readonly number[], q: number): string => quantile(values, q).toFixed(1);
  const tail = quantile(ours, 0.99) / quantile(bares, 0.99);
  return [
    ['bare Update, 1 caller, p50 / p99 ms', `${ms(bares, 0.5)} / ${ms(bares, 0.99)}`, ''],
    ['sendReserve, 1 caller, p50 / p99 ms', `${ms(ours, 0.5)} / ${ms(ours, 0.99)}`, ''],
    [
      'sendReserve : bare, p50 (median of rounds)',
      `${median(ratios).toFixed(2)} x`,
      '1.10 x at most',
    ],
    ['sendReserve : bare, p99', `${tail.toFixed(2)} x`, '1.25 x at most'],
  ];
}

/** Runs `total` calls with that many callers; returns calls a second. */
async function rate(
  callers: number,
  total: number,
  call: (n: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < total) await call((next += 1));
  };
  const ms = await timed(() => Promise.all(Array.from({ length: callers }, one)));
  return (total * 1_000) / ms;
}

export async function eightCallers(bench: Bench, rounds: number): Promise<readonly Line[]> {
  const [ours, bares]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const [reserve, noop] = [reserveOf(await bench.account()), noopOf(await bench.bare())];
    ours.push(await rate(8, GRANTS, reserve));
    bares.push(await rate(8, GRANTS, noop));
  }
  const ratios = ours.map((value, i) => value / (bares[i] ?? Number.NaN));
  return [
    ['bare Update, 8 callers, a second', median(bares).toFixed(0), ''],
    ['sendReserve, 8 callers, a second', median(ours).toFixed(0), ''],
    ['sendReserve : bare, rate', `${median(ratios).toFixed(2)} x`, ''],
  ];
}

const CALLERS = 64;
const ASKS_EACH = 10;

/** Measures 64 callers of one account through the client: 49 grants, then denials, none cached. */
export async function throughClient(bench: Bench, rounds: number): Promise<readonly Line[]> {
  const { client, taskQueue } = bench;
  const [ours, bares]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const safeband = createClient({ client, taskQueue, rememberDenialsMs: 0, deadlineMs: 60_000 });
    const accountId = bench.idOf(await bench.account());
    const noop = noopOf(await bench.bare());
    const ask = (n: number) => safeband.reserve(accountId, { reservationId: `c${n}` });
    ours.push(await rate(CALLERS, CALLERS * ASKS_EACH, ask));
    bares.push(await rate(8, GRANTS * 2, noop));
  }
  const ratios = ours.map((value, i) => value / (bares[i] ?? Number.NaN));
  return [
    ['bare Update, 8 callers, a second', median(bares).toFixed(0), ''],
    ['reserve through the client, 64 callers, a second', median(ours).toFixed(0), ''],
    ['client : bare, rate', `${median(ratios).toFixed(1)} x`, '6 x at least'],
  ];
}
