/** Deletes rows that no rule needs any more (R28), in small steps. The audit calls it (R8). */
import { MEMORY_DAYS_MAX } from '../../domain/gate/recipient.js';
import { HISTORY_DAYS } from '../../domain/primitives/limits.js';
import { dayOf, type Instant } from '../../domain/primitives/time.js';
import {
  PRUNED,
  PRUNED_TABLES,
  type KeptDays,
  type Retention,
} from '../../domain/records/retention.js';
import type { Queryable } from '../pool.js';

/** Deletes history that is older than what people may ask for. */
export async function pruneHistory(db: Queryable, at: Instant): Promise<void> {
  await db.query('select safeband.prune_history(safeband.at_ms($1), $2)', [at, HISTORY_DAYS]);
}

/** Deletes links that ended longer ago than history is kept. */
export async function pruneShares(db: Queryable, at: Instant): Promise<void> {
  await db.query('select safeband.prune_shares(safeband.at_ms($1), $2)', [at, HISTORY_DAYS]);
}

/** The shortest time for rows of groups: an account may remember a recipient for a year (R20). */
const GROUP_DAYS_MIN = MEMORY_DAYS_MAX + 2;

/** Deletes what is kept of asks of groups (R31), as long ago as reservations are deleted. */
export async function pruneGroupSends(
  db: Queryable,
  at: Instant,
  days: KeptDays,
  stepRows = STEP_ROWS,
): Promise<void> {
  const kept = days === null ? null : Math.max(days, GROUP_DAYS_MIN);
  for (let gone = stepRows; gone >= stepRows;) {
    const { rows } = await db.query<{ gone: number }>(
      'select safeband.prune_group_sends(safeband.at_ms($1), $2, $3)::int as gone',
      [at, kept, stepRows],
    );
    gone = rows[0]?.gone ?? 0;
  }
}

/** Maximum rows that one statement deletes: it holds their locks for well under a second. */
const STEP_ROWS = 2_000;
/** How long the steps of one audit may take; the next audit continues. */
const STEPS_MS = 20_000;

export type PruneAsk = {
  readonly at: Instant;
  readonly keep: Retention;
  readonly stepRows?: number;
  readonly stepsMs?: number;
  /** Called after each step, with the rows that were deleted so far. */
  readonly afterStep?: (rows: number) => void;
};

/**
 * Deletes the rows that are older than the settings allow, once a day; the next audit continues.
 * Returns how many rows were deleted.
 */
export async function pruneRows(db: Queryable, ask: PruneAsk): Promise<number> {
  const { at, stepRows = STEP_ROWS, stepsMs = STEPS_MS, afterStep } = ask;
  const end = performance.now() + stepsMs;
  const done = await readDone(db, at);
  let rows = 0;
  for (const table of PRUNED_TABLES.filter((one) => !done.has(one))) {
    for (let gone = stepRows; gone >= stepRows; rows += gone) {
      if (performance.now() > end) return rows;
      gone = await pruneStep(db, table, ask, stepRows);
      afterStep?.(rows + gone);
    }
  }
  return rows;
}

async function pruneStep(
  db: Queryable,
  table: keyof typeof PRUNED,
  { at, keep }: PruneAsk,
  stepRows: number,
): Promise<number> {
  const { rows } = await db.query<{ gone: number }>(
    'select safeband.prune_rows($1, safeband.at_ms($2), $3, $4, $5)::int as gone',
    [table, at, keep[PRUNED[table]], keep.onlyExported, stepRows],
  );
  return rows[0]?.gone ?? 0;
}

async function readDone(db: Queryable, at: Instant): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ relation: string }>(
    'select relation from safeband.retention where done_on >= safeband.day_at($1)',
    [dayOf(at)],
  );
  return new Set(rows.map(({ relation }) => relation));
}
