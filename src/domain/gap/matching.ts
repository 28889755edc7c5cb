/**
 * Which row of the event log belongs to which slot. Each row matches at most one slot, and each
 * slot at most one row, so that the unmatched ones of both sides can be counted.
 */
import type { Account, Slot } from '../account/account.js';
import { isSameId } from '../account/kept.js';
import { isProvenBy, SlotIndex } from '../account/proof.js';
import type { EventRow } from '../records/records.js';
import type { UtcDay } from '../primitives/time.js';

/** Returns the day's slots with their rows: by proof, else by the reservation that a row names. */
export function pairsOn(
  account: Account,
  day: UtcDay,
  rows: readonly EventRow[],
  index = new SlotIndex(account.slots),
): ReadonlyMap<Slot, EventRow> {
  const pairs = new Map<Slot, EventRow>();
  let left = rows.filter((row) => row.quotaDay === day);
  const pair = (slotOf: (row: EventRow) => Slot | undefined): void => {
    left = left.filter((row) => {
      const slot = slotOf(row);
      if (!slot) return true;
      pairs.set(slot, row);
      return false;
    });
  };
  const isFree = (slot: Slot): boolean => slot.quotaDay === day && !pairs.has(slot);
  const named = (row: EventRow): Slot | undefined => {
    const slot = index.byId(row.reservationId);
    return slot && isFree(slot) && isNamed(slot, row) ? slot : undefined;
  };
  pair((row) => {
    const slot = named(row);
    return slot && isProvenBy(slot, row) ? slot : undefined;
  });
  pair((row) => index.provenBy(row).find(isFree));
  pair((row) => (index.provenBy(row).length === 0 ? named(row) : undefined));
  return pairs;
}

/** True if the row names the slot's reservation and its chat; another chat is one InMail more. */
export const isNamed = (slot: Slot, row: EventRow): boolean =>
  row.reservationId === slot.reservationId &&
  (slot.state !== 'delivered' || isSameId(slot.chatId, row.chatId));
