/** The schemas of the answers (docs/contract.md, 2). */
import { Type } from 'typebox';
import { DENIAL_REASONS } from '../../domain/gate/gate.js';
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
  recipientScope,
  reservationId,
  state,
  text,
  tier,
  wouldDeny,
} from './parts.js';
import { FAILURE_TYPES } from '../../domain/account/refusals.js';

const { Literal, Optional, Boolean, Enum, String, Integer, Number } = Type;

export const problem = Type.Object(
  {
    type: String({ description: 'urn:safeband:problem:<kind>', examples: ['about:blank'] }),
    title: String(),
    status: Integer(),
    detail: String(),
    code: Optional(Enum(FAILURE_TYPES, { description: 'The type of the error, if it has one.' })),
    field: Optional(String({ description: 'The wrong field.' })),
    cure: Optional(String({ description: 'How to fix it.' })),
  },
  { additionalProperties: false, description: 'Problem details (RFC 9457).' },
);

export const resumeAnswer = closed({
  state,
  unchanged: Optional(
    Literal(true, { description: 'No hold has the reason heldFor, or no such cooldown.' }),
  ),
});
export const stateAnswer = closed({ state });
export const holdAnswer = closed({
  state,
  mode: Optional(Literal('shadow', { description: 'In shadow mode, a hold stops nothing.' })),
  heldBefore: Type.Optional(
    closed({ reason: Type.String(), actor: Type.String(), since: instant('When it was held.') }),
  ),
});
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
  counted: Boolean({ description: 'False: this InMail was already counted.' }),
});
export const settled = closed({ settled: String() });
export const findings = closed({
  runId: String(),
  drift: Integer(),
  healed: Boolean(),
  alerted: Boolean(),
  cooled: Boolean(),
});
const capOrNull = orNull(count('The cap that was set. Null: the default applies.'));
export const policy = closed({
  tier,
  dailyCap: capOrNull,
  weeklyCap: capOrNull,
  ramp: orNull(closed({ dailyCaps: Type.Array(Integer()) })),
  sendingWindow: orNull(closed({ days: Type.Array(String()), start: String(), end: String() })),
  timezone: String(),
  creditsRenewOn: orNull(count('The day of the month. Null: the first.', 1)),
  recipientMemoryDays: orNull(count('Days. Null: as long as ids are remembered.', 1)),
  recipientScope,
  pacing: orNull(
    closed({
      minGapSeconds: count('Seconds from each grant to the next.', 1),
      jitterPercent: count('The interval is up to this part longer or shorter.'),
      perHour: orNull(count('Maximum grants in any 60 minutes. Null: no maximum.', 1)),
    }),
  ),
  campaigns: orNull(
    Type.Array(
      closed({
        campaignId,
        dailyCap: Type.Optional(count('InMails of the campaign in a UTC day.')),
        weight: Type.Optional(count('Its share of the slots of the waiting line.', 1)),
      }),
    ),
  ),
  mode,
  group,
  velocity: orNull(
    closed({
      factor: Number({ description: 'Times the mean of the last days with a send.' }),
      floor: count('The cap is never lower.', 1),
    }),
  ),
  learntCap: Boolean({ description: 'True: the learnt ceiling is a cap.' }),
});

