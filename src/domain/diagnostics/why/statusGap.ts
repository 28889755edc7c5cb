/** The present gap of an account, computed from its status (R17). */
import type { GapCause, GapPart } from '../../gap/breakdown.js';
import { explain, type Gap, type Known, type Sentence } from '../../gap/sentences.js';
import { assert } from '../../primitives/assert.js';
import { isAccountId, isReservationId } from '../../primitives/ids.js';
import { dayOf, parseInstant, type Instant, type UtcDay } from '../../primitives/time.js';
import type { StatusNumbers } from '../../wire/responses.js';

/** Returns the headline and the parts, in the words of alerts and corrections. */
export const explainStatus = (status: StatusNumbers): readonly Sentence[] =>
  explain(gapOf(status), knownOf(status));

/** Returns the gap between counter and event log, as far as the account itself knows it. */
export function gapOf(status: StatusNumbers): Gap {
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
  const parts = [
    ...part('in_flight', status.inFlight, open('in_flight')),
    ...part('uncertain', status.uncertain, open('uncertain')),
    ...part('imported', status.imported),
    ...part('unexplained', status.unexplained),
  ];
  return { day: day(status.quotaDay), counter: status.counter, parts };
}

/** Returns what else the status knows between two reconciles. */
export function knownOf(status: StatusNumbers): Known {
  const { accountId, nextReconcileAt } = status;
  assert(isAccountId(accountId), 'a status names its account');
  return {
    accountId,
    now: instant(status.asOf),
    nextRunAt: nextReconcileAt === null ? null : instant(nextReconcileAt),
    open: status.openReservations.map(({ reservationId, quotaDay, leaseExpiresAt }) => ({
      reservationId,
      quotaDay: day(quotaDay),
      leaseExpiresAt: instant(leaseExpiresAt),
    })),
  };
}

const day = (text: string): UtcDay => dayOf(instant(`${text}T00:00:00.000Z`));

/** Returns an instant of a status; throws if the text is not an instant. */
export function instant(text: string): Instant {
  const at = parseInstant(text);
  assert(at !== undefined, 'a status has its times as the contract writes them');
  return at;
}
