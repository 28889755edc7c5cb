/** The answers to a reserve and to the query `peek` (docs/contract.md, 2). */
import type { Account } from '../account/account.js';
import { roomOf } from '../gate/caps.js';
import { retryAtOf } from '../days/forecast.js';
import { barrierAt, type DenialReason } from '../gate/gate.js';
import { isDoubtful, isWindowKnown } from '../gate/verified.js';
import { contactIn, type Decision } from '../commands/reserve.js';
import { contactsOf, type Recipient } from '../gate/recipient.js';
import { isoDay, isoInstant, isoOrNull, SECOND_MS, type Instant } from '../primitives/time.js';
import { LEASE_SECONDS_DEFAULT } from '../primitives/limits.js';

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
  /** The reservation that has contacted the recipient (R20). */
  readonly contactedBy?: string;
  readonly retryAt: string | null;
};
/** The answer to a reserve. */
export type DecisionWire = GrantWire | DenialWire;

export function decisionWire(decision: Decision): DecisionWire {
  if (!decision.granted) return { ...decision, retryAt: isoOrNull(decision.retryAt) };
  const { quotaDay, leaseExpiresAt } = decision;
  return { ...decision, quotaDay: isoDay(quotaDay), leaseExpiresAt: isoInstant(leaseExpiresAt) };
}

/**
 * Returns the answer that a reserve would get at that instant, and changes nothing. It names no
 * reservation. It assumes that the reconcile of a cold account succeeds (R17), and uses only the
 * times of a sending window that are already computed.
 */
export function peekWire(
  account: Account,
  at: Instant,
  isForecast: boolean,
  recipient: Recipient = {},
): PeekWire {
  const isForeseen = (isForecast && isWindowKnown(account, at)) || !isDoubtful(account, at);
  const contacts = contactsOf(account, recipient);
  const barrier = barrierAt(account, at, { isForecast: isForeseen, contacts });
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
  const retryAt = isoOrNull(retryAtOf(account, barrier, at, contacts));
  return { granted: false, ...contactIn(contacts, at), ...why, retryAt };
}
export type PeekWire = Omit<GrantWire, 'reservationId'> | Omit<DenialWire, 'reservationId'>;
