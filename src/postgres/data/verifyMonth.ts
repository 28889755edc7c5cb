/** Compares a sealed month with the event log, each day another one: the audit calls it (R29). */
import type { UtcDay } from '../../domain/primitives/time.js';
import { inTransaction, type Pool } from '../pool.js';
import { AUDIT_STATEMENT_MS, isOutOfTime, limited } from './auditTime.js';
import type { ErasureKey } from './erasureKey.js';
import { after, checkKey, readChain } from './sealRows.js';
import { readSeals, sealFlaw, verifyRows, type Flaw } from './verifySeals.js';

export type MonthVerified = {
  readonly month: string;
  /** The first difference that was found. */
  readonly flaw: Flaw | null;
  /** True if the comparison takes longer than an audit may: only its first part was done. */
  readonly isTooLarge: boolean;
};

/** Compares the month whose turn it is on that day. Null: no month is sealed. */
export async function verifyMonth(
  pool: Pool,
  key: ErasureKey,
  ask: { readonly day: UtcDay; readonly afterPart?: () => void; readonly limitMs?: number },
): Promise<MonthVerified | null> {
  const seals = await readSeals(pool);
  const turn = ask.day % Math.max(seals.length, 1);
  const seal = seals[turn];
  if (!seal) return null;
  const afterPart = limited(ask);
  const month = seal.month.slice(0, 7);
  try {
    const flaw = await inTransaction(
      pool,
      async (db) => {
        const statement = `set local statement_timeout = ${AUDIT_STATEMENT_MS}`;
        await db.query(`${statement}; set local timezone = 'UTC'`);
        checkKey(key, (await readChain(db)).keyId);
        const changed = await sealFlaw(db, seal, { before: seals[turn - 1], afterPart });
        if (changed) return changed;
        const range = { from: seal.month, before: after(seal.month) };
        const [first = null] = await verifyRows(db, key, { ...range, afterPart });
        return first;
      },
      { begin: 'begin isolation level repeatable read read only' },
    );
    return { month, flaw, isTooLarge: false };
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    return { month, flaw: null, isTooLarge: true };
  }
}
