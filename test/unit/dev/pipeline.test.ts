/** The demonstration's pipeline reads LinkedIn's answers. */
import { describe, expect, it } from 'vitest';
import { secondsIn } from '../../../dev/pipeline.js';
import { at } from '../../support/scenario.js';

describe('a pipeline that is asked to wait', () => {
  it.each([
    ['90', 90],
    ['Mon, 23 Nov 2026 09:01:30 GMT', 90],
    ['Mon, 23 Nov 2026 08:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('a pipeline that is asked to wait reads Retry-After %j as %j seconds', (header, seconds) => {
    expect(secondsIn(header, at('2026-11-23T09:00:00.000Z'))).toBe(seconds);
  });
});
