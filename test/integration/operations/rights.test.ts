/**
 * No login may change another's rows or use the owner's rights. The test reads the catalog of the
 * whole schema, also of objects that are added later, and tries attacks.
 */
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../../../src/postgres/migrate.js';
import { createPool, inTransaction, type Pool } from '../../../src/postgres/pool.js';
import { addEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { giveSenderLock, takeSenderLock } from '../../../src/postgres/webhooks/queue.js';
import { createLogins, type Logins } from '../../support/logins.js';

let logins: Logins;
let owner: Pool;
/** Returns the pool of a new login in the role; it has one connection. */
const loginIn = (role: string): Promise<Pool> => logins.poolIn(role, 1);
const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'done',
    (error: unknown) => (error instanceof pg.DatabaseError ? error.code : error),
  );

let worker: Pool;
let pipeline: Pool;
let rival: Pool;
let reader: Pool;
beforeAll(async () => {
  logins = await createLogins(4);
  ({ owner } = logins);
  await migrate(logins.databaseUrl); // rights in a database are not cloned with it
  worker = await loginIn('safeband_worker');
  pipeline = await loginIn('safeband_pipeline');
  rival = await loginIn('safeband_pipeline');
  reader = await loginIn('safeband_reader');
});
afterAll(() => logins.stop());

/** Returns the functions of the schema for which that condition holds. */
async function functions(condition: string): Promise<readonly string[]> {
  const { rows } = await owner.query<{ name: string }>(
    `select p.oid::regprocedure::text as name from pg_proc p join pg_language l on l.oid = p.prolang
      where p.pronamespace = 'safeband'::regnamespace and (${condition}) order by 1`,
  );
  return rows.map(({ name }) => name);
}

it("each function that runs with its owner's rights has a fixed search path", async () => {
  const others = `p.prosecdef or p.prorettype = 'trigger'::regtype or l.lanname <> 'sql'`;
  const fixed = `p.proconfig @> '{"search_path=pg_catalog, pg_temp"}'`;
  expect((await functions(others)).length).toBeGreaterThan(10);
  expect(await functions(`(${others}) and not coalesce(${fixed}, false)`)).toEqual([]);
  expect(await functions('p.proowner <> (select oid from pg_roles where rolname = user)')).toEqual(
    [],
  );
});

it("only the named roles may run a function with the owner's rights", async () => {
  const given = `exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where a.grantee <> p.proowner`;
  expect(await functions(`${given} and a.grantee = 0)`)).toEqual([]);
  const special = `p.prosecdef or p.prorettype = 'trigger'::regtype`;
  const pruning = ['history', 'shares'].map(
    (name) => `prune_${name}(timestamp with time zone,integer)`,
  );
  const rows = 'prune_rows(text,timestamp with time zone,integer,boolean,integer)';
  const sends = 'prune_group_sends(timestamp with time zone,integer,integer)';
  const ofWorker = [...pruning, rows, sends].toSorted();
  expect(await functions(`(${special}) and ${given})`)).toEqual(['is_erasing()', ...ofWorker]);
  expect(
    await functions(`p.prosecdef and has_function_privilege('safeband_worker', p.oid, 'execute')`),
  ).toEqual(['is_erasing()', ...ofWorker]);
});

it('no login may create objects in the database', async () => {
  for (const pool of [worker, pipeline, reader]) {
    expect(await codeOf(pool.query('create temp table mine ()'))).toBe('42501');
    expect(await codeOf(pool.query('create function public.mine() returns int return 1'))).toBe(
      '42501',
    );
    expect(await codeOf(pool.query('create schema mine'))).toBe('42501');
  }
});

it('every connection has the same search path, with temporary objects last', async () => {
  const url = new URL(logins.databaseUrl);
  url.searchParams.set('options', '-c search_path=public -c TimeZone=Asia/Tokyo');
  const pool = createPool(url.href, 1);
  const settings = `select current_setting('search_path') as path, current_setting('TimeZone') as zone`;
  expect((await pool.query(settings)).rows).toEqual([
    { path: 'safeband,pg_temp', zone: 'Asia/Tokyo' },
  ]);
  await pool.end();
});

/** Types of Safeband's functions, whose names an attacker could use for own code. */
const TYPES = ['timestamptz', 'text', 'date', 'jsonb', 'int8', 'int4', 'numeric'];

