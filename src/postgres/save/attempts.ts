/** The rows of `send_attempts` that the HTTP server writes for a caller (R6, R18). */
import type { Queryable } from '../pool.js';

/** For how long a repeat with the same attempt id is the same attempt. Longer is a new program. */
const REPEAT_SECONDS = 30;

type Slot = {
  readonly accountId: string;
  readonly reservationId: string;
  /** `YYYY-MM-DD`. */
  readonly quotaDay: string;
};
/** `begun`: this caller has the row. Else the row was there before, since `attemptedAt`. */
export type Begun =
  { readonly begun: true } | { readonly begun: false; readonly attemptedAt: Date };

/**
 * Inserts the row of an attempt. Only one caller of a reservation begins its attempt. A caller that
 * repeats its request with its own `attemptId`, within 30 s, begins the same attempt again, as its
 * first answer was lost.
 */
export async function beginAttempt(
  db: Queryable,
  { accountId, reservationId, quotaDay }: Slot,
  attemptId: string | null,
): Promise<Begun> {
  const { rowCount } = await db.query(
    `insert into safeband.send_attempts
       (account_id, reservation_id, quota_day, attempted_at, attempt_id)
     values ($1, $2, $3, now(), $4) on conflict do nothing`,
    [accountId, reservationId, quotaDay, attemptId],
  );
  if (rowCount === 1) return { begun: true };
  const { rows } = await db.query<{ attemptedAt: Date; isSame: boolean }>(
    `select attempted_at as "attemptedAt", coalesce(attempt_id = $3 and outcome is null
         and attempted_at > now() - make_interval(secs => ${REPEAT_SECONDS}), false) as "isSame"
       from safeband.send_attempts where account_id = $1 and reservation_id = $2`,
    [accountId, reservationId, attemptId],
  );
  const [row] = rows;
  if (!row) throw new Error(`the attempt of ${reservationId} is neither new nor stored`);
  return row.isSame ? { begun: true } : { begun: false, attemptedAt: row.attemptedAt };
}
