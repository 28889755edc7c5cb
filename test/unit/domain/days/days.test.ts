/** Midnights, weeks, ramps, windows, and what will be (R7, R10, R11, R13). */
import { describe, expect, it } from 'vitest';
import { record } from '../../../../src/domain/entity/entity.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { runAfter } from '../../../../src/domain/days/forecast.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { accountRow } from '../../../../src/domain/records/toRecords.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { configure, resume } from '../../../../src/domain/commands/administer.js';
import type { Attempt, ReadBack } from '../../../../src/domain/records/snapshot.js';
import { dayOf, isoInstant } from '../../../../src/domain/primitives/time.js';
import type { WindowIntervals } from '../../../../src/domain/account/sendingWindow.js';
import { anAccount, at, c, NOTHING, r, Scenario } from '../../../support/scenario.js';
import { batchOf } from '../../../../src/domain/entity/writes.js';

const MIDNIGHT = at('2026-11-25T00:00:00.000Z');
const asked = (account: Scenario, name: string, leaseSeconds = 900): Scenario =>
  account.when(reserve, { reservationId: r(name), leaseSeconds });
const delivered = (account: Scenario, name: string): Scenario =>
  account.when(deliver, { reservationId: r(name), chatId: c(name) });

describe('midnight', () => {
  it('midnight comes at 00:00:00.000, and not a millisecond earlier', () => {
    const spent = delivered(asked(anAccount(), 'a'), 'a');
    spent.until(MIDNIGHT - 1).expect({ quotaDay: '2026-11-24', counter: 1 });
    spent.until(MIDNIGHT).expect({ quotaDay: '2026-11-25', counter: 0, carried: 0 });
  });
  it('a slot whose InMail may reach LinkedIn after midnight is carried, delivered or not; only a release frees the room', () => {
    const late = anAccount({ dailyCap: 3 }, { now: at('23:55') });
    const open = asked(asked(asked(late, 'flying'), 'unclear'), 'short', 60)
      .when(fail, { reservationId: r('unclear'), kind: 'unknown' })
      .when(fail, { reservationId: r('short'), kind: 'unknown' })
      .until(MIDNIGHT)
      .expect({ counter: 0, carried: 2, remaining: 1 });
    delivered(open, 'flying').expect({ carried: 2, delivered: 0, remaining: 1 });
    open
      .when(fail, { reservationId: r('flying'), kind: 'rejected' })
      .expect({ carried: 1, remaining: 2 });
  });
  it('midnight never comes twice, and a clock that moves backwards changes nothing', () => {
    const next = asked(anAccount().until(MIDNIGHT), 'a');
    asked(next.until(MIDNIGHT - 5_000), 'b').expect({ quotaDay: '2026-11-25', counter: 2 });
  });
  it('midnight after three days without a task is one roll', () => {
    const spent = delivered(asked(anAccount({ ramp: { dailyCaps: [1, 2, 3] } }), 'a'), 'a');
    spent
      .until(MIDNIGHT + 2 * 86_400_000)
      .expect({ quotaDay: '2026-11-27', counter: 0, rampDay: 2 });
  });
  const days = ({ entity }: Scenario): object[] =>
    entity.outbox.flatMap(({ row }) => (row.table === 'account_days' ? [row] : []));
  it('midnight writes a row of each day without messages, of the last week at most', () => {
    const quotaDay = dayOf(MIDNIGHT);
    const spent = asked(anAccount(), 'a');
    expect(days(spent.until(MIDNIGHT + 2 * 86_400_000))).toMatchObject([
      { quotaDay: quotaDay - 1, counter: 1 },
      { quotaDay, counter: 0 },
      { quotaDay: quotaDay + 1, counter: 0 },
    ]);
    expect(days(spent.until(MIDNIGHT + 400 * 86_400_000))).toHaveLength(7);
  });
  it('midnight writes the closed day, and again when something late changes it', () => {
    const rolled = asked(anAccount(), 'a').until(MIDNIGHT);
    expect(days(rolled)).toMatchObject([{ counter: 1, delivered: 0, late: 0 }]);
    expect(days(delivered(rolled, 'a'))).toMatchObject([{ counter: 1, delivered: 1, late: 1 }]);
  });
  it('midnight checks the day that closes: 62 of 50 starts a cooldown at midnight', () => {
    const over = anAccount({ inmailsSentToday: 62 }, { now: at('23:59') }).until(MIDNIGHT + 1_000);
    over.expect({
      counter: 0,
      cooldown: { cause: 'overshoot', until: '2026-11-25T01:00:00.000Z' },
    });
  });
  it.each([
    ['00:02:00', 120_000, '2026-11-25T01:00:00.000Z'],
    ['00:02:00.001', 120_001, '2026-11-25T01:02:00.001Z'],
    ['00:20:00', 1_200_000, '2026-11-25T01:20:00.000Z'],
  ])(
    'a reset at %s begins the cooldown at midnight, or after 00:02 at the reset',
    (_, ms, until) => {
      const over = anAccount({ inmailsSentToday: 62 }, { now: at('23:59') }).until(MIDNIGHT + ms);
      over.expect({ counter: 0, cooldown: { cause: 'overshoot', until } });
    },
  );
});

