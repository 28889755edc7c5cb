/** The answers: the shapes of the contract (2). */
import { Type } from 'typebox';
import { DENIAL_REASONS } from '../../domain/gate/gate.js';
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
  text,
  tier,
} from './parts.js';
import { FAILURE_TYPES } from '../../domain/account/refusals.js';

const { Literal, Optional, Union, Boolean, String, Integer } = Type;

export const problem = Type.Object(
  {
    type: String({ description: 'urn:safeband:problem:<kind>', examples: ['about:blank'] }),
    title: String(),
    status: Integer(),
    detail: String(),
    code: Optional(Type.Enum(FAILURE_TYPES, { description: "The contract's name of it." })),
    field: Optional(String({ description: 'The field that is wrong.' })),
    cure: Optional(String({ description: 'What to do.' })),
  },
  { additionalProperties: false, description: 'Problem details (RFC 9457).' },
);

const grant = {
  granted: Literal(true),
  quotaDay: day('The UTC day on which the slot counts.'),
  leaseExpiresAt: instant('Until then it may be in flight without a word.'),
  remainingToday: count('Slots that are left today.'),
  repeated: Boolean({ description: 'The same grant as before: no new slot.' }),
};
const denial = {
  granted: Literal(false),
  reason: Type.Enum(DENIAL_REASONS),
  limit: Optional(count('The cap that refused.')),
  used: Optional(count('What of it is used.')),
  retryAt: orNull(instant('When to ask again; null: only a person can help.')),
};
export const decision = Union([
  closed({ ...grant, reservationId }, 'Granted: one call to LinkedIn may be made.'),
  closed({ ...denial, reservationId }, 'Denied: nothing was counted; ask again at retryAt.'),
]);
export const peek = Union([closed(grant), closed(denial)]);
export const batch = closed({
  decisions: Type.Array(
    Union([
      ...decision.anyOf,
      closed(
        {
          granted: Literal(false),
          reservationId: orNull(String()),
          error: closed({ type: Type.Enum(FAILURE_TYPES), message: String() }),
        },
        'An item that could not be decided; the others were.',
      ),
    ]),
  ),
});

export const stateAnswer = closed({ state });
export const disconnected = closed({ state: Literal('disconnected') });
export const delivered = closed({
  settled: Type.Enum(['delivered', 'already_delivered', 'external']),
});
export const failed = closed({
  settled: Type.Enum([
    'released',
    'uncertain',
    'already_released',
    'already_uncertain',
    'already_delivered',
  ]),
});
export const observed = closed({
  matched: orNull(reservationId),
  counted: Boolean({ description: 'False: it was known.' }),
});
export const settled = closed({ settled: String() });
export const findings = closed({
  runId: String(),
  drift: Integer(),
  healed: Boolean(),
  alerted: Boolean(),
  cooled: Boolean(),
});
const capOrNull = orNull(count('As it was set; null is the default.'));
export const policy = closed({
  tier,
  dailyCap: capOrNull,
  weeklyCap: capOrNull,
  ramp: orNull(closed({ dailyCaps: Type.Array(Integer()) })),
  sendingWindow: orNull(closed({ days: Type.Array(String()), start: String(), end: String() })),
  timezone: String(),
  creditsRenewOn: orNull(count('The day of the month; null is the first.', 1)),
});

const open = closed({
  reservationId,
  state: Type.Enum(['in_flight', 'uncertain']),
  quotaDay: day('Its quota day.'),
  reservedAt: instant('When it was granted.'),
  leaseExpiresAt: instant('Until then it may be in flight.'),
});
export const cooldown = orNull(closed({ until: instant('Its end.'), cause: String() }));
export const hold = orNull(
  closed({ reason: String(), actor: String(), since: instant('When it began.') }),
);
/** The parts of the counter of one day, and their sum. */
export const numbers = {
  counter: count('Slots spent today; what the gate consults.'),
  inFlight: count('No outcome yet.'),
  uncertain: count('It may have reached LinkedIn.'),
  delivered: count('With proof.'),
  external: count('Sent by others than us.'),
  imported: count('What another system had sent.'),
  unexplained: Integer({ description: 'What nothing accounts for; the next run heals it.' }),
  carried: count('Slots of earlier days that take room today.'),
  remaining: count('What may still be granted today.'),
};
export const status = closed(
  {
    accountId,
    asOf: instant('What this is true of.'),
    state,
    tier,
    quotaDay: day('Today, in UTC.'),
    version: count('Grows with each change.'),
    ...numbers,
    caps: closed({
      daily: count('In force today.'),
      weekly: count('In force.'),
      ramp: orNull(count('Of this step; null: no ramp binds.')),
      effective: count('The smallest of them.'),
      binding: Type.Enum(['weekly', 'ramp', 'daily']),
    }),
    weekUsed: count('Of the last seven days, today included.'),
    rampDay: count('Counts from 1.', 1),
    cooldown,
    hold,
    breakerUntil: orNull(instant('InMail credits are used up until then.')),
    lastReconciledAt: orNull(instant('The last run that succeeded.')),
    nextReconcileAt: orNull(instant('Null: the fleet audit looks after it.')),
    verified: Boolean({ description: 'A run succeeded within 30 minutes.' }),
    unsaved: orNull(count('Rows that are not yet in Postgres; null: Postgres does not know.')),
    openReservations: Type.Array(open),
    source: Type.Enum(['workflow', 'postgres'], {
      description:
        'postgres: the workflow did not answer or has ended; the rows are up to 15 s behind.',
    }),
    ageSeconds: count('Seconds since the source was read.'),
    savedAt: orNull(instant("When the account's row was last saved; null: Postgres was not read.")),
    eventLog: orNull(
      closed(
        {
          delivered: count('Rows of the quota day, without external ones.'),
          external: count('External rows of the quota day.'),
          drift: Integer({ description: 'The counter less these rows and what was imported.' }),
        },
        'Null: Postgres was not read.',
      ),
    ),
    edited: orNull(
      closed(
        {
          row: Integer({ description: 'The counter in the row.' }),
          counted: Integer({ description: 'The counter of the account without the edit.' }),
        },
        'The row has been edited manually. The larger number counts until the next reconcile.',
      ),
    ),
    lastCheckedAt: orNull(instant('The last reconcile of the account, or audit of all accounts.')),
  },
  'One consistent read: counter = inFlight + uncertain + delivered + external + imported + unexplained.',
);
/** The fields that state where a status comes from: a status of the past has none of them. */
export const STATUS_ORIGIN = [
  'source',
  'ageSeconds',
  'savedAt',
  'eventLog',
  'edited',
  'lastCheckedAt',
] as const;
export const reservation = closed({
  reservationId,
  state: Type.Enum(['in_flight', 'delivered', 'released', 'uncertain']),
  quotaDay: day('The day on which it counts.'),
  reservedAt: instant('When it was granted.'),
  leaseExpiresAt: instant('Until then it may be in flight.'),
  chatId: orNull(chatId),
  messageId: orNull(messageId),
  reason: orNull(text(512, 'Why it was released or is uncertain.', 'rejected')),
  mayAttempt: Boolean({ description: 'Leave to call LinkedIn.' }),
});
export const nextSlots = Type.Array(instant('A reserve is granted then.'));
