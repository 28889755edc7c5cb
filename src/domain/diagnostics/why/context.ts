/** The context of a gap: stops of the account, carried and late slots, alerts, corrections. */
import { wordsOfAlert } from '../alerts/alertHelp.js';
import { reasonWords } from '../canSend/reasonWords.js';
import { names, words } from '../../gap/sentences.js';
import { stopsOf } from './blockers.js';
import { editOfStatus } from '../asOf/statusFromRecords.js';
import { instant } from './statusGap.js';
import { isoDay, isoInstant } from '../../primitives/time.js';
import type { WhyContext, WhyRows } from './model.js';
import type { StatusWire } from '../../wire/responses.js';
import { carriedOf } from '../../account/counter.js';

/** Returns the context in the order in which people should read it. */
export const contextOf = (
  rows: WhyRows,
  status: StatusWire,
  isAhead: boolean,
): readonly WhyContext[] => [
  ...shadowTexts(rows, status),
  ...stopsOf(status),
  ...underWay(rows, status, isAhead),
  ...againTexts(rows),
  ...ofOtherDays(rows, status),
  ...alertTexts(rows.alerts),
  ...rows.corrections.map(correctionText),
];

function underWay(rows: WhyRows, status: StatusWire, isAhead: boolean): readonly WhyContext[] {
  const { external } = status;
  const verb = external === 1 ? 'was' : 'were';
  const edited = editOfStatus(status, rows.row, instant(status.asOf));
  return [
    ...(isAhead
      ? [
          {
            kind: 'unsaved',
            at: null,
            text:
              'Changes of the last seconds are being saved. While Postgres answers, a delivery is' +
              ' in the event log within 3 s, and every other change is saved within 15 s.',
          } as const,
        ]
      : []),
    ...(edited ? [{ kind: 'edited', at: edited.correctedAt, text: edited.line } as const] : []),
    ...(external > 0
      ? [
          {
            kind: 'external',
            at: null,
            text:
              `${external} of the counter ${verb} sent manually or by another program.` +
              ` The event log has ${external === 1 ? 'it' : 'them'} without a reservation.`,
          } as const,
        ]
      : []),
  ];
}

/** Returns that the account is in shadow mode, and what the gate would have denied today. */
function shadowTexts({ wouldDeny }: WhyRows, { mode }: StatusWire): readonly WhyContext[] {
  const count = wouldDeny.reduce((sum, one) => sum + one.count, 0);
  if (mode !== 'shadow' && count === 0) return [];
  const reasons = wouldDeny.map((one) => `${one.count}, because ${reasonWords(one.reason)}`);
  const denied =
    count === 0
      ? 'Of the grants of today, the gate would have denied none.'
      : `Of the grants of today, the gate would have denied ${reasons.join('; ')}.`;
  const is = mode === 'shadow' ? 'is' : 'was';
  const text = `The account ${is} in shadow mode: the gate decides, and grants what it would deny. ${denied}`;
  return [{ kind: 'shadow', at: null, text }];
}

function againTexts({ again }: WhyRows): readonly WhyContext[] {
  if (again.length === 0) return [];
  const text =
    `The caller asked for ${again.length === 1 ? 'one slot' : `${again.length} slots`} of today` +
    `${names(again)} with "again", so the account did not compare the recipient with earlier ones.`;
  return [{ kind: 'again', at: null, text }];
}

function ofOtherDays({ account }: WhyRows, status: StatusWire): readonly WhyContext[] {
  const { carried } = status;
  const ids = account.slots
    .filter((slot) => slot.carriedInto === account.day && slot.state !== 'released')
    .map(({ reservationId }) => reservationId);
  const named = carriedOf(account) === carried ? names(ids) : '';
  const isOne = carried === 1;
  const late = account.days.filter((book) => book.late > 0 && book.day < account.day);
  return [
    ...(carried > 0
      ? [
          {
            kind: 'carried',
            at: null,
            text:
              `${carried} of an earlier day${named} may have reached LinkedIn today, and` +
              ` ${isOne ? 'takes' : 'take'} room today as well. Today's counter does not include` +
              ` ${isOne ? 'it: it counts on its' : 'them: they count on their'} own day.`,
          } as const,
        ]
      : []),
    ...late.map((book): WhyContext => ({
      kind: 'late',
      at: null,
      text:
        `The numbers of ${isoDay(book.day)} changed after the end of that day` +
        ` (${book.late === 1 ? 'once' : `${book.late} times`}), because outcomes came late.`,
    })),
  ];
}

/** Returns one sentence for each kind, because an alert that stays open has a row for each day. */
function alertTexts(alerts: WhyRows['alerts']): readonly WhyContext[] {
  const kinds = new Set(alerts.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const ofKind = alerts.filter((one) => one.kind === kind);
    const [newest] = ofKind.toSorted((a, b) => b.raisedAt - a.raisedAt);
    if (!newest) return [];
    const { day, times, raisedAt } = newest;
    const others = ofKind.length - 1;
    const more =
      others > 0 ? `, and on ${others} ${others === 1 ? 'other day' : 'other days'}` : '';
    const often = times > 1 ? `, raised ${times} times` : '';
    const text = `Alert ${kind} of ${isoDay(day)}${often}${more}: ${wordsOfAlert(kind)}`;
    return [{ kind: 'alert', at: isoInstant(raisedAt), text }];
  });
}

const correctionText = ({ at, sentences }: WhyRows['corrections'][number]): WhyContext => ({
  kind: 'correction',
  at: isoInstant(at),
  text: `A reconcile corrected the account at ${words(at)}. ${sentences.join(' ')}`,
});
