/** Starts an HTTP server for a measurement, and measures the answers of its pages. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { SafebandClient } from '../src/client/index.js';
import { createApp } from '../src/http/app.js';
import { createMetrics } from '../src/platform/metrics.js';
import { knownMigrations } from '../src/postgres/migrate.js';
import { makeKey } from '../src/postgres/access/keys.js';
import type { Pool } from '../src/postgres/pool.js';
import type { Line } from './latency.js';
import { median, quantile, timed } from './stand.js';

const ASKS = 150;
export const KIB = 1_024;

/** The longest that a page should take, in words. */
export const PAGE_TARGET = '50 ms at most';
/** A page or list with its addresses, which take turns. */
export type PageAsk = readonly [name: string, target: string, ...paths: string[]];

type Asked = { readonly took: number; readonly bytes: number };
/** Measures a whole answer over loopback, compressed: its time in ms, and its size. */
export async function ask(
  url: string,
  key: string,
  headers: Record<string, string>,
): Promise<Asked> {
  let bytes = 0;
  const took = await timed(async () => {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${key}`, 'accept-encoding': 'br', ...headers },
    });
    if (answer.status !== 200) throw new Error(`${url}: status ${answer.status}`);
    const { byteLength } = await answer.arrayBuffer();
    bytes = Number(answer.headers.get('content-length') ?? byteLength);
  });
  return { took, bytes };
}

/** Waits until the server, which has just started, has read all accounts. */
export async function allRead({ url, key }: Served): Promise<void> {
  for (let page = READING; page.includes(READING);) {
    const headers = { authorization: `Bearer ${key}` };
    page = await (await fetch(`${url}/accounts?state=active`, { headers })).text();
  }
}
/** The words of a page that waits for the first read. */
const READING = 'The server has just started';

export type Times = { readonly took: readonly number[]; readonly bytesMax: number };
/** Asks each address once, and then measures so many answers in turns. */
export async function times(
  paths: readonly string[],
  { url, key }: Served,
  headers: Record<string, string> = {},
  asks = ASKS,
): Promise<Times> {
  for (const path of paths) await ask(`${url}${path}`, key, headers);
  const all: Asked[] = [];
  for (let n = 0; n < asks; n += 1) {
    all.push(await ask(`${url}${paths[n % paths.length]}`, key, headers));
  }
  return {
    took: all.map(({ took }) => took),
    bytesMax: Math.max(...all.map(({ bytes }) => bytes)),
  };
}

export type Served = {
  readonly url: string;
  readonly key: string;
  readonly close: () => Promise<void>;
};
/** Starts a server on a free port, with a key for it. */
export async function serve(client: SafebandClient, pool: Pool): Promise<Served> {
  const logger = pino({ level: 'silent' });
  const app = await createApp({
    client,
    pool,
    logger,
    now: () => Date.now(),
    temporalUiUrl: 'http://127.0.0.1:8233/namespaces/default',
    limits: { requestsPerMinute: 1e6 },
    operations: await operations(),
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const made = await makeKey(pool, { name: `bench ${randomUUID()}`, role: 'operator' });
  return { url, key: made?.key ?? '', close: () => app.close() };
}

/** Returns the operations of a server that is measured: none of them is asked. */
export const operations = async () => ({
  metrics: createMetrics(),
  readSchedules: async () => [],
  checkTemporal: async () => [],
  countPollers: async () => 1,
  migrations: await knownMigrations(),
});

/** Returns the 95th percentile with the median and the size, in words. */
export const p95 = ({ took, bytesMax }: Times): string =>
  `${quantile(took, 0.95).toFixed(1)} ms (p50 ${median(took).toFixed(1)}, ` +
  `${(bytesMax / KIB).toFixed(1)} KiB)`;

/** Measures each page, and prints it as soon as it is measured. */
export async function linesOf(
  fleet: string,
  pages: readonly PageAsk[],
  served: Served,
): Promise<readonly Line[]> {
  const lines: Line[] = [];
  for (const [name, target, ...paths] of pages) {
    const line: Line = [`${fleet}, ${name}, p95`, p95(await times(paths, served)), target];
    process.stderr.write(`  ${line.join('  ')}\n`);
    lines.push(line);
  }
  return lines;
}
