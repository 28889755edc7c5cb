/** Reads all data of the page of an account. */
import { dayOf, startOf, type Instant, type UtcDay } from '../../../domain/primitives/time.js';
import {
  listDayEvents,
  listDayReservations,
  listDaysSince,
  listLatestCorrections,
  readSettings,
  type ClosedDay,
  type Settings,
} from '../../../postgres/read/pageReads.js';
import type { Pool } from '../../../postgres/pool.js';
import { listAlertsSince } from '../../../postgres/alerts/alerts.js';
import { listChanges } from '../../../postgres/read/reads.js';
import type { DayRows } from './dayStory.js';
import { numbersOfRead, type Numbers } from '../ui/numbers.js';
import type { StatusReader } from '../../../status/statusReader.js';
import type { StatusRead, Unanswered } from '../../../status/readStatus.js';
import type { StatusCache, StatusKept } from '../statusCache.js';

export const DAYS_SHOWN = 30;
/** Maximum number of changes, and of corrections, on a page. */
export const LATEST_MAX = 20;
const [DAY_ROWS_MAX, ALERTS_MAX] = [500, 100];

/** Where the numbers come from: the workflow, or the rows if it does not answer or has ended. */
export type Origin = {
  readonly from: 'workflow' | 'rows' | 'ended';
  readonly readAt: Instant;
  readonly message: string | null;
};
export type AccountData = {
  readonly numbers: Numbers;
  readonly origin: Origin;
  readonly slots: readonly string[];
  /** Denials of the day by reason; null: not known, because the workflow does not answer. */
  readonly denials: StatusRead['denials'];
  /** Of the same status as the numbers. */
  readonly open: StatusRead['openReservations'];
  /** Asks in the waiting line (R21). */
  readonly waiting: number;
  /** The first of these asks; null: not known, because the workflow does not answer. */
  readonly line: StatusKept['line'];
  /** The known balance of InMail credits (R24); null: none. */
  readonly credits: StatusRead['credits'];
  readonly settings: Settings;
  readonly rows: DayRows;
  readonly days: readonly ClosedDay[];
};
export type Reading = {
  readonly pool: Pool;
  readonly kept: StatusCache;
  readonly statuses: StatusReader;
  readonly now: () => Instant;
};

/** Returns undefined for an unknown account, and `starting` for an account without a row yet. */
export async function readAccount(
  { pool, kept, statuses, now }: Reading,
  accountId: string,
  { isFresh }: { readonly isFresh: boolean },
): Promise<AccountData | 'starting' | undefined> {
  const at = now();
  const [[answer, read], settings, today] = await Promise.all([
    readStatus(kept, statuses, accountId, isFresh),
    readSettings(pool, accountId),
    readDay(pool, accountId, dayOf(at), at),
  ]);
  const isAnswered = 'status' in answer;
  if (!settings || !read) return isAnswered ? 'starting' : undefined;
  const numbers = numbersOfRead(read);
  // The day of the account differs only around midnight, or if the clock of its worker is ahead.
  const ofDay =
    numbers.day === today.rows.day ? today : await readDay(pool, accountId, numbers.day, at);
  return {
    numbers,
    origin: isAnswered
      ? { from: 'workflow', readAt: answer.readAt, message: null }
      : { from: answer.why === 'ended' ? 'ended' : 'rows', readAt: at, message: answer.message },
    slots: isAnswered ? answer.slots : [],
    denials: read.denials,
    open: read.openReservations,
    waiting: read.waiting,
    line: isAnswered ? answer.line : null,
    credits: read.credits,
    settings,
    ...ofDay,
  };
}

async function readStatus(
  kept: StatusCache,
  statuses: StatusReader,
  accountId: string,
  isFresh: boolean,
): Promise<readonly [StatusKept | Unanswered, StatusRead | undefined]> {
  const answer = await kept.read(accountId, { isFresh });
  return [answer, await statuses.readWith(accountId, answer)];
}

/** Reads the rows of a day, and of the days before it. */
async function readDay(
  pool: Pool,
  accountId: string,
  day: UtcDay,
  now: Instant,
): Promise<Pick<AccountData, 'rows' | 'days'>> {
  const [reservations, events, corrections, changes, alerts, days] = await Promise.all([
    listDayReservations(pool, accountId, { day, limit: DAY_ROWS_MAX }),
    listDayEvents(pool, accountId, { day, limit: DAY_ROWS_MAX }),
    listLatestCorrections(pool, accountId, LATEST_MAX),
    listChanges(pool, accountId, { limit: LATEST_MAX }),
    listAlertsSince(pool, accountId, { since: startOf(day), limit: ALERTS_MAX }),
    listDaysSince(pool, accountId, day - DAYS_SHOWN),
  ]);
  return { rows: { day, now, reservations, events, corrections, changes, alerts }, days };
}
