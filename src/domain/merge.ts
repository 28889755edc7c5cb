/** Two tellings of one account, after a reset or a second writer: the higher one wins (R14). */
import { findSlot, isSameProof, type Account, type Slot } from './account.js';
import type { Event } from './events.js';

const RANK: Readonly<Record<Slot['state'], number>> = {
  in_flight: 0,
  uncertain: 1,
  released: 2,
  delivered: 3,
};

/** What `other` knows and `account` does not: slots, higher states, external sends. */
export function merged(account: Account, other: Account): readonly Event[] {
  const slots = other.slots.flatMap((slot): readonly Event[] => {
    const known = findSlot(account, slot.reservationId);
    if (known && RANK[known.state] >= RANK[slot.state]) return [];
    const isNew: readonly Event[] = known ? [] : [{ type: 'SlotReserved', slot }];
    return [...isNew, ...raised(slot)];
  });
  const externals = other.externals
    .filter((one) => !account.externals.some((known) => isSameProof(known, one)))
    .map((external): Event => ({ type: 'ExternalCounted', external, sentAt: external.at }));
  return [...slots, ...externals];
}

function raised(slot: Slot): readonly Event[] {
  if (slot.state === 'delivered') return [{ type: 'SlotDelivered', slot, source: 'pipeline' }];
  if (slot.state === 'released') return [{ type: 'SlotReleased', slot }];
  return slot.state === 'uncertain' ? [{ type: 'SlotMadeUncertain', slot }] : [];
}
