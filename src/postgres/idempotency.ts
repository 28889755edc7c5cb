/** What was answered to each Idempotency-Key. Each function is one statement. */
import type { Queryable } from './pool.js';

export type Claim = {
  readonly keyId: string;
  readonly key: string;
  readonly fingerprint: Buffer;
};
/** Somebody else's claim; no answer yet: they are at it. */
export type Found<A> = { readonly fingerprint: Buffer; readonly answer: A | null };

/** Longer than any ask may take: whoever claimed it is dead. */
const ABANDONED = '30 seconds';
const KEPT = '24 hours';

/** Makes the claim ours, or says what is there. */
export async function claim<A>(db: Queryable, mine: Claim): Promise<'claimed' | Found<A>> {
  const { rows } = await db.query<{ fingerprint: Buffer; answer: string | null; ours: boolean }>(
    `with mine as (
       insert into safeband.idempotency as i (key_id, idempotency_key, fingerprint)
       values ($1, $2, $3)
       on conflict (key_id, idempotency_key) do update
         set fingerprint = excluded.fingerprint, started_at = clock_timestamp(),
             status = null, answer = null
       where i.started_at < clock_timestamp() - interval '${KEPT}'
          or (i.answer is null and i.fingerprint = excluded.fingerprint
            and i.started_at < clock_timestamp() - interval '${ABANDONED}')
       returning i.fingerprint, i.answer
     )
     select fingerprint, answer, true as ours from mine
     union all
     select fingerprint, answer, false from safeband.idempotency
      where key_id = $1 and idempotency_key = $2 and not exists (select 1 from mine)`,
    [mine.keyId, mine.key, mine.fingerprint],
  );
  const found = rows[0];
  // Released between the two halves of the statement: the next look claims it.
  if (!found) return { fingerprint: mine.fingerprint, answer: null };
  if (found.ours) return 'claimed';
  return { fingerprint: found.fingerprint, answer: found.answer && JSON.parse(found.answer) };
}

export const isSame = (found: Found<unknown>, mine: Claim): boolean =>
  found.fingerprint.equals(mine.fingerprint);

/** Keeps the answer for a day. */
export async function keep(db: Queryable, mine: Claim, answer: string): Promise<void> {
  await db.query(
    `update safeband.idempotency set status = 200, answer = $4
      where key_id = $1 and idempotency_key = $2 and fingerprint = $3`,
    [mine.keyId, mine.key, mine.fingerprint, answer],
  );
}

/** Nothing was counted: the same key may ask again. */
export async function release(db: Queryable, mine: Claim): Promise<void> {
  await db.query(
    `delete from safeband.idempotency
      where key_id = $1 and idempotency_key = $2 and fingerprint = $3 and answer is null`,
    [mine.keyId, mine.key, mine.fingerprint],
  );
}

/** Forgets what is older than a day. */
export async function forgetOld(db: Queryable): Promise<void> {
  await db.query(
    `delete from safeband.idempotency where started_at < clock_timestamp() - interval '${KEPT}'`,
  );
}
