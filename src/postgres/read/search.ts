/**
 * Statements of a search by the beginning of an id. Each statement reads one range of an index, in
 * the order of the bytes, so `%`, `_` and `\` have no special meaning. `accounts` limits the search to those
 * ids; null: all. The caller asks for one row more than it shows.
 */
import { rowsOf, type Queryable } from '../pool.js';
import { ISO_RESERVATION, iso, isoDay, type ReservationItem } from './lists.js';

export type Asked = {
  readonly accounts: readonly string[] | null;
  readonly limit: number;
};

/** True if the column begins with `$1`; no character is greater than the last of Unicode. */
export const beginsWith = (column: string, text = '$1::text'): string =>
  `${column} collate "C" >= ${text} and ${column} collate "C" <= ${text} || chr(1114111)`;
export const isSeen = (param: string): string =>
  `(${param}::text[] is null or account_id = any(${param}))`;

/** Finds accounts by their id, in any case, or by LinkedIn's id of their member. */
export const findAccounts = (
  db: Queryable,
  text: string,
  member: { readonly normal: string; readonly number: number | null },
  { accounts, limit }: Asked,
): Promise<readonly string[]> =>
  rowsOf(
    db,
    `select to_jsonb(account_id::text) as row from (
       (select account_id, lower(account_id::text) collate "C" as place from safeband.accounts
         where ${beginsWith('lower(account_id::text)', 'lower($1::text)')} and ${isSeen('$4')}
         order by place limit $5)
       union
       (select account_id, lower(account_id::text) collate "C" from safeband.accounts
         where (identity_normal = $2 or identity_number = $3) and ${isSeen('$4')}
         limit $5)) found
     order by place, account_id limit $5`,
    [text, member.normal, member.number, accounts, limit],
  );

export type FoundReservation = ReservationItem & { readonly accountId: string };
const RESERVATION = `jsonb_build_object('accountId', account_id) || ${ISO_RESERVATION}`;

/** Finds reservations by their id. */
export const findReservations = (
  db: Queryable,
  text: string,
  { accounts, limit }: Asked,
): Promise<readonly FoundReservation[]> =>
  rowsOf(
    db,
    `select ${RESERVATION} as row from safeband.reservations
      where ${beginsWith('reservation_id')} and ${isSeen('$2')}
      order by reservation_id collate "C", account_id limit $3`,
    [text, accounts, limit],
  );

/**
 * Finds reservations by their recipient, the latest first: by the key of the member, and rows
 * without a key by one of the spellings.
 */
export const findRecipients = (
  db: Queryable,
  key: string,
  spellings: readonly string[],
  { accounts, limit }: Asked,
): Promise<readonly FoundReservation[]> =>
  rowsOf(
    db,
    `select ${RESERVATION} as row from (
       (select * from safeband.reservations
         where recipient_key collate "C" = $1 and ${isSeen('$3')}
         order by reserved_at desc, account_id desc limit $4)
       union all
       (select * from safeband.reservations
         where recipient_key is null and recipient_id collate "C" = any($2::text[])
           and ${isSeen('$3')}
         order by recipient_id collate "C", account_id limit $4)) found
      order by reserved_at desc, account_id desc, reservation_id limit $4`,
    [key, spellings, accounts, limit],
  );

export type FoundChat = {
  readonly accountId: string;
  readonly eventId: number;
  readonly reservationId: string | null;
  readonly chatId: string;
  readonly messageId: string | null;
  readonly source: string;
  readonly quotaDay: string;
  readonly deliveredAt: string;
  readonly isCounted: boolean;
};

/** Finds delivered InMails by their chat or their message. */
export const findChats = (
  db: Queryable,
  text: string,
  { accounts, limit }: Asked,
): Promise<readonly FoundChat[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('accountId', account_id, 'eventId', event_id,
       'reservationId', reservation_id, 'chatId', chat_id, 'messageId', message_id,
       'source', source, 'quotaDay', ${isoDay('quota_day')},
       'deliveredAt', ${iso('delivered_at')}, 'isCounted', is_counted) as row from (
       (select * from safeband.inmail_events where ${beginsWith('chat_id')} and ${isSeen('$2')}
         order by chat_id collate "C", account_id limit $3)
       union
       (select * from safeband.inmail_events where ${beginsWith('message_id')} and ${isSeen('$2')}
         order by message_id collate "C", account_id limit $3)) found
      order by chat_id collate "C", account_id, event_id limit $3`,
    [text, accounts, limit],
  );
