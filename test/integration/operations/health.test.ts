/** `/livez`, `/readyz` and `/metrics`: their answers, their callers, and outages. */
import { asyncLocalStorage, Context } from '@temporalio/activity';
import fastify, { type FastifyInstance } from 'fastify';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMissing } from '../../../src/activities/audit/missing.js';
import {
  MIDNIGHT_SPREAD_MAX_MS,
  MIDNIGHT_SPREAD_MS,
  rollLatestMs,
} from '../../../src/domain/primitives/midnight.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { addAuth, addChecks } from '../../../src/http/access/auth.js';
import { Keyring } from '../../../src/http/access/keyring.js';
import { addProblems } from '../../../src/http/plumbing/problems.js';
import type { SchedulesFlaw } from '../../../src/http/operations/health.js';
import { serveHealth } from '../../../src/http/routes/health.js';
import { serveMetrics } from '../../../src/http/routes/metrics.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { readGauges } from '../../../src/postgres/operations/gauges.js';
import { readHealth } from '../../../src/postgres/operations/health.js';
import { noteStarted, readRecovery } from '../../../src/postgres/operations/recovery.js';
import { GROWING_TABLES, readTotalSize } from '../../../src/postgres/operations/tableSizes.js';
import { makeKey } from '../../../src/postgres/access/keys.js';
import { knownMigrations } from '../../../src/postgres/migrate.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import { brakesAt, FLEET_METRICS, giveAsks, giveOrders } from '../../support/gauges.js';
import { freshDatabase } from '../../support/stand.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: Pool;
let app: FastifyInstance;
let now = Date.now();
let brakes: ReturnType<typeof brakesAt> = [];
let pollers: () => Promise<number> = async () => 1;
let schedules: readonly SchedulesFlaw[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool(database.url);
  app = fastify();
  addProblems(app);
  const keyring = new Keyring(pool, () => now);
  await addAuth(app, keyring);
  addChecks(app, keyring);
  serveMetrics(app, {
    metrics: createMetrics(),
    readGauges: () => readGauges(pool, rollLatestMs(MIDNIGHT_SPREAD_MS)),
    readBrakes: async () => brakes,
    now: () => now,
    runbookUrl: () => 'https://safeband.example/runbook',
  });
  serveHealth(app, {
    readHealth: () => readHealth(pool),
    countPollers: () => pollers(),
    readSchedules: async () => schedules,
    migrations: await knownMigrations(),
    now: () => now,
  });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await pool.end();
  await database.drop();
});

type Answer = { status: string; checks: { name: string; ok: boolean; cure?: string }[] };
/** Returns the status of `/readyz`, and each failed check with its fix. */
async function readyz(): Promise<readonly unknown[]> {
  now += 60_000; // earlier findings are forgotten
  const answer = await app.inject('/readyz');
  const { checks } = answer.json<Answer>();
  expect(checks.map(({ name }) => name)).toEqual([
    'postgres',
    'schema',
    'temporal',
    'worker',
    'schedules',
    'audit',
  ]);
  return [answer.statusCode, ...checks.flatMap(({ ok, name, cure }) => (ok ? [] : [[name, cure]]))];
}

const heartbeat = (age: string) =>
  pool.query(
    `insert into safeband.reconciler_runs
       (run_id, scope, ran_at, recorded_at, duration_ms, accounts_checked, explanation)
     values ($1::text, 'fleet', now() - $1::interval, now() - $1::interval, 1500, 3,
       '{"checked": 3, "drifting": 1, "horizon": "700"}')`,
    [age],
  );

