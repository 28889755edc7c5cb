/** InMails that an account sent before it was connected (R13, R20). */
import { recipientKeyOf } from '../../domain/account/kept.js';
import type { RecipientId } from '../../domain/primitives/ids.js';
import { isoInstant, type Instant } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';

export type PastSend = {
  readonly sentAt: Instant;
  /** Null: the file does not name the recipient. */
  readonly recipientId: RecipientId | null;
};

/**
 * Adds the sends of one account, and returns how many were new. A second import of the same file
 * adds none. The sends count in the account's week only if the account has not started yet.
 */
export async function addPastSends(
  db: Queryable,
  accountId: string,
  sends: readonly PastSend[],
  by: string,
): Promise<{ readonly added: number; readonly isCounted: boolean }> {
  const { rows } = await db.query<{ isCounted: boolean }>(
    `select not exists (select from safeband.accounts where account_id = $1) as "isCounted"`,
    [accountId],
  );
  const isCounted = rows[0]?.isCounted === true;
  const { rowCount } = await db.query(
    `insert into safeband.past_sends
       (account_id, sent_at, recipient_id, recipient_key, place, is_counted, imported_by)
     select $1, sent_at, recipient_id, recipient_key,
            row_number() over (partition by sent_at order by recipient_id nulls first),
            $5, $6
       from unnest($2::timestamptz[], $3::text[], $4::text[]) as sent
            (sent_at, recipient_id, recipient_key)
     on conflict do nothing`,
    [
      accountId,
      sends.map(({ sentAt }) => isoInstant(sentAt)),
      sends.map(({ recipientId }) => recipientId),
      sends.map(({ recipientId }) => recipientKeyOf(recipientId)),
      isCounted,
      by,
    ],
  );
  return { added: rowCount ?? 0, isCounted };
}
