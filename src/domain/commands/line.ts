/** An ask that may wait comes into the waiting line of the account (R21). */
import { findSlot, type Account, type WaitingAsk } from '../account/account.js';
import { EventCollector } from '../account/eventCollector.js';
import { findAsk, inOrder, lineBytes, waitingOf } from '../gate/line.js';
import { refuse, type Decided } from '../account/refusals.js';
import { isShadow } from '../account/policy.js';
import type { Reserve } from '../account/slot.js';
import { earliestGrant } from '../days/forecast.js';
import { slotAfter } from '../days/slotTimes.js';
import { barrierAt, type Barrier } from '../gate/gate.js';
import { contactAt, olderContactsOf, type Contact } from '../gate/recipient.js';
import type { ReservationId } from '../primitives/ids.js';
import {
  LEASE_SECONDS_DEFAULT,
  LINE_BYTES_MAX,
  LINE_MAX,
  PRIORITY_DEFAULT,
} from '../primitives/limits.js';
import type { Instant } from '../primitives/time.js';
import {
  comparedContacts,
  differenceOf,
  reserve,
  type Compared,
  type Decision,
} from './reserve.js';
import { nextTurn } from './turns.js';

/** The ask waits in the account for its turn. */
export type Waiting = {
  readonly granted: false;
  readonly waiting: true;
  readonly reservationId: ReservationId;
  /** Its place in the line, counted from 1. */
  readonly position: number;
  /** When its turn comes, if all before it get a slot; null: not before a person acts. */
  readonly expectedAt: Instant | null;
  readonly reason: string;
};

/** The line has no place left: the ask may come again when an ask has left it. */
export type LineFull = {
  readonly granted: false;
  readonly reservationId: ReservationId;
  readonly reason: 'line_full';
  readonly limit: number;
  readonly used: number;
  readonly retryAt: Instant | null;
};

/** Returns when the n-th slot from now on comes, if each earlier one is used. */
export type Foresee = (account: Account, at: Instant, n: number) => Instant | null;

type Answered = Decided<Decision | Waiting | LineFull>;
export type Ask = Reserve & Compared & { readonly foresee?: Foresee };

/** Decides an ask: it gets a slot, a denial, or a place in the line. */
export function ask(account: Account, request: Ask, at: Instant): Answered {
  const known = findAsk(account, request.reservationId);
  if (known) return again(account, known, request, at);
  const isNew = findSlot(account, request.reservationId) === undefined;
  const contacts = comparedContacts(account, request);
  const { campaignId, free } = request;
  // The line does not know what only Postgres has: such an ask is denied, and does not wait.
  const isContacted = contactAt(olderContactsOf(account, request), at) !== undefined;
  // In shadow mode, an ask is decided at once (R23).
  const isShadowed = isShadow(account.policy);
  const isToWait = isNew && request.wait === true && !isContacted && !isShadowed;
  const barrier = isToWait ? barrierAt(account, at, { campaignId, free, contacts }) : undefined;
  return barrier && mayWait(account, request, { barrier, contacts }, at)
    ? queue(account, request, barrier, at)
    : reserve(account, request, at);
}

/** Repeats the place of an ask that waits; other content is refused. */
function again(account: Account, known: WaitingAsk, request: Ask, at: Instant): Decided<Waiting> {
  const different = differenceOf(known, request);
  if (!different) return { events: [], answer: placeOf(account, known, at, request.foresee) };
  return refuse(
    'ReservationConflict',
    `reservation ${known.reservationId}: ${different} is not what its ask in the waiting line has; another InMail takes a new id`,
  );
}

/** True if the ask wants to wait, and the reason ends before its time does. */
function mayWait(
  account: Account,
  { validUntil, campaignId, free }: Reserve,
  { barrier, contacts }: { readonly barrier: Barrier; readonly contacts: readonly Contact[] },
  at: Instant,
): boolean {
  if (validUntil === undefined || validUntil <= at) return false;
  const passes =
    barrier.reason === 'unverified'
      ? barrier.until
      : earliestGrant(account, at, { campaignId, free, contacts });
  return passes !== null && passes < validUntil;
}

/** Returns the ask as the line keeps it. `reason`: why it waits. */
export const waitingAsk = (request: Reserve, reason: string, at: Instant): WaitingAsk => ({
  reservationId: request.reservationId,
  campaignId: request.campaignId ?? null,
  recipientId: request.recipientId ?? null,
  leaseSeconds: request.leaseSeconds ?? LEASE_SECONDS_DEFAULT,
  journaled: request.journaled ?? false,
  again: request.again ?? false,
  ...(request.free === true ? { free: true as const } : {}),
  priority: request.priority ?? PRIORITY_DEFAULT,
  validUntil: request.validUntil ?? at,
  askedAt: at,
  reason,
  replyTo: request.replyTo ?? null,
  decided: null,
});

/** Puts an ask at its place in the line, or denies it if the line is full. */
function queue(
  account: Account,
  request: Ask,
  { reason }: Barrier,
  at: Instant,
): Decided<Waiting | LineFull> {
  const asked = waitingAsk(request, reason, at);
  const facts = new EventCollector(account);
  facts.apply([{ type: 'AskQueued', ask: asked }]);
  const used = waitingOf(account).length;
  if (used >= LINE_MAX || lineBytes(facts.view) > LINE_BYTES_MAX) {
    const { reservationId } = asked;
    const retryAt = nextTurn(account, at);
    return {
      events: [{ type: 'SlotDenied', reason: 'line_full', campaignId: asked.campaignId }],
      answer: {
        granted: false,
        reservationId,
        reason: 'line_full',
        limit: LINE_MAX,
        used,
        retryAt,
      },
    };
  }
  return { events: facts.events, answer: placeOf(facts.view, asked, at, request.foresee) };
}

/** Returns the place of an ask that waits, and when its turn is expected. */
export function placeOf(
  account: Account,
  one: WaitingAsk,
  at: Instant,
  foresee: Foresee = slotAfter,
): Waiting {
  const { reservationId } = one;
  const found = inOrder(account).findIndex((other) => other.reservationId === reservationId);
  const position = Math.max(found, 0) + 1;
  const expectedAt = found < 0 ? at : foresee(account, at, position);
  return { granted: false, waiting: true, reservationId, position, expectedAt, reason: one.reason };
}
