/**
 * Writes the rows of an account, each under its number: a repeated or late write changes nothing.
 */
import { kept, recipientKeyOf } from '../../domain/account/kept.js';
import type { AccountRow, Entry, Row } from '../../domain/records/records.js';
import type { Queryable } from '../pool.js';

/**
 * Returns the entries of one table as one JSON list of rows with their numbers. If another of these
 * rows has the full id of a fingerprint, the full id is written.
 */
function listOf(
  entries: readonly Entry[],
  table: Row['table'],
  whole: ReadonlyMap<unknown, string>,
): string | undefined {
  const rows = entries.filter(({ row }) => row.table === table);
  if (rows.length === 0) return undefined;
  return JSON.stringify(
    rows.map(({ number, row }) => ({
      ...row,
      ...(row.table === 'reservations' || row.table === 'waiting'
        ? { recipientKey: recipientKeyOf(row.recipientId) }
        : {}),
      number,
    })),
    (_, value: unknown) => whole.get(value) ?? value,
  );
}

/** Returns the ids that the account keeps as fingerprints, by their fingerprints. */
function longIdsIn(entries: readonly Entry[]): ReadonlyMap<unknown, string> {
  const ids = entries.flatMap(({ row }) =>
    row.table === 'reservations' || row.table === 'inmail_events'
      ? [row.chatId, row.messageId].filter((id) => id !== null)
      : [],
  );
  return new Map(ids.filter((id) => kept(id) !== id).map((id) => [kept(id), id]));
}

/**
 * Writes what an account has not saved, the rows of each table in one statement. Returns how many
 * events the log had already.
 */
export async function writeRows(
  db: Queryable,
  accountId: string,
  entries: readonly Entry[],
): Promise<number> {
  const whole = longIdsIn(entries);
  const write = async (table: Row['table'], sql: string): Promise<number> => {
    const list = listOf(entries, table, whole);
    return list === undefined ? 0 : ((await db.query(sql, [accountId, list])).rowCount ?? 0);
  };
  await write('reservations', OLD_IDS);
  await write('reservations', RESERVATIONS);
  const written = await write('inmail_events', EVENTS);
  await write('account_days', DAYS);
  await write('campaign_denials', DENIALS);
  await write('alerts', ALERTS);
  await write('account_changes', CHANGES);
  await write('waiting', WAITING);
  await write('replies', REPLIES);
  await write('account_changes', RESOLVED_RESTRICTIONS);
  return entries.filter(({ row }) => row.table === 'inmail_events').length - written;
}

/** Raises an alert for an id that is used again after it was forgotten: its row is overwritten. */
const OLD_IDS = `
  insert into safeband.alerts as a
    (account_id, kind, severity, quota_day, details, raised_at, number)
  select $1::text, 'old_id', 'warning', max(safeband.day_at(r."quotaDay")),
         jsonb_build_object('reservationId', min(r."reservationId"), 'reused', count(*)),
         max(safeband.at_ms(r."reservedAt")), max(r.number)
    from jsonb_to_recordset($2::jsonb)
      as r (number bigint, "reservationId" text, "quotaDay" int, "reservedAt" bigint)
    join safeband.reservations old on old.account_id = $1::text
      and old.reservation_id = r."reservationId" and old.quota_day < safeband.day_at(r."quotaDay")
  having count(*) > 0
  on conflict (account_id, kind, quota_day) do update
    set details = excluded.details, times = a.times + 1, number = excluded.number,
        raised_at = excluded.raised_at, resolved_at = null
  where a.number < excluded.number`;

const RESERVATIONS = `
  insert into safeband.reservations as old
    (account_id, reservation_id, quota_day, state, campaign_id, recipient_id, reserved_at,
     lease_expires_at, settled_at, reason, journaled, chat_id, message_id, is_adopted,
     carried_into, number, recipient_key, again, free, would_deny, saved_at)
  select $1::text, r."reservationId", safeband.day_at(r."quotaDay"), r.state, r."campaignId",
         safeband.whole_recipient($1::text, r."reservationId", r."recipientId"),
         safeband.at_ms(r."reservedAt"), safeband.at_ms(r."leaseExpiresAt"),
         safeband.at_ms(r."settledAt"), r.reason, r.journaled,
         safeband.whole_chat($1::text, r."reservationId", r."chatId"),
         safeband.whole_message($1::text, r."reservationId", r."chatId", r."messageId"),
         r."isAdopted", safeband.day_at(r."carriedInto"), r.number, r."recipientKey",
         coalesce(r.again, false), coalesce(r.free, false), r."wouldDeny",
         (select updated_at from safeband.accounts where account_id = $1)
    from jsonb_to_recordset($2::jsonb)
      as r (number bigint, "reservationId" text, "quotaDay" int, state text, "campaignId" text,
            "recipientId" text, "reservedAt" bigint, "leaseExpiresAt" bigint, "settledAt" bigint,
            reason text, journaled boolean, "chatId" text, "messageId" text,
            "isAdopted" boolean, "carriedInto" int, "recipientKey" text, again boolean,
            free boolean, "wouldDeny" jsonb)
  on conflict (account_id, reservation_id) do update
    set quota_day = excluded.quota_day, state = excluded.state,
        campaign_id = excluded.campaign_id, recipient_id = excluded.recipient_id,
        reserved_at = excluded.reserved_at, lease_expires_at = excluded.lease_expires_at,
        settled_at = excluded.settled_at, reason = excluded.reason,
        journaled = excluded.journaled, chat_id = excluded.chat_id,
        message_id = excluded.message_id, is_adopted = excluded.is_adopted,
        carried_into = excluded.carried_into, number = excluded.number,
        recipient_key = coalesce(excluded.recipient_key, old.recipient_key),
        free = excluded.free,
        again = excluded.again or (old.again and old.quota_day = excluded.quota_day),
        would_deny = coalesce(excluded.would_deny,
          case when old.quota_day = excluded.quota_day then old.would_deny end),
        saved_at = case when old.state = excluded.state and old.quota_day = excluded.quota_day
                        then old.saved_at else excluded.saved_at end,
        recorded_at = clock_timestamp()
  where old.number < excluded.number`;

