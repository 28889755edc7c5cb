/** Closed days (R3, R5, R8): written at the roll, corrected for 48 hours, and then left alone. */
import { describe, expect, it } from 'vitest';
import { roomOf } from '../../../../src/domain/gate/caps.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import type { DayRow } from '../../../../src/domain/records/records.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, m, r } from '../../../support/scenario.js';

const DAY = dayOf(at('09:00'));
/** The next morning, and the mornings after it. */
const morning = (days: number): number => at('09:00') + days * 86_400_000;
const at25 = (time: string): number => at(`2026-11-25T${time}:00.000Z`);

const begun = (start: object = {}, now = at('09:00')): Life =>
  Life.begin(anAccount(start, { now }).entity, now);
const taken = (life: Life, ...names: readonly string[]): Life =>
  names.reduce((before, name) => before.asks(name), life);
const sent = (life: Life, name: string): Life =>
  life.when(deliver, { reservationId: r(name), chatId: c(`chat-${name}`) });
const failed = (life: Life, name: string, kind: 'rejected' | 'unknown'): Life =>
  life.when(fail, { reservationId: r(name), kind });
const dayRow = ({ stored: papers }: Life, day = DAY): DayRow | undefined =>
  papers.days.find(({ quotaDay }) => quotaDay === day);
const weekUsed = ({ account }: Life): number => roomOf(account).weekUsed;

