/** The entries of the list of accounts, and the counts of orders, which triggers keep. */
import { expect, it } from 'vitest';
import fc from 'fast-check';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import { SENDINGS } from '../../../src/domain/wire/canSend.js';
import { keepOrder, readOrder } from '../../../src/postgres/fleet/orders.js';
import { noteOutcome } from '../../../src/postgres/fleet/orderWork.js';
import { STATES } from '../../../src/http/pages/ui/words.js';
import type { Sort } from '../../../src/postgres/list/conditions.js';
import {
  countMatches,
  countsOf,
  findAccounts,
  matchesIn,
  readCells,
  readEntries,
  readFigures,
} from '../../../src/postgres/list/selecting.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import { withDatabase } from '../../support/database.js';
import { must } from '../../support/scenario.js';

const NAMES = Array.from({ length: 40 }, (_, n) => `a${String(n + 1).padStart(4, '0')}`);
let pool: Pool;
let address: string;
withDatabase(async (own, url) => {
  [pool, address] = [own, url];
  await list(NAMES);
});

/** Writes accounts, each with an entry. */
async function list(ids: readonly string[]): Promise<void> {
  await pool.query(
    `with written as (
       insert into safeband.accounts
         (account_id, tier, counter_day, state, owner, owner_version, version, updated_at)
       select id, 'recruiter', safeband.utc_day(now()), 'active', 'chain', 1, 1, now()
         from unnest($1::text[]) id returning account_id)
     insert into safeband.account_list (account_id, state, urgency, sending, counter, logged,
       in_flight, uncertain, remaining, drift, ends_at, as_of)
     select account_id, 'active', 4, 'yes', 0, 0, 0, 0, 0, 0, now(), now() from written`,
    [ids],
  );
}

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
/** Mostly the usual value: a page with many filters has few accounts, whose order shows little. */
const mostly = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof(
    { arbitrary: fc.constant(usual), weight: 4 },
    { arbitrary: fc.constantFrom(...others), weight: 1 },
  );
const asks = fc.record({
  sort: fc.constantFrom<Sort>('id', 'counter', 'remaining', 'drift', 'state', 'checked', 'checked'),
  isDescending: fc.boolean(),
  state: mostly(null, ...STATES),
  sending: mostly(null, ...SENDINGS),
  group: mostly(null, 'one', 'none'),
  search: mostly('', 'A001', '9', '003', 'a00', '0032', 'zzz', 'a%1'),
  /** The search is answered by its index, if it is long enough. */
  isFound: fc.boolean(),
});

