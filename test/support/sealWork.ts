/** The work of an audit on seals, and changes of the event log that only its owner can make. */
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { sealWork } from '../../src/activities/audit/seals.js';
import { dayOf, HOUR_MS, startOf, type Instant } from '../../src/domain/primitives/time.js';
import { RETENTION_DEFAULT } from '../../src/domain/records/retention.js';
import type { ErasureKey } from '../../src/postgres/data/erasureKey.js';
import { inTransaction, type Pool } from '../../src/postgres/pool.js';

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
    readonly key: ErasureKey;
    readonly now: Instant;
  },
): Promise<readonly string[]> {
  const { day, hour, db, key: erasureKey, now } = ask;
  const warnings: string[] = [];
  const done = sealWork(db, { keep: { ...RETENTION_DEFAULT, sealAfterDays: 10 }, erasureKey });
  const context = Object.create(Context.prototype, {
    heartbeat: { value: () => undefined },
    log: { value: { warn: (text: string) => void warnings.push(text) } },
  });
  const at = startOf(dayOf(now) + day) + hour * HOUR_MS;
  const audit = { runId: `audit-${day}-${hour}`, at, skewMs: 0 };
  await asyncLocalStorage.run(context, () => done[work](audit));
  return warnings;
}
