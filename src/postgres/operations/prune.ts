/** Bounds what is kept of the past (`migrations/0010_history.sql`). */
import { HISTORY_DAYS } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';

/** Forgets older history, in one statement; each account keeps the row that it stands on. */
export async function pruneHistory(db: Queryable, at: Instant): Promise<void> {
  await db.query('select safeband.prune_history(safeband.at_ms($1), $2)', [at, HISTORY_DAYS]);
}
