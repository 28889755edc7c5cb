/** The list of accounts in the server: its orders and counts stay right while accounts change. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { askOf, selected } from '../../../src/http/pages/accounts/accountsView.js';
import {
  checkedAtOf,
  Entries,
  SORT_KEYS,
  type Entry,
  type Sort,
} from '../../../src/http/pages/accounts/entries.js';
import { STATES } from '../../../src/http/pages/ui/words.js';
import { SENDINGS } from '../../../src/domain/wire/canSend.js';

const entry = (accountId: string, more: Partial<Entry> = {}): Entry => ({
  accountId,
  state: 'active',
  sending: 'yes',
  group: null,
  counter: 0,
  logged: 0,
  inFlight: 0,
  uncertain: 0,
  remaining: 0,
  drift: 0,
  lastCheckedAt: null,
  cooldownUntil: null,
  edge: 1_000,
  asOf: 0,
  read: 1,
  ...more,
});
const ids = (entries: Entries, query: Record<string, string>): readonly string[] =>
  selected(entries, askOf(query)).ids;

const change = fc.record({
  id: fc.nat(40),
  state: fc.constantFrom(...STATES),
  sending: fc.constantFrom(...SENDINGS),
  counter: fc.nat(3),
  drift: fc.integer({ min: -2, max: 2 }),
  remaining: fc.nat(2),
  lastCheckedAt: fc.option(fc.nat(3)),
  isGone: fc.boolean(),
  isRead: fc.boolean(),
});
const sorts = ['id', 'counter', 'remaining', 'drift', 'state', 'checked'] as const;
const asks = fc.record({
  sort: fc.constantFrom<Sort>(...sorts),
  dir: fc.constantFrom('asc', 'desc'),
  state: fc.constantFrom('', ...STATES),
  send: fc.constantFrom('', ...SENDINGS),
  q: fc.constantFrom('', 'A1', '0'),
});

/** Sorts and filters all accounts anew, as a reader of the page would. */
function expected(all: readonly Entry[], ask: Record<string, string>, auditedAt: number | null) {
  const { sort, isDescending, state, sending, search } = askOf(ask);
  const key: (one: Entry, at: number | null) => number = SORT_KEYS[sort];
  const sign = isDescending ? -1 : 1;
  const names = (a: Entry, b: Entry): number => (a.accountId < b.accountId ? -1 : 1);
  return all
    .filter((one) => state === null || one.state === state)
    .filter((one) => sending === null || one.sending === sending)
    .filter((one) => one.accountId.includes(search.toLowerCase()))
    .toSorted((a, b) => (sort === 'id' ? sign : 1) * names(a, b))
    .toSorted((a, b) => sign * (key(a, auditedAt) - key(b, auditedAt)))
    .map(({ accountId }) => accountId)
    .slice(0, 50);
}

it('a list that changes has the order, the filters and the counts of a list that is made anew', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), fc.array(asks), (changes, pages) => {
      const entries = new Entries();
      const all = new Map<string, Entry>();
      entries.setAudited(2);
      for (const [n, { id, isGone, isRead, ...more }] of changes.entries()) {
        const accountId = `a${id}`;
        if (isGone) {
          entries.remove(accountId);
          all.delete(accountId);
        } else {
          const one = entry(accountId, { ...more, read: n });
          entries.put({ ...one });
          all.set(accountId, one);
        }
        // An order that is read now and again later has the changes between.
        if (isRead) for (const ask of pages) ids(entries, ask);
      }
      for (const ask of pages)
        expect(ids(entries, ask)).toEqual(expected([...all.values()], ask, 2));
      const { byState, bySending } = entries.counts();
      const sum = (counts: object): number =>
        Object.values(counts).reduce((total: number, count: number) => total + count, 0);
      expect([sum(byState), sum(bySending), entries.size]).toEqual([all.size, all.size, all.size]);
      for (const state of STATES) {
        expect(byState[state]).toBe([...all.values()].filter((one) => one.state === state).length);
      }
    }),
  );
});

it('an entry of an earlier read does not replace the entry of a later read', () => {
  const entries = new Entries();
  expect(entries.put(entry('a', { counter: 2, read: 5 }))).toBe(true);
  expect(entries.put(entry('a', { counter: 1, read: 4 }))).toBe(false);
  expect(entries.put(entry('a', { counter: 2, read: 6, edge: 7_000 }))).toBe(false);
  expect([...entries.read()]).toEqual([entry('a', { counter: 2, read: 6, edge: 7_000 })]);
});

it('an audit counts as the last check of each connected account', () => {
  const entries = new Entries();
  entries.put(entry('early', { lastCheckedAt: 10 }));
  entries.put(entry('late', { lastCheckedAt: 30 }));
  entries.put(entry('gone', { lastCheckedAt: 15, state: 'disconnected' }));
  expect(ids(entries, { sort: 'checked' })).toEqual(['early', 'gone', 'late']);
  entries.setAudited(20);
  expect(ids(entries, { sort: 'checked' })).toEqual(['gone', 'early', 'late']);
  expect([...entries.read()].map((one) => checkedAtOf(one, 20))).toEqual([20, 30, 15]);
});

it('before all accounts are read, the list has their ids, and a search finds them', () => {
  const entries = new Entries();
  entries.begin(['b2', 'a1', 'c3', 'A1']);
  entries.put(entry('c3'));
  expect(ids(entries, {})).toEqual(['A1', 'a1', 'b2', 'c3']);
  expect(ids(entries, { q: 'a1', dir: 'desc' })).toEqual(['a1', 'A1']);
  expect(selected(entries, askOf({}))).toMatchObject({ matches: 4, counts: null });
  expect([entries.size, entries.unread, entries.of(['b2', 'none']).unread]).toEqual([4, 3, 1]);
  entries.end();
  expect(selected(entries, askOf({})).counts?.byState).toMatchObject({ active: 1 });
  expect(ids(entries, {})).toEqual(['c3']);
});
