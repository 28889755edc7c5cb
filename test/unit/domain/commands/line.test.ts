/** The waiting line (R21): who waits, in which order, until when, and what ends the wait. */
import { describe, expect, it } from 'vitest';
import { configure, disconnect, hold, resume } from '../../../../src/domain/commands/administer.js';
import { ask } from '../../../../src/domain/commands/line.js';
import { withdraw } from '../../../../src/domain/commands/turns.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { isCampaignId } from '../../../../src/domain/primitives/ids.js';
import { DAY_MS, dayOf, isoInstant, MINUTE_MS } from '../../../../src/domain/primitives/time.js';
import { isRefusal } from '../../../../src/domain/account/refusals.js';
import { lineWire } from '../../../../src/domain/wire/decisions.js';
import { reservationWire } from '../../../../src/domain/wire/responses.js';
import { inOrder } from '../../../../src/domain/gate/line.js';
import type { Start } from '../../../../src/domain/commands/administer.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, must, p, r, rows } from '../../../support/scenario.js';

const NOW = at('09:00');
const LATER = NOW + 10 * DAY_MS;
const begin = (start: Partial<Start> = {}) =>
  Life.begin(anAccount({ tier: 'recruiter', ...start }, { now: NOW }).entity, NOW);
const campaign = (name: string) => must(isCampaignId, name);
const timesOf = (life: Life) =>
  life.turns.map(({ reservationId, decided, at: then }) => [
    reservationId,
    decided,
    isoInstant(then).slice(5, 19),
  ]);
/** Sends as each granted slot demands: a day's slots would be uncertain otherwise. */
const spend = (life: Life, count: number, name = 'x') =>
  Array.from({ length: count }, (_, n) => `${name}${n}`).reduce((one, id) => one.asks(id), life);

describe('an ask that may wait', () => {
  it('gets a slot at once if the gate lets it pass', () => {
    expect(begin().waits('a', LATER).answer).toMatchObject({ granted: true, reservationId: 'a' });
  });

  it('waits for its turn if the pace denies it, and gets the slot exactly then', () => {
    const life = begin({ pacing: { minGapSeconds: 60 } })
      .asks('a')
      .waits('b', LATER)
      .waits('c', LATER);
    expect(life.answer).toEqual({
      granted: false,
      waiting: true,
      reservationId: 'c',
      position: 2,
      expectedAt: NOW + 2 * MINUTE_MS,
      reason: 'paced',
    });
    expect(timesOf(life.until(NOW + 5 * MINUTE_MS))).toEqual([
      ['b', 'granted', '11-24T09:01:00'],
      ['c', 'granted', '11-24T09:02:00'],
    ]);
  });

  it('is denied if the reason ends after `validUntil`, or only by a person', () => {
    const life = begin({ dailyCap: 1 }).asks('a');
    expect(life.waits('b', at('23:00')).answer).toMatchObject({
      reason: 'daily_cap',
      granted: false,
    });
    expect(life.waits('b', at('23:00')).answer).not.toHaveProperty('waiting');
    const held = life.when(hold, { reason: 'look', actor: 'ada' }).waits('b', LATER);
    expect(held.answer).toMatchObject({ reason: 'held', retryAt: null });
  });

  it('gets its place again if it asks again, and is refused with other content', () => {
    const life = begin({ dailyCap: 1 }).asks('a').waits('b', LATER).waits('c', LATER);
    expect(life.waits('b', LATER).answer).toMatchObject({ waiting: true, position: 1 });
    expect(life.waits('b', LATER).account.line).toHaveLength(2);
    const other = life.waits('b', LATER, { campaignId: campaign('q4') }).answer;
    expect(isRefusal(other) && other.refused).toBe('ReservationConflict');
  });

  it('comes before those who ask without waiting, whose `retryAt` counts it', () => {
    const life = begin({ pacing: { minGapSeconds: 60 } })
      .asks('a')
      .waits('b', LATER)
      .asks('c');
    const then = NOW + 2 * MINUTE_MS;
    expect(life.decision).toMatchObject({ granted: false, reason: 'paced', retryAt: then });
    expect(nextSlots(life.account, life.now, 1)).toEqual([then]);
    expect(life.until(then - 1).asks('c').isGranted).toBe(false);
    expect(life.until(then).asks('c').isGranted).toBe(true);
  });

  it('ends at `validUntil`, exactly, and frees its place', () => {
    const life = begin({ pacing: { minGapSeconds: 3_600 } })
      .asks('a')
      .waits('b', at('10:00') + 1)
      .waits('c', at('11:00') + 1)
      .when(configure, { dailyCap: 1 });
    expect(timesOf(life.until(at('12:00')))).toEqual([
      ['b', 'expired', '11-24T10:00:00'],
      ['c', 'expired', '11-24T11:00:00'],
    ]);
  });

  it('gets the room of a release at once', () => {
    const life = begin({ dailyCap: 1 }).asks('a').waits('b', LATER);
    const released = life.when(fail, { reservationId: r('a'), kind: 'rejected' });
    expect(timesOf(released)).toEqual([['b', 'granted', '11-24T09:00:00']]);
  });

  it('waits on during a hold, and is answered by a disconnect', () => {
    const order = { reason: 'look', actor: 'ada' };
    const held = begin({ dailyCap: 1 }).asks('a').waits('b', LATER).when(hold, order);
    expect(held.until(NOW + 2 * DAY_MS).turns).toEqual([]);
    const back = held.until(NOW + 2 * DAY_MS).when(resume, order);
    expect(timesOf(back)).toEqual([['b', 'granted', '11-26T09:00:00']]);
    expect(timesOf(held.when(disconnect, order))).toEqual([
      ['b', 'disconnected', '11-24T09:00:00'],
    ]);
  });
});