describe('the week and the ramp', () => {
  it('the week is the sum of seven quota days, with today', () => {
    let account = anAccount({ dailyCap: 2, weeklyCap: 5 });
    const grants: number[] = [];
    for (let day = 0; day < 9; day += 1) {
      account = account.until(at('09:00') + day * 86_400_000);
      let count = 0;
      for (let i = 0; i < 3; i += 1) {
        account = asked(account, `d${day}-${i}`);
        if (
          account.status.openReservations.some(
            ({ reservationId }) => reservationId === `d${day}-${i}`,
          )
        ) {
          count += 1;
          account = delivered(account, `d${day}-${i}`);
        }
      }
      grants.push(count);
    }
    expect(grants).toEqual([2, 2, 1, 0, 0, 0, 0, 2, 2]);
  });
  it('a changed ramp starts at its first day, and an unchanged ramp continues', () => {
    const second = delivered(asked(anAccount({ ramp: { dailyCaps: [1, 4] } }), 'a'), 'a').until(
      MIDNIGHT,
    );
    second.when(configure, { ramp: { dailyCaps: [1, 4] } }).expect({ rampDay: 2 });
    second.when(configure, { ramp: { dailyCaps: [2, 4] } }).expect({ rampDay: 1 });
  });
});

describe('what will be', () => {
  const openings = (...bounds: readonly string[]): WindowIntervals => ({
    bounds: bounds.map((text) => at(text)),
    from: at('09:00'),
    until: at('2026-12-24T00:00:00.000Z'),
    zoneVersion: 'of this test',
  });
  const window = { days: ['tue'], start: '10:00', end: '11:00' } as const;
  const opened = (account: Scenario, ...bounds: readonly string[]): Scenario =>
    new Scenario(
      record(account.entity, [{ type: 'OpeningsLearnt', openings: openings(...bounds) }]),
      account.now,
    );

  it('retryAt is the opening of the window; its `end` is outside', () => {
    const shut = opened(
      anAccount({ sendingWindow: window }),
      '10:00',
      '11:00',
      '2026-12-01T10:00:00.000Z',
      '2026-12-01T11:00:00.000Z',
    );
    asked(shut, 'a').answered({ reason: 'outside_window', retryAt: at('10:00') });
    asked(shut.until(at('10:00') - 1), 'a').answered({ granted: false });
    asked(shut.until(at('10:00')), 'a').answered({ granted: true });
    asked(shut.until(at('11:00') - 1), 'a').answered({ granted: true });
    asked(shut.until(at('11:00')), 'a').answered({
      reason: 'outside_window',
      retryAt: at('2026-12-01T10:00:00.000Z'),
    });
  });
  it('retryAt waits for cap, cooldown and window, whichever ends last', () => {
    const bounds = ['09:00', '11:00', '2026-11-25T10:00:00.000Z', '2026-11-25T11:00:00.000Z'];
    const spent = asked(opened(anAccount({ dailyCap: 1, sendingWindow: window }), ...bounds), 'a');
    asked(spent, 'b').answered({ reason: 'daily_cap', retryAt: at('2026-11-25T10:00:00.000Z') });
    const throttled = {
      reservationId: r('a'),
      kind: 'throttled',
      retryAfterSeconds: 90_000,
    } as const;
    asked(spent.when(fail, throttled), 'b').answered({
      reason: 'cooldown',
      retryAt: at('2026-11-25T10:00:00.000Z'),
    });
  });
  it('the next slots are listed as if each were used', () => {
    const { entity } = anAccount({ dailyCap: 2, weeklyCap: 3 });
    expect(nextSlots(entity.account, at('09:00'), 5).map(isoInstant)).toEqual([
      '2026-11-24T09:00:00.000Z',
      '2026-11-24T09:00:00.000Z',
      '2026-11-25T00:00:00.000Z',
      // The slot of 00:00 is uncertain from its first run on; the week has room again on its 8th
      // day.
      '2026-12-01T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
    ]);
  });
  it('the reconciles of an account begin at its own second, every ten minutes', () => {
    const { accountId } = anAccount().entity.account;
    const first = runAfter(accountId, at('09:00'));
    expect([first >= at('09:00'), first < at('09:10'), runAfter(accountId, first)]).toEqual([
      true,
      true,
      first,
    ]);
    expect(runAfter(accountId, first + 1)).toBe(first + 600_000);
  });
});