it('the server is ready while everything answers; each failed check names the fix', async () => {
  expect(await readyz()).toEqual([200]); // there was no audit yet, and none is overdue
  await pool.query(`update safeband.schema_migrations set applied_at = now() - interval '21 min'`);
  expect(await readyz()).toEqual([503, ['audit', expect.stringContaining('npm run migrate')]]);
  await heartbeat('21 minutes');
  expect(await readyz()).toEqual([503, ['audit', expect.stringContaining('worker runs')]]);
  // This audit starts thousands of accounts, and its heartbeat comes at the end.
  await noteStarted(pool, { started: 25, missing: 9_000 });
  expect(await readyz()).toEqual([200]);
  // An account that cannot be started is no sign of a working audit.
  await pool.query(`update safeband.recovery set last_at = now() - interval '21 minutes'`);
  await noteStarted(pool, { started: 0, missing: 1 });
  expect(await readyz()).toEqual([503, ['audit', expect.stringContaining('worker runs')]]);
  // Each audit starts an account that ends again, and fails: for half an hour this is a sign of it.
  await pool.query(`update safeband.reconciler_runs set recorded_at = now() - interval '1 hour'`);
  for (const [age, status] of [
    ['29 minutes', 200],
    ['31 minutes', 503],
  ] as const) {
    await pool.query(`update safeband.recovery set unreported_since = now() - $1::interval`, [age]);
    await noteStarted(pool, { started: 1, missing: 0 });
    expect((await readyz())[0]).toBe(status);
  }
  await heartbeat('19 minutes');
  expect(await readyz()).toEqual([200]);
  pollers = async () => 0;
  expect(await readyz()).toEqual([503, ['worker', 'start a worker: npm run worker']]);
  pollers = () => new Promise(() => undefined);
  expect(await readyz()).toEqual([
    503,
    ['temporal', expect.stringContaining('TEMPORAL_ADDRESS')],
    ['worker', 'start a worker: npm run worker'],
  ]);
  pollers = async () => 1;

  const flaw = (kind: 'broken' | 'paused') => ({ kind, found: 'by Ada', cure: `repair ${kind}` });
  schedules = [{ scheduleId: 'inmail-webhooks', flaw: flaw('broken') }];
  expect(await readyz()).toEqual([503, ['schedules', 'repair broken']]);
  schedules = [{ scheduleId: 'inmail-webhooks', flaw: flaw('paused') }];
  expect(await readyz()).toEqual([200]); // paused on purpose, and for all servers
  expect((await app.inject('/readyz')).body).toContain('inmail-webhooks: it is paused');
  schedules = [];

  const last = (await knownMigrations()).at(-1);
  await pool.query('delete from safeband.schema_migrations where name = $1', [last]);
  expect(await readyz()).toEqual([503, ['schema', 'run npm run migrate']]);
  // During the roll-out of a newer version, this one continues.
  const add = `insert into safeband.schema_migrations values ($1, ''), ('9999_later.sql', '')`;
  await pool.query(add, [last]);
  expect(await readyz()).toEqual([200]);
});

it('the progress of a recovery adds up over audits, and the next one begins again', async () => {
  const noted = async (started: number, missing: number) => {
    await noteStarted(pool, { started, missing });
    return readRecovery(pool);
  };
  await pool.query('delete from safeband.recovery');
  expect(await noted(0, 0)).toBeNull();
  // Accounts that Temporal does not list yet, because they were just connected, are no recovery.
  const warnings: unknown[] = [];
  const context = Object.create(Context.prototype, {
    heartbeat: { value: () => undefined },
    log: { value: { info: () => undefined, warn: (event: string) => void warnings.push(event) } },
  });
  const ids = Array.from({ length: 30 }, (_, n) => `new-${n}`);
  const running = { wake: async () => true, start: async () => undefined };
  const look = (db: Pool, workflows = running) =>
    asyncLocalStorage.run(context, () => startMissing(db, ids, workflows, async () => undefined));
  expect(await look(pool)).toEqual({ reached: 30, missing: [], unreached: [], notTried: [] });
  expect(await readRecovery(pool)).toBeNull();
  expect(warnings).toEqual([]);
  // People see the progress; no account depends on it.
  const limited: Pool = Object.create(pool, {
    query: {
      value: async (sql: string) => {
        if (sql.includes('safeband.recovery')) throw new Error('permission denied');
        return pool.query(sql);
      },
    },
  });
  expect(await look(limited)).toMatchObject({ reached: 30 });
  expect(warnings).toEqual(['recovery.unwritten']);
  // Two batches that fail have one line of the log.
  warnings.length = 0;
  const away = { ...running, wake: () => Promise.reject(new Error('Temporal does not answer')) };
  expect((await look(limited, away)).unreached).toHaveLength(30);
  expect(warnings.filter((event) => event === 'recovery.unwritten')).toHaveLength(1);
  const first = await noted(0, 30);
  expect(first).toMatchObject({ lastAt: null, started: 0, missing: 30 });
  const { beganAt } = first ?? {};
  expect(await noted(25, 5)).toMatchObject({ beganAt, started: 25, missing: 5 });
  expect(await noted(4, 1)).toMatchObject({ beganAt, started: 29, missing: 1 });
  // A person disconnected the last one.
  const over = await noted(0, 0);
  expect(over).toMatchObject({ beganAt, lastAt: expect.any(Number), started: 29, missing: 0 });
  await pool.query(`update safeband.recovery set began_at = began_at - interval '1 hour'`);
  const next = await noted(2, 0);
  expect(next).toMatchObject({ started: 2, missing: 0 });
  expect(next?.beganAt).toBeGreaterThanOrEqual(beganAt ?? Infinity);
  await pool.query('delete from safeband.recovery');
});

