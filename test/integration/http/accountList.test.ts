/** The list of accounts: what it reads after a start, after changes, and while Postgres fails. */
import { beforeEach, expect, it } from 'vitest';
import fc from 'fast-check';
import { AccountList } from '../../../src/http/pages/accounts/accountList.js';
import { askOf } from '../../../src/http/pages/accounts/accountsView.js';
import { STATES } from '../../../src/http/pages/ui/words.js';
import { SENDINGS } from '../../../src/domain/wire/canSend.js';
import { HOUR_MS } from '../../../src/domain/primitives/time.js';
import type { Pool } from '../../../src/postgres/pool.js';
import {
  countMatches,
  countsOf,
  matchesIn,
  readCells,
  readEntries,
  readFigures,
  type Sort,
} from '../../../src/postgres/list/selecting.js';
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

/** By default its pages wait for all reads: a slow machine needs seconds for so many accounts. */
function listOf(answerMs = 60_000) {
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
  const list = new AccountList({ pool: gated, now: () => now, answerMs });
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
  let release = (): void => undefined;
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  gate = (sql) => (sql.includes('set since_at = clock_timestamp()') ? isReleased : undefined);
  const { open, shown } = listOf(2_000);
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

const NAMES = Array.from({ length: 40 }, (_, n) => nameOf(n + 1));
const kept = fc.record({
  state: fc.constantFrom(...STATES),
  sending: fc.constantFrom(...SENDINGS),
  group: fc.constantFrom(null, 'one', 'two'),
  counter: fc.nat(3),
  remaining: fc.nat(2),
  drift: fc.integer({ min: -9, max: 9 }),
  checkedAt: fc.option(fc.nat(3)),
  cooldownUntil: fc.option(fc.nat(3)),
});
const asks = fc.record({
  sort: fc.constantFrom<Sort>('id', 'counter', 'remaining', 'drift', 'state', 'checked'),
  isDescending: fc.boolean(),
  state: fc.constantFrom(null, ...STATES),
  sending: fc.constantFrom(null, ...SENDINGS),
  group: fc.constantFrom(null, 'one', 'none'),
  search: fc.constantFrom('', 'A001', '9'),
});

it('entries that change have the order, the filters and the counts of a list that is made anew', async () => {
  const auditedAt = 2;
  await fc.assert(
    fc.asyncProperty(
      fc.array(kept, { minLength: NAMES.length, maxLength: NAMES.length }),
      fc.array(asks, { minLength: 1, maxLength: 6 }),
      async (values, pages) => {
        const all = values.map((one, n) => ({ ...one, accountId: NAMES[n] ?? '' }));
        await pool.query(
          `update safeband.account_list l
              set state = e.state, urgency = e.urgency, sending = e.sending, group_name = e."group",
                  counter = e.counter, remaining = e.remaining, drift = e.drift,
                  checked_at = safeband.at_ms(e."checkedAt"),
                  cooldown_until = safeband.at_ms(e."cooldownUntil")
             from jsonb_to_recordset($1::jsonb) as e ("accountId" text, state text,
                    urgency smallint, sending text, "group" text, counter int, remaining int,
                    drift int, "checkedAt" bigint, "cooldownUntil" bigint)
            where l.account_id = e."accountId"`,
          [JSON.stringify(all.map((one) => ({ ...one, urgency: STATES.indexOf(one.state) })))],
        );
        type One = (typeof all)[number];
        const checked = ({ state, checkedAt }: One): number =>
          state === 'disconnected' ? (checkedAt ?? -1) : Math.max(checkedAt ?? -1, auditedAt);
        const keys: Readonly<Record<Sort, (one: One) => number>> = {
          id: () => 0,
          counter: ({ counter }) => counter,
          remaining: ({ remaining }) => remaining,
          drift: ({ drift }) => Math.abs(drift),
          state: ({ state }) => STATES.indexOf(state),
          checked,
        };
        const byKey = (key: (one: One) => number, sign: number) =>
          all.toSorted((a, b) => sign * (key(a) - key(b)));
        const cells = await readCells(pool, NAMES);
        for (const { sort, isDescending, ...filter } of pages) {
          const sign = isDescending ? -1 : 1;
          const ordered = byKey(keys[sort], sign);
          const wanted = (sort === 'id' && isDescending ? ordered.toReversed() : ordered)
            .filter(({ state }) => filter.state === null || state === filter.state)
            .filter(({ sending }) => filter.sending === null || sending === filter.sending)
            .filter(({ group }) => filter.group === null || (group ?? 'none') === filter.group)
            .filter(({ accountId }) => accountId.includes(filter.search.toLowerCase()));
          const asked = { ...filter, accounts: NAMES };
          const order = { sort, isDescending, auditedAt };
          const page = await readEntries(pool, asked, order, { limit: 9, offset: 2 });
          const ids = wanted.map(({ accountId }) => accountId);
          expect(page.map(({ accountId }) => accountId)).toEqual(ids.slice(2, 11));
          expect(await countMatches(pool, asked)).toBe(ids.length);
          const counted = filter.search === '' ? matchesIn(cells, filter) : ids.length;
          expect(counted).toBe(ids.length);
        }
        const connected = all.filter(({ state }) => state !== 'disconnected');
        const figures = await readFigures(pool, { accounts: NAMES, auditedAt, limit: 5 });
        const drifting = byKey(({ drift }) => Math.abs(drift), -1)
          .filter(({ drift, state }) => drift !== 0 && state !== 'disconnected')
          .map(({ accountId }) => accountId);
        expect(figures.drifting).toEqual({
          count: drifting.length,
          above: connected.filter(({ drift }) => drift > 5).length,
          ids: drifting.slice(0, 5),
        });
        const [oldest] = connected.toSorted((a, b) => checked(a) - checked(b));
        expect(figures.oldest?.accountId).toBe(oldest?.accountId);
        expect(figures.cooldowns.count).toBe(all.filter((one) => one.state === 'cooldown').length);
      },
    ),
    { numRuns: 30 },
  );
  // The counts of all accounts are kept by triggers, and those of a few are counted anew.
  const { rows } = await pool.query<{ id: string }>(
    'select account_id as id from safeband.account_list',
  );
  const everyone = rows.map(({ id }) => id);
  const counted = countsOf(await readCells(pool, everyone));
  expect(countsOf(await readCells(pool, null))).toEqual(counted);
  expect(counted.all).toBe(ACCOUNTS);
  await pool.query('delete from safeband.accounts where account_id = $1', [NAMES[0]]);
  const left = await readCells(pool, null);
  expect(countsOf(left)).toEqual(countsOf(await readCells(pool, everyone.slice())));
  expect(countsOf(left).all).toBe(ACCOUNTS - 1);
});
