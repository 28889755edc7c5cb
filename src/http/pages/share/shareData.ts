/** Reads what a shared link shows: the day in words, today's chart, and the days before it. */
import type { CustomerWords } from '../../../domain/diagnostics/why/customer.js';
import { dayOf, startOf, type Instant, type UtcDay } from '../../../domain/primitives/time.js';
import {
  listDayEvents,
  listDayReservations,
  listDaysSince,
} from '../../../postgres/read/pageReads.js';
import { listChanges } from '../../../postgres/read/reads.js';
import { readWhy } from '../../../postgres/diagnostics/why.js';
import type { Pause, Point } from '../account/dayChart.js';
import { columnsOf, cooldownsOf, counterPoints, deliveredPoints } from '../account/dayStory.js';
import type { PageParts } from '../context.js';
import { instantIn, instantOrNull, numbersOfRead } from '../ui/numbers.js';

const [DAYS_SHOWN, DAY_ROWS_MAX, CHANGES_MAX] = [7, 500, 20];

export type SharedDay = { readonly day: UtcDay; readonly sent: number };
export type ShareData = {
  readonly customer: CustomerWords;
  readonly asOf: Instant;
  readonly day: UtcDay;
  /** The zone of the account. */
  readonly timezone: string;
  readonly limit: number;
  readonly counter: readonly Point[];
  readonly delivered: readonly Point[];
  readonly pauses: readonly Pause[];
  /** The newest first. */
  readonly days: readonly SharedDay[];
  /** Instants at which the words change without a message. */
  readonly reloadsAt: readonly Instant[];
};

/** Returns the numbers that the gate uses; undefined: the account has no rows. */
export async function readShared(
  { pool, kept, statuses, now }: PageParts,
  accountId: string,
): Promise<ShareData | undefined> {
  const at = now();
  const answer = await kept.read(accountId, { isFresh: false });
  const asked = 'status' in answer ? answer.status : undefined;
  const [why, read] = await Promise.all([
    readWhy(pool, accountId, { now: at, status: asked }),
    statuses.readWith(accountId, answer),
  ]);
  if (!why || !read) return undefined;
  const { customer, canSend } = why;
  const numbers = { ...numbersOfRead(read), counter: customer.sent + customer.maybe };
  const { day } = numbers;
  const [reservations, events, changes, days] = await Promise.all([
    listDayReservations(pool, accountId, { day, limit: DAY_ROWS_MAX }),
    listDayEvents(pool, accountId, { day, limit: DAY_ROWS_MAX }),
    listChanges(pool, accountId, { limit: CHANGES_MAX }),
    listDaysSince(pool, accountId, day - DAYS_SHOWN),
  ]);
  const rows = { day, now: at, reservations, events, corrections: [], changes, alerts: [] };
  const ends = [canSend.notBefore, canSend.until].map(instantOrNull);
  return {
    customer,
    asOf: instantIn(why.asOf),
    day,
    timezone: numbers.timezone,
    limit: numbers.caps.effective,
    counter: counterPoints(rows, numbers),
    delivered: deliveredPoints(rows),
    pauses: cooldownsOf(rows),
    days: columnsOf(days, numbers, DAYS_SHOWN)
      .map((one) => ({ day: one.day, sent: one.day === day ? customer.sent : one.logged }))
      .toReversed(),
    reloadsAt: [...ends, startOf(dayOf(at) + 1)].filter((end) => end !== null),
  };
}
