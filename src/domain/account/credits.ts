/**
 * The known balance of InMail credits (R24): what a caller observed, less what was spent since,
 * plus what replies gave back, plus each renewal. A balance of 0 opens the breaker. A balance only
 * ever denies, so that a wrong one does no harm.
 */
import { assertNever } from '../primitives/assert.js';
import { findSlot, type Account, type Credits, type Slot } from './account.js';
import type { Event } from './events.js';
import type { Policy } from './policy.js';
import { accountWith } from './update.js';
import { CREDIT_MONTHS_MAX, CREDITS_A_MONTH } from '../primitives/tier.js';
import { startOf, type Instant, type UtcDay } from '../primitives/time.js';

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

/** Returns the balance of an observation, as the account knows it now. */
export function creditsFrom(account: Account, observed: number, at: Instant): Credits {
  const seen = { observed, at, balance: observed };
  const { balance } = renewed(seen, account.policy, at, account.day);
  const spent =
    account.slots.filter((slot) => spends(slot, seen)).length +
    account.externals.filter((external) => external.at >= at).length;
  return { ...seen, balance: balance - spent };
}

/**
 * Returns the credits after the renewals between an instant and the midnight of a day. A renewal
 * adds a month's grant, up to the grants of three months. It never lowers a balance.
 */
export function renewed(credits: Credits, policy: Policy, from: Instant, to: UtcDay): Credits {
  const grant = CREDITS_A_MONTH[policy.tier];
  let { balance } = credits;
  let next = renewalAfter(from, policy);
  for (; next <= startOf(to); next = renewalAfter(next, policy)) {
    const before = Math.max(balance, 0);
    balance = Math.max(before, Math.min(before + grant, CREDIT_MONTHS_MAX * grant));
  }
  const added = balance - credits.balance;
  return added === 0 ? credits : { ...credits, balance, renewed: (credits.renewed ?? 0) + added };
}

/** Returns the balance after the renewals until that day; no field if nothing changes. */
export function renewedAt(
  { credits, policy, day }: Account,
  to: UtcDay,
): { readonly credits?: Credits } {
  if (!credits || renewalAfter(startOf(day), policy) > startOf(to)) return {};
  return { credits: renewed(credits, policy, startOf(day), to) };
}

/** True if the slot takes one of the observed credits. */
const spends = (slot: Slot, { at }: Credits): boolean =>
  slot.free !== true && slot.state !== 'released' && slot.reservedAt >= at;

/** Returns the account after a slot was taken or has changed: now it spends a credit, or not. */
export function withSpent(account: Account, before: Account, slot: Slot): Account {
  const { credits } = account;
  if (!credits) return account;
  const old = findSlot(before, slot.reservationId);
  const change = Number(old !== undefined && spends(old, credits)) - Number(spends(slot, credits));
  return changedBy(account, change);
}

/** Returns the account after an InMail without a reservation. */
export const withExternalSpent = (account: Account, sentAt: Instant): Account =>
  account.credits && sentAt >= account.credits.at ? changedBy(account, -1) : account;

/** Returns the account after a slot has claimed its external send: both had spent a credit. */
export const withClaimed = (account: Account, reservedAt = -Infinity): Account =>
  account.credits && reservedAt >= account.credits.at ? changedBy(account, 1) : account;

type OfCredits = Extract<
  Event,
  { readonly type: 'BreakerOpened' | 'CreditsObserved' | 'ReplyRecorded' | 'CreditsRefunded' }
>;

/** Returns the account after its credits changed: a balance, replies, or none left (R5, R24). */
export function withCredits(account: Account, event: OfCredits): Account {
  switch (event.type) {
    case 'BreakerOpened':
      return withBreaker(account, event);
    case 'CreditsObserved':
      return withBalance(account, event.credits);
    case 'ReplyRecorded':
      return withRefunds(account, event.reply.ignored === null ? 1 : 0);
    case 'CreditsRefunded':
      return withRefunds(account, event.count);
    default:
      return assertNever(event);
  }
}

/** Each reply that counts gives a credit back. */
const withRefunds = (account: Account, count: number): Account =>
  changedBy(account, count, { refunded: (account.credits?.refunded ?? 0) + count });

function changedBy(account: Account, change: number, more: Partial<Credits> = {}): Account {
  const { credits } = account;
  if (!credits || change === 0) return account;
  return withBalance(account, { ...credits, ...more, balance: credits.balance + change });
}

/** Returns the account with this balance. A balance of 0 opens the breaker until the renewal. */
export function withBalance(account: Account, credits: Credits): Account {
  const { breakerUntil, day, policy } = account;
  const { emptyUntil: _, ...bare } = credits;
  if (credits.balance > 0) {
    const isOpened = isOpenedByBalance(account);
    return accountWith(account, {
      credits: bare,
      breakerUntil: isOpened ? null : breakerUntil,
    });
  }
  // Credits are renewed at midnights only, so a breaker ends at a midnight.
  const isBroken = breakerUntil !== null && breakerUntil > startOf(day);
  if (isBroken && !isOpenedByBalance(account)) return accountWith(account, { credits: bare });
  const emptyUntil = isBroken ? breakerUntil : renewalAfter(startOf(day), policy);
  return accountWith(account, { credits: { ...bare, emptyUntil }, breakerUntil: emptyUntil });
}

/** True if the balance has opened the breaker, and not LinkedIn's own answer. */
const isOpenedByBalance = ({ credits, breakerUntil }: Account): boolean =>
  breakerUntil !== null && credits?.emptyUntil === breakerUntil;

/**
 * Returns the account with an open breaker. If LinkedIn itself refused a send, no balance closes
 * the breaker again, and what was known of the balance is wrong.
 */
export function withBreaker(
  account: Account,
  { until, actor }: Extract<Event, { type: 'BreakerOpened' }>,
): Account {
  const { credits } = account;
  if (!credits) return accountWith(account, { breakerUntil: until });
  const { emptyUntil: _, ...bare } = credits;
  const isMoved = actor !== undefined;
  const kept = isMoved ? bare : { ...bare, balance: Math.min(bare.balance, 0) };
  const isEmpty = isMoved && isOpenedByBalance(account);
  return accountWith(account, {
    breakerUntil: until,
    credits: isEmpty ? { ...kept, emptyUntil: until } : kept,
  });
}

/** Returns the account that a person resumed: a balance of 0 is forgotten, so that it can send. */
export const withoutBreaker = (account: Account): Account =>
  accountWith(account, {
    breakerUntil: null,
    credits: account.credits && account.credits.balance > 0 ? account.credits : null,
  });
