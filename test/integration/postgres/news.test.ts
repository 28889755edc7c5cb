/** What the audit reads of journal and log: the first audit reads in pages and always ends (R8). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dayOf } from '../../../src/domain/primitives/time.js';
import { writeFleetHeartbeat } from '../../../src/postgres/operations/fleet.js';
import { NEWS_PAGE, readNews } from '../../../src/postgres/operations/news.js';
import type { Pool, Queryable } from '../../../src/postgres/pool.js';
import { distantPool } from '../../support/stand.js';

const ACCOUNTS = 2 * NEWS_PAGE + 300;
/** One account in so many has an attempt without a grant. */
const STRAY = 100;
let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ pool, close } = await distantPool());
  await pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, highest_cap, state, owner,
        owner_version, version, updated_at)
     select 'a' || lpad(n::text, 6, '0'), 'recruiter', safeband.utc_day(now()), 50, 'active',
            'chain', 1, 1, now() from generate_series(1, $1::int) n`,
    [ACCOUNTS],
  );
  // An attempt of a week ago is in no page: no reconcile can use it.
  await pool.query(
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
     select 'a' || lpad((n - age)::text, 6, '0'), 'r', safeband.utc_day(now()) - age, now()
       from generate_series($2::int, $1::int, $2::int) n, unnest(array[0, 7]) age`,
    [ACCOUNTS, STRAY],
  );
});
afterAll(() => close());

const today = (): number => dayOf(Date.now());
const STRAYS = Array.from(
  { length: ACCOUNTS / STRAY },
  (_, n) => `a${String((n + 1) * STRAY).padStart(6, '0')}`,
);
const old = (): Promise<unknown> =>
  pool.query("update safeband.send_attempts set recorded_at = now() - interval '1 minute'");
let audits = 0;
const audited = (horizon: string): Promise<void> =>
  writeFleetHeartbeat(pool, {
    runId: `audit-${(audits += 1)}`,
    at: Date.now(),
    durationMs: 1,
    checked: ACCOUNTS,
    isAlerted: false,
    explanation: { horizon },
  });

it('without an earlier audit, it reads the accounts in pages', async () => {
  await old();
  let pages = 0;
  const found = await readNews(pool, today(), () => (pages += 1));
  expect([...found.accountIds].toSorted()).toEqual(STRAYS);
  expect(pages).toBe(Math.ceil(ACCOUNTS / NEWS_PAGE) + 1); // the last page is empty
});

it('an audit after it reads only newer rows, and leaves out none', async () => {
  await old();
  // A transaction of another test may still run: then the same rows are read again.
  const next = async (): Promise<readonly string[]> => {
    const { accountIds, horizon } = await readNews(pool, today());
    await audited(horizon);
    return accountIds;
  };
  await expect.poll(next).toEqual([]);
  await pool.query(
    `insert into safeband.send_attempts
       (account_id, reservation_id, quota_day, attempted_at, recorded_at)
     values ('a000001', 'new', safeband.utc_day(now()), now(), now())`,
  );
  // The row is younger than 30 s: the next audit reads from its transaction on.
  const young = await readNews(pool, today());
  expect(young.accountIds).toEqual([]);
  await audited(young.horizon);
  await old();
  expect((await readNews(pool, today())).accountIds).toContain('a000001');
});

it('rows of another server, with transactions that this server has not reached, are read once', async () => {
  // As `pg_restore` writes them: the number of their transaction is kept.
  await pool.query(
    `insert into safeband.send_attempts
       (account_id, reservation_id, quota_day, attempted_at, recorded_at, written_in)
     select account_id, 'restored', safeband.utc_day(now()), now(), now() - interval '1 minute',
            (pg_current_xact_id()::text::bigint + 1000000000)::text::xid8
       from unnest(array['a000007', 'a000008']) account_id`,
  );
  await audited('900000000');
  const first = await readNews(pool, today()); // the mark is in the future
  expect(first.accountIds).toEqual(expect.arrayContaining(['a000007', 'a000008']));
  await audited(first.horizon);
  expect((await readNews(pool, today())).accountIds).not.toContain('a000007');
});

it('reads in pages if the rows since the last audit are too many for one statement', async () => {
  await audited('1');
  const asked: string[] = [];
  const slow: Pick<Queryable, 'query'> = Object.create(pool, {
    query: {
      value: (sql: string, values?: unknown[]) => {
        asked.push(sql);
        if (!sql.includes('written_in >= $1')) return pool.query(sql, values);
        const error = new Error('canceling statement due to statement timeout');
        return Promise.reject(Object.assign(error, { code: '57014' }));
      },
    },
  });
  const found = await readNews(slow, today());
  expect(found.accountIds).toEqual(expect.arrayContaining(STRAYS));
  expect(asked.filter((sql) => sql.includes('written_in >= $1'))).toHaveLength(1);
});
