/** The answers of the reads for support tickets. */
import { Type } from 'typebox';
import { peek, policy, status, STATUS_ORIGIN } from './answers.js';
import { accountId, closed, day, instant, orNull } from './parts.js';

const { Array: List, Boolean, Integer, Number, Object: Obj, Omit, String } = Type;
const open = Obj({}, { additionalProperties: true });

export const why = closed({
  accountId,
  asOf: instant('What this is true of.'),
  quotaDay: day('The day of the counter.'),
  counter: Integer(),
  logged: Integer({ description: 'Rows of that day in the event log.' }),
  headline: String(),
  parts: List(
    closed({
      text: String(),
      count: Integer({ description: 'How much of the gap.' }),
      cause: String(),
      isNormal: Boolean(),
      rightAt: orNull(instant('When it will be right; null: nobody can tell.')),
      reservations: List(String()),
    }),
  ),
  beside: List(closed({ text: String(), kind: String(), at: orNull(String()) })),
});

export const stateAt = closed({
  accountId,
  at: instant('The instant that was asked about.'),
  status: Omit(status, [...STATUS_ORIGIN], { additionalProperties: false }),
  decision: peek,
  standsOn: String(),
  isExact: Boolean(),
  notes: List(String(), { description: 'What is not exact, and why.' }),
  before: List(open),
  after: List(open),
});

const rest = closed({ at: String(), until: String(), cause: String() });
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
    were: List(rest),
    would: List(rest),
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
