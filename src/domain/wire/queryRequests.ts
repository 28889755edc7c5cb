/** The arguments of the queries (docs/contract.md, 2), read at the edge. */
import { may, need, parserOf, type ValueOf } from './message.js';
import { instant, wholeNumber, yesOrNo } from './values.js';
import { NEXT_SLOTS_MAX } from '../primitives/limits.js';
import { campaignId, recipientId, reservationId } from './requests.js';

/** Every query accepts `at` (R17). */
const queryFields = { at: may(instant) };
export type QueryAsk = ValueOf<typeof queryFields>;
export const parseQuery = parserOf(queryFields);

/** A campaign may have a cap of its own (R22), and a free InMail costs no credit (R24). */
const askFields = { ...queryFields, campaignId: may(campaignId), free: may(yesOrNo) };
/** `recipientId`: for a reserve with this recipient (R20). */
export const parsePeek = parserOf({ ...askFields, recipientId: may(recipientId) });

export const slotCount = wholeNumber(1, NEXT_SLOTS_MAX);
export const parseSlotsQuery = parserOf({ ...askFields, count: need(slotCount) });

export const parseReservationQuery = parserOf({
  ...queryFields,
  reservationId: need(reservationId),
  campaignId: may(campaignId),
  recipientId: may(recipientId),
  /** True: the answer names the first field that the slot or the ask has differently. */
  compares: may(yesOrNo),
});
