/**
 * Reservations as they were at an instant, from rows that tell the last state of each and those
 * that were overwritten. A slot's own times are the workflow's and exact; when a delivery became
 * known lies between the time that its caller told and the save that wrote it.
 */
import { compare, type ReservationId } from '../../primitives/ids.js';
import type { ReservationRow } from '../../records/records.js';
import { SECOND_MS, type Instant, type UtcDay } from '../../primitives/time.js';
import { isHigher } from '../../account/slot.js';

export type KeptRow = ReservationRow & {
  readonly number: number;
  /** The save that first told this state, by the workflow's clock; null: not known. */
  readonly savedAt: Instant | null;
};
/** A run has told something of a reservation that the account had not known. */
export type FoundByRun = {
  readonly reservationId: ReservationId;
  readonly foundAt: Instant;
  /** False: nobody had granted it, so it counts from that run on. */
  readonly isGranted: boolean;
};

/** What the account knew of one reservation, from an instant on. */
export type Step = { readonly at: Instant; readonly row: ReservationRow };

/** A change is saved within this (docs/contract.md, 4): later than that, it was told late. */
export const SAVED_WITHIN_MS = 15 * SECOND_MS;

/** The steps of each reservation, in order. */
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
    if (row.state === 'in_flight' || isByHand(row, rows)) continue;
    known.push({ at: Math.max(knownAt(row, mine), known.at(-1)?.at ?? 0), row });
  }
  const stranger = mine.find(({ isGranted }) => !isGranted);
  if (!stranger) return known;
  return known.slice(1).map(({ at, row }) => ({ at: Math.max(at, stranger.foundAt), row }));
}

/** States only grow (R5): what a later row undoes, or has a proof it cannot have, a hand wrote. */
const isByHand = (row: KeptRow, rows: readonly KeptRow[]): boolean =>
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
  const told = settledAt ?? reservedAt;
  const isLate = state === 'delivered' && savedAt !== null && savedAt - told > SAVED_WITHIN_MS;
  if (!isLate) return told;
  const run = found.findLast(({ foundAt }) => foundAt >= told && foundAt <= savedAt);
  return run?.foundAt ?? savedAt;
}

/** The rows as they would have been read at that instant of that day, had all been saved. */
export function rewound(
  reservations: readonly (readonly Step[])[],
  at: Instant,
  day: UtcDay,
): readonly ReservationRow[] {
  return reservations.flatMap((known) => {
    const row = known.findLast((step) => step.at <= at)?.row;
    if (!row) return [];
    // What a later midnight carried was carried by those before it, too (R7).
    const { carriedInto, quotaDay } = row;
    const isCarried = carriedInto !== null && quotaDay < day;
    return [{ ...row, carriedInto: isCarried ? Math.min(carriedInto, day) : null }];
  });
}
