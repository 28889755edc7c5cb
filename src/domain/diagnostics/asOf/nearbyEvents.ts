/** The last events before an instant and the next events after it, one line each. */
import { assertNever } from '../../primitives/assert.js';
import type { Step } from './reservationTimeline.js';
import type { EventRow, ReservationRow } from '../../records/records.js';
import { isoInstant, type Instant } from '../../primitives/time.js';

export type NearbyEvent = {
  readonly at: string;
  readonly kind:
    | 'reserved'
    | 'delivered'
    | 'released'
    | 'uncertain'
    | 'external'
    | 'run'
    | 'correction'
    | 'change';
  readonly text: string;
  /** The reservation of the event. */
  readonly reservationId: string | null;
};
/** A reconcile, a correction or a change, as its row describes it. */
export type Moment = {
  readonly at: Instant;
  readonly kind: 'run' | 'correction' | 'change';
  readonly text: string;
};

/** Maximum number of events on either side. */
const AROUND_MAX = 5;

type TimedEvent = Omit<NearbyEvent, 'at'> & { readonly at: Instant };

export function nearbyEvents(
  reservations: readonly (readonly Step[])[],
  events: readonly EventRow[],
  moments: readonly Moment[],
  at: Instant,
): { readonly before: readonly NearbyEvent[]; readonly after: readonly NearbyEvent[] } {
  const all: readonly TimedEvent[] = [
    ...reservations.flatMap((steps) => steps.map(eventOfStep)),
    ...events.filter(({ source }) => source === 'external').map(externalSend),
    ...moments.map((moment) => ({ ...moment, reservationId: null })),
  ].toSorted((one, other) => one.at - other.at);
  const before = all.filter((one) => one.at <= at);
  const after = all.filter((one) => one.at > at);
  return {
    before: before.slice(-AROUND_MAX).map(asText),
    after: after.slice(0, AROUND_MAX).map(asText),
  };
}

const asText = (event: TimedEvent): NearbyEvent => ({ ...event, at: isoInstant(event.at) });

function eventOfStep({ at, row }: Step): TimedEvent {
  const { reservationId, state } = row;
  const kind = state === 'in_flight' ? 'reserved' : state;
  return { at, kind, reservationId, text: `Reservation ${reservationId} ${became(row)}.` };
}

function became({ state, reason }: ReservationRow): string {
  switch (state) {
    case 'in_flight':
      return 'took a slot';
    case 'delivered':
      return 'was delivered';
    case 'released':
      return `was released (${reason ?? 'released'})`;
    case 'uncertain':
      return `became uncertain (${reason ?? 'unknown'})`;
    default:
      return assertNever(state);
  }
}

const externalSend = ({ deliveredAt }: EventRow): TimedEvent => ({
  at: deliveredAt,
  kind: 'external',
  reservationId: null,
  text: 'An InMail without a reservation was sent.',
});
