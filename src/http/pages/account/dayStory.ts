/** The events of an account on a quota day, from its rows: for the chart, and in words. */
import { startOf, type Instant, type UtcDay } from '../../../domain/primitives/time.js';
import type {
  ClosedDay,
  Correction,
  DayEvent,
  DayReservation,
} from '../../../postgres/read/pageReads.js';
import type { Alert } from '../../../postgres/alerts/alerts.js';
import type { WrittenChange } from '../../../postgres/read/reads.js';
import type { Mark, Pause, Point } from './dayChart.js';
import type { DayColumn } from './daysChart.js';
import { dateOf, many } from '../ui/format.js';
import type { Numbers } from '../ui/numbers.js';
import { ALERT_HELP } from '../../../domain/diagnostics/alerts/alertHelp.js';
import { correctionWords } from '../../../domain/gap/correctionWords.js';
import { changesText, settingsIn } from '../../../domain/records/settingsChange.js';
import { words } from '../../../domain/gap/sentences.js';
import { causeWords } from '../../../domain/diagnostics/why/blockers.js';
import { CHANGE_WORDS } from '../ui/words.js';

export type DayRows = {
  readonly day: UtcDay;
  readonly now: Instant;
  readonly reservations: readonly DayReservation[];
  readonly events: readonly DayEvent[];
  readonly corrections: readonly Correction[];
  readonly changes: readonly WrittenChange[];
  readonly alerts: readonly Alert[];
};

/** Returns the counter over the day: a reserve adds a slot, and a release removes it. */
export function counterPoints(
  { day, now, reservations, events }: DayRows,
  { counter, imported }: Pick<Numbers, 'counter' | 'imported'>,
): readonly Point[] {
  const steps = [
    { at: startOf(day), by: imported },
    ...reservations
      .filter((one) => one.day === day)
      .flatMap(({ reservedAt, state, settledAt }) => [
        { at: reservedAt, by: 1 },
        ...(state === 'released' && settledAt !== null ? [{ at: settledAt, by: -1 }] : []),
      ]),
    ...events
      .filter(({ source }) => source === 'external')
      .map(({ deliveredAt }) => ({ at: deliveredAt, by: 1 })),
  ];
  return [...summed(steps), { at: now, value: counter }];
}

export const deliveredPoints = ({ events }: DayRows): readonly Point[] =>
  summed(events.map(({ deliveredAt }) => ({ at: deliveredAt, by: 1 })));

function summed(steps: readonly { readonly at: Instant; readonly by: number }[]): readonly Point[] {
  let value = 0;
  return steps
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, by }) => {
      value += by;
      return { at, value };
    });
}

/** Returns the cooldowns of that day, from the changes; a manual end shortens a cooldown. */
export function cooldownsOf({ day, changes }: Pick<DayRows, 'day' | 'changes'>): readonly Pause[] {
  const ends = changes.filter(({ kind, reason }) => kind === 'cooldown' && reason === 'ended');
  return changes
    .filter(({ kind, details }) => kind === 'cooldown' && 'until' in details)
    .map(({ at, details }) => {
      const until = 'until' in details ? Date.parse(String(details.until)) : at;
      const cut = ends.filter((end) => end.at >= at).map((end) => end.at);
      return { from: at, until: Math.min(until, ...cut) };
    })
    .filter(({ from, until }) => until > startOf(day) && from < startOf(day + 1));
}

export type Moment = {
  readonly at: Instant;
  /** Unique on the page, and the same in each rendering. */
  readonly id: string;
  readonly tone: 'good' | 'quiet' | 'warn';
  readonly title: string;
  readonly detail: string;
  /** What a reconcile reported about it, in sentences. */
  readonly report?: readonly string[];
};

/** Returns the moments of the day, the latest first. */
export function timelineOf(rows: DayRows): readonly Moment[] {
  const { day } = rows;
  const start = startOf(day);
  return [
    ...rows.events.map(deliveredMoment),
    ...rows.reservations.filter((one) => one.day === day).flatMap(reservationMoment),
    ...rows.corrections.filter((one) => one.at >= start).map(correctionMoment),
    ...rows.changes.filter((one) => one.at >= start).map(changeMoment),
    ...rows.alerts.flatMap(alertMoments).filter((one) => one.at >= start),
  ].toSorted((a, b) => b.at - a.at);
}

/** Returns when an alert opened, was acknowledged and ended: its day keeps it after its end. */
function alertMoments(alert: Alert): readonly Moment[] {
  const { alertId, kind, severity, openedAt, acknowledged, closed, resolvedAt } = alert;
  const { title } = ALERT_HELP[kind];
  const moment = (what: string, at: Instant, word: string, detail: string): Moment => ({
    at,
    id: `alert-${what}-${alertId}`,
    tone: what !== 'opened' || severity === 'info' ? 'quiet' : 'warn',
    title: word,
    detail,
  });
  const by = ({ actor, reason }: { actor: string; reason: string }): string =>
    `${title}, by ${actor}: ${reason}`;
  return [
    moment('opened', openedAt, 'Alert', title),
    ...(acknowledged
      ? [moment('seen', acknowledged.at, 'Alert acknowledged', by(acknowledged))]
      : []),
    ...(resolvedAt === null
      ? []
      : [
          closed
            ? moment('ended', resolvedAt, 'Alert closed', by(closed))
            : moment('ended', resolvedAt, 'Alert ended', `${title}: its cause had ended`),
        ]),
  ];
}

