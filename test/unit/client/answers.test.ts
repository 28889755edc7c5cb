/** What an HTTP status, a Retry-After and a failed fetch mean for an InMail. */
import { describe, expect, it } from 'vitest';
import { failureOfFetch, failureOfStatus, secondsIn } from '../../../src/client/index.js';
import { at } from '../../support/scenario.js';

const NOW = at('2026-11-23T09:00:00.000Z');

describe('an HTTP status of a provider', () => {
  it.each([
    [400, 'rejected'],
    [401, 'rejected'],
    [403, 'rejected'],
    [404, 'rejected'],
    [422, 'rejected'],
    [302, 'unknown'],
    [408, 'unknown'],
    [409, 'unknown'],
    [499, 'unknown'],
    [500, 'unknown'],
    [502, 'unknown'],
    [503, 'unknown'],
    [504, 'unknown'],
  ])('an HTTP status of %i alone is %s', (status, kind) => {
    expect(failureOfStatus({ status }, NOW)).toMatchObject({ kind, retryAfterSeconds: undefined });
  });

  it('a 429 of the limit of the provider starts no cooldown of the account', () => {
    const failure = failureOfStatus({ status: 429, retryAfter: '20' }, NOW);
    expect(failure).toMatchObject({ kind: 'not_attempted', retryAfterSeconds: 20 });
  });

  it('a 429 of the limit of LinkedIn is throttled, with the pause that LinkedIn asks for', () => {
    const failure = failureOfStatus({ status: 429, retryAfter: '5400', limitOf: 'linkedin' }, NOW);
    expect(failure).toMatchObject({ kind: 'throttled', retryAfterSeconds: 5_400 });
  });
});

describe('a pipeline that is asked to wait', () => {
  it.each([
    ['90', 90],
    ['Mon, 23 Nov 2026 09:01:30 GMT', 90],
    ['Mon, 23 Nov 2026 08:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('a pipeline that is asked to wait reads Retry-After %j as %j seconds', (header, seconds) => {
    expect(secondsIn(header, NOW)).toBe(seconds);
  });
});

describe('a fetch without an answer', () => {
  const failed = (code?: string): Error => {
    const cause = Object.assign(new Error('secret-in-text'), code === undefined ? {} : { code });
    return new TypeError('fetch failed', { cause });
  };
  it.each([
    ['ECONNREFUSED', 'not_attempted'],
    ['ENOTFOUND', 'not_attempted'],
    ['UND_ERR_CONNECT_TIMEOUT', 'not_attempted'],
    ['ECONNRESET', 'unknown'],
    ['UND_ERR_SOCKET', 'unknown'],
    [undefined, 'unknown'],
  ])('a fetch that fails with %s is %s', (code, kind) => {
    const failure = failureOfFetch(failed(code));
    expect(failure.kind).toBe(kind);
    expect(failure.message).not.toContain('secret');
  });

  it('a fetch that was aborted is unknown: the InMail may have gone out', () => {
    expect(failureOfFetch(new DOMException('aborted', 'AbortError')).kind).toBe('unknown');
  });
});
