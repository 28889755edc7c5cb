/** Files of lists: one page of rows in memory at a time. */
import { expect, it } from 'vitest';
import { partsOf } from '../../../src/http/plumbing/csv.js';

it('rows are read page by page, each only when the page before was taken', async () => {
  const asked: (number | null)[] = [];
  const parts = partsOf<number>({
    columns: ['account', 'n', 'gone'],
    more: { account: 'a' },
    read: async (after, limit) => {
      asked.push(after);
      const from = after ?? 0;
      const count = Math.min(limit, 2_500 - from);
      return Array.from({ length: count }, (_, n) => ({
        item: { n: from + n + 1, other: 'x' },
        place: from + n + 1,
      }));
    },
  });
  const first = await parts.next();
  expect(String(first.value).split('\r\n').slice(0, 2)).toEqual(['account,n,gone', 'a,1,']);
  expect(asked).toEqual([null]);
  let rest = '';
  for await (const part of parts) rest += part;
  expect(asked).toEqual([null, 1_000, 2_000]);
  expect(rest.split('\r\n').length).toBe(1_501);
});
