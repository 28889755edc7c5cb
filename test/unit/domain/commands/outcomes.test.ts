/** The outcomes of a slot: reports in any order, and repeated (R3 to R5, R15, R16). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deliver, deliverWithoutChat } from '../../../../src/domain/commands/deliver.js';
import { alert } from '../../../../src/domain/account/events.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { resume } from '../../../../src/domain/commands/administer.js';
import { anAccount, at, c, m, p, r, type Scenario } from '../../../support/scenario.js';
import { settleByOperator } from '../../../../src/domain/commands/settle.js';

const reserved = (more = {}): Scenario =>
  anAccount().when(reserve, { reservationId: r('r1'), recipientId: p('ann'), ...more });
const delivery = { reservationId: r('r1'), chatId: c('c1') };
const person = { reason: 'looked', actor: 'ada' };

describe('a reserve', () => {
  it('a reserve takes one slot, however often it is repeated', () => {
    reserved()
      .when(reserve, { reservationId: r('r1'), recipientId: p('ann'), leaseSeconds: 9_000 })
      .answered({ granted: true, repeated: true, leaseExpiresAt: at('09:15') })
      .expect({ counter: 1, inFlight: 1 });
  });
  it('a reserve with other content under the same id is a conflict', () => {
    reserved()
      .when(reserve, { reservationId: r('r1') })
      .answered({ refused: 'ReservationConflict' });
  });
  it('a reserve for a slot whose lease has ended, or that is settled, grants nothing', () => {
    const again = { reservationId: r('r1'), recipientId: p('ann') };
    reserved().until(at('09:15')).when(reserve, again).answered({ refused: 'ReservationSettled' });
    reserved()
      .when(deliver, delivery)
      .when(reserve, again)
      .answered({ refused: 'ReservationSettled' });
  });
  it('a slot stays in flight at the end of its lease, because a missing report frees nothing', () => {
    reserved().until(at('20:00')).expect({ counter: 1, inFlight: 1 });
  });
});

describe('a delivery', () => {
  it('a delivery counts on the slot, and is in the event log once', () => {
    const twice = reserved().when(deliver, delivery).when(deliver, delivery);
    twice.answered({ settled: 'already_delivered' }).expect({ counter: 1, delivered: 1 });
    expect(twice.log).toEqual(['c1/ pipeline day 0']);
  });
  it('a delivery counts after a release, with an alert', () => {
    const late = reserved()
      .when(fail, { reservationId: r('r1'), kind: 'rejected' })
      .expect({ counter: 0 });
    const counted = late
      .when(deliver, delivery)
      .answered({ settled: 'delivered' })
      .expect({ counter: 1 });
    expect(counted.alerts).toEqual(['late_delivery']);
  });
  it('a delivery of an unknown reservation counts today, with an alert, once', () => {
    const observed = anAccount().when(deliver, delivery).when(deliver, delivery);
    observed.answered({ settled: 'external' }).expect({ counter: 1, external: 1 });
    expect(observed.alerts).toEqual(['old_id']);
    expect(observed.log).toEqual(['c1/ external day 0']);
  });
  it('a delivery with the proof of another reservation changes nothing', () => {
    reserved()
      .when(deliver, delivery)
      .when(reserve, { reservationId: r('r2') })
      .when(deliver, { reservationId: r('r2'), chatId: c('c1') })
      .answered({ refused: 'ChatIdTaken' })
      .expect({ delivered: 1, inFlight: 1 });
  });
  it('a delivery with a second, different proof counts as one more InMail', () => {
    const double = reserved()
      .when(deliver, delivery)
      .when(deliver, { reservationId: r('r1'), chatId: c('c2') })
      .answered({ settled: 'already_delivered' })
      .expect({ counter: 2, external: 1 });
    expect(double.alerts).toEqual(['double_send']);
  });
  it('a delivery takes the message id that was observed in its chat, and gives it to the report that brings it', () => {
    const observed = { chatId: c('c1'), messageId: m('m1'), sentAt: at('09:00') };
    reserved()
      .when(deliver, delivery)
      .when(observe, observed)
      .answered({ matched: 'r1', counted: false })
      .when(reserve, { reservationId: r('r2') })
      .when(deliver, { reservationId: r('r2'), chatId: c('c1'), messageId: m('m1') })
      .answered({ settled: 'delivered' })
      .expect({ counter: 2, delivered: 2, external: 0 });
  });
  it('a delivery by a Signal without a chat makes the slot uncertain', () => {
    const uncertain = reserved()
      .when(deliverWithoutChat, r('r1'))
      .expect({ counter: 1, uncertain: 1 });
    expect(uncertain.alerts).toEqual(['chat_id_missing']);
  });
});

describe('a failure', () => {
  it.each(['not_attempted', 'rejected', 'throttled', 'no_credits', 'restricted'] as const)(
    '%s gives the room back',
    (kind) => {
      reserved()
        .when(fail, { reservationId: r('r1'), kind })
        .answered({ settled: 'released' })
        .expect({ counter: 0 });
    },
  );
  it('a failure `unknown` keeps the room until the outcome is known', () => {
    reserved()
      .when(fail, { reservationId: r('r1'), kind: 'unknown' })
      .answered({ settled: 'uncertain' })
      .expect({ counter: 1, uncertain: 1 })
      .when(fail, { reservationId: r('r1'), kind: 'rejected' })
      .answered({ settled: 'released' })
      .expect({ counter: 0 });
  });
  it('a failure after a delivery is refused, but its effect on the account applies', () => {
    reserved()
      .when(deliver, delivery)
      .when(fail, { reservationId: r('r1'), kind: 'throttled' })
      .answered({ refused: 'ReservationSettled' })
      .expect({ delivered: 1, state: 'cooldown' });
  });
  it('a failure `throttled` starts one cooldown: of an hour, or as long as LinkedIn asks, at most seven days', () => {
    const until = (seconds: number): string | undefined =>
      reserved().when(fail, {
        reservationId: r('r1'),
        kind: 'throttled',
        retryAfterSeconds: seconds,
      }).status.cooldown?.until;
    expect(until(5)).toBe('2026-11-24T10:00:00.000Z');
    expect(until(7_200)).toBe('2026-11-24T11:00:00.000Z');
    expect(until(9_999_999)).toBe('2026-12-01T09:00:00.000Z');
    const once = reserved()
      .when(fail, { reservationId: r('r1'), kind: 'throttled' })
      .until(at('09:30'));
    once
      .when(fail, { reservationId: r('r1'), kind: 'throttled' })
      .expect({ cooldown: { until: '2026-11-24T10:00:00.000Z', cause: 'throttled' } });
  });
  it('a shorter throttle never shortens a cooldown, nor does a resume', () => {
    reserved()
      .when(fail, { reservationId: r('x'), kind: 'throttled', retryAfterSeconds: 7_200 })
      .when(fail, { reservationId: r('y'), kind: 'throttled' })
      .when(resume, person)
      .expect({ cooldown: { until: '2026-11-24T11:00:00.000Z', cause: 'throttled' } });
  });
  it('a failure `no_credits` opens the breaker until the first of the next month, also over the year', () => {
    const broken = anAccount({}, { now: at('2026-12-31T23:59:59.999Z') });
    broken
      .when(fail, { reservationId: r('x'), kind: 'no_credits' })
      .expect({ breakerUntil: '2027-01-01T00:00:00.000Z', state: 'no_credits' });
  });
  it('a failure `restricted` holds the account and starts the ramp again', () => {
    reserved()
      .when(fail, { reservationId: r('r1'), kind: 'restricted' })
      .expect({ state: 'held', hold: { actor: 'safeband' }, rampDay: 1 });
  });
  it('a failure `restricted` raises a critical alert, once for a reservation, held or not', () => {
    const { entity, now } = reserved();
    const { account } = entity;
    const report = { reservationId: r('r1'), kind: 'restricted', code: 'HTTP 403' } as const;
    const alerts = fail(account, report, now).events.filter(({ type }) => type === 'AlertRaised');
    expect(alerts).toEqual([
      alert('restricted', 'critical', { reservationId: 'r1', code: 'HTTP 403' }),
    ]);
    const held = { ...account, hold: { reason: 'a pause', actor: 'ada', since: now } };
    expect(fail(held, report, now).events).toContainEqual(alerts[0]);
  });
  it('a failure of an unknown reservation still has its effect on the account', () => {
    anAccount()
      .when(fail, { reservationId: r('x'), kind: 'throttled' })
      .answered({ refused: 'ReservationUnknown' })
      .expect({ state: 'cooldown' });
  });
});

describe('an observed send', () => {
  const observed = {
    chatId: c('c1'),
    messageId: m('m1'),
    recipientId: p('ann'),
    sentAt: at('09:00'),
  };
  it('an observed send delivers the one slot of its recipient', () => {
    reserved()
      .when(observe, observed)
      .answered({ matched: 'r1', counted: false })
      .expect({ counter: 1, delivered: 1 });
  });
  it('an observed send is external and raises an alert if more than one slot matches', () => {
    const unclear = reserved()
      .when(reserve, { reservationId: r('r2'), recipientId: p('ann'), again: true })
      .when(observe, observed);
    unclear.answered({ matched: null, counted: true }).expect({ counter: 3, external: 1 });
    expect(unclear.alerts).toEqual(['ambiguous_observed']);
  });
  it('an observed send does not match a slot that was reserved more than a minute after it', () => {
    const early = { ...observed, sentAt: at('08:59') };
    reserved().when(observe, early).answered({ matched: 'r1' });
    reserved()
      .when(observe, { ...early, sentAt: early.sentAt - 1 })
      .answered({ matched: null });
  });
  it('an observed send that comes first is claimed by its delivery, and counted once', () => {
    const claimed = anAccount()
      .when(reserve, { reservationId: r('r1') })
      .when(observe, observed)
      .expect({ counter: 2 })
      .when(deliver, { ...delivery, messageId: m('m1') })
      .expect({ counter: 1, delivered: 1, external: 0 });
    expect(claimed.log).toEqual(['c1/m1 external day 0']);
  });
  it('an observed send is not claimed by a slot that was reserved later', () => {
    anAccount()
      .when(observe, observed)
      .until(at('09:01'))
      .when(reserve, { reservationId: r('r1') })
      .when(deliver, { ...delivery, messageId: m('m1') })
      .answered({ refused: 'ChatIdTaken' });
  });
  it('an observed send of yesterday counts yesterday, of the future now, and older than 48 h for no cap', () => {
    const on = (sentAt: number): Scenario => anAccount().when(observe, { ...observed, sentAt });
    on(at('2026-11-23T12:00:00.000Z'))
      .answered({ counted: true })
      .expect({ counter: 0, weekUsed: 1 });
    on(at('2026-11-25T12:00:00.000Z')).answered({ counted: true }).expect({ counter: 1 });
    const old = on(at('2026-11-22T08:59:59.999Z'))
      .answered({ counted: false })
      .expect({ weekUsed: 0 });
    expect(old.log).toEqual(['c1/m1 external day -2']);
  });
});

describe('an operator', () => {
  const order = { reservationId: r('r1'), ...person };
  it('an operator never releases a slot that may still be sent or is delivered', () => {
    reserved()
      .when(settleByOperator, { ...order, outcome: 'released' })
      .answered({ refused: 'InvalidInput' });
    reserved()
      .until(at('09:15'))
      .when(settleByOperator, { ...order, outcome: 'released' })
      .answered({ settled: 'released' });
    reserved()
      .when(deliver, delivery)
      .when(settleByOperator, { ...order, outcome: 'released' })
      .answered({ refused: 'ReservationSettled' });
  });
  it('an operator delivers only with a chat', () => {
    reserved()
      .when(settleByOperator, { ...order, outcome: 'delivered' })
      .answered({ refused: 'ChatIdMissing' });
    const done = reserved().when(settleByOperator, {
      ...order,
      outcome: 'delivered',
      chatId: c('c1'),
    });
    expect(done.log).toEqual(['c1/ operator day 0']);
  });
});

describe('reports of one reservation', () => {
  const reports: readonly ((account: Scenario) => Scenario)[] = [
    (account) => account.when(deliver, { ...delivery, messageId: m('m1') }),
    (account) => account.when(fail, { reservationId: r('r1'), kind: 'unknown' }),
    (account) => account.when(fail, { reservationId: r('r1'), kind: 'rejected' }),
    (account) =>
      account.when(observe, {
        chatId: c('c1'),
        messageId: m('m1'),
        recipientId: p('ann'),
        sentAt: at('09:00'),
      }),
  ];
  it('reports of one reservation end in the same state in any order, each reported twice', () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 0, 1, 2, 3], { minLength: 8 });
    fc.assert(
      fc.property(orders, (order) => {
        const end = order.reduce((account, i) => reports[i]?.(account) ?? account, reserved());
        end.expect({ counter: 1, delivered: 1, external: 0, uncertain: 0, inFlight: 0 });
      }),
      { numRuns: 500 },
    );
  });
});
