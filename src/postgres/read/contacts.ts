/** Reads who was contacted before the slots of an account (R20), and who replied (R24). */
import type { LoggedChat } from '../../domain/commands/reply.js';
import { isSameRecipient, recipientKeyOf } from '../../domain/account/kept.js';
import type { ChatId, RecipientId, ReservationId } from '../../domain/primitives/ids.js';
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import { isErased } from '../data/erased.js';
import { erasedRecipient, prefixOf, type ErasureKey } from '../data/erasureKey.js';
import { rowsOf, type Queryable } from '../pool.js';

/** Maximum rows of one recipient: members that share a key differ in their spelling. */
const ROWS_MAX = 20;

type Row = {
  readonly recipient: number;
  readonly recipientId: RecipientId;
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
};

/** Reads the latest reservation of each recipient that is not released, since that quota day. */
export async function readContacts(
  db: Queryable,
  ask: {
    readonly accountId: string;
    readonly recipients: readonly RecipientId[];
    readonly since: UtcDay;
  },
  key?: ErasureKey,
): Promise<readonly Omit<Row, 'recipientId'>[]> {
  await refuseUnknownKey(db, ask, key);
  const erased = ask.recipients.map((id) => (key ? erasedRecipient(key, id) : null));
  const rows = await rowsOf<Row>(
    db,
    `select jsonb_build_object('recipient', asked.place - 1, 'recipientId', r.recipient_id,
       'reservationId', r.reservation_id, 'quotaDay', safeband.day_no(r.quota_day)) as row
     from unnest($2::text[], $4::text[]) with ordinality as asked (key, erased, place)
     cross join lateral (
       (select recipient_id, reservation_id, quota_day from safeband.reservations
         where recipient_key collate "C" in (asked.key, asked.erased) and account_id = $1
           and state <> 'released' and quota_day >= safeband.day_at($3)
         order by reserved_at desc limit ${ROWS_MAX})
       union all
       -- An InMail from before the account was connected has no reservation: its name is its day.
       (select recipient_id, 'imported:' || safeband.utc_day(sent_at), safeband.utc_day(sent_at)
          from safeband.past_sends
         where recipient_key collate "C" in (asked.key, asked.erased) and account_id = $1
           and safeband.utc_day(sent_at) >= safeband.day_at($3)
         order by sent_at desc limit ${ROWS_MAX})) r
     order by r.quota_day desc, r.reservation_id`,
    [ask.accountId, ask.recipients.map(recipientKeyOf), ask.since, erased],
  );
  const isSame = ({ recipient, recipientId }: Row): boolean =>
    recipientId === erased[recipient] ||
    isSameRecipient(recipientId, ask.recipients[recipient] ?? null);
  const latest = new Map<number, Row>();
  for (const row of rows)
    if (isSame(row) && !latest.has(row.recipient)) latest.set(row.recipient, row);
  return [...latest.values()].map(({ recipient, reservationId, quotaDay }) => ({
    recipient,
    reservationId,
    quotaDay,
  }));
}

/** Refuses to answer without the key of erased contacts: each may be the asked one (R29). */
async function refuseUnknownKey(
  db: Queryable,
  { accountId, since }: { readonly accountId: string; readonly since: UtcDay },
  key: ErasureKey | undefined,
): Promise<void> {
  const { rowCount } = await db.query(
    `select from (
       select recipient_key from safeband.reservations
        where account_id = $1 and state <> 'released' and quota_day >= safeband.day_at($2)
       union all
       select recipient_key from safeband.past_sends
        where account_id = $1 and safeband.utc_day(sent_at) >= safeband.day_at($2)) contacted
      where ${isErased('recipient_key')} and not starts_with(recipient_key, $3) limit 1`,
    [accountId, since, prefixOf(key)],
  );
  if (rowCount === 0) return;
  throw new Error(
    'SAFEBAND_ERASURE_KEY is not the key with which contacts of this account were erased',
  );
}

/**
 * Reads what is known of the chat of each reply, in the order of the ask. The InMail of a reply is
 * the last one that is not later; else the first one of the chat, because clocks differ.
 */
export function readReplies(
  db: Queryable,
  ask: {
    readonly accountId: string;
    readonly replies: readonly { readonly chatId: ChatId; readonly at: Instant }[];
  },
): Promise<readonly LoggedChat[]> {
  return rowsOf<LoggedChat>(
    db,
    `select jsonb_build_object('sent', sent.row, 'isRecorded', exists (
       select from safeband.replies known where known.account_id = $1
          and safeband.fingerprint(known.chat_id::text) = safeband.fingerprint(asked.chat))) as row
     from unnest($2::text[], $3::bigint[]) with ordinality as asked (chat, at, place)
     left join lateral (
       select jsonb_build_object('reservationId', coalesce(e.reservation_id, r.reservation_id),
                'sentAt', safeband.ms_of(e.delivered_at), 'free', coalesce(r.free, false)) as row
         from safeband.inmail_events e
         left join lateral (
           -- An id that was used again has the row of its last use, which is another InMail.
           select reservation_id, free from safeband.reservations r
            where r.account_id = e.account_id and r.reservation_id = e.reservation_id
              and (r.quota_day = e.quota_day or
                safeband.fingerprint(r.chat_id::text) = safeband.fingerprint(e.chat_id::text))
           union all
           -- An InMail that was observed first has its row without the reservation that claimed it.
           select reservation_id, free from safeband.reservations r
            where e.reservation_id is null and r.account_id = e.account_id
              and r.quota_day between e.quota_day - 3 and e.quota_day + 3
              and safeband.fingerprint(r.chat_id::text) = safeband.fingerprint(e.chat_id::text)
              and safeband.fingerprint(r.message_id::text)
                  is not distinct from safeband.fingerprint(e.message_id::text)
            limit 1) r on true
        where e.account_id = $1
          and safeband.fingerprint(e.chat_id::text) = safeband.fingerprint(asked.chat)
        order by case when e.delivered_at <= safeband.at_ms(asked.at)
                      then safeband.at_ms(asked.at) - e.delivered_at end nulls last,
                 e.delivered_at
        limit 1) sent on true
     order by asked.place`,
    [ask.accountId, ask.replies.map(({ chatId }) => chatId), ask.replies.map(({ at }) => at)],
  );
}
