/** The velocity cap: how much more than on the last days an account may send (R25). */
import { describe, expect, it } from 'vitest';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { roomOf } from '../../../../src/domain/gate/caps.js';
import { velocityCapOf } from '../../../../src/domain/gate/velocity.js';
import type { Velocity } from '../../../../src/domain/account/policy.js';
import { DAY_MS, isoDay, dayOf } from '../../../../src/domain/primitives/time.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { anAccount, at, c, m, r, type Scenario } from '../../../support/scenario.js';

const NOW = at('09:00');
const TWICE = { factor: 2, floor: 5 };
const cap = ({ entity }: Scenario): number | null => velocityCapOf(entity.account);

let count = 0;
/** Sends and delivers that many InMails. */
function sent(account: Scenario, many: number): Scenario {
  let after = account;
  for (let n = 0; n < many; n += 1) {
    const id = `v${(count += 1)}`;
    after = after
      .when(reserve, { reservationId: r(id) })
      .answered({ granted: true })
      .when(deliver, { reservationId: r(id), chatId: c(id), messageId: m(id) });
  }
  return after;
}
/** Lives one day for each number, and begins the day after the last one. */
const lived = (account: Scenario, sends: readonly number[]): Scenario =>
  sends.reduce((before, many) => {
    const after = sent(before, many);
    return after.until(after.now + DAY_MS);
  }, account);
const anAccountWith = (velocity: Velocity): Scenario => anAccount({ velocity });

describe('the velocity cap', () => {
  it('the cap is the factor times the mean of the last seven days with a send, rounded down', () => {
    const account = lived(anAccountWith(TWICE), [2, 3, 3, 4, 3, 2, 4]);
    expect(cap(account)).toBe(6);
    sent(account, 6)
      .when(reserve, { reservationId: r('seventh') })
      .answered({ granted: false, reason: 'velocity_cap', limit: 6, used: 6 });
    expect(cap(lived(account, [6]))).toBe(7);
  });

  it('the cap is the floor without a send, and never below the floor', () => {
    expect(cap(anAccountWith(TWICE))).toBe(5);
    expect(cap(lived(anAccountWith(TWICE), [1, 1]))).toBe(5);
    expect(cap(anAccount())).toBeNull();
  });

  it('a factor with two decimals is exact', () => {
    // 1.15 x 20 is 22.999999999999996 in binary numbers.
    expect(cap(lived(anAccountWith({ factor: 1.15, floor: 20 }), [20]))).toBe(23);
  });

  it('days without a send are left out, and days before the week are remembered', () => {
    const idle = lived(anAccountWith(TWICE), [5, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
    expect(cap(lived(idle, [2, 0]))).toBe(8); // (5 + 5 + 2) / 3 = 4
  });

  it('a send counts for 28 days, over one midnight or many', () => {
    const account = lived(anAccountWith({ factor: 3, floor: 1 }), [1]);
    const later = (days: number): Scenario => account.until(NOW + days * DAY_MS);
    const daily = lived(account, Array<number>(27).fill(0));
    expect([cap(later(28)), cap(later(29))]).toEqual([3, 1]);
    expect([cap(daily), cap(lived(daily, [0]))]).toEqual([3, 1]);
  });

  it('an eighth day with a send replaces the oldest one, also after the week', () => {
    const account = lived(anAccountWith({ factor: 1, floor: 9 }), [9]);
    const more = lived(account, [1, 0, 0, 1, 1, 0, 0, 1, 1, 1]);
    expect(more.entity.account.sentDays).toHaveLength(3);
    // 9 + 6 x 1 in seven days; then the 9 is the eighth day.
    const free = { ...more.entity.account.policy, velocity: { factor: 7, floor: 1 } };
    const capOf = ({ entity }: Scenario): number | null =>
      velocityCapOf({ ...entity.account, policy: free });
    expect([capOf(more), capOf(lived(more, [1]))]).toEqual([15, 7]);
  });

  it('external sends count, and a send that was released later counts no more', () => {
    const open = anAccountWith({ factor: 1, floor: 1 })
      .when(observe, { chatId: c('e1'), messageId: m('e1'), sentAt: NOW })
      .when(observe, { chatId: c('e2'), messageId: m('e2'), sentAt: NOW });
    expect(cap(open)).toBe(1); // today does not count
    const next = anAccountWith({ factor: 1, floor: 2 })
      .when(reserve, { reservationId: r('late') })
      .when(observe, { chatId: c('e1'), messageId: m('e1'), sentAt: NOW })
      .when(observe, { chatId: c('e2'), messageId: m('e2'), sentAt: NOW })
      .until(NOW + DAY_MS);
    expect(cap(next)).toBe(3);
    expect(cap(next.when(fail, { reservationId: r('late'), kind: 'rejected' }))).toBe(2);
  });

  it('the smallest cap binds, and the velocity cap is named before an equal daily cap', () => {
    const room = (dailyCap: number) =>
      roomOf(anAccount({ dailyCap, velocity: TWICE }).entity.account);
    expect(room(5)).toMatchObject({ effective: 5, binding: 'velocity', velocity: 5 });
    expect(room(4)).toMatchObject({ effective: 4, binding: 'daily', velocity: 5 });
  });

  it('a plan of slots raises the mean as the sends of the plan will', () => {
    const account = lived(anAccountWith({ factor: 2, floor: 2 }), [2]).entity.account;
    const perDay = new Map<string, number>();
    for (const slot of nextSlots(account, account.now, 26)) {
      const day = isoDay(dayOf(slot));
      perDay.set(day, (perDay.get(day) ?? 0) + 1);
    }
    // 2 x 2, then 2 x (2 + 4) / 2, then 2 x (2 + 4 + 6) / 3, then 2 x 20 / 4, of which 8 are asked for.
    expect([...perDay.values()]).toEqual([4, 6, 8, 8]);
  });
});

describe('a velocity that is not possible', () => {
  it.each([
    [{ factor: 0, floor: 5 }, 'velocity.factor should be a number from 1 to 10'],
    [{ factor: 10.5, floor: 5 }, 'velocity.factor should be a number from 1 to 10'],
    [{ factor: 1.333, floor: 5 }, 'with at most two decimals'],
    [{ factor: '2', floor: 5 }, 'velocity.factor should be a number from 1 to 10'],
    [{ factor: 2, floor: -1 }, 'velocity.floor should be a whole number from 1 to 50'],
    [{ factor: 2, floor: 51 }, 'velocity.floor should be a whole number from 1 to 50'],
    [{ factor: 2 }, 'velocity.floor is missing'],
  ])('%j is refused with its field and its limit', (velocity, words) => {
    expect(parseConfigure({ velocity }, 'strict', 0)).toMatchObject({
      ok: false,
      refused: 'InvalidInput',
      message: expect.stringContaining(words),
    });
  });
});
