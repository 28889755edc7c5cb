/** How much room a day has, and which cap says so (R2, R10). One pass over the slots. */
import type { Account } from '../account/account.js';
import { dailyCapOf, rampCapOf, steppedCapOf, weeklyCapOf } from '../account/policy.js';
import { CHURN_FACTOR, CHURN_FLOOR, WEEK_DAYS } from '../primitives/limits.js';
import { carriedOf, counterOf } from '../account/counter.js';

/** In the gate's order: of two caps that leave the same room the first one is named. */
export type CapName = 'weekly' | 'ramp' | 'daily';

export type Room = {
  readonly daily: number;
  readonly weekly: number;
  readonly ramp: number | null;
  /** The smallest of daily, ramp, and weekly less the six earlier days; never below 0. */
  readonly effective: number;
  readonly binding: CapName;
  readonly counter: number;
  readonly carried: number;
  /** The six earlier quota days, slots that are carried into today left out. */
  readonly earlier: number;
  readonly weekUsed: number;
  readonly remaining: number;
  /** Grants of today, whatever became of them, and how many there may be (R3). */
  readonly grants: number;
  readonly grantsMax: number;
};

/** InMails of the six earlier quota days; what is carried already counts today. */
function earlierOf(account: Account): number {
  const oldest = account.day - WEEK_DAYS + 1;
  let sum = 0;
  for (const book of account.days) {
    if (book.day < oldest || book.day >= account.day) continue;
    sum += book.external + book.imported + book.unexplained;
    sum += book.forgottenDelivered + book.forgottenUncertain;
  }
  for (const slot of account.slots) {
    const isEarlier = slot.quotaDay >= oldest && slot.quotaDay < account.day;
    if (isEarlier && slot.state !== 'released' && slot.carriedInto !== account.day) sum += 1;
  }
  return sum;
}

export function roomOf(account: Account): Room {
  const { policy, rampDay, day } = account;
  const daily = dailyCapOf(policy);
  const weekly = weeklyCapOf(policy);
  const ramp = rampCapOf(policy, rampDay);
  const earlier = earlierOf(account);
  const counter = counterOf(account, day);
  const carried = carriedOf(account);
  const { effective, binding } = leftBy({ daily, weekly, ramp }, earlier);
  return {
    daily,
    weekly,
    ramp,
    effective,
    binding,
    counter,
    carried,
    earlier,
    weekUsed: earlier + counter + carried,
    remaining: Math.max(0, effective - counter - carried),
    grants: account.slots.filter((slot) => slot.quotaDay === day).length,
    grantsMax: Math.max(CHURN_FLOOR, CHURN_FACTOR * steppedCapOf(policy, rampDay)),
  };
}

/** What all caps together leave of a day, and which of them leaves the least. */
export function leftBy(
  { daily, weekly, ramp }: Pick<Room, 'daily' | 'weekly' | 'ramp'>,
  earlier: number,
): Pick<Room, 'effective' | 'binding'> {
  const weeklyLeft = weekly - earlier;
  const effective = Math.max(0, Math.min(daily, ramp ?? Infinity, weeklyLeft));
  if (weeklyLeft <= effective) return { effective, binding: 'weekly' };
  return { effective, binding: ramp === effective ? 'ramp' : 'daily' };
}
