/** Any story of one account: the domain answers as a naive reading of the contract does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { story, type Story } from './commands.js';
import { bundledDomain } from '../support/bundledDomain.js';
import { play } from './play.js';
import { RARE } from './rare.js';
import { inOrder } from '../../src/domain/gate/line.js';
import { accountInLine, lines, named, orderOf } from './line.js';

const RUNS = 3_000;
const LINES = 2_000;
const domain = await bundledDomain();

/** What has to have come to pass in these runs, or they showed nothing. */
const SOMETIMES = `
  reserve: granted repeated ReservationSettled ReservationConflict held no_credits cooldown
           tier_has_no_inmail recipient_contacted campaign_cap weekly_cap ramp_cap
           velocity_cap learnt_cap daily_cap waiting
  withdraw: withdrawn ReservationSettled ReservationUnknown
  line: granted expired disconnected recipient_contacted campaign_cap
  deliver: delivered already_delivered external ChatIdTaken
  fail: released uncertain already_released already_uncertain already_delivered
        ReservationUnknown ReservationSettled
  observe: counted old r1
  settle: released InvalidInput ReservationSettled
  configure: CapAboveSafeBand
  credits: older too_old 0 2 149
  reply: refunded repeated free too_late no_balance older ChatUnknown
  world: carried restart grew ended
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
      { numRuns: RUNS, examples: RARE.map((one): [Story] => [one]) },
    );
    const reasons = ['held', 'cooldown', 'recipient_contacted', 'campaign_cap', 'daily_cap'];
    const shadowed = reasons.map((reason) => `reserve: granted, would deny ${reason}`);
    const never = [...wanted(), ...shadowed].filter((what) => !times.has(what));
    expect(never).toEqual([]);
  });

  it('the domain and the naive reading of R21 put the asks of a line in the same order', () => {
    const seen = { weighted: 0, remembered: 0 };
    fc.assert(
      fc.property(lines, ({ asks, sends, weights }) => {
        const campaigns = weights.map((weight, n) => ({ campaignId: `k${n}`, weight }));
        const { day, account } = accountInLine(asks, sends, campaigns);
        const past = sends.map((send) => ({ ...send, day: day - send.daysAgo }));
        const order = orderOf(asks.map(named), past, { day, campaigns });
        expect(inOrder(account).map(({ reservationId }) => reservationId)).toEqual(order);
        if (weights[0] !== weights[1]) seen.weighted += 1;
        if (past.some((send) => send.day < day && !send.isReleased)) seen.remembered += 1;
      }),
      { numRuns: LINES },
    );
    expect(seen.weighted).toBeGreaterThan(LINES / 4);
    expect(seen.remembered).toBeGreaterThan(LINES / 4);
  });
});
