/** The pace of grants (R19). */
import { expect } from 'vitest';
import { Life, NINE, type Check } from './life.js';

const jitter: Check = (domain) => {
  const pacing = { minGapSeconds: 60, jitterPercent: 50 };
  const life = new Life(domain, { pacing });
  life.reserve('a');
  const denial: { readonly reason?: string; readonly retryAt?: number } = Object(life.reserve('b'));
  expect(denial.reason).toBe('paced');
  const interval = (denial.retryAt ?? 0) - NINE;
  expect(interval).not.toBe(60_000);
  expect(Math.abs(interval - 60_000)).toBeLessThanOrEqual(30_000);
};

export const pacingChecks = {
  'an interval differs from the setting by its jitter': jitter,
} satisfies Readonly<Record<string, Check>>;
