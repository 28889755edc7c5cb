/** Seals closed months by themselves: the audit calls it (R29). */
import type { Instant } from '../../domain/primitives/time.js';
import type { Pool } from '../pool.js';
import type { ErasureKey } from './erasureKey.js';
import { dueMonth, sealMonths, type SealResult } from './seal.js';

/** How long the seal of a month may take in an audit: of a larger month, a person seals. */
const SEAL_MS = 120_000;
/** The name of the audit in the seals. */
const BY = 'system:fleet-audit';

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
    readonly sealMs?: number;
  },
): Promise<SealResult | null> {
  const { at, afterDays, afterPart, sealMs = SEAL_MS } = ask;
  const month = await dueMonth(pool, at, afterDays);
  if (month === null) return null;
  const end = performance.now() + sealMs;
  return sealMonths(pool, key, {
    at,
    afterDays,
    by: BY,
    withLate: false,
    months: 1,
    afterPart: () => {
      afterPart?.();
      if (performance.now() > end) {
        throw new Error(`the seal of ${month} takes longer than an audit: run safeband seal`);
      }
    },
  });
}
