/** The policy of new accounts of a group (R26): what a connect leaves out is taken from it. */
import { SAFE_BAND, type Tier } from '../primitives/tier.js';
import { WEEKLY_CAP_DAYS } from '../primitives/limits.js';
import type { PolicyChange } from './policyChange.js';

export type GroupDefaults = Omit<PolicyChange, 'tier' | 'identity' | 'group'>;

/**
 * Returns the defaults for an account of that tier. A cap or a step of a ramp above the safe band
 * is the band, because a group may have accounts of several tiers, and no cap is ever above it.
 */
export function defaultsFor(tier: Tier, defaults: GroupDefaults): GroupDefaults {
  const band = SAFE_BAND[tier];
  const { dailyCap, weeklyCap, ramp, ...rest } = defaults;
  const steps = ramp && 'dailyCaps' in ramp ? ramp.dailyCaps : undefined;
  return {
    ...rest,
    ...(typeof dailyCap === 'number' ? { dailyCap: Math.min(dailyCap, band) } : {}),
    ...(typeof weeklyCap === 'number'
      ? { weeklyCap: Math.min(weeklyCap, WEEKLY_CAP_DAYS * band) }
      : {}),
    // A tier without InMails has no ramp: a step of a ramp is at least 1.
    ...(!ramp || band === 0
      ? {}
      : { ramp: steps ? { dailyCaps: steps.map((cap) => Math.min(cap, band)) } : ramp }),
  };
}

/** Returns the start with the defaults of each field that it leaves out; null is no such field. */
export function withDefaults<S extends { readonly tier: Tier }>(
  start: S,
  defaults: GroupDefaults,
): S {
  const named = new Set(
    Object.entries(start).flatMap(([name, value]) => (value === undefined ? [] : [name])),
  );
  const absent = Object.entries(defaultsFor(start.tier, defaults)).filter(
    ([name]) => !named.has(name),
  );
  return Object.assign({}, start, Object.fromEntries(absent));
}
