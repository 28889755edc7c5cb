/** Compares a sealed month with the event log, for the audit (R29). */
import { createHash } from 'node:crypto';
import { inTransaction, type Pool } from '../pool.js';
import { AUDIT_STATEMENT_MS, isOutOfTime, limited } from './auditTime.js';
import type { ErasureKey } from './erasureKey.js';
import { after, checkKey, readChain } from './sealRows.js';
import {
  differencesIn,
  flawOfSeal,
  readSeals,
  sealFlaw,
  type Difference,
  type Flaw,
} from './verifySeals.js';

export type MonthVerified = {
  readonly month: string;
  /** The first difference that was found, also if the time ended after it. */
  readonly flaw: Flaw | null;
  /** How many differences were found. */
  readonly differences: number;
  /** Another text if a difference comes, goes or changes; empty: there is none. */
  readonly mark: string;
  /** True if the comparison takes longer than an audit may: only its first part was done. */
  readonly isTooLarge: boolean;
};

/** Compares the month that begins on that day. */
export async function verifyMonth(
  pool: Pool,
  key: ErasureKey,
  ask: { readonly month: string; readonly afterPart?: () => void; readonly limitMs?: number },
): Promise<MonthVerified> {
  const afterPart = limited(ask);
  const found = new Found();
  const done = (isTooLarge: boolean): MonthVerified => ({
    month: ask.month.slice(0, 7),
    ...found.result(isTooLarge),
    isTooLarge,
  });
  try {
    await inTransaction(
      pool,
      async (db) => {
        const statement = `set local statement_timeout = ${AUDIT_STATEMENT_MS}`;
        await db.query(`${statement}; set local timezone = 'UTC'`);
        checkKey(key, (await readChain(db)).keyId);
        const seals = await readSeals(db);
        const turn = seals.findIndex(({ month }) => month === ask.month);
        const seal = seals[turn];
        if (!seal) {
          found.add({ ...flawOfSeal(ask.month), now: null });
          return;
        }
        const changed = await sealFlaw(db, seal, { before: seals[turn - 1], afterPart });
        if (changed) found.add(changed);
        const range = { from: seal.month, before: after(seal.month) };
        for await (const difference of differencesIn(db, key, { ...range, afterPart })) {
          found.add(difference);
        }
      },
      { begin: 'begin isolation level repeatable read read only' },
    );
    return done(false);
  } catch (error) {
    if (!isOutOfTime(error)) throw error;
    return done(true);
  }
}

const MARK_CHARACTERS = 16;

/** The differences of a month. A month may have many of them, so only the first one is kept. */
class Found {
  #first: { readonly flaw: Flaw; readonly mark: string } | null = null;
  #count = 0;
  readonly #sum = Buffer.alloc(32);

  add({ now, ...flaw }: Difference): void {
    const digest = createHash('sha256')
      .update(JSON.stringify([flaw, now]))
      .digest();
    // The rows come in no order, so the mark of all may not depend on it.
    for (const [place, byte] of digest.entries()) {
      this.#sum.writeUInt8(this.#sum.readUInt8(place) ^ byte, place);
    }
    this.#first ??= { flaw, mark: markOf(digest) };
    this.#count += 1;
  }

  result(isPart: boolean): Pick<MonthVerified, 'flaw' | 'differences' | 'mark'> {
    if (this.#first === null) return { flaw: null, differences: 0, mark: '' };
    const { flaw, mark } = this.#first;
    // How far a part comes differs from day to day.
    return { flaw, differences: this.#count, mark: isPart ? mark : markOf(this.#sum) };
  }
}
const markOf = (digest: Buffer): string => digest.toString('hex').slice(0, MARK_CHARACTERS);
