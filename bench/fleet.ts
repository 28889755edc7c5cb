/**
 * Measures the database in an audit of the fleet, and in the roll at midnight, with thousands of
 * accounts that have a day of sends each.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createActivities } from '../src/activities/index.js';
import {
  ACCOUNTS_PAGE,
  readAccountsPage,
  readHorizon,
  readNews,
} from '../src/postgres/operations/fleet.js';
import { pass } from '../src/domain/entity/entity.js';
import { isAccountId } from '../src/domain/primitives/ids.js';
import { dayOf, hashOf, SECOND_MS, startOf } from '../src/domain/primitives/time.js';
import { migrate } from '../src/postgres/migrate.js';
import { createPool, type Pool } from '../src/postgres/pool.js';
import { workflowIdOf } from '../src/temporal/protocol.js';
import { anAccount, must } from '../test/support/scenario.js';
import type { Line } from './latency.js';
import type { Bench } from './stand.js';
import { batchOf, saved } from '../src/domain/entity/writes.js';

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

/** Writes cold accounts of today, each with $2 deliveries and an uncertain send, all in the journal. */
const FILL: readonly (readonly [what: string, sql: string])[] = [
  [
    'accounts',
    `insert into safeband.accounts
       (account_id, tier, inmails_sent_today, counter_day, highest_cap, state, uncertain, owner,
        owner_version, version, updated_at, last_checked_at)
     select 'a' || lpad(n::text, 6, '0'), 'recruiter', $2::int + 1, safeband.utc_day(now()),
            50, 'active', 1, 'chain', 1, 100, now(), now() from generate_series(1, $1::int) n`,
  ],
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
  for (const [what, sql] of FILL) {
    print(`${accounts} accounts: writing ${what}`);
    await db.query(sql, [accounts, eventsEach]);
  }
  await vacuum(db);
  await db.end();
}

const VACUUMS_MAX = 20;

/**
 * Vacuums as autovacuum does in a database that runs for a day. It repeats until an index-only scan
 * of the log works. Reason: this server is not durable, and a page is not all-visible while the commit
 * of its rows waits to be written.
 */
async function vacuum(db: pg.Client): Promise<void> {
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

async function auditOnce(pool: Pool, since: string): Promise<{ horizon: string; took: number }> {
  const at = Date.now();
  const begin = performance.now();
  const stored = await readHorizon(pool);
  const news = await readNews(pool, { since: since || stored, day: dayOf(at) });
  let checked = 0;
  for (let after: string | null = ''; after !== null;) {
    const page = await readAccountsPage(pool, { after, limit: ACCOUNTS_PAGE, day: dayOf(at) });
    if (page.suspects.length > 0) throw new Error('a fleet without differences has suspects');
    checked += page.checked;
    after = page.last;
  }
  if (checked === 0) throw new Error('no account was checked');
  return { horizon: news.horizon, took: performance.now() - begin };
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
  const first = await auditOnce(pool, '0');
  const { rowCount } = await pool.query(TRAFFIC);
  const took: number[] = [];
  for (let n = 0; n < 5; n += 1) took.push((await auditOnce(pool, first.horizon)).took);
  await drop();
  const middle = took.toSorted((a, b) => a - b)[2] ?? Number.NaN;
  const name = `audit of ${accounts.toLocaleString('en')} accounts`;
  return [
    [`${name}, database time (${rowCount} new journal rows)`, ms(middle), target],
    [`${name}, the first ever`, ms(first.took), ''],
  ];
}

const ROLLS = 10_000;
/** How far the workflow spreads its midnight timer. */
const SPREAD_MS = 90 * SECOND_MS;

/** Rolls each account at its own second after midnight, with the activity that writes the roll. */
export async function midnightRoll(bench: Bench): Promise<readonly Line[]> {
  const database = await freshDatabase(bench);
  const { pool, drop } = database;
  await fill(database, ROLLS);
  const { timed, slowest } = timedPool(pool);
  const activities = createActivities({ pool: timed });
  const today = dayOf(Date.now());
  const evening = anAccount({ tier: 'recruiter' }, { now: startOf(today) + 1 }).entity;
  const clean = saved(evening, batchOf(evening), null);
  const batch = batchOf(pass(clean, startOf(today + 1)));
  const begin = Date.now();
  let done = 0;
  let latest = 0;
  const roll = async (n: number): Promise<void> => {
    const accountId = must(isAccountId, `a${String(n).padStart(6, '0')}`);
    const due = hashOf(workflowIdOf(accountId)) % SPREAD_MS;
    await new Promise((resolve) => {
      setTimeout(resolve, begin + due - Date.now());
    });
    const row = { ...batch.row, accountId, version: 200 + batch.row.version };
    const answer = await activities.save({ ...batch, owner: 'chain', row });
    if (!answer.saved) throw new Error('the roll was not saved');
    latest = Math.max(latest, Date.now() - begin);
    done += 1;
    if (done % 1_000 === 0) print(`midnight: ${done} of ${ROLLS} accounts have rolled`);
  };
  await Promise.all(Array.from({ length: ROLLS }, (_, n) => roll(n + 1)));
  await drop();
  return [
    [
      `midnight roll of ${ROLLS.toLocaleString('en')} accounts, latest row`,
      `${(latest / SECOND_MS).toFixed(1)} s`,
      '120 s at most',
    ],
    ['midnight roll, slowest statement', ms(slowest()), '100 ms at most'],
  ];
}

/** Returns the pool with a timer around every statement. */
function timedPool(pool: Pool): { readonly timed: Pool; readonly slowest: () => number } {
  let slowest = 0;
  const timedClient = (client: pg.PoolClient): pg.PoolClient =>
    new Proxy(client, {
      get: (target, name) => {
        if (name !== 'query') return bound(target, name);
        return (...args: unknown[]): Promise<unknown> => {
          const begin = performance.now();
          const query: unknown = Reflect.get(target, 'query');
          if (typeof query !== 'function') throw new Error('a connection asks queries');
          const answer: Promise<unknown> = query.apply(target, args);
          return answer.finally(() => {
            slowest = Math.max(slowest, performance.now() - begin);
          });
        };
      },
    });
  const timed = new Proxy(pool, {
    get: (target, name) =>
      name === 'connect' ? async () => timedClient(await target.connect()) : bound(target, name),
  });
  return { timed, slowest: () => slowest };
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}
