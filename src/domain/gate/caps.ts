/** How much room a day has, and which cap limits it (R2, R10). One pass over the slots. */
import type { Account } from '../account/account.js';
import { dailyCapOf, rampCapOf, steppedCapOf, weeklyCapOf } from '../account/policy.js';
import { CHURN_FACTOR, CHURN_FLOOR, SLOTS_MAX, WEEK_DAYS } from '../primitives/limits.js';
import { learntCapOf } from './learnt.js';
import { velocityCapOf } from './velocity.js';
import { carriedOf, counterOf } from '../account/counter.js';
import { startOf, type Instant } from '../primitives/time.js';

/** In the gate's order: of two caps that leave the same room, the answer names the first. */
export type CapName = 'weekly' | 'ramp' | 'velocity' | 'learnt' | 'daily';

/** The caps of a day; null: no such cap. */
export type Caps = {
  readonly daily: number;
  readonly weekly: number;
  readonly ramp: number | null;
  readonly velocity: number | null;
  readonly learnt: number | null;
};
export type Room = Caps & {
  /** The smallest of all caps, with weekly minus `earlier`; never below 0. */
  readonly effective: number;
  readonly binding: CapName;
  readonly counter: number;
  readonly carried: number;
  /** InMails of the six earlier quota days, without slots that are carried into today. */
  readonly earlier: number;
  readonly weekUsed: number;
  readonly remaining: number;
  /** Grants of today with any outcome, and the maximum number of them (R3). */
  readonly grants: number;
  readonly grantsMax: number;
};

/** Returns the InMails of the six earlier quota days; a carried slot already counts today. */
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

/** Returns the room of the account's day. */
export function roomOf(account: Account): Room {
  const { policy, rampDay, day } = account;
  const daily = dailyCapOf(policy);
  const weekly = weeklyCapOf(policy);
  const ramp = rampCapOf(policy, rampDay);
  const velocity = velocityCapOf(account);
  const learnt = learntCapOf(account);
  const earlier = earlierOf(account);
  const counter = counterOf(account, day);
  const carried = carriedOf(account);
  const { effective, binding } = leftBy({ daily, weekly, ramp, velocity, learnt }, earlier);
  return {
    daily,
    weekly,
    ramp,
    velocity,
    learnt,
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

export const midnightAfter = (account: Account): Instant => startOf(account.day + 1);
/** Returns when a cap lets more pass; null: only a person can raise a cap of 0. */
export const capEnds = (account: Account, cap: number): Instant | null =>
  cap === 0 ? null : midnightAfter(account);

type Full = { readonly limit: number; readonly used: number };

/** Returns the maximum of the day's grants, with any outcome, if it is reached (R3). */
export const churned = ({ grants, grantsMax }: Room): Full | undefined =>
  grants >= grantsMax ? { limit: grantsMax, used: grants } : undefined;

/** Returns the maximum of slots in the state if it is reached; sends without a grant count, too. */
export const fullState = ({ slots }: Account): Full | undefined =>
  slots.length >= SLOTS_MAX ? { limit: SLOTS_MAX, used: slots.length } : undefined;

/** Returns what all caps together leave of a day, and the cap that leaves the least. */
export function leftBy(
  { daily, weekly, ramp, velocity, learnt }: Caps,
  earlier: number,
): Pick<Room, 'effective' | 'binding'> {
  const inOrder: readonly (readonly [CapName, number | null])[] = [
    ['weekly', weekly - earlier],
    ['ramp', ramp],
    ['velocity', velocity],
    ['learnt', learnt],
    ['daily', daily],
  ];
  const left = Math.min(...inOrder.map(([, cap]) => cap ?? Infinity));
  const [binding] = inOrder.find(([, cap]) => cap === left) ?? ['daily'];
  return { effective: Math.max(0, left), binding };
}
