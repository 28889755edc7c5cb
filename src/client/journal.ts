/**
 * The journal: the pipeline's own rows about its calls, written before and after each call (R6,
 * R18).
 */
import type { FailureKind } from '../domain/account/account.js';

export type Attempt = {
  readonly accountId: string;
  readonly reservationId: string;
  /** `YYYY-MM-DD`, from the grant. */
  readonly quotaDay: string;
};
export type Outcome =
  | {
      readonly outcome: 'delivered';
      readonly chatId: string;
      readonly messageId?: string | undefined;
    }
  | { readonly outcome: 'failed'; readonly errorCode: FailureKind };

export interface Journal {
  /**
   * Inserts the row of an attempt. Returns false if the row exists already: then the caller must
   * not call LinkedIn.
   */
  begin(attempt: Attempt): Promise<boolean>;
  /** Writes the outcome once; a second outcome changes nothing. */
  settle(attempt: Attempt, outcome: Outcome): Promise<void>;
}

/** The part of `pg` that the journal needs: a pool or a connection. */
export type Queryable = {
  query(text: string, values: unknown[]): Promise<{ readonly rowCount: number | null }>;
};

const UNIQUE_VIOLATION = '23505';

/** The journal in `safeband.send_attempts`. */
export const pgJournal = (db: Queryable): Journal => ({
  begin: async ({ accountId, reservationId, quotaDay }) => {
    try {
      await db.query(
        `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
         values ($1, $2, $3, now())`,
        [accountId, reservationId, quotaDay],
      );
      return true;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
      if (isTaken) return false;
      throw error;
    }
  },
  settle: async ({ accountId, reservationId }, result) => {
    const isDelivered = result.outcome === 'delivered';
    await db.query(
      `update safeband.send_attempts
          set outcome = $3, chat_id = $4, message_id = $5, error_code = $6, settled_at = now()
        where account_id = $1 and reservation_id = $2 and outcome is null`,
      [
        accountId,
        reservationId,
        result.outcome,
        isDelivered ? result.chatId : null,
        isDelivered ? (result.messageId ?? null) : null,
        isDelivered ? null : result.errorCode,
      ],
    );
  },
});
