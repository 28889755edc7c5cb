/** A connection that dies while a transaction holds it fails that transaction, and nothing else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createPool,
  inTransaction,
  poolOf,
  type Pool,
  type Queryable,
} from '../../../src/postgres/pool.js';
import { freshDatabase } from '../../support/stand.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: Pool;
let killer: Pool;
const uncaught: unknown[] = [];
const note = (error: unknown): void => {
  uncaught.push(error);
};
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool(database.url);
  killer = createPool(database.url, 1);
  process.on('uncaughtException', note);
});
afterAll(async () => {
  process.off('uncaughtException', note);
  await Promise.all([pool.end(), killer.end()]);
  await database.drop();
});

const pidOf = async (db: Queryable): Promise<unknown> => {
  const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid;
};
const kill = (pid: unknown): Promise<unknown> =>
  killer.query('select pg_terminate_backend($1)', [pid]);
/** How long the server's last message may take. */
const GRACE_MS = 200;

type Kill = (db: Queryable, pid: unknown) => Promise<unknown>;
const KILLS: readonly (readonly [string, Kill])[] = [
  [
    'between two statements',
    async (db, pid) => {
      await kill(pid);
      await sleep(GRACE_MS);
      return db.query('select 1');
    },
  ],
  ['during a statement', (db, pid) => Promise.all([db.query('select pg_sleep(5)'), kill(pid)])],
];

it.each(KILLS)('a connection killed %s', async (_, killIt) => {
  const killed = inTransaction(pool, async (db) => killIt(db, await pidOf(db)));
  await expect(killed).rejects.toThrow(/terminat|connection/i);
  await sleep(GRACE_MS);
  // A worker ends at the first of these: one killed connection would stop every account.
  expect(uncaught).toEqual([]);
  const { rows } = await pool.query('select 1 as one');
  expect(rows).toEqual([{ one: 1 }]);
});

it.each(['session', 'transaction'] as const)(
  'the settings limit the connections of a pool of the mode %s, and the time of a statement',
  async (mode) => {
    const small = poolOf(database.url, { connections: 2, statementSeconds: 2 }, mode);
    const pids = await Promise.all(Array.from({ length: 6 }, () => pidOf(small)));
    expect(new Set(pids).size).toBe(2);
    await expect(small.query('select pg_sleep(20)')).rejects.toThrow('statement timeout');
    await small.end();
  },
);

it('a failed transaction is rolled back completely', async () => {
  const half = inTransaction(pool, async (db) => {
    await db.query('create table safeband.half (id int)');
    throw new Error('enough');
  });
  await expect(half).rejects.toThrow('enough');
  const { rows } = await pool.query("select to_regclass('safeband.half') as half");
  expect(rows).toEqual([{ half: null }]);
});

it('the pool reports a server that does not answer', async () => {
  const away = createPool('postgres://nobody@127.0.0.1:1/nothing', 1);
  await expect(inTransaction(away, (db) => db.query('select 1'))).rejects.toThrow('ECONNREFUSED');
  await away.end();
});
