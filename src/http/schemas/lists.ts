/** The schemas of the items of the lists. */
import { Type } from 'typebox';
import { canSend, cooldown, edited, hold, numbers } from './answers.js';
import {
  accountId,
  campaignId,
  chatId,
  closed,
  count,
  day,
  group,
  instant,
  messageId,
  mode,
  orNull,
  reservationId,
  state,
  tier,
} from './parts.js';

const { Boolean, Integer, String } = Type;
const details = Type.Object({}, { additionalProperties: true });
const intOrNull = orNull(Integer());
const textOrNull = orNull(String());

/** An account in a list; `delivered` and `external` are counts of the event log. */
export const account = closed({
  accountId,
  state,
  tier,
  group,
  quotaDay: day('The UTC day of these numbers.'),
  version: count('Grows with each change.'),
  ...numbers,
  drift: Integer({ description: 'counter - delivered - external - imported' }),
  caps: closed({
    daily: count('The daily cap in force.'),
    weekly: count('The weekly cap in force.'),
    ramp: intOrNull,
    velocity: intOrNull,
    learnt: intOrNull,
  }),
  weekUsed: count('Slots spent in the last 7 quota days, today included.'),
  rampDay: count('The day of the ramp, from 1.', 1),
  cooldown,
  hold,
  breakerUntil: orNull(instant('The InMail credits are used up until then.')),
  lastCheckedAt: orNull(instant('The last reconcile that is recorded.')),
  updatedAt: instant('When the row was written.'),
  timezone: String({ description: 'The time zone of the account.' }),
  canSend,
  mode,
  edited,
});
export const event = closed({
  eventId: Integer(),
  reservationId: orNull(reservationId),
  chatId,
  messageId: orNull(messageId),
  source: Type.Enum(['pipeline', 'external', 'journal', 'operator']),
  quotaDay: day('The day to which the InMail belongs.'),
  deliveredAt: instant('When the InMail was delivered.'),
  isCounted: Boolean({ description: 'False: observed too late to count for a cap.' }),
});
export const closedDay = closed({
  quotaDay: day('A closed day.'),
  counter: Integer(),
  delivered: Integer(),
  uncertain: Integer(),
  external: Integer(),
  imported: Integer(),
  unexplained: Integer(),
  denials: details,
  late: Integer({ description: 'The number of changes after the end of the day.' }),
});
export const correction = closed({
  correctionId: Integer(),
  runId: String(),
  quotaDay: day('The corrected day.'),
  before: orNull(Integer({ description: 'Null: the counter did not change.' })),
  after: intOrNull,
  layer: String(),
  explanation: details,
  at: instant('When this happened.'),
});
export const run = closed({
  runId: String(),
  scope: Type.Enum(['account', 'fleet']),
  accountId: orNull(accountId),
  ranAt: instant('When the reconcile began.'),
  durationMs: Integer(),
  accountsChecked: Integer(),
  counterBefore: intOrNull,
  counterAfter: intOrNull,
  delivered: intOrNull,
  external: intOrNull,
  inFlight: intOrNull,
  uncertain: intOrNull,
  drift: intOrNull,
  alerted: Boolean(),
  cooled: Boolean(),
  explanation: details,
});
export const change = closed({
  number: Integer(),
  kind: String(),
  actor: String(),
  reason: textOrNull,
  details,
  at: instant('When this happened.'),
});
/** The numbers of a campaign in a quota day (R22). */
export const campaignDay = closed({
  campaignId,
  quotaDay: day('The day to which the slots belong.'),
  asked: count('Granted and denied.'),
  granted: count('Slots, whatever their outcome.'),
  denied: count('Reserves that were denied.'),
  denials: Type.Record(String(), Integer(), { description: 'Denied reserves by reason.' }),
  delivered: count('Slots whose InMail reached LinkedIn.'),
  inFlight: count('Slots without a report.'),
  uncertain: count('Slots whose InMail may have reached LinkedIn.'),
  released: count('Slots whose InMail was not sent.'),
});
/** An ask that waits, in a list of several accounts (R21). */
export const waitingAsk = closed({
  accountId,
  group,
  reservationId,
  campaignId: textOrNull,
  priority: count('0 is served first, 9 last.'),
  reason: String({ description: 'Why it waits, as of its last save.' }),
  askedAt: instant('When the ask came.'),
  validUntil: instant('The end of its wait.'),
});
const ofReservation = {
  reservationId,
  state: Type.Enum(['in_flight', 'delivered', 'released', 'uncertain']),
  quotaDay: day('The day to which the slot belongs.'),
  campaignId: textOrNull,
  recipientId: textOrNull,
  reservedAt: instant('When it was granted.'),
  leaseExpiresAt: instant('The end of the lease.'),
  settledAt: orNull(instant('When its outcome was recorded.')),
  reason: textOrNull,
  journaled: Boolean(),
  again: Boolean({ description: 'True: the recipient was contacted once more, on purpose.' }),
  wouldDeny: orNull(
    String({ description: 'Granted in shadow mode: the reason that would have denied it.' }),
  ),
  chatId: orNull(chatId),
  messageId: orNull(messageId),
  carriedInto: orNull(day('The later day on which the slot takes room as well.')),
};
export const reservation = closed(ofReservation);
/** A reservation in a list of several accounts. */
export const reservationOfAny = closed({ accountId, ...ofReservation });
