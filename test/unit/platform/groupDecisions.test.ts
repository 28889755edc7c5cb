/** A worker counts decisions by group, and only the largest groups have lines of their own. */
import { expect, it } from 'vitest';
import { groupNames, LARGEST_FRESH_MS } from '../../../src/platform/groupDecisions.js';

/** A worker whose database answers with the groups of `answer`, at a clock that the test moves. */
function workerOf(answer: () => Promise<readonly string[]>) {
  let [now, reads] = [0, 0];
  const nameOf = groupNames({
    readLargest: () => {
      reads += 1;
      return answer();
    },
    now: () => now,
  });
  return { nameOf, readsAfter: (ms: number) => ((now += ms), nameOf(null), reads) };
}

it('the largest groups have a line, all others are summed, and an account may have no group', async () => {
  const { nameOf } = workerOf(async () => ['acme', 'eu-sales']);
  expect(nameOf('acme')).toBe('other'); // not read yet
  await expect.poll(() => nameOf('acme')).toBe('acme');
  expect(['eu-sales', 'tiny', null].map(nameOf)).toEqual(['eu-sales', 'other', 'none']);
});

it('the groups are read once a minute, whatever the number of asks, and stay while they cannot be', async () => {
  let isAway = false;
  const { nameOf, readsAfter } = workerOf(async () => {
    if (isAway) throw new Error('Postgres does not answer');
    return ['acme'];
  });
  await expect.poll(() => nameOf('acme')).toBe('acme');
  isAway = true;
  for (let n = 0; n < 100; n += 1) nameOf('acme');
  expect(readsAfter(LARGEST_FRESH_MS - 1)).toBe(1);
  expect(readsAfter(1)).toBe(2);
  await expect.poll(() => readsAfter(LARGEST_FRESH_MS)).toBe(3); // the failed read has ended
  expect(nameOf('acme')).toBe('acme');
});

it('a database that does not answer is asked once', () => {
  const { readsAfter } = workerOf(() => new Promise(() => undefined));
  expect(readsAfter(10 * LARGEST_FRESH_MS)).toBe(1);
});
