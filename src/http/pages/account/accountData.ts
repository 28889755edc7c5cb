/** All that the page of an account shows, read in one go. */
import { dayOf, type Instant, type UtcDay } from '../../../domain/primitives/time.js';
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
import { listChanges, listOpenAlerts, readStatus } from '../../../postgres/read/reads.js';
import type { DayRows } from './dayStory.js';
import { numbersOfRow, numbersOfStatus, type Numbers } from '../ui/numbers.js';
import type { StatusCache } from '../statusCache.js';

export const DAYS_SHOWN = 30;
const [DAY_ROWS_MAX, LATEST_MAX] = [500, 20];

/** Where the numbers come from: the workflow, or its rows where it does not answer. */
export type Origin = {
  readonly from: 'workflow' | 'rows' | 'ended';
  readonly readAt: Instant;
  readonly message: string | null;
};
export type AccountData = {
  readonly numbers: Numbers;
  readonly origin: Origin;
  readonly slots: readonly string[];
  readonly settings: Settings;
  readonly rows: DayRows;
  readonly days: readonly ClosedDay[];
};
export type Reading = {
  readonly pool: Pool;
  readonly kept: StatusCache;
  readonly now: () => Instant;
};

/** Undefined: there is no such account; `starting`: it has no row yet. */
export async function readAccount(
  { pool, kept, now }: Reading,
  accountId: string,
  { isFresh }: { readonly isFresh: boolean },
): Promise<AccountData | 'starting' | undefined> {
  const at = now();
  const [heard, row, settings, today] = await Promise.all([
    kept.read(accountId, { isFresh }),
    readStatus(pool, accountId, at),
    readSettings(pool, accountId),
    readDay(pool, accountId, dayOf(at), at),
  ]);
  const isHeard = 'status' in heard;
  if (!row || !settings) return isHeard ? 'starting' : undefined;
  const numbers = isHeard ? numbersOfStatus(heard.status, row) : numbersOfRow(row, at);
  // The account's day is another one only around midnight, or where its clock is ahead.
  const ofDay =
    numbers.day === today.rows.day ? today : await readDay(pool, accountId, numbers.day, at);
  return {
    numbers,
    origin: isHeard
      ? { from: 'workflow', readAt: heard.readAt, message: null }
      : { from: heard.why === 'ended' ? 'ended' : 'rows', readAt: at, message: heard.message },
    slots: isHeard ? heard.slots : [],
    settings,
    ...ofDay,
  };
}

/** All rows that tell of a day, and of the days before it. */
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
    listOpenAlerts(pool, { accountId, limit: LATEST_MAX }),
    listDaysSince(pool, accountId, day - DAYS_SHOWN),
  ]);
  return { rows: { day, now, reservations, events, corrections, changes, alerts }, days };
}
