/** What is asked for a slot, and the slot that a grant takes. */
import type { Account, Slot } from './account.js';
import type { CampaignId, RecipientId, ReservationId } from './ids.js';
import { LEASE_SECONDS_DEFAULT } from './limits.js';
import { SECOND_MS, type Instant } from './time.js';

export type Reserve = {
  readonly reservationId: ReservationId;
  readonly campaignId?: CampaignId | undefined;
  readonly recipientId?: RecipientId | undefined;
  readonly leaseSeconds?: number | undefined;
  readonly journaled?: boolean | undefined;
  readonly validUntil?: Instant | undefined;
};

/** The slot that a grant takes: on the quota day of now, for ever. */
export const reservedSlot = (account: Account, request: Reserve, at: Instant): Slot => ({
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