it('entries that change have the order, the filters and the counts of a list that is made anew', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(null, 0, 2),
      fc.array(kept, { minLength: NAMES.length, maxLength: NAMES.length }),
      fc.array(asks, { minLength: 1, maxLength: 6 }),
      async (auditedAt, values, pages) => {
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
          state === 'disconnected' ? (checkedAt ?? -1) : Math.max(checkedAt ?? -1, auditedAt ?? -1);
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
        for (const { sort, isDescending, isFound, ...filter } of pages) {
          const sign = isDescending ? -1 : 1;
          const ordered = byKey(keys[sort], sign);
          const wanted = (sort === 'id' && isDescending ? ordered.toReversed() : ordered)
            .filter(({ state }) => filter.state === null || state === filter.state)
            .filter(({ sending }) => filter.sending === null || sending === filter.sending)
            .filter(({ group }) => filter.group === null || (group ?? 'none') === filter.group)
            .filter(({ accountId }) => accountId.includes(filter.search.toLowerCase()));
          const found = isFound ? await findAccounts(pool, filter.search) : null;
          const asked = { ...filter, found, accounts: NAMES };
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
  expect(counted.all).toBe(NAMES.length);
  await pool.query('delete from safeband.accounts where account_id = $1', [NAMES[0]]);
  const left = await readCells(pool, null);
  expect(countsOf(left)).toEqual(countsOf(await readCells(pool, everyone.slice())));
  expect(countsOf(left).all).toBe(NAMES.length - 1);
});

it('a search is answered by the index of parts of ids if they are few, and the text is long enough', async () => {
  const long = 'Acme_' + 'x'.repeat(118) + '.0Z-9';
  await list([long, 'ZQ', 'z', ...Array.from({ length: 10 }, (_, n) => `a101${n}`)]);
  const every = (
    await pool.query<{ id: string }>('select account_id as id from safeband.account_list')
  ).rows.map(({ id }) => id);
  for (const search of [
    'ACME_X',
    'xxx',
    'x.0z-9',
    'a00',
    '0x0',
    'zqz',
    long,
    `${long}1`,
    '😀😀😀',
  ]) {
    const naive = every.filter((id) => id.toLowerCase().includes(search.toLowerCase()));
    expect([search, (await findAccounts(pool, search))?.toSorted()]).toEqual([
      search,
      naive.toSorted(),
    ]);
  }
  for (const short of ['', 'z', 'zq', '😀😀']) expect(await findAccounts(pool, short)).toBe(null);
  expect(await findAccounts(pool, 'a101', 10)).toHaveLength(10);
  expect(await findAccounts(pool, 'a101', 9)).toBe(null);
  await pool.query('delete from safeband.accounts where account_id = $1', [long]);
  expect(await findAccounts(pool, 'acme')).toEqual([]);
});

/** Keeps an order on the last accounts of the list. */
async function keptOrder(orderId: string, count: number): Promise<readonly string[]> {
  const accountIds = NAMES.slice(-count).map((id) => must(isAccountId, id));
  const others = { all: undefined, group: undefined, tier: undefined, state: undefined };
  const filter = { ...others, cooldown: undefined, accountIds };
  const by = { reason: 'a check', actor: 'ada', perSecond: 50, change: null, expected: count };
  expect(await keepOrder(pool, { ...by, orderId, kind: 'hold', filter }, null)).toBe(count);
  return accountIds;
}
const countsOfOrder = (orderId: string) => readOrder(pool, orderId, null);

it('an outcome is noted while another one is taken back, and both end', async () => {
  const orderId = '0000000000000001';
  const [one = '', other = ''] = await keptOrder(orderId, 2);
  const PARTS = 16; // Connections write the same counts if their numbers are equal by this divisor.
  const many = createPool(address, PARTS + 1);
  const connections = await Promise.all(Array.from({ length: PARTS + 1 }, () => many.connect()));
  const byPart = new Map<number, (typeof connections)[number]>();
  let pair: readonly (typeof connections)[number][] = [];
  for (const connection of connections) {
    const { rows } = await connection.query<{ part: number }>(
      'select pg_backend_pid() % $1::int as part',
      [PARTS],
    );
    const part = rows[0]?.part ?? 0;
    const equal = byPart.get(part);
    if (equal) pair = [equal, connection];
    byPart.set(part, connection);
  }
  const [worker, person] = pair;
  if (!worker || !person) throw new Error('17 numbers have two that are equal by 16');
  const done = { orderId, outcome: 'done', error: null } as const;
  await noteOutcome(worker, { ...done, accountId: other });

  const holder = await pool.connect();
  await holder.query('begin');
  await holder.query(
    `select from safeband.order_counts where order_id = $1 and outcome = 'left' for update`,
    [orderId],
  );
  const waiting = async () =>
    (
      await pool.query(
        `select from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).rowCount;
  const noted = noteOutcome(worker, { ...done, accountId: one });
  await expect.poll(waiting).toBe(1);
  const takenBack = person.query(
    `update safeband.order_accounts set outcome = null, error = null, decided_at = null
      where order_id = $1 and account_id = $2`,
    [orderId, other],
  );
  await expect.poll(waiting).toBe(2);
  await holder.query('commit');
  holder.release();
  const ends = await Promise.allSettled([noted, takenBack]);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  for (const connection of connections) connection.release();
  await many.end();
  expect(await countsOfOrder(orderId)).toMatchObject({ done: 1, left: 1, failed: 0 });
});

it('a change of the error alone locks no count of the order, and each other change is counted', async () => {
  const orderId = '0000000000000002';
  const accountIds = await keptOrder(orderId, 3);
  for (const accountId of accountIds) {
    await noteOutcome(pool, { orderId, accountId, outcome: 'failed', error: 'a person' });
  }
  const rows = async () =>
    (
      await pool.query<{ row: string }>(
        `select concat_ws(' ', outcome, part, accounts, ctid, xmax) as row
           from safeband.order_counts where order_id = $1 order by 1`,
        [orderId],
      )
    ).rows;
  const before = await rows();
  await pool.query(`update safeband.order_accounts set error = 'erased' where order_id = $1`, [
    orderId,
  ]);
  expect(await rows()).toEqual(before);
  await pool.query(
    `update safeband.order_accounts
        set error = null, outcome = case when account_id = $2::text then 'done' end,
            decided_at = case when account_id = $2::text then now() end
      where order_id = $1 and account_id = any($3::text[])`,
    [orderId, accountIds[0], accountIds.slice(0, 2)],
  );
  expect(await countsOfOrder(orderId)).toMatchObject({ done: 1, left: 1, failed: 1, unchanged: 0 });
  await pool.query('delete from safeband.order_accounts where order_id = $1 and account_id = $2', [
    orderId,
    accountIds[2],
  ]);
  expect(await countsOfOrder(orderId)).toMatchObject({ done: 1, left: 1, failed: 0, unchanged: 0 });
});
