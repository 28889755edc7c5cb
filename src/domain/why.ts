/**
 * "Why do my numbers differ?" (R17): the support article about one account, from its own rows. Page,
 * command line and API say what this says, and this says what `explain.ts` says of a gap.
 */
import { carriedOf, counterOf, type Account } from './account.js';
import type { AlertKind } from './alertKinds.js';
import { ALERT_WORDS } from './alertWords.js';
import { breakdownOf, GAP_CAUSES, type GapCause, type GapPart } from './breakdown.js';
import { evolve } from './evolve.js';
import { explain, names, words, type Gap } from './explain.js';
import { gapOf, instant, knownOf } from './explainStatus.js';
import { runAfter } from './forecast.js';
import { isNormal } from './phrases.js';
import { stopsOf, type Stop } from './stops.js';
import type { Witnesses } from './stored.js';
import { isoDay, isoInstant, type Instant, type UtcDay } from './time.js';
import { statusWire, type StatusWire } from './wire.js';
import { testimony } from './witnesses.js';

/** What an account's rows say, read at one instant. */
export type WhyRows = {
  /** As its rows tell it (`fromRows.ts`). */
  readonly account: Account;
  readonly row: {
    readonly version: number;
    readonly day: UtcDay;
    readonly counter: number;
    /** Another than a save has written it, or one of its reservations (R14). */
    readonly isEdited: boolean;
    /** Null: it is cold, and the audit looks after it (R8). */
    readonly hotSince: Instant | null;
  };
  readonly found: Witnesses;
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly day: UtcDay;
    readonly times: number;
    readonly raisedAt: Instant;
  }[];
  /** Of the last 24 hours, newest first; `sentences` as the run wrote them. */
  readonly corrections: readonly { readonly at: Instant; readonly sentences: readonly string[] }[];
};

export type WhyPart = {
  readonly text: string;
  /** How much of the gap; negative where the event log has more, 0 where neither had it. */
  readonly count: number;
  readonly cause: GapCause;
  readonly isNormal: boolean;
  /** Null: only a proof, a person or the next run can tell. */
  readonly rightAt: string | null;
  readonly reservations: readonly string[];
};
export type WhyBeside = {
  readonly text: string;
  readonly kind:
    Stop['kind'] | 'unsaved' | 'edited' | 'carried' | 'external' | 'late' | 'alert' | 'correction';
  /** When it ends, where it ends by itself; else when it came. */
  readonly at: string | null;
};
/** Plain JSON: the contract's instants and days as text. */
export type Why = {
  readonly accountId: string;
  readonly asOf: string;
  readonly quotaDay: string;
  readonly counter: number;
  /** Rows of that day in the event log, external ones included. */
  readonly logged: number;
  readonly headline: string;
  /** They add up to `counter` less `logged`. */
  readonly parts: readonly WhyPart[];
  readonly beside: readonly WhyBeside[];
};

/** The status that the rows tell. */
export function statusOfRows({ account, row }: WhyRows, now: Instant): StatusWire {
  const nextRunAt = row.hotSince === null ? null : runAfter(account.accountId, now + 1);
  return statusWire(account, now, { version: row.version, unsaved: 0, nextRunAt });
}

/** `asked`: what the workflow answered to `status`; undefined: the rows alone are read. */
export function whyOf(rows: WhyRows, asked: StatusWire | undefined, now: Instant): Why {
  const status = asked ?? statusOfRows(rows, now);
  const isAhead = status.unsaved > 0 || status.version > rows.row.version;
  const gap = isAhead || !isTold(rows, status) ? gapOf(status) : comparedGap(rows, status);
  const [headline, ...said] = explain(gap, knownOf(status));
  const apart = gap.parts.reduce((sum, { count }) => sum + count, 0);
  return {
    accountId: status.accountId,
    asOf: status.asOf,
    quotaDay: status.quotaDay,
    counter: gap.counter,
    logged: gap.counter - apart,
    headline: headline?.text ?? '',
    parts: gap.parts.map((part, i) => ({
      text: said[i]?.text ?? '',
      count: part.count,
      cause: part.cause,
      isNormal: isNormal(part),
      rightAt: isoOrNull(said[i]?.rightAt ?? null),
      reservations: part.reservations,
    })),
    beside: [
      ...stopsOf(status),
      ...underWay(rows, status, isAhead),
      ...ofOtherDays(rows, status),
      ...alertsSaid(rows.alerts),
      ...rows.corrections.map(correctionSaid),
    ],
  };
}

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : isoInstant(at));

