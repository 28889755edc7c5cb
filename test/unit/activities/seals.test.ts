/** The audit tries to seal a month that is too large once a day (R29). */
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { expect, it } from 'vitest';
import { sealWork } from '../../../src/activities/audit/seals.js';
import { RETENTION_DEFAULT } from '../../../src/domain/records/retention.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { keyOf } from '../../../src/postgres/data/erasureKey.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { at } from '../../support/scenario.js';

/** A Postgres with a sealed month, in which each statement of a seal takes too long. */
function slowPool(tries: string[]): Pool {
  const last = { month: '2026-09-01', hash: '0'.repeat(64), keyId: null };
  const query = async (sql: string): Promise<unknown> => {
    if (!sql.startsWith('set local')) return { rows: [] };
    tries.push(sql);
    throw Object.assign(new Error('canceling statement due to statement timeout'), {
      code: '57014',
    });
  };
  return Object.create({
    query: async () => ({ rows: [last] }),
    connect: async () => ({ query, release: () => undefined }),
  });
}

it('a month that is too large is tried once a day, with a warning that names it', async () => {
  const tries: string[] = [];
  const warnings: unknown[] = [];
  const keep = { ...RETENTION_DEFAULT, sealAfterDays: 10 };
  const { seal } = sealWork(slowPool(tries), { keep, erasureKey: keyOf(Buffer.alloc(32, 7)) });
  const context = Object.create(Context.prototype, {
    heartbeat: { value: () => undefined },
    log: { value: { warn: (...said: readonly unknown[]) => void warnings.push(said) } },
  });
  const first = at('09:00');
  for (const when of [first, first + 600_000, first + DAY_MS]) {
    await asyncLocalStorage.run(context, () => seal({ runId: 'audit', at: when, skewMs: 0 }));
  }
  expect(tries.length).toBe(2);
  expect(warnings[0]).toEqual([
    'a month is not sealed: it takes longer than an audit may; run safeband seal',
    { month: '2026-10' },
  ]);
});
