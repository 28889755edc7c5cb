/** The list of accounts: what it reads after a start, after changes, and while Postgres fails. */
import { beforeEach, expect, it, vi } from 'vitest';
import { AccountList } from '../../../src/http/pages/accounts/accountList.js';
import { askOf } from '../../../src/http/pages/accounts/accountsView.js';
import { HOUR_MS } from '../../../src/domain/primitives/time.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { listAccounts } from '../../../src/postgres/read/accountPages.js';
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

/** By default its pages wait for all reads: a slow machine needs seconds for these accounts. */
function listOf(answerMs = 60_000, live?: ConstructorParameters<typeof AccountList>[0]['live']) {
  const gatedQuery =
    (db: Pick<Pool, 'query'>) =>
    async (sql: string, values: unknown[] = []): Promise<unknown> => {
      await gate(sql);
      return db.query(sql, values);
    };
  const connect = async () => {
    const client = await pool.connect();
    return { query: gatedQuery(client), release: (error?: Error) => client.release(error) };
  };
  const gated = new Proxy(pool, {
    get: (target, name) =>
      name === 'query'
        ? gatedQuery(pool)
        : name === 'connect'
          ? connect
          : Reflect.get(target, name),
  });
  const more = live ? { live } : {};
  const list = new AccountList({ pool: gated, now: () => now, answerMs, ...more });
  const open = (
    query: Record<string, string> = {},
    isFresh = false,
    accounts: string[] | null = null,
  ) => {
    return list.page({ caller: { accounts }, isFresh }, askOf(query));
  };
  const shown = async (query: Record<string, string> = {}, isFresh = false) =>
    (await open(query, isFresh)).list?.shown.map(({ accountId }) => accountId);
  return { list, open, shown };
}
const firstIds = Array.from({ length: 50 }, (_, n) => nameOf(n + 1));

