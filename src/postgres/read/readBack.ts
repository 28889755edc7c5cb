/**
 * Reads an account for a start and for a reconcile (R8, R13). Each function is one statement.
 * A start begins on the day of the account's row, and then rolls to today day by day. So
 * reservations and closed days are read from the day of the row on. Journal and event log are read
 * as far back as today remembers.
 */
import type { ChatId, MessageId } from '../../domain/primitives/ids.js';
import { normalProof } from '../../domain/primitives/linkedinId.js';
import type { DayRow } from '../../domain/records/records.js';
import { crowdIn, ROWS_READ } from '../../domain/reconcile/crowd.js';
import { kept } from '../../domain/account/kept.js';
import type { Crowd, Later, Evidence } from '../../domain/records/snapshot.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../../domain/primitives/limits.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** Maximum bytes of an id that may spell a short one; Postgres makes fingerprints of longer ids. */
const SPELT_BYTES = 512;
const printed = (id: string): string =>
  `case when octet_length(${id}) > ${SPELT_BYTES}
     then 'sha256:' || encode(sha256(convert_to(${id}, 'UTF8')), 'base64') else ${id} end`;

/** Reservations whose ids are remembered, and older ones that were in flight or took room (R7). */
const RESERVATIONS = `
  select coalesce(jsonb_agg(jsonb_build_object('table', 'reservations',
           'reservationId', reservation_id, 'quotaDay', safeband.day_no(quota_day), 'state', state,
           'campaignId', campaign_id, 'recipientId', recipient_id,
           'reservedAt', safeband.ms_of(reserved_at),
           'leaseExpiresAt', safeband.ms_of(lease_expires_at),
           'settledAt', safeband.ms_of(settled_at), 'reason', reason, 'journaled', journaled,
           'chatId', ${printed('chat_id')}, 'messageId', ${printed('message_id')}, 'isAdopted', is_adopted,
           'carriedInto', safeband.day_no(carried_into))
           || case when free then '{"free": true}'::jsonb else '{}' end order by reserved_at, number), '[]')
    from (select * from safeband.reservations
           where account_id = $1
             and (quota_day >= safeband.day_at($2) or state = 'in_flight'
               or carried_into >= safeband.day_at($3))
           order by quota_day desc, number desc limit ${ROWS_READ.reservations}) reservations`;

/** The journal of the remembered days, and of older slots in flight (R6). */
const ATTEMPTS = `
  select coalesce(jsonb_agg(jsonb_build_object('reservationId', reservation_id,
           'quotaDay', safeband.day_no(quota_day), 'attemptedAt', safeband.ms_of(attempted_at),
           'outcome', outcome, 'chatId', ${printed('chat_id')}, 'messageId', ${printed('message_id')},
           'errorCode', error_code) order by attempted_at), '[]')
    from (select * from safeband.send_attempts
           where account_id = $1 and quota_day >= safeband.day_at($4)
          union all
          select a.* from safeband.send_attempts a
            join safeband.reservations r using (account_id, reservation_id)
           where a.account_id = $1 and r.state = 'in_flight'
             and a.quota_day < safeband.day_at($4)
           limit ${ROWS_READ.send_attempts}) attempts`;

/** The event log since a day, and of older slots in flight. */
const EVENTS = `
  select coalesce(jsonb_agg(jsonb_build_object('table', 'inmail_events',
           'reservationId', reservation_id, 'chatId', ${printed('chat_id')},
           'messageId', ${printed('message_id')}, 'source', source, 'quotaDay', safeband.day_no(quota_day),
           'deliveredAt', safeband.ms_of(delivered_at), 'isCounted', is_counted, 'number', number)
         order by event_id), '[]')
    from (select * from safeband.inmail_events
           where account_id = $1 and quota_day >= safeband.day_at($5)
          union all
          select e.* from safeband.inmail_events e
            join safeband.reservations r using (account_id, reservation_id)
           where e.account_id = $1 and r.state = 'in_flight'
             and e.quota_day < safeband.day_at($5) and e.quota_day >= r.quota_day
           limit ${ROWS_READ.inmail_events}) events`;

/** Grants that shadow mode would have denied, by day (R23). */
const SHADOWED = `
  select coalesce(jsonb_agg(jsonb_build_object('day', safeband.day_no(quota_day), 'count', count)),
           '[]')
    from (select quota_day, count(*) from safeband.reservations
           where account_id = $1 and quota_day >= safeband.day_at($4) and would_deny is not null
           group by quota_day) shadowed`;

