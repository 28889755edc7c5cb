/**
 * Temporal may lose an Update or a Query that no task has taken yet, and a run may end before it
 * answers. So a test sends them by test/support/calls.ts, which sends them again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const TEST = path.join(import.meta.dirname, '..');

const RAW = [
  /\bexecuteUpdate(?:WithStart)?(?:<[^()]*>)?\(/,
  /\bstartUpdate(?:WithStart)?(?:<[^()]*>)?\(/,
  /\.query(?:<[^()]*>)?\(\s*'(?:status|reservation|peek|nextSlots|waiting|__\w+)'/,
];
const isRaw = (text: string): boolean => RAW.some((pattern) => pattern.test(text));

/** Each with the reason why its calls need no repetition by the helper. */
const ALLOWED: Readonly<Record<string, string>> = {
  'support/calls.ts': 'it is the helper',
  'chaos/crowd.test.ts': 'repeats without a pause and without an end, as a crowd does',
  'chaos/lostTask.test.ts': 'a crowd sends one try each, with a deadline, and repeats some itself',
  'integration/client/endOfRun.test.ts': 'repeats as docs/http.md requires it of raw Updates',
};

describe('a test', () => {
  it('sends no Update and no Query without a repetition', () => {
    const raw = readdirSync(TEST, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs)$/.test(name) && !name.startsWith('repository'))
      .filter((name) => isRaw(readFileSync(path.join(TEST, name), 'utf8')));
    expect(raw.toSorted()).toEqual(Object.keys(ALLOWED).toSorted());
  });

  it.each([
    [`account.executeUpdate('hold', { args })`, true],
    ['account.executeUpdate<T, [object]>(name, { args })', true],
    [`client.workflow.executeUpdateWithStart('connect', options)`, true],
    [`account.query<StatusWire>('status')`, true],
    [`stand.pool.query('select 1')`, false],
    [`update(account, 'hold', by)`, false],
  ])('the check of %j', (text, expected) => {
    expect(isRaw(text)).toBe(expected);
  });
});