const open = closed({
  reservationId,
  state: Type.Enum(['in_flight', 'uncertain']),
  quotaDay: day('The quota day of the slot.'),
  reservedAt: instant('When it was granted.'),
  leaseExpiresAt: instant('The end of the lease.'),
});
export const cooldown = orNull(
  closed({ until: instant('The end of the cooldown.'), cause: String() }),
);
export const hold = orNull(
  closed({ reason: String(), actor: String(), since: instant('When the hold began.') }),
);
/** The parts of the counter of one day, and their sum. */
export const numbers = {
  counter: count('Slots spent today. The gate decides by this number.'),
  inFlight: count('Slots without an outcome.'),
  uncertain: count('Slots whose InMail may have reached LinkedIn.'),
  delivered: count('Slots with a proof of delivery.'),
  external: count('InMails that were sent without a reservation, for example manually.'),
  imported: count('InMails that another system delivered today.'),
  unexplained: Integer({
    description: 'The part that nothing accounts for. The next reconcile corrects it.',
  }),
  carried: count('Slots of earlier days that take room today.'),
  remaining: count('Slots that may still be granted today.'),
};
const canSendFields = {
  canSend: Boolean({ description: 'True: a reserve would be granted now.' }),
  reason: orNull(Type.Enum(DENIAL_REASONS)),
  notBefore: orNull(
    instant(
      'The first instant at which a reserve is granted, if no message comes. Null: now, not known, or only a person can help.',
    ),
  ),
  left: count('Slots left today. 0: the account cannot send now.'),
  needsPerson: Boolean({ description: 'True: nothing is granted until a person acts.' }),
  until: orNull(instant('When the sending window closes. Null: it has none, or it is not open.')),
  wouldDeny: Type.Optional(wouldDeny),
};
const lineField = { line: String({ description: 'The answer in one line, as of asOf.' }) };
/** Can it send? As the query `peek` answers. */
export const canSend = closed({ ...canSendFields, ...lineField });
export const canSendPast = closed(canSendFields);
export const edited = orNull(
  closed(
    {
      row: Integer({ description: 'The counter of the row.' }),
      counted: Integer({ description: 'The counter that the gate uses.' }),
      columns: Type.Array(String(), {
        description: 'The edited columns. Empty: only rows of reservations were edited.',
      }),
      correctedAt: orNull(
        instant('When the next reconcile corrects the row. Null: the account is disconnected.'),
      ),
      line: String({ description: 'The edit in words.' }),
    },
    'Not null: rows of the account were edited manually. The gate does not use the edit.',
  ),
);
/** The known balance of InMail credits (R24). */
const credits = orNull(
  closed(
    {
      balance: count('What is left of the observed balance.'),
      observed: count('The balance that was observed last.'),
      observedAt: instant('When it was observed.'),
      spent: count('The InMails since then that cost a credit.'),
      refunded: count('The credits since then that came back by replies.'),
      renewed: count('The credits since then that LinkedIn granted.'),
      grant: count('The credits of the next renewal.'),
      renewsAt: instant('The next renewal.'),
      runwayDays: orNull(
        count('For how many days the balance lasts at the mean of the last 7. Null: no sends.'),
      ),
    },
    'Null: no balance was observed.',
  ),
);
export const status = closed(
  {
    accountId,
    asOf: instant('The instant of these numbers.'),
    state,
    mode,
    tier,
    group,
    quotaDay: day('The UTC day of these numbers.'),
    version: count('Grows with each change.'),
    ...numbers,
    caps: closed({
      daily: count('The daily cap in force.'),
      weekly: count('The weekly cap in force.'),
      ramp: orNull(count('The cap of the ramp step. Null: no ramp applies.')),
      effective: count('The smallest cap.'),
      velocity: orNull(count('The cap by the sends of the last days. Null: no velocity.')),
      learnt: orNull(count('The ceiling after a refusal. Null: none, or learntCap is false.')),
      binding: Type.Enum(['weekly', 'ramp', 'velocity', 'learnt', 'daily']),
    }),
    weekUsed: count('Slots spent in the last 7 quota days, today included.'),
    rampDay: count('The day of the ramp, from 1.', 1),
    fullCapOn: orNull(
      day('The first day on which the ramp no longer limits, with a delivery on each day before.'),
    ),
    learnt: orNull(
      closed(
        {
          cap: count('The ceiling of today.', 1),
          growsOn: day('The first day on which it may be higher.'),
          endsOn: day(
            'The first day without it, with a delivery and no refusal on each day before.',
          ),
        },
        'The ceiling that refusals by LinkedIn taught, also if learntCap is false. Null: none.',
      ),
    ),
    cooldown,
    hold,
    breakerUntil: orNull(instant('The InMail credits are used up until then.')),
    lastReconciledAt: orNull(instant('The last successful reconcile.')),
    nextReconcileAt: orNull(
      instant('The next reconcile. Null: the fleet audit checks this account.'),
    ),
    verified: Boolean({ description: 'True: a reconcile succeeded in the last 30 minutes.' }),
    unsaved: orNull(
      count('Rows that are not in Postgres yet. Null: not known, because the source is postgres.'),
    ),
    openReservations: Type.Array(open),
    waiting: count('Asks that wait in the account for their turn.'),
    credits,
    timezone: String({ description: 'The time zone of the account.' }),
    canSend,
    denials: orNull(
      Type.Record(String(), Integer(), {
        description:
          'Denials of the quota day by reason. Null: not known, because only the workflow counts them.',
      }),
    ),
    source: Type.Enum(['workflow', 'postgres'], {
      description:
        'postgres: the workflow did not answer or has ended. The rows are up to 15 s behind.',
    }),
    ageSeconds: count('Seconds since the source was read.'),
    savedAt: orNull(instant("When the account's row was last saved. Null: Postgres was not read.")),
    eventLog: orNull(
      closed(
        {
          delivered: count('Rows of the quota day, without external ones.'),
          external: count('External rows of the quota day.'),
          drift: Integer({ description: 'The counter minus these rows, minus imported.' }),
        },
        'Null: Postgres was not read.',
      ),
    ),
    edited,
    lastCheckedAt: orNull(
      instant('The last reconcile of the account, or the last fleet audit if that is later.'),
    ),
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
export const slotState = closed({
  reservationId,
  state: Type.Enum(['in_flight', 'delivered', 'released', 'uncertain']),
  quotaDay: day('The day to which the slot belongs.'),
  reservedAt: instant('When it was granted.'),
  leaseExpiresAt: instant('The end of the lease.'),
  chatId: orNull(chatId),
  messageId: orNull(messageId),
  reason: orNull(text(512, 'Why the slot was released or is uncertain.', 'rejected')),
  mayAttempt: Boolean({ description: 'True: the caller may call LinkedIn.' }),
  fleetHeld: Optional(Literal(true, { description: 'The brake holds the fleet.' })),
});
export const nextSlots = Type.Array(instant('A reserve at this instant is granted.'));
