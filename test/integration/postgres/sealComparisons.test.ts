/**
 * The audit compares sealed months with the event log (R29): which, how often, and its alert. Doctor
 * shows the comparisons, and the key of the worker.
 */
import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { erasureFinding } from '../../../src/doctor/erasures.js';
import { sealFinding } from '../../../src/doctor/seals.js';
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, startOf } from '../../../src/domain/primitives/time.js';
import { beginComparison } from '../../../src/postgres/data/comparisons.js';
import { erasedRecipient } from '../../../src/postgres/data/erasureKey.js';
import { verifyMonth } from '../../../src/postgres/data/verifyMonth.js';
import { readGauges } from '../../../src/postgres/operations/gauges.js';
import { readErasureKeys } from '../../../src/postgres/operations/vitals.js';
import { createPool, inTransaction, type Pool } from '../../../src/postgres/pool.js';
import { safeband } from '../../support/cli.js';
import { auditOn, KEY as key, withSealedYear, type SealedYear } from '../../support/sealWork.js';

const now = Date.now();
let pool: Pool;
let month: string;
let env: SealedYear['env'];
withSealedYear(now, (found) => {
  ({ pool, month, env } = found);
});
beforeEach(async () => {
  await pool.query('delete from safeband.seal_comparisons');
});

const compareOn = (day: number, hour = 4, db = pool): Promise<readonly string[]> =>
  auditOn('compare', { day, hour, db, now });
type Turn = { readonly month: string; readonly day: number; readonly result: string | null };
/** Returns which months were compared, the oldest comparison first. */
async function turns(): Promise<readonly Turn[]> {
  const { rows } = await pool.query<Turn>(
    `select to_char(month, 'YYYY-MM') as month, result,
            (safeband.utc_day(begun_at) - safeband.day_at($1))::int as day
       from safeband.seal_comparisons order by begun_at`,
    [dayOf(now)],
  );
  return rows;
}

it('a login with the rights of a worker compares a month', async () => {
  const user = `compares_${randomUUID().slice(0, 8)}`;
  await pool.query(`create role ${user} login password '${user}' in role safeband_worker`);
  const asWorker = createPool(
    Object.assign(new URL(env.DATABASE_URL), { username: user, password: user }).href,
    1,
  );
  await compareOn(0, 4, asWorker);
  await asWorker.end();
  await pool.query(`drop role ${user}`);
  expect(await turns()).toEqual([{ month, day: 0, result: 'equal' }]);
});

it('doctor shows the last comparison, and warns if there is none for days', async () => {
  // Without a comparison, the age of the first seal is the gauge, so that its alert can fire.
  const { sealsComparedSeconds } = await readGauges(pool, 0);
  expect(sealsComparedSeconds).toBeGreaterThanOrEqual(0);
  expect(await sealFinding(pool, now + 2 * DAY_MS)).toMatchObject({ level: 'ok' });
  expect(await sealFinding(pool, now + 4 * DAY_MS)).toMatchObject({ level: 'warn' });
  await compareOn(0);
  expect(await sealFinding(pool, now)).toMatchObject({
    level: 'ok',
    text: expect.stringContaining(`…; ${month} compared `),
  });
  expect(await sealFinding(pool, now + 4 * DAY_MS)).toMatchObject({
    level: 'warn',
    cure: expect.stringContaining('give all workers the SAFEBAND_ERASURE_KEY of the seals'),
  });
});

it('doctor warns if the worker of the last audit does not have the key of the erasures', async () => {
  await pool.query(
    `insert into safeband.erasures (hash, erased_by, reason) values ($1, 'ada', 'request 4711')`,
    [erasedRecipient(key, 'ACoAAB1')],
  );
  const finding = async (explanation: object) => {
    await pool.query(
      `insert into safeband.reconciler_runs
         (run_id, scope, ran_at, duration_ms, accounts_checked, explanation)
       values (gen_random_uuid()::text, 'fleet', clock_timestamp(), 1, 9, $1)`,
      [JSON.stringify(explanation)],
    );
    return erasureFinding(await readErasureKeys(pool));
  };
  const text = expect.stringContaining(`1 erasure with the key ${key.id}`);
  // An audit of an earlier version does not name its key.
  for (const own of [{}, { erasureKey: key.id }]) {
    expect(await finding(own)).toMatchObject({ level: 'ok', text });
  }
  for (const [erasureKey, words] of [
    ['none', 'has no key'],
    ['ffffffff', 'has the key ffffffff'],
  ] as const) {
    expect(await finding({ erasureKey })).toMatchObject({
      level: 'warn',
      text: expect.stringContaining(words),
      cure: expect.stringContaining('SAFEBAND_ERASURE_KEY'),
    });
  }
});

