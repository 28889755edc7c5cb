/**
 * The audit compares sealed months with the event log (R29): which, how often, and its alert. Doctor
 * shows the comparisons, and the key of the worker.
 */
import { randomUUID } from 'node:crypto';
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { sealWork } from '../../../src/activities/audit/seals.js';
import { erasureFinding } from '../../../src/doctor/erasures.js';
import { sealFinding } from '../../../src/doctor/seals.js';
import {
  DAY_MS,
  dayOf,
  HOUR_MS,
  isoDay,
  MINUTE_MS,
  startOf,
} from '../../../src/domain/primitives/time.js';
import { RETENTION_DEFAULT } from '../../../src/domain/records/retention.js';
import { beginComparison } from '../../../src/postgres/data/comparisons.js';
import { erasedRecipient, keyOf } from '../../../src/postgres/data/erasureKey.js';
import { sealMonths } from '../../../src/postgres/data/seal.js';
import { verifyMonth } from '../../../src/postgres/data/verifyMonth.js';
import { readGauges } from '../../../src/postgres/operations/gauges.js';
import { readErasureKeys } from '../../../src/postgres/operations/vitals.js';
import { createPool, inTransaction, type Pool } from '../../../src/postgres/pool.js';
import { safeband } from '../../support/cli.js';
import { withDatabase } from '../../support/database.js';
import { fillYear } from '../../support/madeUpYear.js';

const SECRET = Buffer.alloc(32, 7);
const key = keyOf(SECRET);
const now = Date.now();
let pool: Pool;
let url: string;
let month: string;
const env = () => ({ DATABASE_URL: url, SAFEBAND_ERASURE_KEY: SECRET.toString('base64') });
withDatabase(async (own, address) => {
  pool = own;
  url = address;
});
beforeAll(async () => {
  await fillYear(pool, { accounts: 2, days: 80, perDay: 2, today: dayOf(now) });
  const { sealed } = await sealMonths(pool, key, { at: now, by: 'ada', withLate: false });
  month = sealed[0]?.month ?? '';
});
beforeEach(async () => {
  await pool.query('delete from safeband.seal_comparisons');
});

/** Changes the event log as its owner can, with the words of docs/runbook.md. */
async function byForce(sql: string): Promise<void> {
  await inTransaction(pool, async (db) => {
    await db.query('alter table safeband.inmail_events disable trigger append_only');
    await db.query(sql);
    await db.query('alter table safeband.inmail_events enable always trigger append_only');
  });
}

/** Does the work on seals as the audit of a worker does, so many days after today. */
async function auditOn(
  work: 'seal' | 'compare',
  { day, hour, db }: { readonly day: number; readonly hour: number; readonly db: Pool },
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const keep = { ...RETENTION_DEFAULT, sealAfterDays: 10 };
  const done = sealWork(db, { keep, erasureKey: key });
  const context = Object.create(Context.prototype, {
    heartbeat: { value: () => undefined },
    log: { value: { warn: (text: string) => void warnings.push(text) } },
  });
  const at = startOf(dayOf(now) + day) + hour * HOUR_MS;
  const ask = { runId: `audit-${day}-${hour}`, at, skewMs: 0 };
  await asyncLocalStorage.run(context, () => done[work](ask));
  return warnings;
}
const compareOn = (day: number, hour = 4, db = pool): Promise<readonly string[]> =>
  auditOn('compare', { day, hour, db });
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
    Object.assign(new URL(url), { username: user, password: user }).href,
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
    expect(await safeband(['seal'], { env: env() })).toMatchObject({
      code: 5,
      err: expect.stringContaining(`the seal of ${gone} was deleted`),
    });
    expect(await safeband(['verify'], { env: env() })).toMatchObject({
      code: 1,
      out: expect.stringMatching(new RegExp(`seal was changed or deleted +- +${last}`)),
    });
    expect(await sealFinding(pool, now)).toMatchObject({
      level: 'fail',
      text: `the seal of ${gone} was deleted: no month is sealed`,
    });
    expect(await auditOn('seal', { day: 0, hour: 4, db: pool })).toEqual([
      expect.stringContaining('a seal was deleted'),
    ]);
  }
  const { rowCount } = await pool.query('select from safeband.event_seals');
  expect(rowCount).toBe(0);
  expect(await beginComparison(pool, now + 2 * DAY_MS)).toBe(last);
  await change((table) => `insert into safeband.${table} select * from kept_${table}`);
  expect(await safeband(['verify'], { env: env() })).toMatchObject({ code: 0 });
  for (const table of tables) await pool.query(`drop table kept_${table}`);
});