it('after a start, a page by id and a key with few accounts do not wait for all accounts', async () => {
  let fail: (error: Error) => void = () => undefined;
  const isReleased = new Promise<void>((_, reject) => {
    fail = reject;
  });
  gate = (sql) => (sql.includes('set since_at = clock_timestamp()') ? isReleased : undefined);
  const { list, open, shown } = listOf(2_000);
  const first = await open();
  expect(first.list).toMatchObject({ matches: ACCOUNTS, pages: 46, counts: null });
  expect(first.list?.shown.map(({ accountId }) => accountId)).toEqual(firstIds);
  expect(first.reading.progress).toEqual({ size: ACCOUNTS, unread: ACCOUNTS });
  const last = (await open({ page: '999' })).list;
  expect(last?.shown.map(({ accountId }) => accountId)).toEqual(
    firstIds.map((_, n) => nameOf(2_251 + n)),
  );
  expect(await open({ state: 'active' })).toMatchObject({ list: null });
  const few = await open({ state: 'active' }, false, [nameOf(7), nameOf(2_299), 'none']);
  expect(few.list).toMatchObject({ matches: 2, counts: { byState: { active: 2, held: 0 } } });
  // All accounts of the key have entries, and one of them changes before the first read ends.
  const hold = async (actor: string | null, reason: string | null, since: number | null) => {
    await pool.query(
      `update safeband.accounts set hold_actor = $2, hold_reason = $3,
         hold_since = safeband.at_ms($4), recorded_at = clock_timestamp() where account_id = $1`,
      [nameOf(7), actor, reason, since],
    );
    list.touch(nameOf(7));
  };
  await hold('ada', 'odd', NOON);
  expect(await list.isCurrent([nameOf(7), nameOf(2_299)])).toBe(false);
  const held = await open({ send: 'person' }, false, [nameOf(7), nameOf(2_299)]);
  expect(held.list?.shown.map(({ accountId }) => accountId)).toEqual([nameOf(7)]);
  await hold(null, null, null);
  // Another server reads all accounts, and one of them changes just before it notes that.
  let [note, isNoting] = [(): void => undefined, false];
  const isNoted = new Promise<void>((resolve) => {
    note = resolve;
  });
  gate = (sql) => {
    if (!sql.includes('set is_filled = true')) return undefined;
    isNoting = true;
    return isNoted;
  };
  fail(new Error('this server does not'));
  const other = listOf();
  const person = other.shown({ send: 'person' });
  await expect.poll(() => isNoting).toBe(true);
  await hold('ada', 'odd', NOON);
  other.list.touch(nameOf(7));
  note();
  expect(await person).toEqual([nameOf(7)]);
  await hold(null, null, null);
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
  const { fleet } = await list.fleet({ caller: { accounts: null }, isFresh: false }, 20);
  const { byState, drifting, oldest } = fleet?.figures ?? {};
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
  const { list, open, shown } = listOf();
  expect(await shown({ state: 'cooldown' })).toEqual([cooling]);
  now = ends - 1;
  expect(await shown({ state: 'cooldown' })).toEqual([cooling]);
  now = ends;
  expect((await open({ state: 'active' })).list?.counts?.byState.cooldown).toBe(0);
  expect(await shown({ state: 'cooldown' })).toEqual([]);
  await pool.query(
    `insert into safeband.reconciler_runs (run_id, scope, ran_at, duration_ms, accounts_checked)
     values ('audit', 'fleet', safeband.at_ms($1), 1, 1)`,
    [ends],
  );
  expect((await shown({ sort: 'checked' }, true))?.[0]).toBe(gone);
  const asked = { caller: { accounts: null }, isFresh: false };
  expect((await list.fleet(asked, 20)).fleet?.figures.oldest?.at).toBe(ends);
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

type Wanted = Pick<Parameters<typeof listAccounts>[1], 'state' | 'sending' | 'accounts'>;
/** Reads all pages of the API's list, and counts the rows that were computed. */
async function apiList(wanted: Partial<Wanted>, limit: number, isListed: boolean) {
  let computed = 0;
  const query = async (sql: string, values: unknown[]): Promise<unknown> => {
    const found = await pool.query(sql, values);
    computed += found.rows.length;
    return found;
  };
  const counting = new Proxy(pool, {
    get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)),
  });
  const every = { state: null, sending: null, accounts: null, ...wanted };
  const ids: string[] = [];
  for (let after: string | null = ''; after !== null;) {
    const asked = { ...every, at: now, after, limit, prefix: 'a00', isListed };
    const page = await listAccounts(counting, asked);
    ids.push(...page.accounts.map(({ accountId }) => accountId));
    after = page.next;
  }
  return { ids, computed };
}