describe('a start', () => {
  /** What a workflow left: its row and its rows, as of that instant. */
  const left = (account: Scenario, more: Partial<ReadBack> = {}): ReadBack => {
    const { row, entries } = batchOf(account.entity);
    return {
      ...NOTHING,
      account: { ...row, owner: 'another chain', ownerVersion: 1 },
      highestNumber: account.entity.version,
      reservations: entries.flatMap((entry) =>
        entry.row.table === 'reservations' ? [entry.row] : [],
      ),
      events: entries.flatMap((entry) => (entry.row.table === 'inmail_events' ? [entry.row] : [])),
      days: entries.flatMap((entry) => (entry.row.table === 'account_days' ? [entry.row] : [])),
      ...more,
    };
  };
  const today = dayOf(at('09:00'));
  const attempt = (name: string, more: Partial<Attempt> = {}): Attempt => ({
    reservationId: r(name),
    quotaDay: today,
    attemptedAt: at('09:00'),
    outcome: null,
    chatId: null,
    messageId: null,
    errorCode: null,
    ...more,
  });

  it('a start with 104 imported and 17 delivered has 87 unexplained', () => {
    anAccount({ inmailsSentToday: 104, deliveredToday: 17 }).expect({
      counter: 104,
      imported: 17,
      unexplained: 87,
      remaining: 0,
    });
    anAccount({ inmailsSentToday: 9 }).expect({ counter: 9, imported: 9, unexplained: 0 });
  });
  it('a start on the same day gives no fresh cap, and waits after an unclean end', () => {
    const found = left(delivered(asked(asked(anAccount(), 'a'), 'b'), 'a'));
    const again = anAccount({}, { found, now: at('10:00') });
    again.expect({
      counter: 2,
      delivered: 1,
      inFlight: 1,
      cooldown: { cause: 'unclean_end', until: '2026-11-25T00:00:00.000Z' },
    });
    expect(again.alerts).toEqual(['unclean_end']);
    again.when(resume, { reason: 'looked', actor: 'ada' }).expect({ state: 'active', counter: 2 });
  });
  it('a start does not count an imported InMail twice if the event log has it', () => {
    const found = left(delivered(asked(anAccount(), 'a'), 'a'));
    anAccount({ inmailsSentToday: 5 }, { found }).expect({
      counter: 5,
      imported: 4,
      delivered: 1,
      unexplained: 0,
    });
  });
  it('an unclean end of yesterday starts a cooldown if the start is in the first hour of the day, and not later', () => {
    const found = left(asked(anAccount({}, { now: at('23:50') }), 'a'));
    const early = anAccount({}, { found, now: MIDNIGHT + 3_599_999 });
    early.expect({ state: 'cooldown', counter: 0, carried: 1 });
    anAccount({}, { found, now: MIDNIGHT + 3_600_000 }).expect({ state: 'active', carried: 1 });
  });
  it('a start after a disconnect is clean', () => {
    const account = delivered(asked(anAccount(), 'a'), 'a');
    const row = accountRow({ ...account.entity.account, isDisconnected: true }, 9);
    const found = left(account, { account: { ...row, owner: 'x', ownerVersion: 1 } });
    const back = anAccount({}, { found }).expect({ state: 'active', counter: 1 });
    const rows = back.entity.outbox.flatMap(({ row: one }) =>
      one.table === 'account_changes' ? [[one.kind, one.actor]] : [],
    );
    // Else a reader of the changes would take the account for disconnected.
    expect(rows).toEqual([['connect', 'connect']]);
  });
  it('a start reads the journal: the highest state wins', () => {
    const found = left(asked(asked(asked(anAccount(), 'sent'), 'failed'), 'open'), {
      attempts: [
        attempt('sent', { outcome: 'delivered', chatId: c('c1') }),
        attempt('failed', { outcome: 'failed', errorCode: 'rejected' }),
        attempt('open'),
        attempt('bypassed'),
        attempt('bypassed-and-sent', { outcome: 'delivered', chatId: c('c2') }),
        attempt('void', { outcome: 'void' }),
      ],
    });
    const started = anAccount({}, { found });
    started.expect({ delivered: 2, uncertain: 1, inFlight: 1 });
    expect(started.status.counter).toBe(4);
    expect(started.log).toEqual(['c1/ journal day 0', 'c2/ journal day 0']);
  });
  it('a start does not apply the effect of a released slot again', () => {
    const throttled = asked(anAccount(), 'a').when(fail, {
      reservationId: r('a'),
      kind: 'throttled',
    });
    const again = anAccount({}, { found: left(throttled), now: at('09:30') });
    again
      .when(fail, { reservationId: r('a'), kind: 'throttled' })
      .when(resume, { reason: 'looked', actor: 'ada' })
      .expect({ cooldown: { cause: 'throttled', until: '2026-11-24T10:00:00.000Z' } });
  });
  it('a second account of one member starts held, with a cooldown for the day', () => {
    const second = anAccount({}, { rivals: ['first'] });
    second.expect({
      state: 'held',
      cooldown: { cause: 'identity_in_use', until: '2026-11-25T00:00:00.000Z' },
    });
    second.when(resume, { reason: 'looked', actor: 'ada' }).expect({ state: 'cooldown' });
  });
  it('a start for late outcomes only leaves the account disconnected', () => {
    const found = left(asked(anAccount(), 'a'));
    const late = anAccount({ connect: false }, { found });
    delivered(late, 'a')
      .answered({ settled: 'delivered' })
      .expect({ state: 'disconnected', delivered: 1 });
  });
});
