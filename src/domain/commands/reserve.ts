/** Requests for a slot (R1 to R3): count first, and count once. */
import { findSlot, isLeased, type Account, type Slot } from '../account/account.js';
import { roomOf } from '../gate/caps.js';
import { barrierAt, type DenialReason } from '../gate/gate.js';
import { retryAtOf } from '../days/forecast.js';
import { isSameRecipient } from '../account/kept.js';
import { reservedSlot, type Reserve } from '../account/slot.js';
import { isoInstant, type Instant, type UtcDay } from '../primitives/time.js';
import type { ReservationId } from '../primitives/ids.js';
import { refuse, type Decided } from '../account/refusals.js';

export type Grant = {
  readonly granted: true;
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
  readonly leaseExpiresAt: Instant;
  readonly remainingToday: number;
  readonly repeated: boolean;
};
export type Denial = {
  readonly granted: false;
  readonly reservationId: ReservationId;
  readonly reason: DenialReason;
  readonly limit?: number;
  readonly used?: number;
  /** Null if only a person can help. */
  readonly retryAt: Instant | null;
};
export type Decision = Grant | Denial;

/** Decides a reserve: a known id is a repeat or refused, a new id goes to the gate. */
export function reserve(account: Account, request: Reserve, at: Instant): Decided<Decision> {
  const known = findSlot(account, request.reservationId);
  if (known) return again(account, known, request, at);
  const barrier = barrierAt(account, at, { validUntil: request.validUntil ?? null });
  if (barrier) {
    const { until: _, ...why } = barrier;
    const retryAt = retryAtOf(account, barrier, at);
    const { reservationId } = request;
    return {
      events: [{ type: 'SlotDenied', reason: barrier.reason }],
      answer: { granted: false, reservationId, ...why, retryAt },
    };
  }
  const slot = reservedSlot(account, request, at);
  return {
    events: [{ type: 'SlotReserved', slot }],
    answer: granted(slot, roomOf(account).remaining - 1, false),
  };
}

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

function differenceOf(slot: Slot, request: Reserve): string | undefined {
  if (slot.campaignId !== (request.campaignId ?? null)) return 'campaignId';
  if (!isSameRecipient(slot.recipientId, request.recipientId ?? null)) return 'recipientId';
  if (slot.journaled !== (request.journaled ?? false)) return 'journaled';
  return undefined;
}