it("no code of a worker's login runs with the owner's rights, also if it may create types", async () => {
  await owner.query(
    `grant temporary on database ${new URL(logins.databaseUrl).pathname.slice(1)} to ${logins.names[0]}`,
  );
  const url = 'https://a.example';
  const input = { url, events: ['account.held' as const], accounts: null, by: 'ada', at: 0 };
  await addEndpoint(owner, input);
  await owner.query('create table safeband.proof (ran_as text)');
  const login = await worker.connect();
  await login.query(
    `create function pg_temp.evil() returns boolean language plpgsql as $$ begin
       insert into safeband.proof values (current_user); return true;
     exception when others then return true; end $$`,
  );
  for (const type of TYPES) {
    await login.query(`create domain pg_temp.${type} as pg_catalog.${type} check (pg_temp.evil())`);
  }
  // The attack uses triggers of the tables that it writes, and its own trigger.
  await login.query(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at, cooldown_until, cooldown_cause, hold_reason, hold_actor, hold_since)
     values ('a', 'recruiter', '2026-11-24', 'held', 'o', 1, 1, now(), now() + '1 h', 'throttled',
       'a check', 'ada', now())`,
  );
  await login.query(
    `update safeband.accounts set version = 2, recorded_at = now(), counter_day = '2026-11-25',
       inmails_sent_today = 50, cooldown_until = now() + '2 h', breaker_until = now() + '1 h'`,
  );
  await login.query('create temp table accounts (like safeband.accounts including all)');
  const own = `create trigger t after insert on accounts for each row execute function`;
  const ofOwner = ['tell_account', 'keep_account_row', 'keep_reservation_row', 'tell_drift'];
  for (const name of [...ofOwner, 'name_listed', 'count_ordered']) {
    expect(await codeOf(login.query(`${own} safeband.${name}()`))).toBe('42501');
  }
  await login.query(`select safeband.prune_history(now() - interval '1 year')`);
  await login.query(`select safeband.prune_shares(now() - interval '1 year')`);
  login.release(true);
  expect((await owner.query('select * from safeband.proof')).rows).toEqual([]);
  // The triggers did run.
  const types = `select distinct type from safeband.webhook_events order by 1`;
  expect((await owner.query(types)).rows).toContainEqual({ type: 'account.held' });
});

const begun = (pool: Pool, id: string): Promise<unknown> =>
  pool.query(
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
     values ('a', $1, now(), now())`,
    [id],
  );
const settle = (pool: Pool, id: string, outcome: string): Promise<unknown> =>
  codeOf(
    pool.query(
      `update safeband.send_attempts set outcome = $2, settled_at = now(), chat_id = 'c',
         error_code = 'not_attempted' where account_id = 'a' and reservation_id = $1`,
      [id, outcome],
    ),
  );

it('only the login that began an attempt may write its outcome, and only a worker may void it', async () => {
  await begun(pipeline, 'one');
  for (const outcome of ['delivered', 'failed', 'void']) {
    expect([outcome, await settle(rival, 'one', outcome)]).toEqual([outcome, '42501']);
  }
  expect(await settle(pipeline, 'one', 'void')).toBe('42501');
  expect(await settle(pipeline, 'one', 'delivered')).toBe('done');
  await worker.query(
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at, outcome)
     values ('a', 'fence', now(), now(), 'void')`,
  );
  expect(await codeOf(begun(pipeline, 'fence'))).toBe('23505');
  const { rows } = await owner.query(
    'select reservation_id as id, outcome, written_by as by from safeband.send_attempts order by 1',
  );
  expect(rows).toEqual([
    { id: 'fence', outcome: 'void', by: logins.names[0] },
    { id: 'one', outcome: 'delivered', by: logins.names[1] },
  ]);
});

it('a login may settle for an older login of which it is a member', async () => {
  await begun(pipeline, 'older');
  const heir = await loginIn('safeband_pipeline');
  expect(await settle(heir, 'older', 'failed')).toBe('42501');
  await owner.query(`grant ${logins.names[1]} to ${logins.names.at(-1)}`);
  expect(await settle(heir, 'older', 'failed')).toBe('done');
});

it('no statement takes a lock that a pipeline or a reader could hold', async () => {
  const tables = await owner.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
      where relnamespace = 'safeband'::regnamespace and relname like '%lock%' and relkind = 'r'`,
  );
  expect(tables.rows.length).toBeGreaterThan(3);
  for (const { name } of tables.rows) {
    for (const pool of [pipeline, reader]) {
      for (const mode of ['access share', 'row exclusive', 'exclusive', 'access exclusive']) {
        const locked = inTransaction(pool, (db) =>
          db.query(`lock table safeband.${name} in ${mode} mode nowait`),
        );
        expect([name, mode, await codeOf(locked)]).toEqual([name, mode, '42501']);
      }
    }
  }
});

it('no statement takes an advisory lock, because any login could hold it', async () => {
  const calls: string[] = [];
  for (const folder of ['src', 'migrations']) {
    for (const name of await readdir(folder, { recursive: true })) {
      if (!/\.(tsx?|sql)$/.test(name)) continue;
      const text = await readFile(`${folder}/${name}`, 'utf8');
      calls.push(
        ...[...text.matchAll(/\w*advisory\w*lock\w*\s*\(/g)].map(([call]) => `${name}: ${call}`),
      );
    }
  }
  expect(calls).toEqual([]);
});

it('one sender sends at a time, until its connection is gone', async () => {
  const [first, second] = [await owner.connect(), await owner.connect()];
  expect(await takeSenderLock(owner, first)).toBe(true);
  expect(await takeSenderLock(owner, second)).toBe(false);
  first.release(true);
  await expect.poll(() => takeSenderLock(owner, second)).toBe(true);
  await giveSenderLock(second);
  second.release();
});
