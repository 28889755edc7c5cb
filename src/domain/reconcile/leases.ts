/** What a reconcile does with a slot whose outcome no caller has reported (R6). */
import type { Slot } from '../account/account.js';
import { changed } from '../account/slot.js';
import type { Event } from '../account/events.js';
import type { Evidence } from '../records/snapshot.js';
import type { Instant } from '../primitives/time.js';

/** What Postgres has of the reservations. */
export type Kept = {
  /** Those with a row, or with an attempt that was begun. */
  readonly known: ReadonlySet<string>;
  /** Those whose attempt never began: a `void` row takes its place. */
  readonly fenced: ReadonlySet<string>;
};

export function keptIn({ reservations, attempts }: Evidence): Kept {
  const fenced = attempts.filter(({ outcome }) => outcome === 'void');
  const begun = attempts.filter(({ outcome }) => outcome !== 'void');
  return {
    known: new Set([...reservations, ...begun].map(({ reservationId }) => reservationId)),
    fenced: new Set(fenced.map(({ reservationId }) => reservationId)),
  };
}

/**
 * After the lease the journal decides, else the slot is uncertain; no report frees nothing. A slot
 * is saved before a reconcile reads. If Postgres has lost its row, as after a restore, it may have
 * lost the attempt, too: then a missing attempt proves nothing.
 */
export function leaseOver(slot: Slot, { known, fenced }: Kept, at: Instant): readonly Event[] {
  if (slot.state !== 'in_flight' && slot.state !== 'uncertain') return [];
  const { reservationId, state, journaled } = slot;
  const isInFlight = state === 'in_flight';
  if (isInFlight && journaled && !known.has(reservationId)) return doubted(slot, at);
  const isOver = isInFlight && at >= slot.leaseExpiresAt;
  if (journaled && fenced.has(reservationId) && (isOver || !isInFlight)) {
    return [changed(slot, 'released', 'void', at)];
  }
  return isOver ? [changed(slot, 'uncertain', 'lease_over', at)] : [];
}

/**
 * Makes a slot in flight uncertain whose caller promised a journal row: the journal may have lost
 * the row. No `void` row releases the slot later.
 */
export function doubted(slot: Slot, at: Instant): readonly Event[] {
  if (slot.state !== 'in_flight' || !slot.journaled) return [];
  return [changed({ ...slot, journaled: false }, 'uncertain', 'row_lost', at)];
}