/**
 * Reads the evidence in an account's rows, in one statement and so in one snapshot (R8):
 * reservations that are remembered on `openedOn`, the journal that is remembered on `day`, and the
 * event log since `loggedSince`.
 */
export async function readEvidence(
  db: Queryable,
  accountId: string,
  asOf: { readonly openedOn: UtcDay; readonly day: UtcDay; readonly loggedSince: UtcDay },
): Promise<Evidence> {
  const [found] = await rowsOf<Evidence>(
    db,
    `select jsonb_build_object('reservations', (${RESERVATIONS}), 'attempts', (${ATTEMPTS}),
       'events', (${EVENTS}), 'shadowed', (${SHADOWED})) as row`,
    [
      accountId,
      asOf.openedOn - REMEMBERED_DAYS,
      asOf.openedOn,
      asOf.day - REMEMBERED_DAYS,
      asOf.loggedSince,
    ],
  );
  const { reservations = [], attempts = [], events = [], shadowed = [] } = found ?? {};
  const evidence = {
    reservations: reservations.map(asCarried),
    attempts: attempts.map(asCarried),
    events: events.map(asCarried),
    ...(shadowed.length > 0 ? { shadowed } : {}),
  };
  const crowd = crowdIn(evidence);
  if (!crowd) return evidence;
  const since = crowd.table === 'inmail_events' ? asOf.loggedSince : asOf.day - REMEMBERED_DAYS;
  return { ...evidence, crowd: { ...crowd, rows: await countRows(db, accountId, crowd, since) } };
}

/** Counts all rows of the table, because reading stopped at a limit. */
async function countRows(
  db: Queryable,
  accountId: string,
  { table, rows }: Crowd,
  since: UtcDay,
): Promise<number> {
  const counted = await db.query<{ rows: number }>(
    `select count(*)::int as rows from safeband.${table}
      where account_id = $1 and quota_day >= safeband.day_at($2)`,
    [accountId, since],
  );
  return Math.max(rows, counted.rows[0]?.rows ?? 0);
}

/**
 * Returns the row with its proof in the form that the account keeps. Reason: pipelines write the
 * journal themselves, and older rows keep the spelling of a proof. Long ids become fingerprints.
 */
function asCarried<Row extends { chatId: ChatId | null; messageId: MessageId | null }>(
  row: Row,
): Row {
  const chatId = row.chatId && kept(normalProof(row.chatId));
  const messageId = row.messageId && kept(normalProof(row.messageId));
  return chatId === row.chatId && messageId === row.messageId ? row : { ...row, chatId, messageId };
}

/** Reads the closed days of the week before `since`, and the days after it. */
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
     from (
       select quota_day, counter, delivered, uncertain, external, imported, unexplained, denials,
              late
         from safeband.account_days where account_id = $1
       union all
       -- The first start reads them here; after it, they are rows of account_days, too.
       select quota_day, sent, 0, 0, 0, sent, 0, '{}', 0 from safeband.past_days p
        where account_id = $1 and not exists (select from safeband.account_days d
          where d.account_id = p.account_id and d.quota_day = p.quota_day)) days
     where quota_day > safeband.day_at($2) and quota_day < safeband.day_at($3)`,
    [accountId, since - WEEK_DAYS, day],
  );

/** Reads alerts and changes with a number above `after`: a save of a lost task wrote them. */
export async function readLater(db: Queryable, accountId: string, after: number): Promise<Later> {
  const [later] = await rowsOf<Later>(
    db,
    `select jsonb_build_object(
       'alerts', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind,
           'quotaDay', safeband.day_no(quota_day), 'details', details)), '[]')
         from safeband.alerts where account_id = $1 and number > $2),
       'changes', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'actor', actor,
           'reason', reason, 'details', details)), '[]')
         from safeband.account_changes where account_id = $1 and number > $2)) as row`,
    [accountId, after],
  );
  return later ?? { alerts: [], changes: [] };
}

/** Reads the highest number of the account's rows; 0 if there is none. */
export async function readHighestNumber(db: Queryable, accountId: string): Promise<number> {
  const { rows } = await db.query<{ number: number }>(
    `select greatest(
       (select max(number) from safeband.reservations where account_id = $1),
       (select max(number) from safeband.inmail_events where account_id = $1),
       (select max(number) from safeband.account_days where account_id = $1),
       (select max(number) from safeband.alerts where account_id = $1),
       (select max(number) from safeband.account_changes where account_id = $1),
       (select max(number) from safeband.waiting where account_id = $1),
       (select max(number) from safeband.replies where account_id = $1), 0)::float8
       as number`,
    [accountId],
  );
  return rows[0]?.number ?? 0;
}
