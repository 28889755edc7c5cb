/** Remembers the request of each Idempotency-Key. Each function is one statement. */
import type { Queryable } from '../pool.js';

export type Claim = {
  readonly keyId: string;
  readonly key: string;
  readonly fingerprint: Buffer;
};

const KEPT = '24 hours';

/**
 * Returns whether the key is new, or was used in the last day by the same request or by another.
 */
export async function claim(db: Queryable, mine: Claim): Promise<'new' | 'same' | 'other'> {
  // The row is written in each case, so that one statement locks and returns it.
  const { rows } = await db.query<{ fingerprint: Buffer; isNew: boolean }>(
    `insert into safeband.idempotency as i (key_id, idempotency_key, fingerprint, started_at)
     values ($1, $2, $3, statement_timestamp())
     on conflict (key_id, idempotency_key) do update
       set (fingerprint, started_at) = (
         select excluded.fingerprint, excluded.started_at
          where i.started_at < statement_timestamp() - interval '${KEPT}'
         union all
         select i.fingerprint, i.started_at
          where i.started_at >= statement_timestamp() - interval '${KEPT}')
     returning i.fingerprint, i.started_at = statement_timestamp() as "isNew"`,
    [mine.keyId, mine.key, mine.fingerprint],
  );
  const [found] = rows;
  if (!found?.fingerprint.equals(mine.fingerprint)) return 'other';
  return found.isNew ? 'new' : 'same';
}

/** Deletes keys that are older than a day. */
export async function forgetOld(db: Queryable): Promise<void> {
  await db.query(
    `delete from safeband.idempotency where started_at < clock_timestamp() - interval '${KEPT}'`,
  );
}
