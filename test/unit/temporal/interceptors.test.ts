import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shareStacks } from '../../../src/temporal/interceptors.js';

type Stack = { formatted: string; structured: object[] };
const stackAt = (line: number): Stack => ({
  formatted: `    at live (workflows/inmailAccount.ts:${line}:5)`,
  structured: [{ line }],
});
/** Makes a run with pending promises the present one, as the SDK does in the sandbox. */
function present(stacks: readonly Stack[]): ReadonlyMap<Promise<void>, Stack> {
  const promiseToStack = new Map(stacks.map((stack) => [Promise.resolve(), stack]));
  const activator = { promiseStackStore: { promiseToStack, childToParent: new Map() } };
  Reflect.set(globalThis, '__TEMPORAL_ACTIVATOR__', activator);
  return promiseToStack;
}

describe('the stacks of pending promises', () => {
  let before: unknown;
  beforeEach(() => (before = Reflect.get(globalThis, '__TEMPORAL_ACTIVATOR__')));
  afterEach(() => void Reflect.set(globalThis, '__TEMPORAL_ACTIVATOR__', before));

  it('are one object for all accounts that wait at the same line', () => {
    const one = present([stackAt(1), stackAt(2)]);
    shareStacks();
    const other = present([stackAt(2), stackAt(1), stackAt(1)]);
    shareStacks();
    const [first, second] = [...one.values()];
    expect([...one.values()]).toEqual([stackAt(1), stackAt(2)]);
    expect([...other.values()]).toEqual([stackAt(2), stackAt(1), stackAt(1)]);
    const isShared = [...other.values()].map((stack, n) => stack === (n === 0 ? second : first));
    expect(isShared).toEqual([true, true, true]);
  });
});
