/** Two tellings of one account, after a reset or a second writer: the higher one wins (R14). */
import {
  findSlot,
  isProvenBy,
  isSameProof,
  type Account,
  type External,
  type Slot,
} from './account.js';
import type { Event } from './events.js';
import { reservationRow } from './facts.js';
import type { ReservationRow } from './rows.js';

const RANK: Readonly<Record<Slot['state'], number>> = {
  in_flight: 0,
  uncertain: 1,
  released: 2,
  delivered: 3,
};

/** What `other` knows and `account` does not: slots, higher states, external sends. */
export function merged(account: Account, other: Account): readonly Event[] {
  const slots = other.slots.flatMap((slot) => raisedBy(account, slot));
  const externals = other.externals
    .filter((one) => !isCounted(account, one))
    .map((external): Event => ({ type: 'ExternalCounted', external, sentAt: external.at }));
  return [...slots, ...externals];
}

/** It is an external send already, or a reservation's delivery. */
const isCounted = (account: Account, one: External): boolean =>
  account.externals.some((known) => isSameProof(known, one)) ||
  account.slots.some((slot) => isProvenBy(slot, one));

/** Is this state news of that slot. */
export const isHigher = (state: Slot['state'], known: Slot): boolean =>
  RANK[state] > RANK[known.state];

/** What a slot's telling by somebody else adds to the account. */
export function raisedBy(account: Account, slot: Slot): readonly Event[] {
  const known = findSlot(account, slot.reservationId);
  if (known && RANK[known.state] >= RANK[slot.state]) return [];
  const isNew: readonly Event[] = known ? [] : [{ type: 'SlotReserved', slot }];
  return [...isNew, ...raised(account, slot)];
}

/**
 * What of a run's facts still stands when it is applied: what came in while it read stands (R8).
 */
export const applicable = (account: Account, events: readonly Event[]): readonly Event[] =>
  events.filter((event) => {
    if ('slot' in event) return isNews(event, findSlot(account, event.slot.reservationId));
    if (event.type === 'ExternalCounted') return !isCounted(account, event.external);
    if (event.type === 'EffectApplied') {
      const { reservationId, kind } = event.effect;
      return !account.effects.some(
        (known) => known.reservationId === reservationId && known.kind === kind,
      );
    }
    return event.type !== 'Held' || account.hold === null;
  });

function isNews(event: Extract<Event, { slot: Slot }>, known: Slot | undefined): boolean {
  if (event.type === 'SlotReserved') return known === undefined;
  if (known === undefined) return event.type !== 'SlotRestored';
  if (event.type !== 'SlotRestored' && RANK[known.state] < RANK[event.slot.state]) return true;
  // What is written once more: a row that Postgres had lost, a delivery that its log lacks.
  const isRewritten = event.type === 'SlotRestored' || event.type === 'SlotDelivered';
  return isRewritten && isSameSlot(known, event.slot);
}

const isSameSlot = (one: Slot, other: Slot): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** A delivery claims the external send that it was counted as (R15). */
function raised({ externals }: Account, slot: Slot): readonly Event[] {
  if (slot.state === 'delivered') {
    const seen = externals.find((known) => isProvenBy(slot, known));
    if (!seen) return [{ type: 'SlotDelivered', slot, source: 'pipeline' }];
    const proof = { chatId: seen.chatId, messageId: seen.messageId };
    const isSameDay = seen.quotaDay === slot.quotaDay;
    return [
      { type: 'ExternalClaimed', proof, isSameDay },
      { type: 'SlotDelivered', slot, source: null },
    ];
  }
  if (slot.state === 'released') return [{ type: 'SlotReleased', slot }];
  return slot.state === 'uncertain' ? [{ type: 'SlotMadeUncertain', slot }] : [];
}

/** Is this the slot's row, as it would be written now. */
export function isRowOf(slot: Slot, row: ReservationRow): boolean {
  if (row.reservationId !== slot.reservationId) return false;
  const own = reservationRow(slot);
  return (
    row.quotaDay === own.quotaDay &&
    row.state === own.state &&
    row.campaignId === own.campaignId &&
    row.recipientId === own.recipientId &&
    row.reservedAt === own.reservedAt &&
    row.leaseExpiresAt === own.leaseExpiresAt &&
    row.settledAt === own.settledAt &&
    row.reason === own.reason &&
    row.journaled === own.journaled &&
    row.chatId === own.chatId &&
    row.messageId === own.messageId &&
    row.isAdopted === own.isAdopted &&
    row.carriedInto === own.carriedInto
  );
}
