/**
 * What a start reads of an account (R13). Each function is one statement; the caller snapshots.
 * A start opens as of `since`, the day of the account's row, and lets the days pass for which
 * nobody
 * was there: so reservations and closed days are read from then on. Witnesses are heard as of
 * `day`,
 * today, when what is older is forgotten: they are read from then on.
 */
import type { Attempt } from '../domain/stored.js';
import type { DayRow, EventRow, ReservationRow } from '../domain/rows.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../domain/limits.js';
import type { UtcDay } from '../domain/time.js';
import { rowsOf, type Queryable } from './pool.js';

/** Reservations whose ids are remembered, and older ones in flight or taking room then (R7). */
export const readReservations = (
  db: Queryable,
  accountId: string,
  since: UtcDay,
): Promise<readonly ReservationRow[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('table', 'reservations',
       'reservationId', reservation_id, 'quotaDay', safeband.day_no(quota_day), 'state', state,
       'campaignId', campaign_id, 'recipientId', recipient_id,
       'reservedAt', safeband.ms_of(reserved_at),
       'leaseExpiresAt', safeband.ms_of(lease_expires_at),
       'settledAt', safeband.ms_of(settled_at), 'reason', reason, 'journaled', journaled,
       'chatId', chat_id, 'messageId', message_id, 'isAdopted', is_adopted,
       'carriedInto', safeband.day_no(carried_into)) as row
     from safeband.reservations
     where account_id = $1
       and (quota_day >= safeband.day_at($2) or state = 'in_flight'
         or carried_into >= safeband.day_at($3))
     order by reserved_at, number`,
    [accountId, since - REMEMBERED_DAYS, since],
  );

/** The journal of the remembered days, and of older slots that nobody has settled (R6). */
export const readAttempts = (
  db: Queryable,
  accountId: string,
  day: UtcDay,
): Promise<readonly Attempt[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('reservationId', reservation_id,
       'quotaDay', safeband.day_no(quota_day), 'attemptedAt', safeband.ms_of(attempted_at),
       'outcome', outcome, 'chatId', chat_id, 'messageId', message_id,
       'errorCode', error_code) as row
     from (select * from safeband.send_attempts
            where account_id = $1 and quota_day >= safeband.day_at($2)
           union all
           select a.* from safeband.send_attempts a
             join safeband.reservations r using (account_id, reservation_id)
            where a.account_id = $1 and r.state = 'in_flight'
              and a.quota_day < safeband.day_at($2)) attempts
     order by attempted_at`,
    [accountId, day - REMEMBERED_DAYS],
  );

/** The event log of the remembered days, and of older slots that nobody has settled. */
export const readEvents = (
  db: Queryable,
  accountId: string,
  day: UtcDay,
): Promise<readonly EventRow[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('table', 'inmail_events', 'reservationId', reservation_id,
       'chatId', chat_id, 'messageId', message_id, 'source', source,
       'quotaDay', safeband.day_no(quota_day),
       'deliveredAt', safeband.ms_of(delivered_at), 'isCounted', is_counted) as row
     from (select * from safeband.inmail_events
            where account_id = $1 and quota_day >= safeband.day_at($2)
           union all
           select e.* from safeband.inmail_events e
             join safeband.reservations r using (account_id, reservation_id)
            where e.account_id = $1 and r.state = 'in_flight'
              and e.quota_day < safeband.day_at($2)) events
     order by event_id`,
    [accountId, day - REMEMBERED_DAYS],
  );

/** The closed days of the week before `since`, and those that followed. */
export const readDays = (
  db: Queryable,
  accountId: string,
  { since, day }: { readonly since: UtcDay; readonly day: UtcDay },
): Promise<readonly DayRow[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('table', 'account_days',
       'quotaDay', safeband.day_no(quota_day), 'counter', counter, 'delivered', delivered,
       'uncertain', uncertain, 'external', external, 'imported', imported,
       'unexplained', unexplained, 'denials', denials, 'late', late) as row
     from safeband.account_days
     where account_id = $1 and quota_day > safeband.day_at($2) and quota_day < safeband.day_at($3)`,
    [accountId, since - WEEK_DAYS, day],
  );

/** The highest number that any row of the account carries; 0: none. */
export async function readHighestNumber(db: Queryable, accountId: string): Promise<number> {
  const { rows } = await db.query<{ number: number }>(
    `select greatest(
       (select max(number) from safeband.reservations where account_id = $1),
       (select max(number) from safeband.inmail_events where account_id = $1),
       (select max(number) from safeband.account_days where account_id = $1),
       (select max(number) from safeband.alerts where account_id = $1),
       (select max(number) from safeband.account_changes where account_id = $1), 0)::float8
       as number`,
    [accountId],
  );
  return rows[0]?.number ?? 0;
}