it('the list of the API has all accounts that match, and reads only those that entries choose', async () => {
  const { list } = listOf();
  await expect.poll(() => list.isCurrent(null)).toBe(true);
  const some = Array.from({ length: 60 }, (_, n) => nameOf(n + 1));
  const ends = NOON + HOUR_MS;
  await pool.query(
    `update safeband.accounts
        set recorded_at = clock_timestamp(),
            hold_actor = case when n = 0 then 'ada' end,
            hold_reason = case when n = 0 then 'odd' end,
            hold_since = case when n = 0 then safeband.at_ms($2) end,
            state = case n when 1 then 'disconnected' when 2 then 'unverified' else 'active' end,
            cooldown_until = case when n = 3 then safeband.at_ms($3) end,
            cooldown_cause = case when n = 3 then 'throttled' end,
            cooldowns = case when n = 3 then jsonb_build_array(
              jsonb_build_object('until', $3::bigint, 'cause', 'throttled')) else '[]' end
       from (select id, number % 7 as n
               from unnest($1::text[]) with ordinality as t (id, number)) changed
      where account_id = changed.id`,
    [some, NOON, ends],
  );
  for (const id of some) list.touch(id);
  expect(await list.isCurrent(null)).toBe(true);
  const filters: readonly Partial<Wanted>[] = [
    { state: 'held' },
    { state: 'cooldown' },
    { state: 'unverified', sending: 'waits' },
    { state: 'active', sending: 'yes' },
    { sending: 'person' },
    { sending: 'waits', accounts: some.slice(20) },
    { state: 'disconnected', sending: 'yes' },
  ];
  const sizes = [];
  for (const wanted of filters) {
    const [naive, listed] = [await apiList(wanted, 40, false), await apiList(wanted, 7, true)];
    expect([wanted, listed.ids]).toEqual([wanted, naive.ids]);
    expect([wanted, listed.computed]).toEqual([wanted, listed.ids.length]);
    sizes.push(listed.ids.length);
  }
  expect(sizes).toEqual([8, 9, 9, 64, 8, 12, 0]);
  // Entries that time has changed do not decide: nine accounts, which two pages may compute.
  now = ends;
  for (const wanted of filters.slice(0, 4)) {
    const [naive, listed] = [await apiList(wanted, 40, false), await apiList(wanted, 7, true)];
    expect([wanted, listed.ids]).toEqual([wanted, naive.ids]);
    expect(listed.computed - listed.ids.length).toBeLessThanOrEqual(2 * 9);
  }
  expect((await apiList({ state: 'cooldown' }, 7, true)).ids).toEqual([]);
  // Just after midnight, time has changed all entries.
  now = NOON + 24 * HOUR_MS;
  let statements = 0;
  const query = (sql: string, values: unknown[]): Promise<unknown> => {
    statements += 1;
    return pool.query(sql, values);
  };
  const counting = new Proxy(pool, {
    get: (target, name) => (name === 'query' ? query : Reflect.get(target, name)),
  });
  const cooling = { at: now, after: '', limit: 1, prefix: '', accounts: null, sending: null };
  const asked = { ...cooling, state: 'cooldown', isListed: true };
  expect(await listAccounts(counting, asked)).toEqual({ accounts: [], next: nameOf(2_000) });
  expect(statements).toBeLessThanOrEqual(11);
});

it('the list of the API does not use entries while reported changes are being read', async () => {
  const { list } = listOf(300);
  await expect.poll(() => list.isCurrent(null)).toBe(true);
  let release = (): void => undefined;
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  gate = (sql) => (sql.includes('for update') ? isReleased : undefined);
  list.touch(nameOf(3));
  expect(await list.isCurrent(null)).toBe(false);
  release();
  await expect.poll(() => list.isCurrent(null)).toBe(true);
  // The read of lost reports fails, and that of an account that was reported later succeeds.
  const noAnswer = () => Promise.reject(new Error('no answer'));
  gate = (sql) => (sql.includes("'horizon'") ? noAnswer() : undefined);
  list.touchAll();
  list.touch(nameOf(3));
  expect(await list.isCurrent(null)).toBe(false);
  gate = () => undefined;
  await expect.poll(() => list.isCurrent(null)).toBe(true);
  gate = noAnswer;
  expect(await list.isCurrent(null)).toBe(false);
});

it('the list reads reported accounts every 45 s, and an answer waits for many of them', async () => {
  const timers = vi.spyOn(globalThis, 'setInterval');
  const live = { alsoNotify: () => undefined, isListening: true };
  const { list } = listOf(60_000, live);
  await expect.poll(() => list.isCurrent(null)).toBe(true);
  const tick = timers.mock.calls.find(([, ms]) => ms === 45_000)?.[0];
  timers.mockRestore();
  list.stop();
  const reported = Array.from({ length: 300 }, (_, n) => nameOf(n + 1));
  for (const id of reported) list.touch(id);
  expect(await list.isCurrent(null)).toBe(true);

  for (const id of reported) list.touch(id);
  let release = (): void => undefined;
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  let [reads, isMoving] = [0, false];
  gate = (sql) => {
    if (sql.includes('for update')) reads += 1;
    if (!sql.includes('set is_filled = true')) return undefined;
    isMoving = true;
    return isReleased;
  };
  tick?.();
  await expect.poll(() => isMoving).toBe(true);
  const before = reads;
  // The read of what changed has not ended, and nothing that was reported is left.
  expect(await list.isCurrent(null)).toBe(true);
  expect([before > 1, reads]).toEqual([true, before]);
  release();
  live.isListening = false; // No change is reported, so the list may be old.
  expect(await list.isCurrent(null)).toBe(false);
});
