/** Measures the database in an audit of the fleet, with thousands of accounts with a day of sends. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  ACCOUNTS_PAGE,
  readAccountsPage,
  writeFleetHeartbeat,
} from '../src/postgres/operations/fleet.js';
import { dayOf } from '../src/domain/primitives/time.js';
import { readNews } from '../src/postgres/operations/news.js';
import { migrate } from '../src/postgres/migrate.js';
import { createPool, type Pool, type Queryable } from '../src/postgres/pool.js';
import type { Line } from './latency.js';
import type { Bench } from './stand.js';

/** InMails of each account: those that are delivered; one more is uncertain. */
const EVENTS_EACH = 25;

const print = (line: string): void => {
  process.stderr.write(`  ${line}\n`);
};
const ms = (value: number): string => `${value.toFixed(0)} ms`;

type Database = { readonly url: string; readonly pool: Pool; readonly drop: () => Promise<void> };

export async function freshDatabase(bench: Bench): Promise<Database> {
  const name = `bench_${randomUUID().replaceAll('-', '')}`;
  const admin = async (sql: string): Promise<void> => {
    const db = new pg.Client({ connectionString: bench.databaseUrl });
    await db.connect();
    await db.query(sql);
    await db.end();
  };
  await admin(`create database ${name}`);
  const url = new URL(bench.databaseUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  const pool = createPool(url.href);
  const drop = async (): Promise<void> => {
    await pool.end();
    await admin(`drop database ${name} with (force)`);
  };
  return { url: url.href, pool, drop };
}

/** Writes cold accounts of today, each with $2 deliveries and an uncertain send. */
const ACCOUNTS = [
  'accounts',
  `insert into safeband.accounts
     (account_id, tier, inmails_sent_today, counter_day, highest_cap, state, uncertain, owner,
      owner_version, version, updated_at, last_checked_at)
   select 'a' || lpad(n::text, 6, '0'), 'recruiter', $2::int + 1, safeband.utc_day(now()),
          50, 'active', 1, 'chain', 1, 100, now(), now() from generate_series(1, $1::int) n`,
] as const;
/** Writes their sends of today, all in the journal. */
const SENDS: readonly (readonly [what: string, sql: string])[] = [
  [
    'reservations',
    `insert into safeband.reservations
       (account_id, reservation_id, quota_day, state, reserved_at, lease_expires_at, settled_at,
        journaled, chat_id, number)
     select 'a' || lpad(n::text, 6, '0'), 'r' || i, safeband.utc_day(now()),
            case when i > $2 then 'uncertain' else 'delivered' end, now(), now(), now(),
            true, case when i <= $2 then 'c' || n || '.' || i end, i
       from generate_series(1, $2::int + 1) i, generate_series(1, $1::int) n`,
  ],
  [
    'journal rows',
    `insert into safeband.send_attempts
       (account_id, reservation_id, quota_day, attempted_at, outcome, chat_id, settled_at)
     select 'a' || lpad(n::text, 6, '0'), 'r' || i, safeband.utc_day(now()), now(),
            case when i <= $2 then 'delivered' end,
            case when i <= $2 then 'c' || n || '.' || i end, now()
       from generate_series(1, $2::int + 1) i, generate_series(1, $1::int) n`,
  ],
  [
    'events',
    `insert into safeband.inmail_events
       (account_id, reservation_id, chat_id, source, quota_day, delivered_at, number)
     select 'a' || lpad(n::text, 6, '0'), 'r' || i, 'c' || n || '.' || i, 'pipeline',
            safeband.utc_day(now()), now(), i
       from generate_series(1, $2::int) i, generate_series(1, $1::int) n`,
  ],
];

/** Fills the database by sends first: the rows of one account lie apart, as after a real day. */
export async function fill(
  { url }: Pick<Database, 'url'>,
  accounts: number,
  eventsEach = EVENTS_EACH,
): Promise<void> {
  // Not our pool: its time limits are for the product's statements.
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  for (const [what, sql] of [ACCOUNTS, ...SENDS]) {
    print(`${accounts} accounts: writing ${what}`);
    await db.query(sql, [accounts, eventsEach]);
  }
  await vacuum(db);
  await db.end();
}

/** Writes a day of sends of accounts that are there and have sent nothing today. */
export async function fillToday(db: Queryable, accounts: number): Promise<void> {
  for (const [, sql] of SENDS) await db.query(sql, [accounts, EVENTS_EACH]);
  await db.query(
    `update safeband.accounts set inmails_sent_today = $1::int + 1, uncertain = 1,
            version = version + 1, recorded_at = clock_timestamp()`,
    [EVENTS_EACH],
  );
}

const VACUUMS_MAX = 20;

/**
 * Vacuums as autovacuum does in a database that runs for a day. It repeats until an index-only scan
 * of the log works. Reason: this server is not durable, and a page is not all-visible while the commit
 * of its rows waits to be written.
 */
export async function vacuum(db: pg.Client): Promise<void> {
  await db.query('set synchronous_commit = on');
  for (let n = 0; n < VACUUMS_MAX; n += 1) {
    await db.query('vacuum analyze');
    const { rows } = await db.query<{ visible: number }>(
      `select relallvisible::float8 / relpages as visible from pg_class
        where oid = 'safeband.inmail_events'::regclass`,
    );
    if ((rows[0]?.visible ?? 0) > 0.99) return;
  }
  throw new Error('the pages of the event log are not visible to all after its vacuums');
}

/** Writes six minutes of journal traffic, which the next audit reads. */
const TRAFFIC = `update safeband.send_attempts set attempted_at = attempted_at
  where reservation_id = 'r${EVENTS_EACH + 1}' and hashtext(account_id) % 6 = 0`;

/** Reads as one audit does, in ms; the next one then reads only what is newer. */
export async function auditOnce(pool: Pool): Promise<number> {
  const at = Date.now();
  const begin = performance.now();
  const { horizon } = await readNews(pool, dayOf(at));
  let checked = 0;
  for (let after: string | null = ''; after !== null;) {
    const page = await readAccountsPage(pool, { after, limit: ACCOUNTS_PAGE, day: dayOf(at) });
    if (page.suspects.length > 0) throw new Error('a fleet without differences has suspects');
    checked += page.checked;
    after = page.last;
  }
  if (checked === 0) throw new Error('no account was checked');
  const durationMs = Math.round(performance.now() - begin);
  const explanation = { horizon };
  const run = { runId: randomUUID(), at, durationMs, checked, isAlerted: false, explanation };
  await writeFleetHeartbeat(pool, run);
  return performance.now() - begin;
}

/** Runs the statements of one audit, and measures each from the first byte to the last. */
export async function auditOf(
  bench: Bench,
  accounts: number,
  target: string,
): Promise<readonly Line[]> {
  const database = await freshDatabase(bench);
  const { pool, drop } = database;
  await fill(database, accounts);
  const lines = await timeAudits(
    pool,
    `audit of ${accounts.toLocaleString('en')} accounts`,
    target,
  );
  await drop();
  return lines;
}

/** Measures the first audit of a filled fleet, and the next ones with six minutes of traffic. */
export async function timeAudits(
  pool: Pool,
  name: string,
  target: string,
): Promise<readonly Line[]> {
  const first = await auditOnce(pool);
  const { rowCount } = await pool.query(TRAFFIC);
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) took.push(await auditOnce(pool));
  const middle = took.toSorted((a, b) => a - b)[2] ?? Number.NaN;
  return [
    [`${name}, database time (${rowCount} new journal rows)`, ms(middle), target],
    [`${name}, the first ever`, ms(first), ''],
  ];
}