describe('a withdrawal', () => {
  it('takes an ask out of the line; a granted slot stays', () => {
    const life = begin({ dailyCap: 1 }).asks('a').waits('b', LATER).waits('c', LATER);
    const out = life.when(withdraw, { reservationId: r('b') });
    expect(out.answer).toEqual({ withdrawn: true, reservationId: 'b' });
    expect(out.waits('c', LATER).answer).toMatchObject({ position: 1 });
    const granted = life.when(withdraw, { reservationId: r('a') }).answer;
    expect(isRefusal(granted) && granted.refused).toBe('ReservationSettled');
    const never = life.when(withdraw, { reservationId: r('z') }).answer;
    expect(isRefusal(never) && never.refused).toBe('ReservationUnknown');
  });
});

describe('the order of the line', () => {
  it('is priority, then the campaign served least, then arrival', () => {
    const asks = ['one', 'one', 'one', 'two', 'two'] as const;
    const full = begin({ dailyCap: 1 }).asks('a');
    const life = asks.reduce(
      (before, name, n) => before.waits(`${name}-${n}`, LATER, { campaignId: campaign(name) }),
      full,
    );
    const urgent = life
      .waits('urgent', LATER, { priority: 0 })
      .waits('last', LATER, { priority: 9 });
    expect(inOrder(urgent.account).map(({ reservationId }) => reservationId)).toEqual([
      'urgent',
      'one-0',
      'two-3',
      'one-1',
      'two-4',
      'one-2',
      'last',
    ]);
  });

  it('gives the remainder of a day to each campaign in turn', () => {
    const full = spend(begin({ dailyCap: 5, weeklyCap: 50 }), 5);
    const asked = Array.from({ length: 30 }, (_, n) => n).reduce((life, n) => {
      const name = n % 2 === 0 ? 'one' : 'two';
      return life.waits(`${name}-${n}`, LATER + DAY_MS, { campaignId: campaign(name) });
    }, full);
    let life = asked;
    let before = 0;
    const shares = [1, 2, 3, 4].map((day) => {
      life = life.until(NOW + day * DAY_MS);
      const today = life.turns.slice(before);
      before = life.turns.length;
      return today.filter(({ campaignId }) => campaignId === 'one').length;
    });
    expect(shares).toEqual([3, 2, 3, 2]);
  });
});