describe('a closed day', () => {
  it('a day that closes far over its cap without a reconcile starts a cooldown and raises an alert', () => {
    const before = anAccount({ dailyCap: 2 }, { now: at('23:58') });
    const over = [1, 2, 3].reduce(
      (life, n) => life.when(observe, { chatId: c(`x${n}`), messageId: m('m'), sentAt: life.now }),
      before,
    );
    const rolled = over.until(at25('00:01'));
    const alerts = rolled.entity.outbox.flatMap(({ row }) => (row.table === 'alerts' ? [row] : []));
    expect(alerts).toMatchObject([
      { kind: 'over_cap', severity: 'critical', quotaDay: DAY, details: { counter: 3, cap: 2 } },
    ]);
    expect(rolled.entity.account.cooldowns).toMatchObject([{ cause: 'overshoot' }]);
    // The day rolls once, and so does its alert.
    expect(rolled.until(at25('00:30')).entity.outbox).toEqual(rolled.entity.outbox);
  });

  it('a closed day is written at the roll, with its parts and its denials', () => {
    let life = begun({ dailyCap: 4 });
    expect(dayRow(life)).toBe(undefined);
    life = failed(sent(taken(life, 'a', 'b', 'c'), 'a'), 'b', 'unknown');
    life = failed(life, 'c', 'rejected');
    life = life.when(observe, { chatId: c('x'), messageId: m('x'), sentAt: life.now });
    life = taken(life, 'd', 'refused', 'refused').until(at25('00:02'));
    expect(dayRow(life)).toMatchObject({
      counter: 4,
      delivered: 1,
      // The leases of its slots ended long before midnight: a run has settled the one in flight.
      uncertain: 2,
      external: 1,
      imported: 0,
      unexplained: 0,
      late: 0,
      denials: { daily_cap: 2 },
    });
    expect(weekUsed(life)).toBe(4);
  });

  it('a closed day counts a delivery that comes after its slot was released', () => {
    const closed = failed(taken(begun(), 'a'), 'a', 'rejected').until(morning(1));
    expect([dayRow(closed), weekUsed(closed)]).toMatchObject([{ counter: 0, late: 0 }, 0]);
    const late = sent(closed, 'a');
    expect(dayRow(late)).toMatchObject({ counter: 1, delivered: 1, late: 1 });
    expect(late.stored.alerts).toEqual(['late_delivery']);
    expect([weekUsed(late), roomOf(late.account).counter]).toEqual([1, 0]);
    expect(late.stored.events).toMatchObject([{ quotaDay: DAY }]);
    // A repeated report changes nothing.
    expect(dayRow(sent(late, 'a'))).toMatchObject({ counter: 1, late: 1 });
  });

  it('a late release lowers the counter of a closed day, and the week has room again', () => {
    const closed = taken(begun({ weeklyCap: 1 }, at('23:50')), 'a').until(at25('00:03'));
    expect(closed.asks('b').decision).toMatchObject({ reason: 'weekly_cap', used: 1 });
    const late = failed(closed, 'a', 'rejected');
    expect([dayRow(late), weekUsed(late)]).toMatchObject([{ counter: 0, late: 1 }, 0]);
    expect(late.asks('b').isGranted).toBe(true);
  });

  it('a closed day records the outcome of a slot that was in flight at midnight', () => {
    const closed = taken(begun({}, at('23:50')), 'a').until(at25('00:03'));
    expect(dayRow(closed)).toMatchObject({ counter: 1, uncertain: 0, late: 0 });
    const settled = closed.until(at25('00:20'));
    expect(dayRow(settled)).toMatchObject({ counter: 1, uncertain: 1, late: 1 });
    const proven = sent(settled, 'a');
    expect(dayRow(proven)).toMatchObject({ counter: 1, uncertain: 0, delivered: 1, late: 2 });
    expect(weekUsed(proven)).toBe(1);
  });

  it('a closed day counts a manual send of that day that is observed today', () => {
    const closed = begun().until(morning(1));
    const observed = { chatId: c('x'), messageId: m('x'), sentAt: at('22:00') };
    const late = closed.when(observe, observed).when(observe, observed);
    expect(dayRow(late)).toMatchObject({ counter: 1, external: 1, late: 1 });
    expect([weekUsed(late), roomOf(late.account).counter]).toEqual([1, 0]);
  });

  it('in a closed day, an observed send is claimed by the reservation with its proof, and counts once', () => {
    const closed = failed(taken(begun(), 'a'), 'a', 'rejected').until(morning(1));
    const observed = { chatId: c('chat-a'), messageId: m('m'), sentAt: at('09:00') };
    const late = closed.when(observe, observed);
    expect(dayRow(late)).toMatchObject({ counter: 1, external: 1, delivered: 0 });
    const claimed = sent(late, 'a');
    expect(dayRow(claimed)).toMatchObject({ counter: 1, external: 0, delivered: 1, late: 2 });
    expect(weekUsed(claimed)).toBe(1);
  });

  it('a closed day is corrected by a reconcile that finds a row of it in the event log', () => {
    const row = {
      table: 'inmail_events',
      reservationId: null,
      chatId: c('bypassed'),
      messageId: null,
      source: 'external',
      quotaDay: DAY,
      deliveredAt: at('21:00'),
      isCounted: true,
    } as const;
    const closed = begun()
      .until(morning(1))
      .finds({ events: [row] })
      .runs();
    expect(dayRow(closed)).toMatchObject({ counter: 1, external: 1, late: 1 });
    expect(weekUsed(closed.runs())).toBe(1);
    const gone = new Life(closed.entity, closed.now, { ...closed.stored, events: [] }).runs();
    expect(dayRow(gone)).toMatchObject({ counter: 1, external: 1, late: 1 });
    expect(gone.stored.events).toMatchObject([{ chatId: 'bypassed', quotaDay: DAY }]);
  });

  it('a closed day is corrected by a reconcile that finds a send of it in the journal', () => {
    const attempt = {
      reservationId: r('unknown-here'),
      quotaDay: DAY,
      attemptedAt: at('21:00'),
      outcome: null,
      chatId: null,
      messageId: null,
      errorCode: null,
    } as const;
    const closed = begun().until(morning(1));
    const begunThen = closed.finds({ attempts: [attempt] }).runs();
    expect(dayRow(begunThen)).toMatchObject({ counter: 1, uncertain: 1, late: 1 });
    const done = { ...attempt, outcome: 'delivered', chatId: c('j') } as const;
    const sentThen = closed.finds({ attempts: [done] }).runs();
    expect(dayRow(sentThen)).toMatchObject({ counter: 1, delivered: 1, late: 1 });
    expect([weekUsed(begunThen), weekUsed(sentThen)]).toEqual([1, 1]);
  });

  it('a closed day forgets its ids 48 hours after its end: a proof then counts today, as external', () => {
    const sentLater = (days: number, ms: number): Life =>
      sent(
        failed(taken(begun(), 'a'), 'a', 'unknown').until(
          at('2026-11-25T00:00:00.000Z') + days * 86_400_000 + ms,
        ),
        'a',
      );
    const known = sentLater(2, -1);
    expect(dayRow(known)).toMatchObject({ counter: 1, uncertain: 0, delivered: 1, late: 1 });
    expect(known.stored.alerts).toEqual([]);
    const forgotten = sentLater(2, 0);
    expect(dayRow(forgotten)).toMatchObject({ counter: 1, uncertain: 1, delivered: 0, late: 0 });
    expect(forgotten.answer).toEqual({ settled: 'external' });
    expect(forgotten.stored.alerts).toEqual(['old_id']);
    expect(forgotten.stored.events).toMatchObject([{ reservationId: null, quotaDay: DAY + 3 }]);
    expect(roomOf(forgotten.account)).toMatchObject({ counter: 1, weekUsed: 2 });
  });

  it('a closed day counts once in the week, however many reconciles read its deliveries after it is forgotten', () => {
    let life = sent(taken(begun(), 'a'), 'a');
    for (let day = 1; day <= 6; day += 1) {
      life = life.until(morning(day)).runs();
      expect([day, weekUsed(life), dayRow(life)]).toMatchObject([day, 1, { counter: 1, late: 0 }]);
    }
    expect(weekUsed(life.until(morning(7)).runs())).toBe(0);
  });
});