/** The rows tell the day and the counter that the status tells, or a hand has changed them. */
const isTold = ({ account, row }: WhyRows, status: StatusWire): boolean =>
  isoDay(account.day) === status.quotaDay &&
  (row.isEdited || counterOf(account, account.day) === status.counter);

/** Held against the event log and the journal, as the next run will. */
function comparedGap({ account, row, found }: WhyRows, status: StatusWire): Gap {
  const { day } = account;
  const after = testimony(account, found, instant(status.asOf)).reduce(
    (before, event) => evolve(before, event),
    account,
  );
  const isForeign = row.isEdited && row.day === day;
  const stood = isForeign ? Math.max(status.counter, row.counter) : status.counter;
  const parts = breakdownOf({ day, before: account, after, events: found.events, stood });
  return { day, counter: stood, parts: parts.toSorted((a, b) => place(a) - place(b)) };
}

const place = ({ cause }: GapPart): number => GAP_CAUSES.indexOf(cause);

function underWay(rows: WhyRows, status: StatusWire, isAhead: boolean): readonly WhyBeside[] {
  const { external } = status;
  const verb = external === 1 ? 'is' : 'are';
  return [
    ...(isAhead
      ? [
          {
            kind: 'unsaved',
            at: null,
            text:
              'Changes of the last seconds are being saved: while Postgres answers, deliveries' +
              ' are in the event log within 3 s, everything else within 15 s.',
          } as const,
        ]
      : []),
    ...(rows.row.isEdited
      ? [
          {
            kind: 'edited',
            at: status.nextReconcileAt,
            text:
              "The account's row, or one of its reservations, has been edited by hand; the next" +
              ' run writes it back.',
          } as const,
        ]
      : []),
    ...(external > 0
      ? [
          {
            kind: 'external',
            at: null,
            text:
              `${external} of the counter ${verb} sent by hand or by another program:` +
              ' in the event log, and of no reservation.',
          } as const,
        ]
      : []),
  ];
}

function ofOtherDays({ account }: WhyRows, status: StatusWire): readonly WhyBeside[] {
  const { carried } = status;
  const ids = account.slots
    .filter((slot) => slot.carriedInto === account.day && slot.state !== 'released')
    .map(({ reservationId }) => reservationId);
  const who = carriedOf(account) === carried ? names(ids) : '';
  const [it, its] = carried === 1 ? ['It is', 'its'] : ['They are', 'their'];
  const late = account.days.filter((book) => book.late > 0 && book.day < account.day);
  return [
    ...(carried > 0
      ? [
          {
            kind: 'carried',
            at: null,
            text:
              `${carried} of an earlier day${who} may have landed today, and take room today as` +
              ` well. ${it} counted on ${its} own day, not in today's counter.`,
          } as const,
        ]
      : []),
    ...late.map((book): WhyBeside => ({
      kind: 'late',
      at: null,
      text:
        `The numbers of ${isoDay(book.day)} changed after its end` +
        ` (${book.late === 1 ? 'once' : `${book.late} times`}): outcomes came late.`,
    })),
  ];
}

/** One sentence a kind, about the newest: an alert that stays open is there again each day. */
function alertsSaid(alerts: WhyRows['alerts']): readonly WhyBeside[] {
  const kinds = new Set(alerts.map(({ kind }) => kind));
  return [...kinds].flatMap((kind) => {
    const ofKind = alerts.filter((one) => one.kind === kind);
    const [newest] = ofKind.toSorted((a, b) => b.raisedAt - a.raisedAt);
    if (!newest) return [];
    const { day, times, raisedAt } = newest;
    const others = ofKind.length - 1;
    const more = others > 0 ? ` and ${others} ${others === 1 ? 'day' : 'days'} more` : '';
    const often = times > 1 ? `, raised ${times} times` : '';
    const text = `Alert ${kind} of ${isoDay(day)}${often}${more}: ${ALERT_WORDS[kind]}`;
    return [{ kind: 'alert', at: isoInstant(raisedAt), text }];
  });
}

const correctionSaid = ({ at, sentences }: WhyRows['corrections'][number]): WhyBeside => ({
  kind: 'correction',
  at: isoInstant(at),
  text: `At ${words(at)} a run set it right. ${sentences.join(' ')}`,
});
