/** The entries of the list of accounts: what is selected, sorted and counted by them in Postgres. */
import { expect, it } from 'vitest';
import fc from 'fast-check';
import { SENDINGS } from '../../../src/domain/wire/canSend.js';
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
import type { Pool } from '../../../src/postgres/pool.js';
import { withDatabase } from '../../support/database.js';

const NAMES = Array.from({ length: 40 }, (_, n) => `a${String(n + 1).padStart(4, '0')}`);
let pool: Pool;
withDatabase(async (own) => {
  pool = own;
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
