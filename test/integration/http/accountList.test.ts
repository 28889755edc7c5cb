/** The list of accounts: what it reads after a start, after changes, and while Postgres fails. */
import { beforeEach, expect, it } from 'vitest';
import type { Pool } from '../../../src/postgres/pool.js';
import { AccountList } from '../../../src/http/pages/accounts/accountList.js';
import { askOf, needsNumbers } from '../../../src/http/pages/accounts/accountsView.js';
import { accountsOf } from '../../../src/http/pages/accounts/selection.js';
import { figuresOf } from '../../../src/http/pages/fleet/figures.js';
import { HOUR_MS } from '../../../src/domain/primitives/time.js';
import { withDatabase } from '../../support/database.js';
import { at } from '../../support/scenario.js';

/** More than a refresh reads without a report, so most of them are read only when they change. */
const ACCOUNTS = 2_300;
const NOON = at('12:00');
const nameOf = (n: number): string => `a${String(n).padStart(4, '0')}`;

let pool: Pool;
withDatabase(async (own) => {
  pool = own;
  await pool.query(
    `insert into safeband.accounts
       (account_id, tier, inmails_sent_today, counter_day, highest_cap, state, owner,
        owner_version, version, updated_at, last_checked_at)
     select 'a' || lpad(n::text, 4, '0'), 'recruiter', 0, safeband.day_at($2), 50, 'active',
            'chain', 1, 100, safeband.at_ms($3), safeband.at_ms($3)
       from generate_series(1, $1::int) n`,
    [ACCOUNTS, Math.floor(NOON / (24 * HOUR_MS)), NOON],
  );
});

let now = NOON;
/** What statements wait for; a rejection is a Postgres that does not answer. */
let gate: (sql: string) => Promise<void> | void = () => undefined;
beforeEach(() => {
  now = NOON;
  gate = () => undefined;
});

function listOf(answerMs?: number) {
  const gatedQuery = async (sql: string, values: unknown[]) => {
    await gate(sql);
    return pool.query(sql, values);
  };
  const gated = new Proxy(pool, {
    get: (target, name) => (name === 'query' ? gatedQuery : Reflect.get(target, name)),
  });
  const list = new AccountList({ pool: gated, now: () => now, ...(answerMs ? { answerMs } : {}) });
  const open = (
    query: Record<string, string> = {},
    isFresh = false,
    accounts: string[] | null = null,
  ) => {
    const ask = askOf(query);
    const asked = { caller: { accounts }, isFresh, needsNumbers: needsNumbers(ask) };
    return accountsOf(list, asked, ask);
  };
  const shown = async (query: Record<string, string> = {}, isFresh = false) =>
    (await open(query, isFresh)).list?.shown.map(({ accountId }) => accountId);
  return { list, open, shown };
}
const firstIds = Array.from({ length: 50 }, (_, n) => nameOf(n + 1));

it('after a start, a page by id and a key with few accounts do not wait for all accounts', async () => {
  let release = (): void => undefined;
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  gate = (sql) => (sql.includes('limit $3') ? isReleased : undefined);
  const { open, shown } = listOf(2_000);
  const first = await open();
  expect(first.list).toMatchObject({ matches: ACCOUNTS, pages: 46, counts: null });
  expect(first.list?.shown.map(({ accountId }) => accountId)).toEqual(firstIds);
  expect(first.reading.entries).toMatchObject({ size: ACCOUNTS, unread: ACCOUNTS - 50 });
  expect(await open({ state: 'active' })).toMatchObject({ list: null });
  const few = await open({ state: 'active' }, false, [nameOf(7), nameOf(2_299), 'none']);
  expect(few.list).toMatchObject({ matches: 2, counts: { byState: { active: 2, held: 0 } } });
  release();
  await expect.poll(async () => (await open({ state: 'active' })).list?.matches).toBe(ACCOUNTS);
  expect(await shown({ sort: 'counter' })).toEqual(firstIds);
});

it('the list shows a change that Postgres did not report: after a minute, or a hard refresh', async () => {
  const { list, shown } = listOf();
  expect(await shown({ sort: 'drift', dir: 'desc' })).toEqual(firstIds);
  const last = nameOf(ACCOUNTS);
  await pool.query(
    `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
     values ($1, 'c-1', 'external', safeband.day_at($2), safeband.at_ms($3))`,
    [last, Math.floor(NOON / (24 * HOUR_MS)), NOON],
  );
  expect(await shown({ sort: 'drift', dir: 'desc' })).toEqual(firstIds);
  expect((await shown({ sort: 'drift', dir: 'desc' }, true))?.[0]).toBe(last);
  await pool.query(
    `update safeband.accounts set hold_actor = 'ada', hold_reason = 'odd',
       hold_since = safeband.at_ms($2), recorded_at = clock_timestamp() where account_id = $1`,
    [nameOf(2_200), NOON],
  );
  expect(await shown({ state: 'held' })).toEqual([]);
  now += 61_000;
  expect(await shown({ state: 'held' })).toEqual([nameOf(2_200)]);
  expect(await shown({ send: 'person' })).toEqual([nameOf(2_200)]);
  const { entries } = await list.read({
    caller: { accounts: null },
    isFresh: false,
    needsNumbers: true,
  });
  const { byState, drifting, oldest } = figuresOf(entries);
  expect(byState).toMatchObject({ held: 1, active: ACCOUNTS - 1 });
  expect([drifting, oldest?.at]).toEqual([{ count: 1, above: 0, ids: [last] }, NOON]);
});

it('the list counts a cooldown that ends, and an audit, without a change of a row', async () => {
  const [cooling, gone] = [nameOf(2_250), nameOf(2_260)];
  const ends = NOON + HOUR_MS;
  await pool.query(
    `update safeband.accounts set cooldown_until = safeband.at_ms($2), cooldown_cause = 'throttled',
       cooldowns = jsonb_build_array(jsonb_build_object('until', $2::bigint, 'cause', 'throttled')),
       recorded_at = clock_timestamp()
      where account_id = $1`,
    [cooling, ends],
  );
  await pool.query(
    `update safeband.accounts set state = 'disconnected', recorded_at = clock_timestamp()
      where account_id = $1`,
    [gone],
  );
  const { list, shown } = listOf();
  expect(await shown({ state: 'cooldown' })).toEqual([cooling]);
  now = ends - 1;
  expect(await shown({ state: 'cooldown' })).toEqual([cooling]);
  now = ends;
  expect(await shown({ state: 'cooldown' })).toEqual([]);
  await pool.query(
    `insert into safeband.reconciler_runs (run_id, scope, ran_at, duration_ms, accounts_checked)
     values ('audit', 'fleet', safeband.at_ms($1), 1, 1)`,
    [ends],
  );
  expect((await shown({ sort: 'checked' }, true))?.[0]).toBe(gone);
  const asked = { caller: { accounts: null }, isFresh: false, needsNumbers: true };
  expect(figuresOf((await list.read(asked)).entries).oldest?.at).toBe(ends);
});

it('while Postgres does not answer, the list shows the rows that it showed before', async () => {
  const { open, shown } = listOf();
  expect(await shown()).toEqual(firstIds);
  now += 46_000;
  gate = () => Promise.reject(new Error('no answer'));
  const again = await open();
  expect(again.list?.shown.map(({ accountId }) => accountId)).toEqual(firstIds);
  expect(again.reading).toMatchObject({ readAt: NOON, failure: 'no answer' });
  await expect(open({ page: '2' })).rejects.toThrow('no answer');
  gate = () => undefined;
  expect((await open()).reading).toMatchObject({ readAt: now, failure: null });
});