it('each day another sealed month is compared once by all workers, and the limit of an audit ends it', async () => {
  const { rows: all } = await pool.query<{ month: string }>(
    `select to_char(month, 'YYYY-MM') as month from safeband.event_seals order by month`,
  );
  for (const day of [...all.keys(), all.length]) {
    for (const hour of [2, 4, 5]) await compareOn(day, hour);
  }
  const inTurn = all.map((one, day) => ({ month: one.month, day, result: 'equal' }));
  const [again, ...later] = inTurn;
  expect(await turns()).toEqual([...later, { ...again, day: all.length }]);
  // A worker that stops during a comparison does not end those of the day.
  const begun = startOf(dayOf(now) + all.length + 1) + 4 * HOUR_MS;
  expect(await beginComparison(pool, begun)).toBe(`${all[1]?.month}-01`);
  expect(await beginComparison(pool, begun + 29 * MINUTE_MS)).toBeNull();
  expect(await beginComparison(pool, begun + 31 * MINUTE_MS)).not.toBeNull();
  const isFirst = { month, flaw: null, differences: 0, mark: '', isTooLarge: true };
  expect(await verifyMonth(pool, key, { month: `${month}-01`, limitMs: -1 })).toEqual(isFirst);
});

it('the audit finds a month whose seal was deleted', async () => {
  await pool.query(
    `insert into safeband.seal_comparisons (month, begun_at)
     select month, now() from safeband.event_seals union all select '2019-01-01', '2020-01-01'`,
  );
  expect(await beginComparison(pool, now + 2 * DAY_MS)).toBe('2019-01-01');
  expect(await verifyMonth(pool, key, { month: '2019-01-01' })).toMatchObject({
    flaw: { flaw: 'seal', day: '2019-01-01' },
    isTooLarge: false,
  });
});

it('a deleted seal is not made again: each program names its month until it is restored', async () => {
  const { rows: months } = await pool.query<{ month: string }>(
    'select month::text from safeband.event_seals order by month',
  );
  await pool.query('insert into safeband.seal_comparisons (month, begun_at) values ($1, now())', [
    months.at(-1)?.month,
  ]);
  const tables = ['event_seals', 'event_seal_days'];
  for (const table of tables) {
    await pool.query(`create table kept_${table} as select * from safeband.${table}`);
  }
  const triggers = async (state: 'disable' | 'enable always'): Promise<void> => {
    for (const table of tables) {
      await pool.query(`alter table safeband.${table} ${state} trigger append_only`);
    }
  };
  const change = (sql: (table: string) => string): Promise<void> =>
    inTransaction(pool, async (db) => {
      for (const table of tables) await db.query(sql(table));
    });
  const last = months.at(-1)?.month ?? '';
  const gone = last.slice(0, 7);
  // The last seal, then all of them.
  for (const where of [`month = '${last}'`, 'true']) {
    await triggers('disable');
    await change((table) => `delete from safeband.${table} where ${where}`);
    await triggers('enable always');
    expect(await safeband(['seal'], { env })).toMatchObject({
      code: 5,
      err: expect.stringContaining(`the seal of ${gone} was deleted`),
    });
    expect(await safeband(['verify'], { env })).toMatchObject({
      code: 1,
      out: expect.stringMatching(new RegExp(`seal was changed or deleted +- +${last}`)),
    });
    expect(await sealFinding(pool, now)).toMatchObject({
      level: 'fail',
      text: `the seal of ${gone} was deleted: no month is sealed`,
    });
    expect(await auditOn('seal', { day: 0, hour: 4, db: pool, now })).toEqual([
      expect.stringContaining('a seal was deleted'),
    ]);
  }
  const { rowCount } = await pool.query('select from safeband.event_seals');
  expect(rowCount).toBe(0);
  expect(await beginComparison(pool, now + 2 * DAY_MS)).toBe(last);
  await change((table) => `insert into safeband.${table} select * from kept_${table}`);
  expect(await safeband(['verify'], { env })).toMatchObject({ code: 0 });
  for (const table of tables) await pool.query(`drop table kept_${table}`);
});
