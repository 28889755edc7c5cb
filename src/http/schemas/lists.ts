/** The items of the lists. */
import { Type } from 'typebox';
import { ALERT_KINDS } from '../../domain/account/alertKinds.js';
import { cooldown, hold, numbers } from './answers.js';
import {
  accountId,
  chatId,
  closed,
  count,
  day,
  instant,
  messageId,
  orNull,
  reservationId,
  state,
  tier,
} from './parts.js';

const { Boolean, Integer, String } = Type;
const details = Type.Object({}, { additionalProperties: true });
const intOrNull = orNull(Integer());
const textOrNull = orNull(String());

/** An account of a list: `delivered` and `external` are counted in the event log. */
export const account = closed({
  accountId,
  state,
  tier,
  quotaDay: day('Today, in UTC.'),
  version: count('Grows with each change.'),
  ...numbers,
  drift: Integer({ description: 'counter - delivered - external - imported' }),
  caps: closed({ daily: count('In force.'), weekly: count('In force.'), ramp: intOrNull }),
  weekUsed: count('Of the last seven days, today included.'),
  rampDay: count('Counts from 1.', 1),
  cooldown,
  hold,
  breakerUntil: orNull(instant('InMail credits are used up until then.')),
  lastCheckedAt: orNull(instant('The last run that is written down.')),
  updatedAt: instant('When the row was written.'),
});
export const event = closed({
  eventId: Integer(),
  reservationId: orNull(reservationId),
  chatId,
  messageId: orNull(messageId),
  source: Type.Enum(['pipeline', 'external', 'journal', 'operator']),
  quotaDay: day('The day that it counts on.'),
  deliveredAt: instant('When it was delivered.'),
  isCounted: Boolean({ description: 'False: seen too late to count for a cap.' }),
});
export const closedDay = closed({
  quotaDay: day('A day that is over.'),
  counter: Integer(),
  delivered: Integer(),
  uncertain: Integer(),
  external: Integer(),
  imported: Integer(),
  unexplained: Integer(),
  denials: details,
  late: Integer({ description: 'Changes after its end.' }),
});
export const correction = closed({
  correctionId: Integer(),
  runId: String(),
  quotaDay: day('The day that was healed.'),
  before: Integer(),
  after: Integer(),
  layer: String(),
  explanation: details,
  at: instant('When.'),
});
export const alert = closed({
  accountId,
  kind: Type.Enum(ALERT_KINDS),
  severity: Type.Enum(['info', 'warning', 'critical']),
  quotaDay: day('Its day.'),
  details,
  times: Integer(),
  raisedAt: instant('When it was raised.'),
  resolvedAt: orNull(instant('When it was found gone.')),
});
export const run = closed({
  runId: String(),
  scope: Type.Enum(['account', 'fleet']),
  accountId: orNull(accountId),
  ranAt: instant('When.'),
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
  at: instant('When.'),
});
export const reservation = closed({
  reservationId,
  state: Type.Enum(['in_flight', 'delivered', 'released', 'uncertain']),
  quotaDay: day('The day on which it counts.'),
  campaignId: textOrNull,
  recipientId: textOrNull,
  reservedAt: instant('When it was granted.'),
  leaseExpiresAt: instant('Until then it may be in flight.'),
  settledAt: orNull(instant('When it was settled.')),
  reason: textOrNull,
  journaled: Boolean(),
  chatId: orNull(chatId),
  messageId: orNull(messageId),
  carriedInto: orNull(day('The day whose room it takes, too.')),
});
