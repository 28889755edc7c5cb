/**
 * The forecast: the earliest instant at which a reserve is granted, and the later ones. It assumes
 * that no message comes, reconciles succeed on time and each open slot ends uncertain
 * (docs/contract.md, 2).
 */
import type { Account } from '../account/account.js';
import { evolveAll } from '../account/evolve.js';
import { barrierAt, type Ask } from '../gate/gate.js';
import { AUDIT_OFFSET_MS, LOOK_AHEAD_DAYS, RECONCILE_INTERVAL_MS } from '../primitives/limits.js';
import { rampDayNext, roll } from './rollover.js';
import { dayOf, DAY_MS, hashOf, isoInstant, startOf, type Instant } from '../primitives/time.js';
import type { AccountId } from '../primitives/ids.js';
import { assert } from '../primitives/assert.js';
import type { Flaw } from '../account/refusals.js';
import { cooldownAt, isCooldownDue, overshootAt } from '../gate/cooldown.js';
import { learntNext } from '../gate/learnt.js';

/**
 * Maximum reasons in a row: more than any mix of cooldown, breaker, week and window gives. Each
 * reason names its end, so a day, a weekly cap or a window is passed in one step.
 */
const STEPS_MAX = 200;

/** Returns the first reconcile at or after that instant, at the account's own second (R8). */
export function runAfter(accountId: AccountId, at: Instant): Instant {
  const phase = hashOf(accountId) % RECONCILE_INTERVAL_MS;
  return Math.ceil((at - phase) / RECONCILE_INTERVAL_MS) * RECONCILE_INTERVAL_MS + phase;
}

/** Returns the next audit of the fleet after that instant (R8). */
export function auditAfter(at: Instant): Instant {
  const passed = Math.floor((at - AUDIT_OFFSET_MS) / RECONCILE_INTERVAL_MS);
  return (passed + 1) * RECONCILE_INTERVAL_MS + AUDIT_OFFSET_MS;
}

/** Returns a refusal for an instant too far ahead: each day until then is work for the account. */
export function tooFarAhead(at: Instant, now: Instant): Flaw | undefined {
  const latest = now + LOOK_AHEAD_DAYS * DAY_MS;
  if (at <= latest) return undefined;
  const message = `at should be at most ${LOOK_AHEAD_DAYS} days ahead, until ${isoInstant(latest)}`;
  return { refused: 'InvalidInput', message };
}

/**
 * Returns the account as it will be at that instant, if no message comes until then. A slot whose
 * lease ended before the last reconcile of a day is uncertain by then, and is not carried over
 * midnight.
 */
export function forecastAt(account: Account, at: Instant): Account {
  let view = cooled(account, at);
  while (view.day < dayOf(at)) {
    // Midnights of an empty account are all equal, so only the last one is computed.
    const midnight = startOf(isEmpty(view) ? dayOf(at) : view.day + 1);
    const lastRun = runAfter(account.accountId, midnight) - RECONCILE_INTERVAL_MS;
    view = evolveAll(view, roll(view, midnight, lastRun));
  }
  return view;
}

/**
 * True if all later midnights are equal: no slot can be carried, no ramp step is earned, no learnt
 * ceiling grows, and the counter starts no cooldown.
 */
const isEmpty = (account: Account): boolean =>
  rampDayNext(account) === account.rampDay &&
  learntNext(account)?.cap === account.learnt?.cap &&
  !isCooldownDue(account) &&
  account.slots.every(({ leaseExpiresAt }) => leaseExpiresAt < startOf(account.day));

/** Applies the cooldown that the next reconcile starts for an overshoot, if none holds (R8, R9). */
function cooled(account: Account, at: Instant): Account {
  if (!isCooldownDue(account)) return account;
  const { accountId, day, now } = account;
  const cooling = cooldownAt(account, now);
  const run = runAfter(accountId, Math.max(now + 1, cooling?.until ?? 0));
  if (run >= at || dayOf(run) > day) return account;
  return evolveAll(account, overshootAt(account, run));
}

/** What a forecast reads of a reserve: its time in a queue is not foreseen. */
export type Asked = Omit<Ask, 'validUntil'>;

/** Returns the first instant from `from` on at which no reason holds; null if none will come. */
export function earliestGrant(account: Account, from: Instant, ask: Asked = {}): Instant | null {
  return nextGrant(account, from, ask)?.at ?? null;
}

export function nextGrant(
  account: Account,
  from: Instant,
  ask: Asked,
): { at: Instant; view: Account } | undefined {
  let at = from;
  let view = account;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    view = forecastAt(view, at);
    const barrier = barrierAt(view, at, { ...ask, isForecast: true });
    if (!barrier) return { at, view };
    if (barrier.until === null) return undefined;
    assert(barrier.until > at, `${barrier.reason} ends later than it is asked`);
    at = barrier.until;
  }
  return undefined;
}
