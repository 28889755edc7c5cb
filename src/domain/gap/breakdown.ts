/**
 * The parts of a gap between counter and event log (R8, R17). They add up to the gap, and each part
 * names its reservations.
 */
import { bookOf, type Account, type Slot } from '../account/account.js';
import type { ReservationId } from '../primitives/ids.js';
import { isSameId } from '../account/kept.js';
import { isNamed, pairsOn } from './matching.js';
import { proofKey, SlotIndex } from '../account/proof.js';
import type { EventRow } from '../records/records.js';
import type { UtcDay } from '../primitives/time.js';
import { counterOf } from '../account/counter.js';

export const GAP_CAUSES = [
  'in_flight',
  'uncertain',
  /** The counter kept a slot that was never sent, according to the journal. */
  'lost_rollback',
  /** Delivered, and the log had no row. */
  'missing_event',
  /** Delivered after its slot was released. */
  'late_delivery',
  /**
   * Sends without a reservation, more or fewer than the account counted. With reservations: the log
   * has their sends under another day, or a second time, because they were observed first (R15), or
   * has one row for two of them in a chat, because the log takes a proof once.
   */
  'external',
  /** Sent, or begun, without a slot that the account knew. */
  'bypassed_gate',
  /** The row had a number that the workflow had not written. */
  'edited_by_hand',
  'imported',
  /** A number that a start set, and that nothing accounts for. */
  'unexplained',
] as const;
export type GapCause = (typeof GAP_CAUSES)[number];
export type GapPart = {
  readonly cause: GapCause;
  /**
   * The part's share of the gap: negative if the log has more than the counter, 0 if neither has
   * it.
   */
  readonly count: number;
  readonly reservations: readonly ReservationId[];
};

/**
 * The values that are compared: the account before and after a reconcile, the log, and the counter.
 */
export type Compared = {
  readonly day: UtcDay;
  readonly before: Account;
  readonly after: Account;
  /** Of all remembered days. */
  readonly events: readonly EventRow[];
  /** The counter before the reconcile: the larger of the workflow's and the database's. */
  readonly stood: number;
};

type Add = (cause: GapCause, count: number, id?: ReservationId) => void;

/** Returns a sum by parts: one for each cause and direction, with or without reservations. */
function adding(): { readonly parts: readonly GapPart[]; readonly add: Add } {
  type Sum = { cause: GapCause; count: number; reservations: ReservationId[] };
  const parts: Sum[] = [];
  const add: Add = (cause, count, id) => {
    const place = parts.find(
      (part) =>
        part.cause === cause &&
        Math.sign(part.count) === Math.sign(count) &&
        part.reservations.length > 0 === (id !== undefined),
    );
    const part = place ?? { cause, count: 0, reservations: [] };
    if (!place) parts.push(part);
    part.count += count;
    if (id !== undefined) part.reservations.push(id);
  };
  return { parts, add };
}

/** Returns the parts of `stood` minus the day's rows of the event log, without empty parts. */
export function breakdownOf(compared: Compared): readonly GapPart[] {
  const { day, before, after, events, stood } = compared;
  const { parts, add } = adding();
  const rows = events.filter(({ quotaDay }) => quotaDay === day);
  const slots = new SlotIndex(after.slots);
  const known = before === after ? slots : new SlotIndex(before.slots);
  const pairs = pairsOn(after, day, rows, slots);
  const elsewhere = elsewhereIn(events, slots);
  for (const slot of after.slots) {
    if (slot.quotaDay !== day) continue;
    const was = known.byId(slot.reservationId);
    const wasCounted = was !== undefined && was.state !== 'released';
    const isLogged = pairs.has(slot);
    const cause = causeOf(slot, was, isLogged, elsewhere);
    if (cause) add(cause, Number(wasCounted) - Number(isLogged), slot.reservationId);
  }
  const paired = new Set(pairs.values());
  const unpaired = rows.filter((row) => !paired.has(row));
  addUnpaired(compared, unpaired, slots, add);
  const { forgottenUncertain, imported, unexplained } = bookOf(before, day);
  if (forgottenUncertain !== 0) add('uncertain', forgottenUncertain);
  if (imported !== 0) add('imported', imported);
  if (unexplained !== 0) add('unexplained', unexplained);
  const edited = stood - counterOf(before, day);
  if (edited !== 0) add('edited_by_hand', edited);
  return parts;
}

/** Returns why counter and log differ for a slot; undefined if both or neither have it. */
function causeOf(
  slot: Slot,
  known: Slot | undefined,
  isLogged: boolean,
  elsewhere: ReadonlySet<Slot>,
): GapCause | undefined {
  if (known === undefined) return slot.state === 'released' ? undefined : 'bypassed_gate';
  if (known.state === 'released') {
    return isLogged || slot.state === 'delivered' ? 'late_delivery' : undefined;
  }
  if (isLogged) return undefined;
  if (slot.state === 'in_flight' || slot.state === 'uncertain') return slot.state;
  if (slot.state === 'released') return 'lost_rollback';
  return elsewhere.has(slot) ? 'external' : 'missing_event';
}

/** Returns slots whose row is in the log on another day: no second row is written for them. */
function elsewhereIn(events: readonly EventRow[], slots: SlotIndex): ReadonlySet<Slot> {
  const found = new Set<Slot>();
  for (const row of events) {
    for (const slot of slots.provenBy(row)) found.add(slot);
    const named = slots.byId(row.reservationId);
    if (named && named.quotaDay !== row.quotaDay && isNamed(named, row)) found.add(named);
  }
  return found;
}

/** Adds the rows that belong to no slot of that day, less those that were counted as external. */
function addUnpaired(
  { day, before }: Compared,
  unpaired: readonly EventRow[],
  slots: SlotIndex,
  add: Add,
): void {
  const externals = new Set(before.externals.map(proofKey));
  let { external, forgottenDelivered } = bookOf(before, day);
  const seconds = new Set<Slot>();
  for (const row of unpaired) {
    const slot = slots.provenBy(row)[0] ?? namedBy(row, slots);
    if (slot && isSecondRow(slot, row)) {
      if (seconds.has(slot)) external -= 1;
      seconds.add(slot);
    } else if (row.source === 'external' || externals.has(proofKey(row))) external -= 1;
    else if (!slot && row.reservationId !== null && forgottenDelivered > 0) forgottenDelivered -= 1;
    else add('bypassed_gate', -1, row.reservationId ?? undefined);
  }
  for (const slot of seconds) {
    // An observed send keeps its count on its day where its reservation counts on another (R15).
    if (external > 0) external -= 1;
    else add('external', -1, slot.reservationId);
  }
  if (external !== 0) add('external', external);
  if (forgottenDelivered !== 0) add('missing_event', forgottenDelivered);
}

/** True if the slot has another row or day: its message id became known after its first row. */
const isSecondRow = (slot: Slot, { chatId }: EventRow): boolean =>
  slot.state === 'delivered' && isSameId(slot.chatId, chatId);

function namedBy(row: EventRow, slots: SlotIndex): Slot | undefined {
  const slot = slots.byId(row.reservationId);
  return slot && isNamed(slot, row) ? slot : undefined;
}
