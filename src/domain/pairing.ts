/**
 * Which row of the event log tells of which slot. Every row is held against one slot at most, and
 * every slot against one row, so that what is left over on either side can be counted.
 */
import { isProvenBy, type Account, type Slot } from './account.js';
import type { EventRow } from './rows.js';
import type { UtcDay } from './time.js';

/** The day's rows by the day's slots: by proof, else by the reservation that the row names. */
export function pairsOn(
  account: Account,
  day: UtcDay,
  rows: readonly EventRow[],
): ReadonlyMap<Slot, EventRow> {
  const slots = account.slots.filter(({ quotaDay }) => quotaDay === day);
  const pairs = new Map<Slot, EventRow>();
  const paired = new Set<EventRow>();
  const pair = (is: (slot: Slot, row: EventRow) => boolean): void => {
    for (const row of rows) {
      if (row.quotaDay !== day || paired.has(row)) continue;
      const slot = slots.find((one) => !pairs.has(one) && is(one, row));
      if (!slot) continue;
      pairs.set(slot, row);
      paired.add(row);
    }
  };
  pair((slot, row) => isNamed(slot, row) && isProvenBy(slot, row));
  pair(isProvenBy);
  pair((slot, row) => isNamed(slot, row) && !provenIn(account, row));
  return pairs;
}

/** The row names the slot's reservation; under an id that another chat proves it is one more. */
export const isNamed = (slot: Slot, row: EventRow): boolean =>
  row.reservationId === slot.reservationId &&
  (slot.state !== 'delivered' || slot.chatId === row.chatId);

/** The slot that the row proves, of any day. */
export const provenIn = ({ slots }: Account, row: EventRow): Slot | undefined =>
  slots.find((slot) => isProvenBy(slot, row));
