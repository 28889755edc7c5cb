/** Adds the search keys of recipients to rows of older workers (`migrations/0032_recipient_keys.sql`). */
import { searchKeyOf } from '../../domain/primitives/linkedinId.js';
import type { Queryable } from '../pool.js';

/**
 * Adds the keys of at most `limit` rows; returns how many rows had none. Leaves out the rows that a
 * worker writes at the same moment, because the worker adds their keys.
 */
export async function addRecipientKeys(db: Queryable, limit: number): Promise<number> {
  type Waiting = { account_id: string; reservation_id: string; recipient_id: string };
  const { rows } = await db.query<Waiting>(
    `select account_id, reservation_id, recipient_id from safeband.reservations
      where recipient_id is not null and recipient_key is null
      limit $1 for no key update skip locked`,
    [limit],
  );
  if (rows.length === 0) return 0;
  await db.query(
    `update safeband.reservations r set recipient_key = w.key
       from unnest($1::text[], $2::text[], $3::text[]) as w (account, reservation, key)
      where r.account_id = w.account and r.reservation_id = w.reservation`,
    [
      rows.map((row) => row.account_id),
      rows.map((row) => row.reservation_id),
      rows.map((row) => searchKeyOf(row.recipient_id)),
    ],
  );
  return rows.length;
}
