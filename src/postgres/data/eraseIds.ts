/** Finds the ids of a person in the rows: spellings, chats and messages (R29). */
import { isSameRecipient, keptRecipient } from '../../domain/account/kept.js';
import { isRecipientId } from '../../domain/primitives/ids.js';
import { searchKeyOf } from '../../domain/primitives/linkedinId.js';
import type { Queryable } from '../pool.js';

/** Returns each spelling of the member in the rows, and the given one. */
export async function spellingsOf(db: Queryable, recipientId: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select distinct recipient_id as id from safeband.reservations
      where recipient_key collate "C" = $1 or recipient_id is not null and recipient_key is null
     union select recipient_id from safeband.past_sends where recipient_key collate "C" = $1
     union select recipient_id from safeband.waiting where recipient_id is not null`,
    [searchKeyOf(recipientId)],
  );
  if (!isRecipientId(recipientId)) return [];
  const found = rows.filter(({ id }) => isRecipientId(id) && isSameRecipient(id, recipientId));
  return [...new Set([recipientId, ...found.map(({ id }) => id)])];
}

/** Chats with a person, and messages in them. */
export type Proofs = { readonly chats: readonly string[]; readonly messages: readonly string[] };

/**
 * Returns the chats and messages of the person's reservations and attempts, also of deleted ones:
 * these have left their chats in `recipient_chats`.
 */
export async function proofsOf(
  db: Queryable,
  recipientId: string,
  spellings: readonly string[],
  more: readonly string[],
): Promise<Proofs> {
  const { rows } = await db.query<{ chat: string; message: string | null }>(
    `with own as (select account_id, reservation_id, chat_id, message_id
       from safeband.reservations where recipient_id = any($1::text[])),
     named as (
       select chat_id, message_id from own
       union select a.chat_id, a.message_id from safeband.send_attempts a
         join own using (account_id, reservation_id)
       union select h.chat_id, h.message_id from safeband.reservation_history h
         join own using (account_id, reservation_id)
       union select e.chat_id, e.message_id from safeband.inmail_events e
         join own using (account_id, reservation_id)
       union select chat_id, null from safeband.recipient_chats
        where recipient_hash in (select safeband.fingerprint(key) from unnest($3::text[]) key)),
     chats as (select chat_id from named where chat_id is not null
       union select unnest($2::text[]))
     select e.chat_id as chat, e.message_id as message from safeband.inmail_events e
      where e.chat_id collate "C" in (select chat_id from chats)
     union select chat_id, message_id from named where chat_id is not null
     union select unnest($2::text[]), null`,
    [spellings, more, keysOf(recipientId)],
  );
  return {
    chats: [...new Set(rows.map(({ chat }) => chat))],
    messages: [...new Set(rows.flatMap(({ message }) => message ?? []))],
  };
}

/** Returns what deleted reservations have left a hash of: the search key, or a fingerprint. */
const keysOf = (recipientId: string): readonly string[] =>
  isRecipientId(recipientId) ? [searchKeyOf(recipientId), keptRecipient(recipientId)] : [];

/** Returns the quota day from which the chats of deleted reservations are known; null: all are. */
export async function readChatsKnownSince(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ day: string | null }>(
    `select to_char(safeband.utc_day(unlinked_before), 'YYYY-MM-DD') as day
       from safeband.retention where relation = 'reservations'`,
  );
  return rows[0]?.day ?? null;
}
