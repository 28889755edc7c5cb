/** The shapes that callers get, with instants and days as text (docs/contract.md, 2). */
import { findSlot, isOpen, type Account, type Slot } from '../account/account.js';
import { roomOf, type CapName } from '../gate/caps.js';
import { retryAtOf } from '../days/forecast.js';
import { barrierAt, isDoubtful, isWindowKnown, type DenialReason } from '../gate/gate.js';
import type { Policy, Ramp } from '../account/policy.js';
import type { Decision } from '../commands/reserve.js';
import type { Tier } from '../primitives/tier.js';
import { isoDay, isoInstant, isoOrNull, SECOND_MS, type Instant } from '../primitives/time.js';
import { LEASE_SECONDS_DEFAULT } from '../primitives/limits.js';
import type { ReservationId } from '../primitives/ids.js';
import type { SendingWindow } from '../account/sendingWindow.js';
import { carriedOf, counterOf, tallyOf } from '../account/counter.js';
import { cooldownAt, isBroken, mayAttempt } from '../gate/cooldown.js';
import { stateOf, type AccountState } from '../gate/accountState.js';

export type GrantWire = {
  readonly granted: true;
  readonly reservationId: string;
  readonly quotaDay: string;
  readonly leaseExpiresAt: string;
  readonly remainingToday: number;
  readonly repeated: boolean;
};
export type DenialWire = {
  readonly granted: false;
  readonly reservationId: string;
  readonly reason: DenialReason;
  readonly limit?: number;
  readonly used?: number;
  readonly retryAt: string | null;
};
/** The answer to an ask for a slot. */
export type DecisionWire = GrantWire | DenialWire;

export type OpenReservation = {
  readonly reservationId: string;
  readonly state: 'in_flight' | 'uncertain';
  readonly quotaDay: string;
  readonly reservedAt: string;
  readonly leaseExpiresAt: string;
};
/** One consistent read of an account; conservation holds in each. */
export type StatusWire = {
  readonly accountId: string;
  readonly asOf: string;
  readonly state: AccountState;
  readonly tier: Tier;
  readonly quotaDay: string;
  readonly version: number;
  readonly counter: number;
  readonly inFlight: number;
  readonly uncertain: number;
  readonly delivered: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  readonly carried: number;
  readonly remaining: number;
  readonly caps: {
    readonly daily: number;
    readonly weekly: number;
    readonly ramp: number | null;
    readonly effective: number;
    readonly binding: CapName;
  };
  readonly weekUsed: number;
  readonly rampDay: number;
  readonly cooldown: { readonly until: string; readonly cause: string } | null;
  readonly hold: { readonly reason: string; readonly actor: string; readonly since: string } | null;
  readonly breakerUntil: string | null;
  readonly lastReconciledAt: string | null;
  readonly nextReconcileAt: string | null;
  readonly verified: boolean;
  readonly unsaved: number;
  readonly openReservations: readonly OpenReservation[];
};
export type ReservationWire = {
  readonly reservationId: string;
  readonly state: 'in_flight' | 'uncertain' | 'released' | 'delivered';
  readonly quotaDay: string;
  readonly reservedAt: string;
  readonly leaseExpiresAt: string;
  readonly chatId: string | null;
  readonly messageId: string | null;
  readonly reason: string | null;
  /** Leave to call LinkedIn, as far as the account knows (R18). */
  readonly mayAttempt: boolean;
};
export type PolicyWire = {
  readonly tier: Tier;
  readonly dailyCap: number | null;
  readonly weeklyCap: number | null;
  readonly ramp: Ramp | null;
  readonly sendingWindow: SendingWindow | null;
  readonly timezone: string;
  /** The day of the month on which InMail credits are granted anew; null: the first. */
  readonly creditsRenewOn: number | null;
};

export function decisionWire(decision: Decision): DecisionWire {
  if (!decision.granted) return { ...decision, retryAt: isoOrNull(decision.retryAt) };
  const { quotaDay, leaseExpiresAt } = decision;
  return { ...decision, quotaDay: isoDay(quotaDay), leaseExpiresAt: isoInstant(leaseExpiresAt) };
}

