/** The answers to a reserve and to the query `peek` (docs/contract.md, 2). */
import {
  findSlot,
  isLeased,
  type Account,
  GRANTED,
  type Slot,
  type WaitingAsk,
} from '../account/account.js';
import { placeOf, type LineFull, type Waiting } from '../commands/line.js';
import { roomOf } from '../gate/caps.js';
import { SlotTimes } from '../days/slotTimes.js';
import { inOrder } from '../gate/line.js';
import { isDenialReason, type Ask, type DenialReason } from '../gate/gate.js';
import { isDoubtful, isWindowKnown } from '../gate/verified.js';
import { verdictAt } from '../gate/shadow.js';
import { isShadow } from '../account/policy.js';
import { deniedBy, type Denied } from '../commands/denied.js';
import type { Decision } from '../commands/reserve.js';
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
  /** In shadow mode: what would deny this reserve in the mode `enforce` (R23). */
  readonly wouldDeny?: WouldDenyWire;
};
/** A denial that an account in shadow mode did not give (R23). */
export type WouldDenyWire = Omit<DenialWire, 'granted' | 'reservationId'>;
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
/** The ask waits in the account; the decision comes when its turn has come (R21). */
export type WaitingWire = {
  readonly granted: false;
  readonly waiting: true;
  readonly reservationId: string;
  readonly position: number;
  readonly expectedAt: string | null;
  readonly reason: string;
};
/** The answer to a reserve, or the decision of an ask that waited. */
export type DecisionWire = GrantWire | DenialWire;
/** No place is left in the line; `retryAt`: when the next ask leaves it. */
export type LineFullWire = Omit<DenialWire, 'reason'> & { readonly reason: 'line_full' };
/** What a workflow receives by `replyTo`: the ask does not wait, or no longer. */
export type ReplyWire = DecisionWire | LineFullWire;
/** The answer to a reserve that may wait. */
export type AnswerWire = ReplyWire | WaitingWire;

/** Returns the answer to an ask: its place in the line, or its decision. */
export function answerWire(answer: Decision | Waiting | LineFull): AnswerWire {
  if ('waiting' in answer) return { ...answer, expectedAt: isoOrNull(answer.expectedAt) };
  if (answer.granted || answer.reason !== 'line_full') return decisionWire(answer);
  return { ...answer, retryAt: isoOrNull(answer.retryAt) };
}

/** Returns the decision of an ask that waited. */
export function decidedWire(account: Account, ask: WaitingAsk, at: Instant): DecisionWire {
  const { reservationId, decided } = ask;
  const slot = decided === GRANTED ? findSlot(account, reservationId) : undefined;
  if (!slot || !isLeased(slot, at)) {
    const reason = isDenialReason(decided) ? decided : 'expired';
    return { granted: false, reservationId, reason, retryAt: null };
  }
  return {
    granted: true,
    reservationId,
    quotaDay: isoDay(slot.quotaDay),
    leaseExpiresAt: isoInstant(slot.leaseExpiresAt),
    remainingToday: roomOf(account).remaining,
    repeated: false,
  };
}

export function decisionWire(decision: Decision): DecisionWire {
  if (!decision.granted) return { ...decision, retryAt: isoOrNull(decision.retryAt) };
  const { quotaDay, leaseExpiresAt, wouldDeny, ...grant } = decision;
  return {
    ...grant,
    quotaDay: isoDay(quotaDay),
    leaseExpiresAt: isoInstant(leaseExpiresAt),
    ...(wouldDeny ? { wouldDeny: wouldDenyWire(wouldDeny) } : {}),
  };
}

const wouldDenyWire = (denied: Denied): WouldDenyWire => ({
  ...denied,
  retryAt: isoOrNull(denied.retryAt),
});

/**
 * Returns the answer that a reserve would get at that instant, and changes nothing. It names no
 * reservation. It assumes that the reconcile of a cold account succeeds (R17), and uses only the
 * times of a sending window that are already computed.
 */
export function peekWire(
  account: Account,
  at: Instant,
  isForecast: boolean,
  { campaignId, free, ...recipient }: Recipient & Pick<Ask, 'campaignId' | 'free'> = {},
): PeekWire {
  const isForeseen = (isForecast && isWindowKnown(account, at)) || !isDoubtful(account, at);
  const contacts = contactsOf(account, recipient);
  const asked = { campaignId, free, contacts };
  const { denies, wouldDeny } = verdictAt(account, at, { ...asked, isForecast: isForeseen });
  if (!denies) {
    return {
      granted: true,
      quotaDay: isoDay(account.day),
      leaseExpiresAt: isoInstant(at + LEASE_SECONDS_DEFAULT * SECOND_MS),
      remainingToday: Math.max(0, roomOf(account).remaining - 1),
      repeated: false,
      ...(wouldDeny ? { wouldDeny: wouldDenyWire(deniedBy(account, wouldDeny, at, asked)) } : {}),
    };
  }
  const inShadow = isShadow(account.policy);
  const denied = deniedBy(account, denies, at, { ...asked, inShadow });
  return { granted: false, ...denied, retryAt: isoOrNull(denied.retryAt) };
}
export type PeekWire = Omit<GrantWire, 'reservationId'> | Omit<DenialWire, 'reservationId'>;

/** An ask that waits for its turn (R21). */
export type WaitingAskWire = {
  readonly reservationId: string;
  readonly state: 'waiting';
  readonly position: number;
  readonly expectedAt: string | null;
  /** Why it waits: the gate's reason when it came. */
  readonly reason: string;
  readonly campaignId: string | null;
  readonly priority: number;
  readonly askedAt: string;
  readonly validUntil: string;
  /** No caller may call LinkedIn before the slot is granted. */
  readonly mayAttempt: false;
  /** The first field that differs from the request that was compared; absent: none differs. */
  readonly differs?: string;
};

/** Returns one ask that waits, with its place in the line. */
export const askWire = (account: Account, ask: WaitingAsk, at: Instant): WaitingAskWire =>
  placedWire(ask, placeOf(account, ask, at));

/** Returns all asks that wait, in the order of the line. */
export function lineWire(account: Account, at: Instant): readonly WaitingAskWire[] {
  const times = new SlotTimes(account, at);
  return inOrder(account).map((ask, n) =>
    placedWire(ask, { position: n + 1, expectedAt: times.nth(n + 1) }),
  );
}

type Place = Pick<Waiting, 'position' | 'expectedAt'>;
const placedWire = (ask: WaitingAsk, { position, expectedAt }: Place): WaitingAskWire => ({
  reservationId: ask.reservationId,
  state: 'waiting',
  position,
  expectedAt: isoOrNull(expectedAt),
  reason: ask.reason,
  campaignId: ask.campaignId,
  priority: ask.priority,
  askedAt: isoInstant(ask.askedAt),
  validUntil: isoInstant(ask.validUntil),
  mayAttempt: false,
});

/** A slot whose outcome is not known. */
export type OpenReservation = {
  readonly reservationId: string;
  readonly state: 'in_flight' | 'uncertain';
  readonly quotaDay: string;
  readonly reservedAt: string;
  readonly leaseExpiresAt: string;
};

export const openWire = (slot: Slot): OpenReservation => ({
  reservationId: slot.reservationId,
  state: slot.state === 'in_flight' ? 'in_flight' : 'uncertain',
  quotaDay: isoDay(slot.quotaDay),
  reservedAt: isoInstant(slot.reservedAt),
  leaseExpiresAt: isoInstant(slot.leaseExpiresAt),
});
