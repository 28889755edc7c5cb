/**
 * "Why do my numbers differ?" (R17): the support article about one account, from its own rows. It
 * is the same on the page, the command line and the API. `sentences.ts` has the sentences of a gap.
 */
import { breakdownOf, GAP_CAUSES, type GapPart } from '../../gap/breakdown.js';
import { evolveAll } from '../../account/evolve.js';
import { explain, type Gap } from '../../gap/sentences.js';
import { isAheadOf, statusOfRows } from '../asOf/statusFromRecords.js';
import { gapOf, instant, knownOf } from './statusGap.js';
import { isNormal } from '../../gap/phrases.js';
import { isoDay, isoOrNull, type Instant } from '../../primitives/time.js';
import { canSendLine, type OffsetAt } from '../canSend/canSendLine.js';
import { contextOf } from './context.js';
import { customerWords } from './customer.js';
import type { Why, WhyRows } from './model.js';
import type { StatusWire } from '../../wire/responses.js';
import { eventsFromEvidence } from '../../reconcile/evidence.js';
import { counterOf } from '../../account/counter.js';

/**
 * Returns the article about an account. `asked` is what its workflow answered to `status`;
 * undefined means that its rows alone are read.
 */
export function whyOf(
  rows: WhyRows,
  asked: StatusWire | undefined,
  now: Instant,
  offsetAt: (timezone: string) => OffsetAt,
): Why {
  const status = asked ?? statusOfRows(rows, now);
  const isAhead = isAheadOf(status, rows.row);
  const gap = isAhead || !isInRows(rows, status) ? gapOf(status) : comparedGap(rows, status);
  const [headline, ...sentences] = explain(gap, knownOf(status));
  const apart = gap.parts.reduce((sum, { count }) => sum + count, 0);
  const line = canSendLine(status, now, offsetAt(status.timezone));
  return {
    customer: customerWords(status, now, offsetAt),
    canSend: { ...status.canSend, line },
    accountId: status.accountId,
    asOf: status.asOf,
    quotaDay: status.quotaDay,
    counter: gap.counter,
    logged: gap.counter - apart,
    headline: headline?.text ?? '',
    parts: gap.parts.map((part, i) => ({
      text: sentences[i]?.text ?? '',
      count: part.count,
      cause: part.cause,
      isNormal: isNormal(part),
      changesAt: isoOrNull(sentences[i]?.changesAt ?? null),
      reservations: part.reservations,
    })),
    beside: contextOf(rows, status, isAhead),
  };
}

/** True if the rows have the day and the counter of the status. */
const isInRows = ({ account }: WhyRows, status: StatusWire): boolean =>
  isoDay(account.day) === status.quotaDay && counterOf(account, account.day) === status.counter;

/** Returns the gap that the next reconcile will find in the event log and the journal. */
function comparedGap({ account, found }: WhyRows, status: StatusWire): Gap {
  const { day } = account;
  const { counter } = status;
  const after = evolveAll(account, eventsFromEvidence(account, found, instant(status.asOf)));
  const parts = breakdownOf({ day, before: account, after, events: found.events, stood: counter });
  return { day, counter, parts: parts.toSorted((a, b) => place(a) - place(b)) };
}

const place = ({ cause }: GapPart): number => GAP_CAUSES.indexOf(cause);