/** What is known of an account's rows, beside the account. */
type Book = {
  readonly version: number;
  readonly unsaved: number;
  /** Null: cold, so the fleet audit looks after it (R8). */
  readonly nextRunAt?: Instant | null;
};

export function statusWire(
  account: Account,
  at: Instant,
  { version, unsaved, nextRunAt = null }: Book,
): StatusWire {
  const { daily, weekly, ramp, effective, binding, remaining, weekUsed } = roomOf(account);
  const cooling = cooldownAt(account, at);
  return {
    accountId: account.accountId,
    asOf: isoInstant(at),
    state: stateOf(account, at),
    tier: account.policy.tier,
    quotaDay: isoDay(account.day),
    version,
    counter: counterOf(account, account.day),
    ...tallyOf(account, account.day),
    carried: carriedOf(account),
    remaining,
    caps: { daily, weekly, ramp, effective, binding },
    weekUsed,
    rampDay: account.rampDay,
    cooldown: cooling && { until: isoInstant(cooling.until), cause: cooling.cause },
    hold: account.hold && { ...account.hold, since: isoInstant(account.hold.since) },
    breakerUntil: isBroken(account, at) ? isoOrNull(account.breakerUntil) : null,
    lastReconciledAt: isoOrNull(account.reconciledAt),
    nextReconcileAt: isoOrNull(nextRunAt),
    verified: !isDoubtful(account, at),
    unsaved,
    openReservations: account.slots.filter(isOpen).map(openWire),
  };
}

const openWire = (slot: Slot): OpenReservation => ({
  reservationId: slot.reservationId,
  state: slot.state === 'in_flight' ? 'in_flight' : 'uncertain',
  quotaDay: isoDay(slot.quotaDay),
  reservedAt: isoInstant(slot.reservedAt),
  leaseExpiresAt: isoInstant(slot.leaseExpiresAt),
});

/** One reservation, or undefined where the id is not known. */
export function reservationWire(
  account: Account,
  reservationId: ReservationId,
  at: Instant,
): ReservationWire | undefined {
  const slot = findSlot(account, reservationId);
  if (!slot) return undefined;
  return {
    reservationId,
    state: slot.state,
    quotaDay: isoDay(slot.quotaDay),
    reservedAt: isoInstant(slot.reservedAt),
    leaseExpiresAt: isoInstant(slot.leaseExpiresAt),
    chatId: slot.state === 'delivered' ? slot.chatId : null,
    messageId: slot.state === 'delivered' ? slot.messageId : null,
    reason: slot.state === 'uncertain' || slot.state === 'released' ? slot.reason : null,
    mayAttempt: mayAttempt(account, slot, at),
  };
}

/**
 * What a reserve would hear at that instant, with nothing changed. Names no reservation. It takes
 * it that the check of a cold account succeeds (R17), and tells nothing of a window beyond what has
 * been worked out of it.
 */
export function peekWire(account: Account, at: Instant, isForecast: boolean): PeekWire {
  const isForeseen = (isForecast && isWindowKnown(account, at)) || !isDoubtful(account, at);
  const barrier = barrierAt(account, at, { isForecast: isForeseen });
  if (!barrier) {
    return {
      granted: true,
      quotaDay: isoDay(account.day),
      leaseExpiresAt: isoInstant(at + LEASE_SECONDS_DEFAULT * SECOND_MS),
      remainingToday: roomOf(account).remaining - 1,
      repeated: false,
    };
  }
  const { until: _, ...why } = barrier;
  return { granted: false, ...why, retryAt: isoOrNull(retryAtOf(account, barrier, at)) };
}
export type PeekWire = Omit<GrantWire, 'reservationId'> | Omit<DenialWire, 'reservationId'>;

export const policyWire = (policy: Policy): PolicyWire => ({
  tier: policy.tier,
  dailyCap: policy.dailyCap,
  weeklyCap: policy.weeklyCap,
  ramp: policy.ramp,
  sendingWindow: policy.sendingWindow,
  timezone: policy.timezone,
  creditsRenewOn: policy.creditsRenewOn ?? null,
});
