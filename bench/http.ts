/** Compares a reserve by HTTP with a reserve by the client library, which the server uses. */
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { pino } from 'pino';
import { createClient } from '../src/client/index.js';
import { createApp } from '../src/http/app.js';
import { isKnown } from '../src/postgres/read/lists.js';
import { makeKey } from '../src/postgres/access/keys.js';
import { createPool } from '../src/postgres/pool.js';
import type { Line } from './latency.js';
import { operations } from './serving.js';
import { median, quantile, timed, type Bench } from './stand.js';

/** Grants that an account has left, for each of the two ways. */
const GRANTS = 24;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Posts with Node's own client, because `fetch` takes longer than the server. */
async function post(url: URL, headers: Record<string, string>, body: object): Promise<void> {
  const asked = request(url, { method: 'POST', headers, agent });
  asked.end(JSON.stringify(body));
  const [answer] = await once(asked, 'response').then(([one]: IncomingMessage[]) => [one]);
  const text = answer ? await textOf(answer) : '';
  if (answer?.statusCode !== 200) throw new Error(text);
  JSON.parse(text);
}

/** Measures one caller on one connection. Both ways alternate on the same account. */
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
    operations: await operations(),
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
      await post(new URL(url), headers, { reservationId: `h${n}` });
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
