/**
 * Ramps (R10): the two that have a name, and the day on which a ramp no longer limits an account.
 * The glossary has their figures and the sources of these.
 */
import type { Account } from '../account/account.js';
import { dailyCapOf, type Ramp } from '../account/policy.js';
import { WEEKDAYS, type SendingWindow } from '../account/sendingWindow.js';
import { SAFE_BAND, type Tier } from '../primitives/tier.js';
import type { UtcDay } from '../primitives/time.js';

export const RAMP_NAMES = ['gentle', 'standard'] as const;
export type RampName = (typeof RAMP_NAMES)[number];
export type NamedRamp = { readonly name: RampName };

/** Percent of the safe band on each day with a delivery; after the last day it is 100. */
const PERCENTS: Readonly<Record<RampName, readonly number[]>> = {
  gentle: [20, 26, 32, 38, 44, 50, 56, 62, 68, 74, 80, 86, 92, 98],
  standard: [20, 40, 60, 80],
};

/** Returns the list of a named ramp, rounded down; null where a tier sends no InMails. */
export const rampOf = ({ name }: NamedRamp, tier: Tier): Ramp | null =>
  SAFE_BAND[tier] === 0
    ? null
    : { dailyCaps: PERCENTS[name].map((part) => Math.floor((part * SAFE_BAND[tier]) / 100)) };

/** Returns the name of a ramp that is one of the two; undefined for another list. */
export const nameOfRamp = (caps: readonly number[], tier: Tier): RampName | undefined =>
  RAMP_NAMES.find((name) => rampOf({ name }, tier)?.dailyCaps.join() === caps.join());

/**
 * Returns the first day on which the ramp no longer limits the daily cap, if one own InMail is
 * delivered on each day from today on, or on each day of the sending window. Null if it does not
 * limit it today.
 */
export function fullCapOn({ policy, rampDay, day }: Account): UtcDay | null {
  const { ramp, sendingWindow } = policy;
  const full = dailyCapOf(policy);
  const limiting = ramp?.dailyCaps.slice(rampDay - 1).filter((cap) => cap < full).length ?? 0;
  if (limiting === 0) return null;
  let on = day;
  for (let left = limiting; left > 0; on += 1) {
    if (sendingWindow === null || opensOn(sendingWindow, on)) left -= 1;
  }
  return on;
}

/** True if the window names the weekday; 1 January 1970 was a Thursday. */
const opensOn = ({ days }: SendingWindow, day: UtcDay): boolean =>
  days.some((name) => name === WEEKDAYS[(day + THURSDAY) % WEEKDAYS.length]);
const THURSDAY = WEEKDAYS.indexOf('thu');
