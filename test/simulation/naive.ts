/** Counts the numbers of an account again from its lists, in a naive way. */
import type { Account } from '../../src/domain/account/account.js';
import type { Policy } from '../../src/domain/account/policy.js';

const BAND = { free: 0, premium: 25, sales_navigator: 50, recruiter: 50 } as const;

export function counterOn(account: Account, day: number): number {
  let sum = 0;
  for (const book of account.days) {
    if (book.day !== day) continue;
    sum = book.external + book.imported + book.unexplained;
    sum += book.forgottenDelivered + book.forgottenUncertain;
  }
  for (const slot of account.slots) {
    if (slot.quotaDay === day && slot.state !== 'released') sum += 1;
  }
  return sum;
}

export function carriedOn(account: Account, since = -Infinity): number {
  let sum = 0;
  for (const { carriedInto, state, quotaDay } of account.slots) {
    if (carriedInto === account.day && state !== 'released' && quotaDay >= since) sum += 1;
  }
  return sum;
}

/** Returns the slots of a campaign that take room today (R22). */
export function campaignOn({ slots, day }: Account, campaign: string): number {
  let sum = 0;
  for (const { campaignId, quotaDay, carriedInto, state } of slots) {
    if (campaignId !== campaign || state === 'released') continue;
    if (quotaDay === day || carriedInto === day) sum += 1;
  }
  return sum;
}

/** Returns the cap by the sends of the last days (R25). */
export function velocityOn(account: Account): number {
  const { day, policy, sentDays = [] } = account;
  if (!policy.velocity) return Infinity;
  const { factor, floor } = policy.velocity;
  const sends: number[] = [];
  for (let back = 1; back <= 28 && sends.length < 7; back += 1) {
    const old = sentDays.find((one) => one.day === day - back)?.sent ?? 0;
    const sent = back < 7 ? counterOn(account, day - back) : old;
    if (sent > 0) sends.push(sent);
  }
  const mean = sends.reduce((sum, one) => sum + one, 0) / Math.max(1, sends.length);
  return Math.max(floor, Math.floor(factor * mean + 1e-9));
}

/** Returns the ceiling that refusals taught, if the policy applies it (R25). */
export const ceilingOn = ({ policy, learnt }: Account): number =>
  policy.learntCap ? (learnt?.cap ?? Infinity) : Infinity;

/** Returns the cap of a day, from customer, tier and ramp. */
export function capOn({ tier, dailyCap, ramp }: Policy, rampDay: number): number {
  const daily = Math.min(dailyCap ?? BAND[tier], BAND[tier]);
  return Math.min(daily, ramp?.dailyCaps[rampDay - 1] ?? Infinity);
}

export function weeklyOn({ tier, dailyCap, weeklyCap }: Policy): number {
  const daily = Math.min(dailyCap ?? BAND[tier], BAND[tier]);
  return Math.min(weeklyCap ?? 5 * daily, 5 * BAND[tier]);
}

/** Returns the sum of the six earlier days; carried slots count today. */
export function earlierOn(account: Account): number {
  let sum = -carriedOn(account, account.day - 6);
  for (let day = account.day - 6; day < account.day; day += 1) sum += counterOn(account, day);
  return sum;
}
