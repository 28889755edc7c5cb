/** Any story of one account: the domain answers as a naive reading of the contract does. */
import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { story } from './commands.js';
import { loadDomain } from '../support/domain.js';
import { play } from './play.js';

const RUNS = 5_000;
const domain = await loadDomain(fileURLToPath(new URL('../../src/domain', import.meta.url)));

/** What has to have come to pass in these runs, or they showed nothing. */
const SOMETIMES = `
  reserve: granted repeated ReservationSettled ReservationConflict held no_credits cooldown
           tier_has_no_inmail recipient_contacted campaign_cap weekly_cap ramp_cap daily_cap
  deliver: delivered already_delivered external ChatIdTaken
  fail: released uncertain already_released already_uncertain already_delivered
        ReservationUnknown ReservationSettled
  observe: counted old r1
  settle: released InvalidInput ReservationSettled
  configure: CapAboveSafeBand
  world: carried restart
`;

/** `reserve: granted`, `reserve: repeated`, … */
function wanted(): readonly string[] {
  let subject = '';
  return SOMETIMES.trim()
    .split(/\s+/)
    .flatMap((word) => {
      if (!word.endsWith(':')) return [`${subject} ${word}`];
      subject = word;
      return [];
    });
}

describe('the domain', () => {
  it('the domain and the naive implementation of the contract give the same answers to all random commands', () => {
    const times = new Map<string, number>();
    const happened = (what: string): void => {
      times.set(what, (times.get(what) ?? 0) + 1);
    };
    fc.assert(
      fc.property(story, (one) => play(domain, one, happened)),
      { numRuns: RUNS },
    );
    const reasons = ['held', 'cooldown', 'recipient_contacted', 'campaign_cap', 'daily_cap'];
    const shadowed = reasons.map((reason) => `reserve: granted, would deny ${reason}`);
    const never = [...wanted(), ...shadowed].filter((what) => !times.has(what));
    expect(never).toEqual([]);
  });
});
