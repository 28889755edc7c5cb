/** An account's gap as it is now, from what its status says (R17). */
import type { GapCause, GapPart } from './breakdown.js';
import { explain, type Sentence } from './explain.js';
import { assert } from './assert.js';
import { isAccountId, isReservationId } from './ids.js';
import { dayOf, parseInstant, type Instant } from './time.js';
import type { StatusWire } from './wire.js';

/** Headline and parts, as alerts and corrections say them. */
export function explainStatus(status: StatusWire): readonly Sentence[] {
  const { accountId, counter, nextReconcileAt } = status;
  assert(isAccountId(accountId), 'a status names its account');
  const now = instant(status.asOf);
  return explain(
    { day: dayOf(instant(`${status.quotaDay}T00:00:00.000Z`)), counter, parts: partsNow(status) },
    {
      accountId,
      now,
      ranAt: null,
      nextRunAt: nextReconcileAt === null ? null : instant(nextReconcileAt),
      open: status.openReservations.map(({ reservationId, quotaDay, leaseExpiresAt }) => ({
        reservationId,
        quotaDay: dayOf(instant(`${quotaDay}T00:00:00.000Z`)),
        leaseExpiresAt: instant(leaseExpiresAt),
      })),
    },
  );
}

/** What the counter has and the event log has not, as far as the account itself knows. */
function partsNow(status: StatusWire): readonly GapPart[] {
  const open = (state: 'in_flight' | 'uncertain'): GapPart['reservations'] =>
    status.openReservations
      .filter((slot) => slot.state === state && slot.quotaDay === status.quotaDay)
      .map(({ reservationId }) => reservationId)
      .filter(isReservationId);
  const part = (
    cause: GapCause,
    count: number,
    reservations: GapPart['reservations'] = [],
  ): readonly GapPart[] => (count === 0 ? [] : [{ cause, count, reservations }]);
  return [
    ...part('in_flight', status.inFlight, open('in_flight')),
    ...part('uncertain', status.uncertain, open('uncertain')),
    ...part('imported', status.imported),
    ...part('unexplained', status.unexplained),
  ];
}

function instant(text: string): Instant {
  const at = parseInstant(text);
  assert(at !== undefined, 'a status tells its times as the contract does');
  return at;
}
