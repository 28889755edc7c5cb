/** The arguments of the queries (docs/contract.md, 2), read at the edge. */
import { Fields, type Parsed } from './objectReader.js';
import { instant, wholeNumber } from './values.js';
import { NEXT_SLOTS_MAX } from '../primitives/limits.js';
import type { ReservationId } from '../primitives/ids.js';
import type { Instant } from '../primitives/time.js';
import { reservationId } from './requests.js';

/** The arguments of a Query. */
export type QueryAsk = {
  readonly at?: Instant | undefined;
  readonly count: number;
  readonly reservationId?: ReservationId | undefined;
};

/** The fields that each query needs, in addition to `at`, which every query accepts (R17). */
export const parseQuery = (raw: unknown, needs?: 'count' | 'reservationId'): Parsed<QueryAsk> => {
  const fields = new Fields(raw ?? {}, 'strict');
  const at = fields.may('at', instant());
  const count =
    needs === 'count' ? fields.need('count', wholeNumber(1, NEXT_SLOTS_MAX)) : undefined;
  const id = needs === 'reservationId' ? fields.need('reservationId', reservationId) : undefined;
  return fields.done(() => ({ at, count: count ?? 1, reservationId: id }));
};
