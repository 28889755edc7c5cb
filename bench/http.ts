/** A reserve by HTTP beside the same one through the client library, which it is made with. */
import { pino } from 'pino';
import { createClient } from '../src/client/index.js';
import { createApp } from '../src/http/app.js';
import { isKnown } from '../src/postgres/lists.js';
import { makeKey } from '../src/postgres/keys.js';
import { createPool } from '../src/postgres/pool.js';
import type { Line } from './latency.js';
import { median, quantile, timed, type Bench } from './stand.js';

/** Grants that an account has left, for each of the two. */
const GRANTS = 24;

/** One caller over one kept-alive connection; the two take turns on the same account. */
export async function throughHttp(bench: Bench, rounds: number): Promise<readonly Line[]> {
  const pool = createPool(bench.databaseUrl);
  const { client, taskQueue } = bench;
  const safeband = createClient({
    client,
    taskQueue,
    rememberDenialsMs: 0,
    isKnown: (accountId) => isKnown(pool, accountId),
  });
  const app = await createApp({
    client: safeband,
    pool,
    logger: pino({ level: 'silent' }),
    now: Date.now,
    temporalUiUrl: null,
  });
  const made = await makeKey(pool, { name: `bench-${Date.now()}`, role: 'pipeline' });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const headers = {
    authorization: `Bearer ${made?.key ?? ''}`,
    'content-type': 'application/json',
  };
  const [https, clients]: [number[], number[]] = [[], []];
  const differences: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const id = bench.idOf(await bench.account());
    const url = `${address}/v1/accounts/${id}/sendReserve`;
    const byHttp = async (n: number): Promise<void> => {
      const body = JSON.stringify({ reservationId: `h${n}` });
      const answer = await fetch(url, { method: 'POST', headers, body });
      const decision: unknown = await answer.json();
      if (answer.status !== 200) throw new Error(JSON.stringify(decision));
    };
    const [block, others]: [number[], number[]] = [[], []];
    for (let n = 0; n < GRANTS; n += 1) {
      const turns = [
        async () => block.push(await timed(() => byHttp(n))),
        async () =>
          others.push(await timed(() => safeband.reserve(id, { reservationId: `c${n}` }))),
      ];
      for (const turn of n % 2 === 0 ? turns : turns.toReversed()) await turn();
    }
    differences.push(median(block) - median(others));
    https.push(...block);
    clients.push(...others);
  }
  await app.close();
  await pool.end();
  const ms = (values: readonly number[]): string =>
    `${quantile(values, 0.5).toFixed(1)} / ${quantile(values, 0.99).toFixed(1)}`;
  return [
    ['reserve through the client, 1 caller, p50 / p99 ms', ms(clients), ''],
    ['reserve by HTTP, 1 caller, p50 / p99 ms', ms(https), ''],
    [
      'HTTP over the client, p50 (median of rounds), ms',
      median(differences).toFixed(1),
      '2 ms at most',
    ],
  ];
}
