/**
 * Reservations as they were at an instant, from the rows of their last state and the overwritten
 * rows. A slot's own times are exact, because the workflow sets them. The instant at which a
 * delivery became known lies between the time that its caller reported and the save that wrote it.
 */
import { compare, type ReservationId } from '../../primitives/ids.js';
import type { ReservationRow } from '../../records/records.js';
import { SECOND_MS, type Instant, type UtcDay } from '../../primitives/time.js';
import { isHigher } from '../../account/slot.js';

export type KeptRow = ReservationRow & {
  readonly number: number;
  /** The save that first wrote this state, by the workflow's clock; null: not known. */
  readonly savedAt: Instant | null;
};
/** What a reconcile found about a reservation, and the account had not known. */
export type FoundByRun = {
  readonly reservationId: ReservationId;
  readonly foundAt: Instant;
  /** False: the account had not granted it, so it counts from that reconcile. */
  readonly isGranted: boolean;
};

/** The state of one reservation that the account knew from an instant. */
export type Step = { readonly at: Instant; readonly row: ReservationRow };

/** How long a save may take (docs/contract.md, 4); a later one means that the report was late. */
export const SAVED_WITHIN_MS = 15 * SECOND_MS;

/** Returns the steps of each reservation, in order. */
export function stepsOf(
  rows: readonly KeptRow[],
  found: readonly FoundByRun[],
): readonly (readonly Step[])[] {
  const inOrder = rows.toSorted(
    (a, b) =>
      a.quotaDay - b.quotaDay || compare(a.reservationId, b.reservationId) || a.number - b.number,
  );
  const kept: KeptRow[][] = [];
  for (const row of inOrder) {
    const last = kept.at(-1);
    const [first] = last ?? [];
    const isSame = first?.reservationId === row.reservationId && first.quotaDay === row.quotaDay;
    if (last && isSame) last.push(row);
    else kept.push([row]);
  }
  return kept.map((ofOne) => steps(ofOne, found));
}

function steps(rows: readonly KeptRow[], found: readonly FoundByRun[]): readonly Step[] {
  const [first] = rows;
  if (!first) return [];
  const mine = found.filter(({ reservationId }) => reservationId === first.reservationId);
  const known: Step[] = [{ at: first.reservedAt, row: inFlight(first) }];
  for (const row of rows) {
    if (row.state === 'in_flight' || isManualEdit(row, rows)) continue;
    known.push({ at: Math.max(knownAt(row, mine), known.at(-1)?.at ?? 0), row });
  }
  const notGranted = mine.find(({ isGranted }) => !isGranted);
  if (!notGranted) return known;
  return known.slice(1).map(({ at, row }) => ({ at: Math.max(at, notGranted.foundAt), row }));
}

/**
 * True if a manual edit wrote the row. States only grow (R5), so a save writes no state that a
 * later row undoes, and a proof only with a delivery.
 */
const isManualEdit = (row: KeptRow, rows: readonly KeptRow[]): boolean =>
  (row.state !== 'delivered' && row.chatId !== null) ||
  rows.some((later) => later.number > row.number && isHigher(row.state, later));

const inFlight = (row: ReservationRow): ReservationRow => ({
  ...row,
  state: 'in_flight',
  settledAt: null,
  reason: null,
  chatId: null,
  messageId: null,
  isAdopted: false,
});

function knownAt(row: KeptRow, found: readonly FoundByRun[]): Instant {
  const { state, settledAt, reservedAt, savedAt } = row;
  const reportedAt = settledAt ?? reservedAt;
  const isLate =
    state === 'delivered' && savedAt !== null && savedAt - reportedAt > SAVED_WITHIN_MS;
  if (!isLate) return reportedAt;
  const run = found.findLast(({ foundAt }) => foundAt >= reportedAt && foundAt <= savedAt);
  return run?.foundAt ?? savedAt;
}

/** Returns the rows as a reader at that instant would have found them, if all had been saved. */
export function rewound(
  reservations: readonly (readonly Step[])[],
  at: Instant,
  day: UtcDay,
): readonly ReservationRow[] {
  return reservations.flatMap((known) => {
    const row = known.findLast((step) => step.at <= at)?.row;
    if (!row) return [];
    // A slot that a later midnight carried was carried by each midnight before it, too (R7).
    const { carriedInto, quotaDay } = row;
    const isCarried = carriedInto !== null && quotaDay < day;
    return [{ ...row, carriedInto: isCarried ? Math.min(carriedInto, day) : null }];
  });
}
