/**
 * Pacing: how soon after a grant the next one is possible (R19). Example: with 60 s and 50 %, the
 * next grant comes 30 to 90 s after the last one.
 */
import type { Account } from '../account/account.js';
import type { Pacing } from '../account/policy.js';
import { hashOf, HOUR_MS, SECOND_MS, type Instant, type UtcDay } from '../primitives/time.js';

export const GAP_SECONDS_MAX = 86_400;
export const JITTER_PERCENT_MAX = 90;
export const PER_HOUR_MAX = 200;

/** Why the next grant has to wait, and until when. */
export type Pace = {
  readonly until: Instant;
  /** Only if the maximum of an hour decides. */
  readonly limit?: number;
  readonly used?: number;
};

/** Returns until when the pace denies a grant, as of `at`; undefined: a grant is possible. */
export function paceAt(account: Account, at: Instant): Pace | undefined {
  const { pacing } = account.policy;
  const last = pacing && lastGrant(account);
  if (!pacing || !last) return undefined;
  const gapEnds = last.reservedAt + gapAfter(account, pacing, last.quotaDay);
  const hour = hourOf(account, pacing, at);
  if (hour && hour.until > gapEnds) return hour;
  return gapEnds > at ? { until: gapEnds } : undefined;
}

/** A slot that nothing granted counts as a grant, because an InMail may have left. */
function lastGrant({ slots }: Account): Account['slots'][number] | undefined {
  let last = slots[0];
  for (const slot of slots) if (last && slot.reservedAt >= last.reservedAt) last = slot;
  return last;
}

/**
 * Returns the interval after the last grant of a day, in ms. Its jitter depends on the account, the
 * day and the number of the grant only: a replay and a forecast find the same interval.
 */
function gapAfter({ accountId, slots }: Account, pacing: Pacing, day: UtcDay): number {
  const number = slots.filter(({ quotaDay }) => quotaDay === day).length;
  const part = (hashOf(`${accountId} ${day} ${number}`) % (2 * STEPS + 1)) / STEPS - 1;
  const factor = 1 + (part * pacing.jitterPercent) / 100;
  return Math.round(pacing.minGapSeconds * SECOND_MS * factor);
}
/** The jitter has 2,001 values, from -100 % to 100 % of its part. */
const STEPS = 1_000;

/** Returns the end of a full hour: when the oldest of its grants is 60 minutes old. */
function hourOf({ slots }: Account, { perHour }: Pacing, at: Instant): Pace | undefined {
  if (perHour === null) return undefined;
  const recent = slots.map(({ reservedAt }) => reservedAt).filter((then) => then > at - HOUR_MS);
  const oldest = recent.toSorted((a, b) => b - a)[perHour - 1];
  if (oldest === undefined) return undefined;
  return { until: oldest + HOUR_MS, limit: perHour, used: recent.length };
}
