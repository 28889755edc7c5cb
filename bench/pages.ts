/** Measures the dashboard: time on the server, time until the first paint, and size of a page. */
import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createClient, type SafebandClient } from '../src/client/index.js';
import { readAssets } from '../src/http/pages/ui/assets.js';
import { SECOND_MS } from '../src/domain/primitives/time.js';
import { createPool } from '../src/postgres/pool.js';
import { launchBrowser } from '../test/support/browser.js';
import { fill, freshDatabase } from './fleet.js';
import type { Line } from './latency.js';
import {
  allRead,
  ask,
  KIB,
  linesOf,
  p95,
  PAGE_TARGET,
  serve,
  times,
  type PageAsk,
  type Served,
} from './serving.js';
import { median, type Bench } from './stand.js';

/** Accounts of a fleet, if the command line names no numbers. */
const SIZES = [10_000];
/** InMails of each account of a fleet; 1 % of the accounts have an alert. */
const EVENTS_EACH = 3;
const [FEW, PAINTS] = [15, 9];
const [SENT, OPEN] = [40, 3];
/** How often an account of the fleet changes while pages are read. */
const CHANGE_MS = 100;

const print = (line: string): void => {
  process.stderr.write(`  ${line}\n`);
};

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

/** Writes open and resolved alerts: one for each hundredth account. */
const ALERTS = `insert into safeband.alerts
    (account_id, kind, severity, quota_day, details, raised_at, resolved_at)
  select account_id, kind, case when kind = 'drift' then 'warning' else 'info' end,
         safeband.utc_day(now()) - day, '{"day": "2026-11-24", "sentences": ["A sentence."]}',
         now() - day * interval '1 day', case when day > 0 then now() end
    from safeband.accounts, generate_series(0, 1) day, unnest(array['drift', 'bad_signal']) kind
   where account_id like '%00'`;

type Filled = Awaited<ReturnType<typeof freshDatabase>> & { readonly accounts: number };
async function filled(bench: Bench, accounts: number): Promise<Filled> {
  const database = await freshDatabase(bench);
  await fill(database, accounts, EVENTS_EACH);
  await database.pool.query(ALERTS);
  await database.pool.query('analyze safeband.alerts');
  return { ...database, accounts };
}

/** The pages and lists that are measured, each with its addresses. */
const PAGES: readonly PageAsk[] = [
  [
    'accounts page',
    PAGE_TARGET,
    '/accounts',
    '/accounts?page=120',
    '/accounts?sort=drift&dir=desc',
    '/accounts?sort=counter&dir=desc&page=7',
    '/accounts?q=0042',
    '/accounts?state=active&sort=checked',
    '/accounts?send=person',
  ],
  ['fleet page', PAGE_TARGET, '/fleet'],
  [
    'alerts page',
    PAGE_TARGET,
    '/alerts',
    '/alerts?state=all',
    '/alerts?state=resolved&severity=warning',
    '/alerts?account=a000100',
  ],
  ['search page', PAGE_TARGET, '/search?q=a0042', '/search?q=c77.1', '/search?q=r3'],
  ['account page, from the rows', PAGE_TARGET, '/accounts/a000100'],
  ['"why" page, from the rows', PAGE_TARGET, '/accounts/a000100/why'],
  ['GET /v1/accounts', '', '/v1/accounts', '/v1/accounts?send=yes'],
];

async function ofFleet(client: SafebandClient, database: Filled): Promise<readonly Line[]> {
  const { pool, accounts } = database;
  const heapBefore = heapUsed();
  const served = await serve(client, pool);
  const fleet = `${accounts.toLocaleString('en')} accounts`;
  const begin = performance.now();
  await ask(`${served.url}/accounts`, served.key, {});
  const first = performance.now() - begin;
  await allRead(served);
  const whole = (performance.now() - begin) / SECOND_MS;
  const lines = await linesOf(fleet, PAGES, served);
  const paths = PAGES[0]?.slice(2) ?? [];
  const changing = await whileChanging(database, () => times(paths, served));
  const heap = (heapUsed() - heapBefore) / KIB / KIB;
  const sql = `select pg_total_relation_size('safeband.account_list')::float8 as size`;
  const { rows } = await pool.query<{ size: number }>(sql);
  const size = (rows[0]?.size ?? 0) / KIB / KIB;
  const person = () => times(['/v1/accounts?send=person'], served, {}, FEW);
  const [listed, listedLater] = [await person(), await whileChanging(database, person)];
  const painted = await paint(served, '/accounts');
  await served.close();
  return [
    ...lines,
    [`${fleet}, GET /v1/accounts?send=person, p95`, p95(listed), ''],
    [`${fleet}, the same, 10 changes a second, p95`, p95(listedLater), ''],
    [`${fleet}, accounts page, 10 changes a second, p95`, p95(changing), PAGE_TARGET],
    [
      `${fleet}, accounts page, the first after a start`,
      `${first.toFixed(0)} ms`,
      '1,000 ms at most',
    ],
    [`${fleet}, all are read for the first time after`, `${whole.toFixed(1)} s`, ''],
    [`${fleet}, the list of accounts in Postgres, with its indexes`, `${size.toFixed(1)} MiB`, ''],
    [`${fleet}, heap of the server after these pages`, `${heap.toFixed(1)} MiB`, '30 MiB at most'],
    [`${fleet}, accounts page, first paint`, `${painted.toFixed(0)} ms`, '1,000 ms at most'],
  ];
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  return process.memoryUsage().heapUsed;
}

/** Saves the row of one account after the other while `work` runs. */
async function whileChanging<T>({ pool, accounts }: Filled, work: () => Promise<T>): Promise<T> {
  let n = 0;
  const change = async (): Promise<void> => {
    n = (n % accounts) + 1;
    await pool.query(
      `update safeband.accounts set version = version + 1, recorded_at = now()
        where account_id = 'a' || lpad($1::text, 6, '0')`,
      [n],
    );
  };
  const timer = setInterval(() => void change(), CHANGE_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
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
    ['account page, p95 on the server', p95(kept), PAGE_TARGET],
    ['account page, hard refresh, p95 on the server', p95(fresh), ''],
    ['"why" page, p95 on the server', p95(why), ''],
    ['account page, first paint in a browser', `${painted.toFixed(0)} ms`, '1,000 ms at most'],
  ];
}

/** Returns the numbers of accounts that the command line names, such as `10000 100000`. */
const sizes = (): readonly number[] => {
  const named = process.argv.slice(3).map(Number);
  return named.length > 0 ? named : SIZES;
};

export async function pagesOf(bench: Bench): Promise<readonly Line[]> {
  const client = createClient({
    client: bench.client,
    taskQueue: bench.taskQueue,
    rememberDenialsMs: 0,
  });
  const { byName } = await readAssets();
  const weight = [...byName.values()].reduce((sum, { br }) => sum + br.length, 0);
  const databases: Filled[] = [];
  for (const accounts of sizes()) databases.push(await filled(bench, accounts));
  print('the databases are written');
  const lines: Line[] = [];
  for (const database of databases) lines.push(...(await ofFleet(client, database)));
  for (const { drop } of databases) await drop();
  return [
    ...lines,
    ...(await ofAccount(bench, client)),
    [
      'scripts and styles of a page, compressed',
      `${(weight / KIB).toFixed(1)} KiB`,
      '80 KiB at most',
    ],
  ];
}
