/** Requests for a slot (R1 to R3): count first, and count once. */
import { findSlot, isLeased, type Account, type Slot } from '../account/account.js';
import { roomOf } from '../gate/caps.js';
import { barrierAt } from '../gate/gate.js';
import { verdictAt } from '../gate/shadow.js';
import {
  contactsOf,
  looksBack,
  type Contact,
  type GroupContact,
  type PastContact,
} from '../gate/recipient.js';
import { isSameRecipient } from '../account/kept.js';
import { reservedSlot, type Reserve } from '../account/slot.js';
import { isoInstant, type Instant, type UtcDay } from '../primitives/time.js';
import type { ReservationId } from '../primitives/ids.js';
import { refuse, type Decided } from '../account/refusals.js';
import { VERIFY_RETRY_MS } from '../primitives/limits.js';
import { isShadow, scopeGroupOf } from '../account/policy.js';
import { findAsk } from '../gate/line.js';
import { deniedBy, type Denied } from './denied.js';

export type Grant = {
  readonly granted: true;
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
  readonly leaseExpiresAt: Instant;
  readonly remainingToday: number;
  readonly repeated: boolean;
  /** In shadow mode: what would deny this reserve in the mode `enforce` (R23). */
  readonly wouldDeny?: Denied;
};
export type Denial = Denied & {
  readonly granted: false;
  readonly reservationId: ReservationId;
};
export type Decision = Grant | Denial;

/** How the recipient of a reserve is compared (R20). */
export type Compared = {
  /** A run that older code began compares no recipients, so that its history replays. */
  readonly isOfOlderRun?: boolean;
  readonly past?: readonly PastContact[];
  readonly ofGroup?: readonly GroupContact[];
  /** True if Postgres did not answer; in shadow mode the reserve is decided without it (R23). */
  readonly isPastUnknown?: boolean;
};

/**
 * True if the reserve would be granted, and Postgres may have an older contact of its recipient, or
 * one of the group (R20).
 */
export function wantsPast(account: Account, request: Reserve, at: Instant): boolean {
  const { reservationId, recipientId, again: isAgain, validUntil = null, free } = request;
  if (!looksBack(account.policy) || recipientId === undefined || isAgain === true) return false;
  if (findSlot(account, reservationId)) return false;
  // An ask that waits has claimed its recipient, and its row keeps the others of the group away.
  if (scopeGroupOf(account.policy) && findAsk(account, reservationId)) return false;
  if (request.wait === true) return true; // the line decides later, without Postgres
  const contacts = contactsOf(account, request);
  // Without a group, an ask is looked up before its campaign counts, as in runs of older code.
  const campaignId = scopeGroupOf(account.policy) ? request.campaignId : undefined;
  return !barrierAt(account, at, { validUntil, free, campaignId, contacts });
}

/** Returns the contacts that the gate compares with this reserve. */
export const comparedContacts = (
  account: Account,
  request: Reserve & Compared,
): readonly Contact[] => (request.isOfOlderRun === true ? [] : contactsOf(account, request));

/** Decides a reserve: a known id is a repeat or refused, a new id goes to the gate. */
export function reserve(
  account: Account,
  request: Reserve & Compared,
  at: Instant,
): Decided<Decision> {
  const known = findSlot(account, request.reservationId);
  if (known) return again(account, known, request, at);
  const contacts = comparedContacts(account, request);
  const { reservationId, campaignId = null, validUntil, free } = request;
  const asked = { campaignId, free, contacts };
  const { denies, wouldDeny } = verdictAt(account, at, { ...asked, validUntil });
  if (denies) {
    const inShadow = isShadow(account.policy);
    const denied = deniedBy(account, denies, at, { ...asked, inShadow });
    return {
      events: [{ type: 'SlotDenied', reason: denies.reason, campaignId }],
      answer: { granted: false, reservationId, ...denied },
    };
  }
  const slot = reservedSlot(account, request, at);
  const barrier = wouldDeny ?? (request.isPastUnknown ? pastUnknown(at) : undefined);
  const shadow = barrier && {
    wouldDeny: deniedBy(account, barrier, at, asked),
  };
  return {
    events: [{ type: 'SlotReserved', slot, ...marked(request), ...shadow }],
    answer: { ...granted(slot, Math.max(0, roomOf(account).remaining - 1), false), ...shadow },
  };
}

const pastUnknown = (at: Instant) =>
  ({ reason: 'unverified', until: at + VERIFY_RETRY_MS }) as const;

/** Marks a slot that was asked for with `again`: its row shows it. */
export const marked = (request: Reserve): { readonly again?: true } =>
  request.again === true ? { again: true } : {};

const granted = (slot: Slot, remainingToday: number, repeated: boolean): Grant => ({
  granted: true,
  reservationId: slot.reservationId,
  quotaDay: slot.quotaDay,
  leaseExpiresAt: slot.leaseExpiresAt,
  remainingToday,
  repeated,
});

/** Repeats the grant of the same request while its lease runs; all others are refused. */
function again(account: Account, slot: Slot, request: Reserve, at: Instant): Decided<Decision> {
  const name = `reservation ${slot.reservationId}`;
  if (!isLeased(slot, at)) {
    const what =
      slot.state === 'in_flight'
        ? `its lease ended at ${isoInstant(slot.leaseExpiresAt)}`
        : `it is ${slot.state}`;
    return refuse('ReservationSettled', `${name}: ${what}; another try takes a new id`);
  }
  const different = differenceOf(slot, request);
  if (different) {
    return refuse(
      'ReservationConflict',
      `${name}: ${different} is not what the slot in flight was taken with; another InMail takes a new id`,
    );
  }
  return { events: [], answer: granted(slot, roomOf(account).remaining, true) };
}

/** Returns the name of the first field that is not what the slot or the ask was taken with. */
export function differenceOf(
  slot: Pick<Slot, 'campaignId' | 'recipientId' | 'journaled' | 'free'>,
  request: Reserve,
): string | undefined {
  if (slot.campaignId !== (request.campaignId ?? null)) return 'campaignId';
  if (!isSameRecipient(slot.recipientId, request.recipientId ?? null)) return 'recipientId';
  if (slot.journaled !== (request.journaled ?? false)) return 'journaled';
  if ((slot.free ?? false) !== (request.free ?? false)) return 'free';
  return undefined;
}