/**
 * Writes the events. If another proof already has the reservation id of an event, in the table or
 * earlier in the list, the event is written without that id: no delivery is lost (R14).
 */
const EVENTS = `
  insert into safeband.inmail_events
    (account_id, reservation_id, chat_id, message_id, source, quota_day, delivered_at, is_counted,
     number)
  select $1::text,
         case when r.turn = 1 and not exists (select 1 from safeband.inmail_events e
                where e.account_id = $1::text and e.reservation_id = r."reservationId")
              then r."reservationId" end,
         safeband.whole_chat($1::text, r."reservationId", r."chatId"),
         safeband.whole_message($1::text, r."reservationId", r."chatId", r."messageId"),
         r.source, safeband.day_at(r."quotaDay"), safeband.at_ms(r."deliveredAt"), r."isCounted",
         r.number
    from (select *, row_number() over (partition by "reservationId" order by number) as turn
            from jsonb_to_recordset($2::jsonb)
              as list (number bigint, "reservationId" text, "chatId" text, "messageId" text,
                       source text, "quotaDay" int, "deliveredAt" bigint, "isCounted" boolean)) r
   order by r.number
  on conflict do nothing`;

const DAYS = `
  insert into safeband.account_days as old
    (account_id, quota_day, counter, delivered, uncertain, external, imported, unexplained,
     denials, late, number)
  select $1::text, safeband.day_at(d."quotaDay"), d.counter, d.delivered, d.uncertain, d.external,
         d.imported, d.unexplained, d.denials, d.late, d.number
    from jsonb_to_recordset($2::jsonb)
      as d (number bigint, "quotaDay" int, counter int, delivered int, uncertain int,
            external int, imported int, unexplained int, denials jsonb, late int)
  on conflict (account_id, quota_day) do update
    set counter = excluded.counter, delivered = excluded.delivered,
        uncertain = excluded.uncertain, external = excluded.external,
        imported = excluded.imported, unexplained = excluded.unexplained,
        denials = excluded.denials, late = excluded.late, number = excluded.number,
        recorded_at = clock_timestamp()
  where old.number < excluded.number`;

/** Writes the denials of ended days and of today (R22). A count of one owner only grows. */
const DENIALS = `
  insert into safeband.campaign_denials as old
    (account_id, quota_day, campaign_id, reason, owner, count)
  select a.account_id, safeband.day_at(d."quotaDay"), d."campaignId", d.reason, a.owner, d.count
    from jsonb_to_recordset($2::jsonb)
      as d ("quotaDay" int, "campaignId" text, reason text, count int)
    join safeband.accounts a on a.account_id = $1::text
  on conflict (account_id, quota_day, campaign_id, reason, owner) do update
    set count = excluded.count, recorded_at = clock_timestamp()
  where old.count < excluded.count`;

/** Writes the denials of the account's day so far. */
export async function writeDenials(db: Queryable, row: AccountRow): Promise<void> {
  if (!row.denied?.length) return;
  const list = row.denied.map((one) => ({ ...one, quotaDay: row.day }));
  await db.query(DENIALS, [row.accountId, JSON.stringify(list)]);
}

/** Writes one row for each account, kind and day: an existing row is updated and open again. */
const ALERTS = `
  insert into safeband.alerts as old
    (account_id, kind, severity, quota_day, details, times, raised_at, number)
  select $1::text, a.kind, a.severity, safeband.day_at(a."quotaDay"), a.details, a.times,
         safeband.at_ms(a.at), a.number
    from jsonb_to_recordset($2::jsonb)
      as a (number bigint, kind text, severity text, "quotaDay" int, details jsonb, times int,
            at bigint)
  on conflict (account_id, kind, quota_day) do update
    set severity = excluded.severity, details = excluded.details,
        times = old.times + excluded.times, raised_at = excluded.raised_at,
        resolved_at = null, number = excluded.number, recorded_at = clock_timestamp()
  where old.number < excluded.number`;