it('the server stays ready while tasks of accounts fail, and reports the number of accounts', async () => {
  await pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at, details, resolved_at)
     select id, 'tasks_failing', severity, current_date - n, now(), '{}', case when is_over then now() end
       from (values ('acme-anna', 'critical', 0, false), ('acme-anna', 'critical', 1, false),
                    ('acme-ben', 'critical', 0, false), ('acme-cleo', 'warning', 0, false),
                    ('acme-dora', 'critical', 0, true)) a (id, severity, n, is_over)`,
  );
  now += 60_000;
  const answer = await app.inject('/readyz');
  expect([answer.statusCode, answer.json<Answer>().status]).toEqual([200, 'ready']);
  expect(answer.json<Answer>().checks.at(-1)).toEqual({
    name: 'tasks',
    ok: true,
    found: 'the workflow tasks of 2 accounts fail, so these accounts grant no slot',
    cure: expect.stringContaining('safeband doctor'),
  });
  expect(answer.body).not.toContain('acme');
  await pool.query('delete from safeband.alerts');
});

const metricsFor = (key: string) =>
  app.inject({ url: '/metrics', headers: { authorization: `Bearer ${key}` } });

it('metrics show the fleet to a key of all accounts', async () => {
  await pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, inmails_sent_today, in_flight,
       uncertain, carried, unexplained, state, cooldown_until, cooldown_cause, hold_actor, hold_since,
       owner, owner_version, version, updated_at, hot_since, last_checked_at, highest_cap)
     select *, 25 from (values
       ('acme-1', 'premium', safeband.utc_day(now()), 30, 1, 2, 0, 1, 'active', now() + interval '1 hour',
        'overshoot', null, null::timestamptz, 'o', 1, 1, now(), now() - interval '9 min',
        now() - interval '5 min'),
       ('acme-2', 'premium', safeband.utc_day(now()), 5, 0, 0, 1, 0, 'cooldown', now() - interval '1 min',
        'throttled', null, null, 'o', 1, 1, now(), null, now()),
       ('acme-3', 'premium', safeband.utc_day(now()) - 2, 9, 0, 9, 9, 9, 'active', null, null, 'ada', now(),
        'o', 1, 1, now(), null, null)) as row`,
  );
  await pool.query(
    `update safeband.accounts set mode = 'shadow', recorded_at = clock_timestamp()
      where account_id = 'acme-2'`,
  );
  await pool.query(
    `update safeband.accounts set group_name = 'team', recorded_at = clock_timestamp()
      where account_id = 'acme-1'`,
  );
  await pool.query(
    `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
       lease_expires_at, number)
     values ('acme-3', 'r', safeband.utc_day(now()) - 1, 'in_flight', now(), now() - interval '30 min', 1)`,
  );
  await pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at, resolved_at)
     values ('acme-3', 'drift', 'info', safeband.utc_day(now()), now(), null),
            ('acme-1', 'drift', 'info', safeband.utc_day(now()), now(), now()),
            ('acme-1', 'undercount', 'critical', safeband.utc_day(now()), now(), null),
            ('acme-1', 'bad_signal', 'warning', safeband.utc_day(now()), now() - interval '2 days', null)`,
  );
  await pool.query(
    `insert into safeband.webhook_endpoints
       (endpoint_id, url, events, secrets, position, disabled_at, created_at, changed_by)
     values ('whe_' || repeat('0', 32), 'https://a.example', '{reset.done}', '[]', 1, null, now(), 'x'),
            ('whe_' || repeat('1', 32), 'https://b.example', '{reset.done}', '[]', 0, now(), now(), 'x')`,
  );
  await pool.query(
    `insert into safeband.webhook_events (type, account_id, key, at, data, position, recorded_at)
     select 'reset.done', 'acme-1', n::text, now(), '{}', nullif(n, 3), now() - n * interval '5 min'
       from generate_series(1, 3) n`,
  );
  await pool.query(
    `insert into safeband.seal_comparisons (month, begun_at, compared_at, result)
     values ('2026-09-01', now(), now() - interval '1 hour', 'equal'),
            ('2026-10-01', now(), now() - interval '2 days', 'differs')`,
  );
  await giveAsks(pool, 'acme-1');
  await giveOrders(pool).then(() => (brakes = brakesAt(now)));
  const key = await makeKey(pool, { name: 'prometheus', role: 'reader' });
  const scraped = await metricsFor(key?.key ?? '');
  expect(scraped.statusCode).toBe(200);
  const lines = scraped.body
    .split('\n')
    .filter((line) => /^safeband_(?!http|call|table_bytes)/.test(line));
  expect(lines.map((line) => line.replace(/(age_seconds \d+)\d\d\..*/, '$1..'))).toEqual(
    FLEET_METRICS,
  );
  expect(scraped.body).not.toMatch(/acme|ada/);
  const sizes = new Map(
    [...scraped.body.matchAll(/^safeband_table_bytes\{table="(\w+)"\} (\d+)$/gm)].map(
      ([, table = '', bytes]) => [table, Number(bytes)] as const,
    ),
  );
  expect([...sizes.keys()]).toEqual([...GROWING_TABLES, 'other'].toSorted());
  const { bytes } = await readTotalSize(pool);
  expect([...sizes.values()].reduce((sum, one) => sum + one, 0)).toBeCloseTo(bytes, -6);
  // The row of two days ago is late after any spread of the setting, and not after two days.
  const lateAfter = async (ms: number) => (await readGauges(pool, ms)).lateResets;
  expect(await lateAfter(rollLatestMs(MIDNIGHT_SPREAD_MAX_MS))).toBe(1);
  expect(await lateAfter(2 * DAY_MS)).toBe(0);
});

it('metrics need a key, and the server shows its own while Postgres is away', async () => {
  expect((await app.inject('/metrics')).statusCode).toBe(401);
  const limited = await makeKey(pool, { name: 'one', role: 'operator', accounts: ['acme-3'] });
  expect((await metricsFor(limited?.key ?? '')).statusCode).toBe(403);
  const key = await makeKey(pool, { name: 'later', role: 'reader' });
  expect((await metricsFor(key?.key ?? '')).statusCode).toBe(200);
  now += 60_000;
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query('alter schema safeband rename to elsewhere');
  const { body } = await metricsFor(key?.key ?? '');
  await admin.query('alter schema elsewhere rename to safeband');
  await admin.end();
  expect(body).toMatch(/^safeband_postgres_up 0$/m);
  expect(body).toMatch(
    /^safeband_http_request_duration_seconds_count\{method="GET",route="\/metrics",status="401"\} 1$/m,
  );
  expect(body).not.toMatch(/^safeband_slots_spent \d/m);
});
