/** When webhooks are tried again, and which secrets sign: pure arithmetic. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../src/domain/primitives/time.js';
import {
  isGivenUp,
  isWebhookType,
  maskedSecret,
  retryDelay,
  secretsAt,
} from '../../../../src/domain/wire/webhookEvents.js';

describe('retries', () => {
  it('retries double from 5 s, up to 10 minutes', () => {
    const longest = Array.from({ length: 10 }, (_, n) => retryDelay(n + 1, 1) / 1_000);
    expect(longest).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
  });

  it('retries are spread over the second half of each pause, however many retries there were', () => {
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), chances, (attempt, chance) => {
        const [least, delay, most] = [0, chance, 1].map((one) => retryDelay(attempt, one));
        expect(delay).toBeGreaterThanOrEqual(least ?? NaN);
        expect(delay).toBeLessThanOrEqual(most ?? NaN);
        expect(most).toBeLessThanOrEqual(10 * MINUTE_MS);
        expect(least).toBe(Math.round((most ?? NaN) / 2));
      }),
    );
  });

  it('retries come within ten minutes of the return of a receiver that was down for an hour', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 40 }),
        (random) => {
          let at = 0;
          let attempt = 0;
          while (at < HOUR_MS)
            at += retryDelay((attempt += 1), random[attempt % random.length] ?? 0);
          expect(at - HOUR_MS).toBeLessThanOrEqual(10 * MINUTE_MS);
          expect(attempt).toBeLessThan(25);
        },
      ),
    );
  });

  it('retries end after three days', () => {
    expect([isGivenUp(0, 3 * DAY_MS - 1), isGivenUp(0, 3 * DAY_MS)]).toEqual([false, true]);
  });
});

it('a secret that was replaced signs until its last instant, after the new one', () => {
  const secrets = [
    { secret: 'new', until: null },
    { secret: 'old', until: 1_000 },
  ];
  expect(secretsAt(secrets, 999)).toEqual(['new', 'old']);
  expect(secretsAt(secrets, 1_000)).toEqual(['new']);
});

it('shows the end of a secret only', () => {
  expect(maskedSecret('whsec_abcdefgh')).toBe('whsec_…efgh');
});

it('an event of Safeband is recognised by its type', () => {
  expect(['reset.done', 'ping', 'constructor', 7].map(isWebhookType)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
