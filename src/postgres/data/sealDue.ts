/** Seals closed months by themselves: the audit calls it (R29). */
import type { Instant } from '../../domain/primitives/time.js';
import type { Pool } from '../pool.js';
import { AUDIT_STATEMENT_MS, isOutOfTime, limited } from './auditTime.js';
import type { ErasureKey } from './erasureKey.js';
import { dueMonth, sealMonths, type SealResult } from './seal.js';

/** The name of the audit in the seals. */
const BY = 'system:fleet-audit';

export type SealDue = SealResult & {
  /** A month whose seal takes longer than an audit may: a person seals it. */
  readonly tooLarge: string | null;
};

/**
 * Seals the next month if it has ended so many days ago: one month, in parts. Null: no month is
 * due. Rows that came late are not sealed, because a person decides about them.
 */
export async function sealDue(
  pool: Pool,
  key: ErasureKey,
  ask: {
    readonly at: Instant;
    readonly afterDays: number;
    readonly afterPart?: () => void;
    readonly limitMs?: number;
  },
): Promise<SealDue | null> {
  const { at, afterDays } = ask;
  const month = await dueMonth(pool, at, afterDays);
  if (month === null) return null;
  try {
    const done = await sealMonths(pool, key, {
      at,
      afterDays,
      by: BY,
      withLate: false,
      months: 1,
      statementMs: AUDIT_STATEMENT_MS,
      afterPart: limited(ask),
    });
    return { ...done, tooLarge: null };
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    return { sealed: [], late: 0, tooLarge: month };
  }
}
