/** The work of an audit on seals, and changes of the event log that only its owner can make. */
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { sealWork } from '../../src/activities/audit/seals.js';
import { dayOf, HOUR_MS, startOf, type Instant } from '../../src/domain/primitives/time.js';
import { RETENTION_DEFAULT } from '../../src/domain/records/retention.js';
import { keyOf } from '../../src/postgres/data/erasureKey.js';
import { sealMonths } from '../../src/postgres/data/seal.js';
import { inTransaction, type Pool } from '../../src/postgres/pool.js';
import { withDatabase } from './database.js';
import { fillYear } from './madeUpYear.js';

const SECRET = Buffer.alloc(32, 7);
export const KEY = keyOf(SECRET);

export type SealedYear = {
  readonly pool: Pool;
  /** The settings of the command line. */
  readonly env: { readonly DATABASE_URL: string; readonly SAFEBAND_ERASURE_KEY: string };
  /** The first sealed month, such as `2026-08`. */
  readonly month: string;
};

/** Makes a database of two accounts for a test file, with its closed months sealed by `KEY`. */
export function withSealedYear(now: Instant, ready: (year: SealedYear) => void): void {
  withDatabase(async (pool, url) => {
    await fillYear(pool, { accounts: 2, days: 80, perDay: 2, today: dayOf(now) });
    const { sealed } = await sealMonths(pool, KEY, { at: now, by: 'ada', withLate: false });
    const env = { DATABASE_URL: url, SAFEBAND_ERASURE_KEY: SECRET.toString('base64') };
    ready({ pool, env, month: sealed[0]?.month ?? '' });
  });
}

/** Changes the event log as its owner can, with the words of docs/runbook.md. */
export async function byForce(pool: Pool, sql: string): Promise<void> {
  await inTransaction(pool, async (db) => {
    await db.query('alter table safeband.inmail_events disable trigger append_only');
    await db.query(sql);
    await db.query('alter table safeband.inmail_events enable always trigger append_only');
  });
}

/** Does the work on seals as the audit of a worker does, so many days after today. */
export async function auditOn(
  work: 'seal' | 'compare',
  ask: {
    readonly day: number;
    readonly hour: number;
    readonly db: Pool;
    readonly now: Instant;
  },
): Promise<readonly string[]> {
  const { day, hour, db, now } = ask;
  const warnings: string[] = [];
  const done = sealWork(db, { keep: { ...RETENTION_DEFAULT, sealAfterDays: 10 }, erasureKey: KEY });
  const context = Object.create(Context.prototype, {
    heartbeat: { value: () => undefined },
    log: { value: { warn: (text: string) => void warnings.push(text) } },
  });
  const at = startOf(dayOf(now) + day) + hour * HOUR_MS;
  const audit = { runId: `audit-${day}-${hour}`, at, skewMs: 0 };
  await asyncLocalStorage.run(context, () => done[work](audit));
  return warnings;
}
