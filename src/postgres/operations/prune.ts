/** Deletes old history (`migrations/0010_history.sql`) and old links (`0036_share_labels.sql`). */
import { HISTORY_DAYS } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';

/** Deletes older history, in one statement. Each account keeps its newest row of that time. */
export async function pruneHistory(db: Queryable, at: Instant): Promise<void> {
  await db.query('select safeband.prune_history(safeband.at_ms($1), $2)', [at, HISTORY_DAYS]);
}

/** Deletes links to accounts that ended as long ago, a limited number in one statement. */
export async function pruneShares(db: Queryable, at: Instant): Promise<void> {
  await db.query('select safeband.prune_shares(safeband.at_ms($1), $2)', [at, HISTORY_DAYS]);
}