it('each changed month has its alert, and a person who closes it accepts exactly these differences', async () => {
  type Place = { readonly id: string; readonly day: string; readonly account: string };
  const rowsOf = async (of: string): Promise<readonly Place[]> =>
    (
      await pool.query<Place>(
        `select event_id::text as id, quota_day::text as day, account_id as account
           from safeband.inmail_events where to_char(quota_day, 'YYYY-MM') = $1
          order by event_id limit 2`,
        [of],
      )
    ).rows;
  const next = isoDay(dayOf(Date.parse(`${month}-01`) + 32 * DAY_MS)).slice(0, 7);
  const [edited, other] = await rowsOf(month);
  const [later] = await rowsOf(next);
  const move = (row: Place | undefined, by: string): Promise<void> =>
    byForce(
      `update safeband.inmail_events set delivered_at = delivered_at + interval '${by}'
        where event_id = ${row?.id}`,
    );
  type Open = { readonly alertId: number; readonly raisedAt: string };
  const open = async (): Promise<readonly Open[]> => {
    const { out } = await safeband(['alerts', '--kind', 'log_altered', '--json'], { env: env() });
    return JSON.parse(out).alerts;
  };
  /** Compares the first month on that day, and returns the open alerts. */
  const openOn = async (day: number): Promise<readonly Open[]> => {
    await pool.query('delete from safeband.seal_comparisons');
    await compareOn(day);
    return open();
  };
  const detailsOf = (row: Place | undefined) => ({
    message:
      `${row?.day.slice(0, 7)}: row was edited (account ${row?.account}, day ${row?.day}, ` +
      `event ${row?.id}); 1 difference found`,
    found: 'row was edited',
    month: row?.day.slice(0, 7),
    account: row?.account,
    quotaDay: row?.day,
    eventId: row?.id,
    differences: 1,
  });
  const closes = ({ alertId, raisedAt }: Open) =>
    safeband(
      ['alerts', 'close', String(alertId), '--raised-at', raisedAt, '--reason', 'it is known'],
      { env: env() },
    );
  const close = async (closed: Open | undefined): Promise<void> => {
    expect(closed && (await closes(closed))).toMatchObject({ code: 0, err: '' });
  };
  await move(edited, '1 s');
  const [alert] = await openOn(10);
  expect(alert).toMatchObject({
    accountId: 'safeband:fleet',
    severity: 'critical',
    quotaDay: `${month}-01`,
    details: { ...detailsOf(edited), day: `${month}-01` },
  });
  expect(alert).not.toHaveProperty('details.mark');
  await move(later, '1 s');
  await compareOn(11);
  const both = await open();
  expect(both).toMatchObject([{ details: detailsOf(later) }, { alertId: alert?.alertId }]);
  const { out } = await safeband(['alerts'], { env: env() });
  expect(out.replaceAll(/\s+/g, ' ')).toContain(detailsOf(later).message);
  await close(both[0]);
  // The month has differed again since the person has read its alert.
  await move(other, '1 s');
  const [more] = await openOn(12);
  expect(more).toMatchObject({ details: { month, differences: 2 } });
  expect(alert && (await closes(alert))).toMatchObject({
    code: 5,
    err: expect.stringContaining('AlertRaisedAgain'),
  });
  await close(more);
  expect(await openOn(13)).toEqual([]);
  // The rows are as they were, and the same edit again is not what the person has accepted.
  await move(edited, '-1 s');
  expect(await openOn(14)).toMatchObject([{ details: { month, differences: 1 } }]);
  await move(other, '-1 s');
  const [last] = await openOn(15);
  expect(last).toMatchObject({ alertId: alert?.alertId });
  await close(last);
  await move(edited, '1 s');
  expect(await openOn(16)).toMatchObject([{ details: { month, differences: 1 } }]);
});