const deliveredMoment = ({
  eventId,
  deliveredAt,
  reservationId,
  chatId,
  source,
}: DayEvent): Moment => ({
  at: deliveredAt,
  id: `event-${eventId}`,
  tone: 'good',
  title: reservationId === null ? 'Sent manually' : 'Delivered',
  detail:
    (reservationId === null ? '' : `${reservationId}, `) +
    `proof ${chatId}` +
    (source === 'journal' ? ', found in the journal' : '') +
    (source === 'operator' ? ', recorded by an operator' : ''),
});

function reservationMoment(one: DayReservation): readonly Moment[] {
  const { reservationId, state, reservedAt, leaseExpiresAt, settledAt, reason } = one;
  const why = reason === null ? '' : `: ${reason.replaceAll('_', ' ')}`;
  if (state === 'in_flight') {
    const detail = `${reservationId}, lease until ${words(leaseExpiresAt)}`;
    const id = `flight-${reservationId}`;
    return [{ at: reservedAt, id, tone: 'quiet', title: 'In flight', detail }];
  }
  if (state === 'uncertain') {
    const detail = `${reservationId}${why}`;
    const id = `uncertain-${reservationId}`;
    return [{ at: settledAt ?? reservedAt, id, tone: 'warn', title: 'Uncertain', detail }];
  }
  if (state !== 'released') return [];
  const detail = `${reservationId}${why}; its room became free again`;
  const id = `released-${reservationId}`;
  return [{ at: settledAt ?? reservedAt, id, tone: 'quiet', title: 'Released', detail }];
}

const correctionMoment = (correction: Correction): Moment => ({
  at: correction.at,
  id: `correction-${correction.number}`,
  tone: 'warn',
  title: 'Corrected',
  detail: correctionWords(correction, dateOf(startOf(correction.day))),
  report: correction.sentences,
});

/** Returns the corrections that changed the counter, for the chart. */
export const marksOf = (corrections: readonly Correction[]): readonly Mark[] =>
  corrections.flatMap(({ at, before, after }) =>
    before === null || after === null || before === after ? [] : [{ at, before, after }],
  );

const changeMoment = (change: WrittenChange): Moment => ({
  at: change.at,
  id: `change-${change.number}`,
  tone: ['cooldown', 'hold', 'breaker'].includes(change.kind) ? 'warn' : 'quiet',
  title: CHANGE_WORDS[change.kind] ?? change.kind,
  detail: changeInWords(change),
});

/** Returns the details of a change in words, in addition to its kind. */
export function changeInWords(
  { kind, actor, reason, details }: WrittenChange,
  { withActor = true }: { readonly withActor?: boolean } = {},
): string {
  const by = !withActor || actor === 'safeband' || actor === kind ? '' : `by ${actor}`;
  if (kind === 'cooldown' && 'until' in details) {
    const cause = 'cause' in details ? causeWords(String(details.cause)) : '';
    return `until ${words(Date.parse(String(details.until)))}: ${cause}`;
  }
  if (kind === 'policy') {
    const changed = changesText(settingsIn(details));
    const why = reason ? ` (reason: ${reason})` : '';
    return `${[by, changed].filter(Boolean).join(': ')}${why}`;
  }
  if (kind === 'settle' && 'reservationId' in details) {
    const outcome = 'outcome' in details ? String(details.outcome) : '';
    const what = `${String(details.reservationId)} was settled as ${outcome}`;
    return `${[what, by].filter(Boolean).join(', ')}: ${reason ?? ''}`;
  }
  return [by, reason].filter(Boolean).join(': ');
}

/** Returns a column for each of the last `count` quota days; today's comes from the numbers. */
export function columnsOf(
  days: readonly ClosedDay[],
  numbers: Pick<Numbers, 'day' | 'counter' | 'logged'>,
  count: number,
): readonly DayColumn[] {
  const byDay = new Map(days.map((one) => [one.day, one]));
  return Array.from({ length: count }, (_, n) => {
    const day = numbers.day - count + 1 + n;
    if (day === numbers.day) return { day, counter: numbers.counter, logged: numbers.logged };
    const known = byDay.get(day);
    const logged = known ? known.delivered + known.external : 0;
    return { day, counter: known?.counter ?? 0, logged };
  });
}

/** Returns the used part of the weekly cap, and the number of InMails left. */
export const weekInWords = ({ weekUsed, caps }: Pick<Numbers, 'weekUsed' | 'caps'>): string =>
  `${weekUsed} of ${caps.weekly} in the last 7 quota days; ` +
  `${many(Math.max(0, caps.weekly - weekUsed), 'InMail')} left`;
