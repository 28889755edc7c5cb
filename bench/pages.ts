/** Measures the dashboard: time on the server, time until the first paint, and size of a page. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createClient, type SafebandClient } from '../src/client/index.js';
import { createApp } from '../src/http/app.js';
import { readAssets } from '../src/http/pages/ui/assets.js';
import { createMetrics } from '../src/platform/metrics.js';
import { knownMigrations } from '../src/postgres/migrate.js';
import { makeKey } from '../src/postgres/access/keys.js';
import { createPool, type Pool } from '../src/postgres/pool.js';
import { launchBrowser } from '../test/support/browser.js';
import { fill, freshDatabase } from './fleet.js';
import type { Line } from './latency.js';
import { median, quantile, timed, type Bench } from './stand.js';

const [ACCOUNTS, ASKS, PAINTS] = [10_000, 200, 9];
const [SENT, OPEN] = [40, 3];
const KIB = 1_024;

/** Measures a whole answer over loopback, compressed; in ms. */
async function ask(url: string, key: string, headers: Record<string, string>): Promise<number> {
  return timed(async () => {
    const answer = await fetch(url, {
      headers: { authorization: `Bearer ${key}`, 'accept-encoding': 'br', ...headers },
    });
    if (answer.status !== 200) throw new Error(`${url}: status ${answer.status}`);
    await answer.arrayBuffer();
  });
}

async function times(
  paths: readonly string[],
  { url, key }: Served,
  headers: Record<string, string> = {},
): Promise<readonly number[]> {
  for (const path of paths) await ask(`${url}${path}`, key, headers);
  const took: number[] = [];
  for (let n = 0; n < ASKS; n += 1) {
    took.push(await ask(`${url}${paths[n % paths.length]}`, key, headers));
  }
  return took;
}

type Served = { readonly url: string; readonly key: string; readonly close: () => Promise<void> };
async function serve(client: SafebandClient, pool: Pool): Promise<Served> {
  const logger = pino({ level: 'silent' });
  const app = await createApp({
    client,
    pool,
    logger,
    now: () => Date.now(),
    temporalUiUrl: 'http://127.0.0.1:8233/namespaces/default',
    limits: { requestsPerMinute: 1e6 },
    operations: {
      metrics: createMetrics(),
      readSchedules: async () => [],
      checkTemporal: async () => [],
      countPollers: async () => 1,
      migrations: await knownMigrations(),
    },
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const made = await makeKey(pool, { name: `bench ${randomUUID()}`, role: 'operator' });
  return { url, key: made?.key ?? '', close: () => app.close() };
}

/** Measures from navigation to first paint, in ms; the browser's cache is empty each time. */
async function paint({ url, key }: Served, path: string): Promise<number> {
  const browser = await launchBrowser();
  const took: number[] = [];
  try {
    for (let n = 0; n < PAINTS; n += 1) {
      const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
      const page = await context.newPage();
      await page.goto(`${url}/login?next=${encodeURIComponent(path)}`);
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.waitForURL(`**${path}`);
      const painted: number = await page.evaluate(
        `new Promise((resolve) => new PerformanceObserver((list) =>
           list.getEntriesByName('first-contentful-paint').forEach((one) => resolve(one.startTime))
         ).observe({ type: 'paint', buffered: true }))`,
      );
      took.push(painted);
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return median(took);
}

const p95 = (took: readonly number[]): string =>
  `${quantile(took, 0.95).toFixed(1)} ms (p50 ${median(took).toFixed(1)})`;

async function ofFleet(bench: Bench, client: SafebandClient): Promise<readonly Line[]> {
  const database = await freshDatabase(bench);
  await fill(database, ACCOUNTS);
  const served = await serve(client, database.pool);
  const paths = [
    '/accounts',
    '/accounts?page=120',
    '/accounts?sort=drift&dir=desc',
    '/accounts?sort=counter&dir=desc&page=7',
    '/accounts?q=0042',
    '/accounts?state=active&sort=checked',
  ];
  const took = await times(paths, served);
  const fleet = await times(['/fleet'], served);
  const painted = await paint(served, '/accounts');
  await served.close();
  await database.drop();
  return [
    ['accounts page, 10,000 accounts, p95 on the server', p95(took), '50 ms at most'],
    ['fleet page, 10,000 accounts, p95 on the server', p95(fleet), ''],
    ['accounts page, first paint in a browser', `${painted.toFixed(0)} ms`, '1,000 ms at most'],
  ];
}

async function ofAccount(bench: Bench, client: SafebandClient): Promise<readonly Line[]> {
  const pool = createPool(bench.databaseUrl);
  const accountId = `bench-${randomUUID()}`;
  await client.connect({ accountId, tier: 'recruiter' });
  for (let n = 0; n < SENT + OPEN; n += 1) {
    const reservationId = `r${n}`;
    await client.reserve(accountId, { reservationId });
    if (n < SENT) await client.delivered(accountId, { reservationId, chatId: `c${n}` });
  }
  await client.reconcileNow(accountId);
  const served = await serve(client, pool);
  const path = `/accounts/${accountId}`;
  const kept = await times([path], served);
  const fresh = await times([path], served, { 'cache-control': 'no-cache' });
  const why = await times([`${path}/why`], served);
  const painted = await paint(served, path);
  await served.close();
  await pool.end();
  return [
    ['account page, p95 on the server', p95(kept), '50 ms at most'],
    ['account page, hard refresh, p95 on the server', p95(fresh), ''],
    ['"why" page, p95 on the server', p95(why), ''],
    ['account page, first paint in a browser', `${painted.toFixed(0)} ms`, '1,000 ms at most'],
  ];
}

export async function pagesOf(bench: Bench): Promise<readonly Line[]> {
  const client = createClient({
    client: bench.client,
    taskQueue: bench.taskQueue,
    rememberDenialsMs: 0,
  });
  const { byName } = await readAssets();
  const weight = [...byName.values()].reduce((sum, { br }) => sum + br.length, 0);
  return [
    ...(await ofFleet(bench, client)),
    ...(await ofAccount(bench, client)),
    [
      'scripts and styles of a page, compressed',
      `${(weight / KIB).toFixed(1)} KiB`,
      '80 KiB at most',
    ],
  ];
}
