/**
 * InMail credits (R5): LinkedIn grants new ones on one day of each month, the account's own. A day
 * that a month does not have is the last day of that month.
 */
import type { Account } from '../account/account.js';
import type { Event } from '../account/events.js';
import type { Policy } from '../account/policy.js';
import type { Instant } from '../primitives/time.js';
import { isBroken } from './cooldown.js';

/** The day of the month where the policy names none. */
export const RENEWS_ON_DEFAULT = 1;
export const RENEWS_ON_MAX = 31;

/**
 * Returns the first renewal after that instant, 00:00 UTC. On a renewal day it is the next month's:
 * credits that are used up today were granted at its midnight or before.
 */
export function renewalAfter(at: Instant, { creditsRenewOn }: Policy): Instant {
  const on = creditsRenewOn ?? RENEWS_ON_DEFAULT;
  const now = new Date(at);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const thisMonth = renewalIn(year, month, on);
  return thisMonth > at ? thisMonth : renewalIn(year, month + 1, on);
}

/** Returns the renewal in a month; `month` counts from 0, and 12 is the next January. */
function renewalIn(year: number, month: number, on: number): Instant {
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(on, lastDay));
}

/**
 * Moves the end of an open breaker to the first renewal after the change. It never moves to a
 * renewal that is past, because no source confirmed that its credits came.
 */
export function movedBreaker(
  account: Account,
  policy: Policy,
  actor: string,
  at: Instant,
): readonly Event[] {
  const isSameDay = policy.creditsRenewOn === account.policy.creditsRenewOn;
  if (isSameDay || !isBroken(account, at)) return [];
  const reason = 'the renewal day of the credits was changed';
  return [{ type: 'BreakerOpened', until: renewalAfter(at, policy), actor, reason }];
}