const CHANGES = `
  insert into safeband.account_changes (account_id, number, kind, actor, reason, details, at)
  select $1::text, c.number, c.kind, c.actor, c.reason, c.details, safeband.at_ms(c.at)
    from jsonb_to_recordset($2::jsonb)
      as c (number bigint, kind text, actor text, reason text, details jsonb, at bigint)
  on conflict do nothing`;

const WAITING = `
  insert into safeband.waiting as old
    (account_id, reservation_id, state, campaign_id, recipient_id, lease_seconds, journaled,
     again, free, priority, valid_until, asked_at, reason, reply_to, decided_at, number,
     recipient_key)
  select $1::text, w."reservationId", w.state, w."campaignId", w."recipientId", w."leaseSeconds",
         w.journaled, w.again, coalesce(w.free, false), w.priority, safeband.at_ms(w."validUntil"), safeband.at_ms(w."askedAt"),
         w.reason, w."replyTo", safeband.at_ms(w."decidedAt"), w.number,
         w."recipientKey"
    from jsonb_to_recordset($2::jsonb)
      as w (number bigint, "reservationId" text, state text, "campaignId" text,
            "recipientId" text, "leaseSeconds" int, journaled boolean, again boolean,
            free boolean, priority int, "validUntil" bigint, "askedAt" bigint, reason text, "replyTo" jsonb,
            "decidedAt" bigint, "recipientKey" text)
  on conflict (account_id, reservation_id) do update
    set state = excluded.state, campaign_id = excluded.campaign_id,
        recipient_id = excluded.recipient_id, recipient_key = excluded.recipient_key,
        lease_seconds = excluded.lease_seconds,
        journaled = excluded.journaled, again = excluded.again, free = excluded.free,
        priority = excluded.priority,
        valid_until = excluded.valid_until, asked_at = excluded.asked_at,
        reason = excluded.reason, reply_to = excluded.reply_to,
        decided_at = excluded.decided_at, number = excluded.number,
        recorded_at = clock_timestamp()
  where old.number < excluded.number`;

/** Writes the first reply of each chat; a later one changes nothing (R24). */
const REPLIES = `
  insert into safeband.replies
    (account_id, chat_id, replied_at, reservation_id, sent_at, ignored, number)
  select $1::text, r."chatId", safeband.at_ms(r.at), r."reservationId", safeband.at_ms(r."sentAt"),
         r.ignored, r.number
    from jsonb_to_recordset($2::jsonb)
      as r (number bigint, "chatId" text, at bigint, "reservationId" text, "sentAt" bigint,
            ignored text)
   order by r.number
  on conflict (account_id, safeband.fingerprint(chat_id::text)) do nothing`;

/** Resolves restrictions at a `resume`; a restriction reported after it stays open. */
const RESOLVED_RESTRICTIONS = `
  update safeband.alerts a
     set resolved_at = safeband.at_ms(c.at), recorded_at = clock_timestamp()
    from jsonb_to_recordset($2::jsonb) as c (number bigint, kind text, at bigint)
   where a.account_id = $1::text and a.kind = 'restricted' and a.resolved_at is null
     and c.kind = 'resume' and c.number > a.number`;

/** Keeps a row that Postgres refuses for its content: whole, and once, in an alert (R14). */
export async function keepRefused(
  db: Queryable,
  accountId: string,
  entry: Entry,
  refusal: { readonly day: number; readonly at: number; readonly reason: string },
): Promise<void> {
  await db.query(
    `insert into safeband.alerts as old
       (account_id, kind, severity, quota_day, details, raised_at, number)
     values ($1::text, 'refused_row', 'critical', safeband.day_at($2),
             jsonb_build_object('reason', $3::text, 'rows', jsonb_build_array($4::text)),
             safeband.at_ms($5), $6)
     on conflict (account_id, kind, quota_day) do update
       set details = jsonb_build_object('reason', $3::text,
             'rows', case when old.details -> 'rows' @> to_jsonb($4::text)
               then old.details -> 'rows'
               else coalesce(old.details -> 'rows', '[]') || jsonb_build_array($4::text) end),
           times = old.times + 1, raised_at = excluded.raised_at, resolved_at = null,
           number = excluded.number
     where old.number < excluded.number`,
    [accountId, refusal.day, refusal.reason, JSON.stringify(entry.row), refusal.at, entry.number],
  );
}

/** Raises the alert that another owner has the row; the save itself writes nothing (R14). */
export async function raiseTwoOwners(
  db: Queryable,
  accountId: string,
  other: { readonly day: number; readonly at: number; readonly owner: string },
): Promise<void> {
  await db.query(
    `insert into safeband.alerts as old
       (account_id, kind, severity, quota_day, details, raised_at)
     values ($1::text, 'two_owners', 'critical', safeband.day_at($2),
             jsonb_build_object('owner', $3::text), safeband.at_ms($4))
     on conflict (account_id, kind, quota_day) do update
       set times = old.times + 1, raised_at = excluded.raised_at, resolved_at = null`,
    [accountId, other.day, other.owner, other.at],
  );
}
