/** A proof that comes twice, in either order, is one InMail (R4, R15). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { anAccount, at, c, m, p, r, type Scenario } from '../../../support/scenario.js';

const taken = (recipient?: string): Scenario =>
  anAccount().when(reserve, {
    reservationId: r('x'),
    recipientId: recipient === undefined ? undefined : p(recipient),
  });
const observation = { chatId: c('c'), messageId: m('m'), sentAt: at('09:00') };
type Report = (account: Scenario) => Scenario;
const observed: Report = (account) => account.when(observe, observation);
const observedFor: Report = (account) =>
  account.when(observe, { ...observation, recipientId: p('ann') });
const delivered: Report = (account) =>
  account.when(deliver, { reservationId: r('x'), chatId: c('c'), messageId: m('m') });
const deliveredBare: Report = (account) =>
  account.when(deliver, { reservationId: r('x'), chatId: c('c') });
const unclear: Report = (account) => account.when(fail, { reservationId: r('x'), kind: 'unknown' });

describe('a proof by observation and by delivery', () => {
  const CASES: readonly (readonly [string, readonly Report[], Scenario])[] = [
    ['with its message id', [observed, delivered], taken()],
    ['without a message id', [observed, deliveredBare], taken()],
    ['with and without a message id', [observed, delivered, deliveredBare], taken()],
    ['of an uncertain slot', [observed, delivered, unclear], taken()],
    [
      'of an uncertain slot that its recipient names',
      [observedFor, delivered, unclear],
      taken('ann'),
    ],
    ['with and without its recipient', [observed, observedFor, delivered], taken('ann')],
  ];
  it.each(CASES)('%s counts once, in any order, each twice', (_, reports, account) => {
    const twice = [...reports, ...reports];
    const order = fc.shuffledSubarray(
      twice.map((__, i) => i),
      { minLength: twice.length },
    );
    fc.assert(
      fc.property(order, (indexes) => {
        const end = indexes.reduce((before, i) => twice[i]?.(before) ?? before, account);
        end.expect({ counter: 1, delivered: 1, external: 0, uncertain: 0, inFlight: 0 });
        expect(end.alerts).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an observed send', () => {
  it('an observed send settles the uncertain slot of its recipient, and no other', () => {
    const account = taken('ann')
      .when(reserve, { reservationId: r('y'), recipientId: p('bob') })
      .when(fail, { reservationId: r('y'), kind: 'unknown' });
    observedFor(unclear(account))
      .answered({ matched: 'x', counted: false })
      .expect({ counter: 2, delivered: 1, uncertain: 1, external: 0 });
  });
  it('an observed send of a slot that was reserved yesterday counts yesterday', () => {
    const late = anAccount({}, { now: at('23:59') })
      .when(reserve, { reservationId: r('x'), recipientId: p('ann') })
      .until(at('2026-11-25T00:01:00.000Z'));
    late
      .when(observe, { ...observation, recipientId: p('ann'), sentAt: late.now })
      .answered({ matched: 'x', counted: false })
      .expect({ counter: 0, carried: 1, weekUsed: 1, external: 0 });
  });
  it('an observed send that was sent manually yesterday takes no room of today', () => {
    anAccount()
      .when(observe, { ...observation, sentAt: at('2026-11-23T23:59:59.999Z') })
      .answered({ matched: null, counted: true })
      .expect({ counter: 0, external: 0, weekUsed: 1 });
  });
});
