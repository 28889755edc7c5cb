/** Any story of one account: the domain says what the contract's sentences, read naively, say. */
import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { story } from './model/commands.js';
import { loadDomain } from './model/domain.js';
import { play } from './model/play.js';

const RUNS = 20_000;
const domain = await loadDomain(fileURLToPath(new URL('../../src/domain', import.meta.url)));

/** What has to have come to pass in these runs, or they showed nothing. */
const SOMETIMES = [
  ...['granted', 'repeated', 'ReservationSettled', 'ReservationConflict', 'held', 'no_credits'],
  ...['cooldown', 'tier_has_no_inmail', 'weekly_cap', 'ramp_cap', 'daily_cap'],
].map((word) => `reserve: ${word}`);
const ALSO = [
  ...['delivered', 'already_delivered', 'external', 'ChatIdTaken'].map(
    (word) => `deliver: ${word}`,
  ),
  ...[
    'released',
    'uncertain',
    'already_released',
    'already_uncertain',
    'already_delivered',
    'ReservationUnknown',
    'ReservationSettled',
  ].map((word) => `fail: ${word}`),
  ...['counted', 'old', 'r1'].map((word) => `observe: ${word}`),
  ...['released', 'InvalidInput', 'ReservationSettled'].map((word) => `settle: ${word}`),
  'configure: CapAboveSafeBand',
  'carried',
  'restart true',
];

describe('the domain', () => {
  it('agrees with the naive reading of the contract, whatever happens', () => {
    const seen = new Map<string, number>();
    const happened = (what: string): void => {
      seen.set(what, (seen.get(what) ?? 0) + 1);
    };
    fc.assert(
      fc.property(story, (one) => play(domain, one, happened)),
      { numRuns: RUNS },
    );
    const never = [...SOMETIMES, ...ALSO].filter((what) => !seen.has(what));
    expect(never).toEqual([]);
  }, 120_000);
});
