/**
 * "Why do my numbers differ?" (R17): the support article about one account, from its own rows. Page,
 * command line and API say what this says, and this says what `sentences.ts` says of a gap.
 */
import { breakdownOf, GAP_CAUSES, type GapPart } from '../../gap/breakdown.js';
import { evolveAll } from '../../account/evolve.js';
import { explain, type Gap } from '../../gap/sentences.js';
import { gapOf, instant, knownOf } from './statusGap.js';
import { runAfter } from '../../days/forecast.js';
import { isNormal } from '../../gap/phrases.js';
import { isoDay, isoOrNull, type Instant } from '../../primitives/time.js';
import { contextOf } from './context.js';
import type { Why, WhyRows } from './model.js';
import { statusWire, type StatusWire } from '../../wire/responses.js';
import { eventsFromEvidence } from '../../reconcile/evidence.js';
import { counterOf } from '../../account/counter.js';

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
    beside: contextOf(rows, status, isAhead),
  };
}

/** The rows tell the day and the counter that the status tells, or a hand has changed them. */
const isTold = ({ account, row }: WhyRows, status: StatusWire): boolean =>
  isoDay(account.day) === status.quotaDay &&
  (row.isEdited || counterOf(account, account.day) === status.counter);

/** Held against the event log and the journal, as the next run will. */
function comparedGap({ account, row, found }: WhyRows, status: StatusWire): Gap {
  const { day } = account;
  const after = evolveAll(account, eventsFromEvidence(account, found, instant(status.asOf)));
  const isForeign = row.isEdited && row.day === day;
  const stood = isForeign ? Math.max(status.counter, row.counter) : status.counter;
  const parts = breakdownOf({ day, before: account, after, events: found.events, stood });
  return { day, counter: stood, parts: parts.toSorted((a, b) => place(a) - place(b)) };
}

const place = ({ cause }: GapPart): number => GAP_CAUSES.indexOf(cause);
