/** Slots and external sends, read from their rows. */
import { type External, type Slot, type SlotRequest } from '../account/account.js';
import { asFree, deliveredSlot, endedSlot } from '../account/slot.js';
import { keptSlot, isSameId, isSameRecipient } from '../account/kept.js';
import type { EventRow, ReservationRow } from './records.js';
import { reservationRow } from './toRecords.js';

/** Returns the slot of a row, as the account keeps it. */
export const slotOfRow = (row: ReservationRow): Slot => keptSlot(wholeSlotOf(row));

/** Returns the external send of a row of the event log. */
export const externalOfRow = (row: EventRow): External => {
  const { chatId, messageId, quotaDay, deliveredAt: at, isCounted } = row;
  return { chatId, messageId, quotaDay, at, isCounted };
};

function wholeSlotOf(row: ReservationRow): Slot {
  const { reservationId, quotaDay, reservedAt, leaseExpiresAt, campaignId, recipientId } = row;
  const { journaled, carriedInto, chatId, messageId, isAdopted } = row;
  const taken: SlotRequest = asFree(row, {
    reservationId,
    quotaDay,
    reservedAt,
    leaseExpiresAt,
    campaignId,
    recipientId,
    journaled,
    carriedInto,
  });
  const settledAt = row.settledAt ?? reservedAt;
  if (row.state === 'in_flight') return { ...taken, state: row.state };
  if (row.state === 'delivered' && chatId !== null) {
    return deliveredSlot(taken, { chatId, messageId }, settledAt, isAdopted);
  }
  const state = row.state === 'released' ? row.state : 'uncertain';
  return endedSlot(taken, state, settledAt, row.reason ?? 'read_back');
}

/** True if this is the slot's row as it would be written now. */
export function isRowOf(slot: Slot, row: ReservationRow): boolean {
  if (row.reservationId !== slot.reservationId) return false;
  const own = reservationRow(slot);
  return (
    row.quotaDay === own.quotaDay &&
    row.state === own.state &&
    row.campaignId === own.campaignId &&
    isSameRecipient(row.recipientId, own.recipientId) &&
    row.reservedAt === own.reservedAt &&
    row.leaseExpiresAt === own.leaseExpiresAt &&
    row.settledAt === own.settledAt &&
    row.reason === own.reason &&
    row.journaled === own.journaled &&
    (row.free ?? false) === (own.free ?? false) &&
    isSameId(row.chatId, own.chatId) &&
    isSameId(row.messageId, own.messageId) &&
    row.isAdopted === own.isAdopted &&
    row.carriedInto === own.carriedInto
  );
}
