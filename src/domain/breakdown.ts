/**
 * What a gap between counter and event log is made of (R8, R17): parts that add up to it, each with
 * the reservations behind it.
 */
import { bookOf, counterOf, findSlot, isProvenBy, type Account, type Slot } from './account.js';
import type { ReservationId } from './ids.js';
import type { EventRow } from './rows.js';
import type { UtcDay } from './time.js';

export type GapCause =
  | 'in_flight'
  | 'uncertain'
  /** The counter kept a slot that the journal says was never sent. */
  | 'lost_rollback'
  /** Delivered, and the log had no row of it. */
  | 'missing_event'
  /** The log has a delivery of a slot that had been given back. */
  | 'late_delivery'
  /** Sends that are none of ours: more, or fewer, than were counted. */
  | 'external'
  /** Sent, or begun, without a grant. */
  | 'bypassed_gate'
  /** The row held a number that the workflow had not written. */
  | 'edited_by_hand'
  | 'imported'
  | 'unexplained';
export type GapPart = {
  readonly cause: GapCause;
  /** How much of the gap; negative where the log has more than was counted. */
  readonly count: number;
  readonly reservations: readonly ReservationId[];
};

/** What is held against each other: before and after a run, the log, the counter as it stood. */
export type Compared = {
  readonly day: UtcDay;
  readonly before: Account;
  readonly after: Account;
  readonly events: readonly EventRow[];
  readonly stood: number;
};

/** The parts of `stood` minus the day's rows of the event log; only those that say something. */
export function breakdownOf({ day, before, after, events, stood }: Compared): readonly GapPart[] {
  const rows = events.filter(({ quotaDay }) => quotaDay === day);
  const slots = after.slots.filter(({ quotaDay }) => quotaDay === day);
  const isOf = (slot: Slot, row: EventRow): boolean =>
    row.reservationId === slot.reservationId || isProvenBy(slot, row);
  const parts = new Map<GapCause, { count: number; reservations: ReservationId[] }>();
  const add = (cause: GapCause, count: number, id?: ReservationId): void => {
    const part = parts.get(cause) ?? { count: 0, reservations: [] };
    part.count += count;
    if (id) part.reservations.push(id);
    parts.set(cause, part);
  };
  for (const slot of slots) {
    const known = before === after ? slot : findSlot(before, slot.reservationId);
    const wasCounted = known !== undefined && known.state !== 'released';
    const isLogged =
      rows.some((row) => row.reservationId === slot.reservationId) ||
      rows.some((row) => isProvenBy(slot, row));
    const cause = causeOf(slot, known, wasCounted, isLogged);
    if (cause) add(cause, Number(wasCounted) - Number(isLogged), slot.reservationId);
  }
  const book = bookOf(before, day);
  const strange = rows.filter((row) => !slots.some((slot) => isOf(slot, row))).length;
  add('external', book.external - strange);
  add('imported', book.imported);
  add('unexplained', book.unexplained);
  add('edited_by_hand', stood - counterOf(before, day));
  return [...parts]
    .map(([cause, part]): GapPart => ({ cause, ...part }))
    .filter(({ count, reservations }) => count !== 0 || reservations.length > 0);
}

/** Undefined: counted and logged, as it should be. */
function causeOf(
  slot: Slot,
  known: Slot | undefined,
  wasCounted: boolean,
  isLogged: boolean,
): GapCause | undefined {
  if (known === undefined) return slot.state === 'released' ? undefined : 'bypassed_gate';
  if (wasCounted === isLogged) return undefined;
  if (isLogged) return 'late_delivery';
  if (slot.state === 'in_flight' || slot.state === 'uncertain') return slot.state;
  return slot.state === 'released' ? 'lost_rollback' : 'missing_event';
}