/**
 * Two campaigns of weight 1 and 3, which always have asks that wait. `weight1`: the sends of the
 * first one on each of ten days, by R21. Example: of 5 a day, each gets 1 and 3, and the fifth
 * send goes to the second campaign on three days of four, as far as two days before are remembered.
 */
const SHARES = `
  cap  weight1              total
  1    0,1,0,0,1,0,0,1,0,0  3:7
  2    1,0,1,0,1,0,1,0,1,0  5:15
  4    1,1,1,1,1,1,1,1,1,1  10:30
  5    1,2,1,1,2,1,1,2,1,1  13:37
  10   3,2,3,2,3,2,3,2,3,2  25:75
`;

describe('the list of asks that wait', () => {
  it('the list has each ask with the place and the time that its reservation shows', () => {
    const asks = ['a', 'b', 'c', 'd'].reduce(
      (life, name, n) => life.waits(name, LATER, { priority: n === 3 ? 0 : 5 }),
      begin({ dailyCap: 2, pacing: { minGapSeconds: 60 } })
        .asks('x')
        .asks('y'),
    );
    const list = lineWire(asks.account, asks.now);
    expect(list.map(({ reservationId }) => reservationId)).toEqual(['d', 'a', 'b', 'c']);
    for (const one of list) {
      const shown = reservationWire(asks.account, r(one.reservationId), asks.now);
      expect(shown).toEqual(one);
    }
    expect(new Set(list.map(({ expectedAt }) => expectedAt)).size).toBe(4);
    expect(lineWire(begin().account, NOW)).toEqual([]);
  });
});

describe('the weights of campaigns', () => {
  const weights = [
    { campaignId: campaign('one'), weight: 1 },
    { campaignId: campaign('three'), weight: 3 },
  ];

  it('the order within a day gives each campaign its proportion from the first ask on', () => {
    const full = begin({ dailyCap: 1, campaigns: weights }).asks('a');
    const names = ['one', 'one', 'three', 'three', 'three', 'three', 'three', 'three'];
    const life = names.reduce(
      (before, name, n) => before.waits(`${name}-${n}`, LATER, { campaignId: campaign(name) }),
      full,
    );
    expect(inOrder(life.account).map(({ reservationId }) => reservationId)).toEqual([
      'three-2',
      'one-0',
      'three-3',
      'three-4',
      'three-5',
      'one-1',
      'three-6',
      'three-7',
    ]);
    const even = life.when(configure, { campaigns: null });
    expect(inOrder(even.account).map(({ campaignId }) => campaignId)).toEqual([
      'one',
      'three',
      'one',
      ...Array.from({ length: 5 }, () => 'three'),
    ]);
  });

  it.each(rows(SHARES))(
    'the weights 1 and 3 give $total of a cap of $cap in ten days, which is 1 : 3 within one send',
    ({ cap = '', weight1 = '', total = '' }) => {
      const dailyCap = Number(cap);
      const start = { dailyCap, weeklyCap: 7 * dailyCap, campaigns: weights };
      const names = Array.from({ length: 16 * dailyCap }, (_, n) => (n % 2 ? 'three' : 'one'));
      let life = names.reduce(
        (before, name, n) => {
          const campaignId = campaign(name);
          return before.waits(`w${n}`, LATER + 2 * DAY_MS, { campaignId, foresee: () => null });
        },
        spend(begin(start), dailyCap),
      );
      const shares = Array.from({ length: 10 }, (_, n) => {
        const before = life.turns.length;
        life = life.until(NOW + (n + 1) * DAY_MS);
        const today = life.turns.slice(before);
        expect(today).toHaveLength(dailyCap);
        return today.filter(({ campaignId }) => campaignId === 'one').length;
      });
      expect(shares.join()).toBe(weight1);
      const ones = shares.reduce((sum, one) => sum + one, 0);
      expect(`${ones}:${10 * dailyCap - ones}`).toBe(total);
      expect(Math.abs(ones - (10 * dailyCap) / 4)).toBeLessThanOrEqual(1);
    },
  );
});

