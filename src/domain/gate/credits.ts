/** The breaker of InMail credits that are used up, and what is known of them (R5, R24). */
import type { Account } from '../account/account.js';
import { renewalAfter } from '../account/credits.js';
import type { Event } from '../account/events.js';
import type { Policy } from '../account/policy.js';
import { WEEK_DAYS } from '../primitives/limits.js';
import { CREDITS_A_MONTH } from '../primitives/tier.js';
import { isoInstant, type Instant } from '../primitives/time.js';
import { roomOf } from './caps.js';
import { isBroken } from './cooldown.js';

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

/** The known balance of an account, as callers get it (R24). */
export type KnownCredits = {
  /** Never below 0. */
  readonly balance: number;
  readonly observed: number;
  readonly observedAt: string;
  /** The changes since then: InMails, replies, and grants of LinkedIn. */
  readonly spent: number;
  readonly refunded: number;
  readonly renewed: number;
  /** The credits of the next renewal, and when they come. */
  readonly grant: number;
  readonly renewsAt: string;
  /**
   * For how many whole days the balance lasts, at the mean of the last seven quota days; null: no
   * InMail was sent in them.
   */
  readonly runwayDays: number | null;
};

/** Returns what is known of the credits; null while no balance was observed. */
export function knownCredits(account: Account, at: Instant): KnownCredits | null {
  const { credits, policy } = account;
  if (!credits) return null;
  const balance = Math.max(0, credits.balance);
  const { weekUsed } = roomOf(account);
  const { observed, refunded = 0, renewed = 0 } = credits;
  return {
    balance,
    observed,
    observedAt: isoInstant(credits.at),
    spent: observed + refunded + renewed - credits.balance,
    refunded,
    renewed,
    grant: CREDITS_A_MONTH[policy.tier],
    renewsAt: isoInstant(renewalAfter(at, policy)),
    runwayDays: weekUsed === 0 ? null : Math.floor((balance * WEEK_DAYS) / weekUsed),
  };
}
