/** How many accounts of a large group are read for one answer (R26) and for one ask (R31). */
import { expect, it } from 'vitest';
import { nextOfGroup, orderOfGroup } from '../../../src/postgres/groups/next.js';
import type { Queryable } from '../../../src/postgres/pool.js';

const AT = Date.parse('2026-11-24T12:00:00Z');

/** A database whose group has that many accounts, none of which can be read any more. */
function aGroupOf(count: number) {
  const read: (readonly string[])[] = [];
  const query = async (sql: string, [value]: readonly unknown[]) => {
    if (Array.isArray(value)) {
      read.push(value);
      return { rows: [] };
    }
    // Postgres applies the limit of the statement.
    const limit = Number(/limit (\d+)\) members/.exec(sql)?.[1]);
    const ids = Array.from({ length: Math.min(count, limit) }, (_, n) => `a${n}`);
    return { rows: [{ row: ids }] };
  };
  const db: Queryable = Object.assign(Object.create(null), { query });
  return { db, read };
}
const firstIds = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`);

it('an ask of a group reads the 250 accounts with the most room, 50 with each statement', async () => {
  const { db, read } = aGroupOf(3_000);
  expect(await orderOfGroup(db, 'eu', AT)).toEqual({ asks: [], stopped: [] });
  expect(read.map((ids) => ids.length)).toEqual([50, 50, 50, 50, 50]);
  expect(read.flat()).toEqual(firstIds(250));
});

it('the next accounts of a group are chosen from 2,000, 250 with each statement', async () => {
  const { db, read } = aGroupOf(3_000);
  const asked = { group: 'eu', accounts: null, count: 10, at: AT };
  expect(await nextOfGroup(db, asked)).toEqual([]);
  expect(read.map((ids) => ids.length)).toEqual(Array.from({ length: 8 }, () => 250));
  expect(read.flat()).toEqual(firstIds(2_000));
});
