/** The schemas of the answers for support tickets. */
import { Type } from 'typebox';
import { canSend, canSendPast, policy, status, STATUS_ORIGIN } from './answers.js';
import { peek } from './decisions.js';
import { accountId, closed, day, instant, orNull } from './parts.js';

const { Array: List, Boolean, Integer, Number, Object: Obj, Omit, String } = Type;
const open = Obj({}, { additionalProperties: true });

const sentence = closed({
  text: String(),
  at: orNull(instant('The instant that the text names, in UTC and in the zone of the account.')),
});
/** The day in the words of the account's owner. */
export const customer = closed(
  {
    sent: Integer({ description: 'InMails of today that were certainly sent.' }),
    maybe: Integer({ description: 'InMails of today that may have been sent; they take room.' }),
    left: Integer({ description: 'InMails that can still be sent today; 0 if none can be now.' }),
    today: List(sentence, { description: 'The day in sentences, as one paragraph.' }),
    stop: List(sentence, { description: 'Why nothing is sent, and when it will be.' }),
    details: List(sentence, { description: 'What the numbers consist of, and the limits.' }),
  },
  'The day in the words of the owner of the account. No sentence contains an id or a name.',
);

const whyFields = {
  customer,
  canSend,
  accountId,
  asOf: instant('The instant of these numbers.'),
  quotaDay: day('The day of the counter.'),
  counter: Integer(),
  logged: Integer({ description: 'Rows of that day in the event log.' }),
  headline: String(),
  parts: List(
    closed({
      text: String(),
      count: Integer({ description: 'The share of the gap.' }),
      cause: String(),
      isNormal: Boolean(),
      changesAt: orNull(
        instant('When the part changes next, if no message comes: at a reconcile or at midnight.'),
      ),
      reservations: List(String()),
    }),
  ),
  beside: List(closed({ text: String(), kind: String(), at: orNull(String()) })),
};
export const why = closed({
  ...whyFields,
  source: Type.Enum(['workflow', 'postgres'], {
    description: 'postgres: the workflow did not answer, so all numbers are from the rows.',
  }),
});

const counts = (...names: readonly string[]) =>
  closed(Object.fromEntries(names.map((name) => [name, Integer()])));
export const sources = closed({
  status: orNull(
    Obj({}, { additionalProperties: true, description: 'Null: the workflow did not answer.' }),
  ),
  isGone: Boolean({ description: 'True: no workflow of the account runs.' }),
  sides: closed({
    row: Obj({}, { additionalProperties: true, description: 'The row of the account.' }),
    reservations: counts('inFlight', 'uncertain', 'delivered', 'released'),
    journal: counts('open', 'delivered', 'failed', 'void'),
    eventLog: counts('delivered', 'external', 'uncounted'),
  }),
  why: closed(whyFields),
});

export const feed = closed({
  items: List(
    closed({
      key: String({ description: 'The same key for the same write of the same row.' }),
      kind: Type.Enum(['event', 'reservation', 'change', 'alert', 'correction']),
      at: instant('When it happened.'),
      recordedAt: instant('When its row was written.'),
      details: open,
    }),
  ),
});

export const stateAt = closed({
  accountId,
  at: instant('The instant of the question.'),
  status: closed({ ...Omit(status, [...STATUS_ORIGIN]).properties, canSend: canSendPast }),
  decision: peek,
  standsOn: String(),
  isExact: Boolean(),
  notes: List(String(), { description: 'The parts that are not exact, and why.' }),
  before: List(open),
  after: List(open),
});

const pause = closed({ at: String(), until: String(), cause: String() });
export const whatIf = closed({
  accountId,
  from: String(),
  to: String(),
  policy,
  asked: Integer(),
  onTime: Integer(),
  deferred: Integer(),
  stillWaiting: Integer(),
  deferredMinutes: orNull(closed({ median: Number(), longest: Number() })),
  cooldowns: closed({
    were: List(pause),
    would: List(pause),
    avoided: Integer(),
    caused: Integer(),
  }),
  days: List(
    closed({
      day: String(),
      asked: Integer(),
      granted: Integer(),
      deferred: Integer(),
      denied: Integer(),
      mayAlsoGo: Integer(),
    }),
  ),
  notes: List(String()),
});
