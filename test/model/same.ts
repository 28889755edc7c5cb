/** How the model compares, thousands of times a second. */
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/** Expects that both are equal. A call of `expect` takes longer than a step, so equals need none. */
export function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}
