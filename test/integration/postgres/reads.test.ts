/** People read the rows that were saved: the two numbers, and the lists behind them (R17). */
import { expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { deliver } from '../../../src/domain/commands/deliver.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import { reserve } from '../../../src/domain/commands/reserve.js';
import { hold } from '../../../src/domain/commands/administer.js';
import { dayOf } from '../../../src/domain/primitives/time.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { listChanges, listEvents, readStatus } from '../../../src/postgres/read/reads.js';
import { pageAccounts } from '../../../src/postgres/read/lists.js';
import { anAccount, at, c, must, r } from '../../support/scenario.js';
import { withDatabase } from '../../support/database.js';
import { listOpenAlerts } from '../../../src/postgres/alerts/alerts.js';
import { batchOf } from '../../../src/domain/entity/writes.js';

let pool: Pool;
/** Saves two accounts with one story; `one` has an open alert and a resolved alert. */
withDatabase(async (own) => {
  pool = own;
  const activities = createActivities({ pool });
  for (const name of ['one', 'two']) {
    const accountId = must(isAccountId, name);
    const start = anAccount({ accountId, dailyCap: 5 });
    const { entity } = start
      .when(reserve, { reservationId: r('a') })
      .when(reserve, { reservationId: r('b') })
      .when(reserve, { reservationId: r('c') })
      .when(deliver, { reservationId: r('a'), chatId: c('chat-a') })
      .when(deliver, { reservationId: r('b'), chatId: c('chat-b') })
      .when(hold, { reason: 'looks odd', actor: 'ada' });
    const row = accountRow(start.entity.account, 0);
    await activities.claim({ owner: 'chain', found: null, row });
    await activities.save({ owner: 'chain', ...batchOf(entity) });
  }
  await pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at, resolved_at)
     values ('one', 'drift', 'warning', '2026-11-24', '2026-11-24T10:00:00Z', null),
            ('one', 'over_cap', 'warning', '2026-11-24', '2026-11-24T11:00:00Z', now())`,
  );
});

it('a list shows counter and event log of each account, with the parts of the gap', async () => {
  expect(await readStatus(pool, 'one', at('12:00'))).toMatchObject({
    state: 'held',
    hold: { reason: 'looks odd', actor: 'ada', since: at('09:00') },
    day: dayOf(at('09:00')),
    counter: 3,
    delivered: 2,
    inFlight: 1,
    drift: 1,
    remaining: 2,
    caps: { daily: 5, weekly: 25, ramp: null },
    cooldown: null,
    lastCheckedAt: null,
  });
  expect(await readStatus(pool, 'nobody', at('12:00'))).toBeUndefined();
});

it('the pages of accounts, events and changes leave no row out', async () => {
  const instant = at('12:00');
  const every = { at: instant, prefix: '', accounts: null };
  const [first] = await pageAccounts(pool, { ...every, after: '', limit: 1 });
  expect(first?.accountId).toBe('one');
  const rest = await pageAccounts(pool, { ...every, after: 'one', limit: 10 });
  expect(rest.map(({ accountId }) => accountId)).toEqual(['two']);
  const [newest] = await listEvents(pool, 'one', { limit: 1 });
  expect(newest).toMatchObject({ chatId: 'chat-b', reservationId: 'b', isCounted: true });
  const older = await listEvents(pool, 'one', { limit: 9, before: newest?.eventId ?? 0 });
  expect(older.map(({ chatId }) => chatId)).toEqual(['chat-a']);
  const [change] = await listChanges(pool, 'one', { limit: 1 });
  expect(change).toMatchObject({ kind: 'hold', actor: 'ada', at: at('09:00') });
  expect(await listChanges(pool, 'one', { limit: 9, before: change?.number ?? 0 })).toEqual([]);
});

it('the list of alerts has open alerts, and no resolved ones', async () => {
  const open = await listOpenAlerts(pool, { limit: 9 });
  expect(open).toMatchObject([{ accountId: 'one', kind: 'drift', raisedAt: at('10:00') }]);
  expect(await listOpenAlerts(pool, { accountId: 'two', limit: 9 })).toEqual([]);
});