describe('a long line', () => {
  it('500 asks on a cap of 50 get exactly 50 a day, each in its order, and none is lost', () => {
    const full = spend(begin({ dailyCap: 50, weeklyCap: 250 }), 50);
    const asked = Array.from({ length: 500 }, (_, n) => n).reduce(
      (life, n) => life.waits(`w${n}`, NOW + 20 * DAY_MS, { foresee: () => null }),
      full,
    );
    const refused = asked.waits('one-more', NOW + 20 * DAY_MS);
    expect(refused.answer).toMatchObject({ reason: 'line_full', limit: 500, used: 500 });
    const life = asked.until(NOW + 15 * DAY_MS);
    expect(life.turns.map(({ reservationId }) => reservationId)).toEqual(
      Array.from({ length: 500 }, (_, n) => `w${n}`),
    );
    const days = life.turns.map(({ at: then }) => isoInstant(then).slice(0, 10));
    const counts = [...new Set(days)].map((day) => days.filter((one) => one === day).length);
    expect(counts).toEqual(Array.from({ length: 10 }, () => 50));
  });

  it('is full at 128 KiB', () => {
    const replyTo = { workflowId: 'w'.repeat(1_000), signalName: 's'.repeat(1_000) };
    const full = begin({ dailyCap: 1 }).asks('a');
    const asked = Array.from({ length: 70 }, (_, n) => n).reduce(
      (life, n) => life.waits(`w${n}`, LATER, { replyTo }),
      full,
    );
    expect(asked.answer).toMatchObject({ reason: 'line_full' });
    expect(
      ask(asked.account, { reservationId: r('w0'), wait: true }, asked.now).answer,
    ).toMatchObject({
      position: 1,
    });
  });
});

describe('an ask whose recipient was contacted while it waited', () => {
  const anna = { recipientId: p('ACoAAB1') };

  it('is denied at its turn, and the next ask gets the slot', () => {
    const life = begin({ dailyCap: 2, weeklyCap: 10 })
      .asks('a')
      .asks('b')
      .waits('c', LATER, anna)
      .waits('d', LATER, anna)
      .waits('e', LATER);
    expect(timesOf(life.until(NOW + DAY_MS))).toEqual([
      ['c', 'granted', '11-25T00:00:07'],
      ['d', 'recipient_contacted', '11-25T00:00:07'],
      ['e', 'granted', '11-25T00:00:07'],
    ]);
  });

  it('waits until a contact that the account remembers is forgotten, and not for an older one', () => {
    const life = begin({ dailyCap: 5, recipientMemoryDays: 30 });
    const sent = life
      .waits('a', LATER, anna)
      .when(deliver, { reservationId: r('a'), chatId: c('x') });
    const late = NOW + 31 * DAY_MS;
    expect(sent.waits('b', late, anna).answer).toMatchObject({ reason: 'recipient_contacted' });
    expect(sent.waits('b', late, anna).answer).toMatchObject({ waiting: true });
    const past = [{ ...anna, reservationId: r('old'), quotaDay: dayOf(NOW) - 9 }];
    const older = life.waits('b', late, { ...anna, past });
    expect(older.answer).toMatchObject({ granted: false, contactedBy: 'old' });
    expect(older.answer).not.toHaveProperty('waiting');
  });

  it('with `again` gets its slot', () => {
    const life = begin({ dailyCap: 2, weeklyCap: 10 })
      .asks('a')
      .asks('b')
      .waits('c', LATER, anna)
      .waits('d', LATER, { ...anna, again: true });
    expect(timesOf(life.until(NOW + DAY_MS)).map(([, decided]) => decided)).toEqual([
      'granted',
      'granted',
    ]);
  });
});
