/** Measures a life for data (R28, R29), and pages and audit over its rows, on an own database. */
import { createClient } from '../src/client/index.js';
import { DAY_MS } from '../src/domain/primitives/time.js';
import { createPool } from '../src/postgres/pool.js';
import { fillData, stepsOfData, type Size } from './dataSteps.js';
import { freshDatabase, timeAudits } from './fleet.js';
import type { Line } from './latency.js';
import { allRead, linesOf, PAGE_TARGET, serve, type PageAsk } from './serving.js';
import type { Bench } from './stand.js';

/** A year of 1,000 accounts, on working days: about 2 million rows. */
const YEAR: Size = { accounts: 1_000, days: 250, perDay: 2 };
/** How long ago the instant of the history page is. */
const HISTORY_MS = 20 * DAY_MS;

/** Measures the year, or the size that the command line names: accounts, days, InMails a day. */
export async function lifeOfData(bench: Bench): Promise<readonly Line[]> {
  const [accounts = YEAR.accounts, days = YEAR.days, perDay = YEAR.perDay] = process.argv
    .slice(3)
    .map(Number);
  const made = { accounts, days, perDay };
  const { url, drop } = await freshDatabase(bench);
  try {
    await fillData(url, made);
    process.stderr.write('  the database is written\n');
    const reads = await readsOfData(bench, url, accounts);
    return [...reads, ...(await stepsOfData(url, made))];
  } finally {
    await drop();
  }
}

/** Measures pages and audits while the database has all of its rows. */
async function readsOfData(bench: Bench, url: string, accounts: number): Promise<readonly Line[]> {
  const pool = createPool(url);
  const name = `a year of ${accounts.toLocaleString('en')} accounts`;
  try {
    const audits = await timeAudits(pool, `${name}, audit`, '150 ms at most');
    const client = createClient({
      client: bench.client,
      taskQueue: bench.taskQueue,
      rememberDenialsMs: 0,
    });
    const served = await serve(client, pool);
    try {
      await allRead(served);
      return [...audits, ...(await linesOf(name, pagesOf(accounts), served))];
    } finally {
      await served.close();
    }
  } finally {
    await pool.end();
  }
}

/** Returns the pages whose tables hold the year; each account of it has an equal number of rows. */
function pagesOf(accounts: number): readonly PageAsk[] {
  const one = `a${String(Math.ceil(accounts / 2)).padStart(6, '0')}`;
  return [
    [
      'accounts page',
      PAGE_TARGET,
      '/accounts',
      '/accounts?page=2',
      '/accounts?sort=drift&dir=desc',
      '/accounts?sort=counter&dir=desc',
      '/accounts?q=00',
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
      `/alerts?state=all&account=${one}`,
    ],
    ['search page', PAGE_TARGET, `/search?q=${one}`, '/search?q=2-chat7.3.1', '/search?q=r20.1'],
    ['campaigns page', PAGE_TARGET, '/campaigns'],
    ['account page, from the rows', PAGE_TARGET, `/accounts/${one}`],
    ['"why" page, from the rows', PAGE_TARGET, `/accounts/${one}/why`],
    [
      'history page of an account',
      PAGE_TARGET,
      `/accounts/${one}/history`,
      `/accounts/${one}/history?at=${new Date(Date.now() - HISTORY_MS).toISOString()}`,
    ],
    ['reservations page of an account', PAGE_TARGET, `/reservations?accountId=${one}`],
    [
      'lists of an account (API)',
      '',
      ...['events', 'days', 'reservations', 'runs', 'changes', 'feed'].map(
        (list) => `/v1/accounts/${one}/${list}`,
      ),
    ],
  ];
}
