/**
 * The request for a slot, the slot as it is taken, delivered and ended, and the order of its states
 * (R5).
 */
import type { Account, Proof, Slot, SlotRequest } from './account.js';
import type { CampaignId, RecipientId, ReplyTarget, ReservationId } from '../primitives/ids.js';
import { LEASE_SECONDS_DEFAULT } from '../primitives/limits.js';
import { SECOND_MS, type Instant } from '../primitives/time.js';
import type { Event } from './events.js';

export type Reserve = {
  readonly reservationId: ReservationId;
  readonly campaignId?: CampaignId | undefined;
  readonly recipientId?: RecipientId | undefined;
  readonly leaseSeconds?: number | undefined;
  readonly journaled?: boolean | undefined;
  readonly validUntil?: Instant | undefined;
  /** True: the recipient may have got an InMail already, and gets one more (R20). */
  readonly again?: boolean | undefined;
  /** True: the InMail costs no credit (R24). */
  readonly free?: boolean | undefined;
  /** True: the ask waits in the account if the gate denies it for a time only (R21). */
  readonly wait?: boolean | undefined;
  readonly priority?: number | undefined;
  readonly replyTo?: ReplyTarget | undefined;
};

/** Returns the slot of a grant; its quota day is the account's day and never changes. */
export const reservedSlot = (account: Account, request: Reserve, at: Instant): Slot =>
  asFree(request, {
    reservationId: request.reservationId,
    quotaDay: account.day,
    reservedAt: at,
    leaseExpiresAt: at + (request.leaseSeconds ?? LEASE_SECONDS_DEFAULT) * SECOND_MS,
    campaignId: request.campaignId ?? null,
    recipientId: request.recipientId ?? null,
    journaled: request.journaled ?? false,
    carriedInto: null,
    state: 'in_flight',
  });

/** Returns the slot as free if its request is: other slots do not have the field. */
export const asFree = <T extends SlotRequest>(
  { free }: { readonly free?: boolean | undefined },
  slot: T,
): T => (free === true ? { ...slot, free } : slot);

/**
 * Returns the slot as delivered. Each field is written out, here and below: a spread gives each
 * slot its own hidden class in V8, which takes 400 bytes of heap for each delivery.
 */
export const deliveredSlot = (
  taken: SlotRequest,
  proof: Proof,
  settledAt: Instant,
  isAdopted = false,
): Extract<Slot, { state: 'delivered' }> =>
  asFree(taken, {
    reservationId: taken.reservationId,
    quotaDay: taken.quotaDay,
    reservedAt: taken.reservedAt,
    leaseExpiresAt: taken.leaseExpiresAt,
    campaignId: taken.campaignId,
    recipientId: taken.recipientId,
    journaled: taken.journaled,
    carriedInto: taken.carriedInto,
    state: 'delivered',
    settledAt,
    chatId: proof.chatId,
    messageId: proof.messageId,
    isAdopted,
  });

/** Returns the slot as released, or as uncertain: spent until its outcome is known. */
export const endedSlot = (
  taken: SlotRequest,
  state: 'released' | 'uncertain',
  settledAt: Instant,
  reason: string,
): Extract<Slot, { state: 'released' | 'uncertain' }> =>
  asFree(taken, {
    reservationId: taken.reservationId,
    quotaDay: taken.quotaDay,
    reservedAt: taken.reservedAt,
    leaseExpiresAt: taken.leaseExpiresAt,
    campaignId: taken.campaignId,
    recipientId: taken.recipientId,
    journaled: taken.journaled,
    carriedInto: taken.carriedInto,
    state,
    settledAt,
    reason,
  });

/** Returns the fact that a slot was released or became uncertain. */
export function changed(
  slot: Slot,
  state: 'released' | 'uncertain',
  reason: string,
  at: Instant,
): Event {
  const ended = endedSlot(slot, state, at, reason);
  return { type: state === 'released' ? 'SlotReleased' : 'SlotMadeUncertain', slot: ended };
}

export const RANK: Readonly<Record<Slot['state'], number>> = {
  in_flight: 0,
  uncertain: 1,
  released: 2,
  delivered: 3,
};

/** True if this state is higher than the slot's. */
export const isHigher = (state: Slot['state'], known: Pick<Slot, 'state'>): boolean =>
  RANK[state] > RANK[known.state];
