/** The accounts of an order are deleted long after its end, and never while its hold is in force (R28, R30). */
import { beforeAll, expect, it } from 'vitest';
import { reasonOf } from '../../../src/domain/fleet/order.js';
import { dayOf, startOf } from '../../../src/domain/primitives/time.js';
import { RETENTION_DEFAULT } from '../../../src/domain/records/retention.js';
import { listOrders, readOrder } from '../../../src/postgres/fleet/orders.js';
import { exportRows, recordExport } from '../../../src/postgres/operations/exportRows.js';
import { pruneRows } from '../../../src/postgres/operations/prune.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { takeBack } from '../../../src/status/orderDesk.js';
import { withDatabase } from '../../support/database.js';
import { fillYear } from '../../support/madeUpYear.js';

let pool: Pool;
withDatabase((own) => {
  pool = own;
});

const now = Date.now();
const today = dayOf(now);
const OLD = '0000000000000001';
const IN_FORCE = '0000000000000002';
const YOUNG = '0000000000000003';
const RUNNING = '0000000000000004';
const ids = ['a000001', 'a000002', 'a000003'];
const [HELD] = ids;

/** Deletes as an audit of the day does that has deleted nothing yet. */
async function prune(keep = RETENTION_DEFAULT): Promise<number> {
  await pool.query('update safeband.retention set done_on = null');
  return pruneRows(pool, { at: now, keep, stepRows: 2 });
}
/** The orders whose accounts still have rows. */
async function left(): Promise<readonly string[]> {
  const { rows } = await pool.query<{ id: string }>(
    'select order_id as id from safeband.order_accounts group by 1 order by 1',
  );
  return rows.map(({ id }) => id);
}
const hold = (reason: string | null): Promise<unknown> =>
  pool.query(
    `update safeband.accounts set hold_reason = $2, recorded_at = clock_timestamp(),
            hold_actor = case when $2::text is not null then 'ada' end,
            hold_since = case when $2::text is not null then now() end
      where account_id = $1`,
    [HELD, reason],
  );

beforeAll(async () => {
  await fillYear(pool, { accounts: ids.length, days: 1, perDay: 1, today });
  await pool.query(
    `insert into safeband.orders
       (order_id, kind, filter, reason, actor, per_second, accounts, made_at, ended_at)
     select id, 'hold', '{"all": true}', 'incident', 'ada', 50, 3, ended - interval '1 hour',
            case when id <> $4 then ended end
       from (select id, safeband.at_ms($5) - days * interval '1 day' as ended
               from (values ($1, 405), ($2, 405), ($3, 395), ($4, 405)) o (id, days)) o`,
    [OLD, IN_FORCE, YOUNG, RUNNING, now],
  );
  await pool.query(
    `insert into safeband.order_accounts (order_id, account_id, outcome, decided_at)
     select order_id, account_id, outcome, case when outcome is not null then made_at end
       from safeband.orders,
            unnest($1::text[], array['done', 'failed', null]) a (account_id, outcome)`,
    [ids],
  );
  await hold(reasonOf({ reason: 'incident', orderId: IN_FORCE }));
});

it('a worker that deletes only exported rows deletes no account of an order before its export', async () => {
  const onlyExported = { ...RETENTION_DEFAULT, onlyExported: true };
  expect(await prune(onlyExported)).toBe(0);
  expect(await left()).toEqual([OLD, IN_FORCE, YOUNG, RUNNING]);
  const before = startOf(today - 403);
  const found: string[] = [];
  const { asOf } = await exportRows(pool, { table: 'order_accounts', before }, (json) =>
    found.push(json),
  );
  expect(found).toHaveLength(6); // of the two orders that ended 405 days ago
  expect(JSON.parse(found[0] ?? '')).toMatchObject({ account_id: expect.any(String) });
  // An order that ended after the export is not in the file.
  const early = { table: 'order_accounts', before: startOf(today - 410), asOf, by: 'ada' } as const;
  await recordExport(pool, early);
  expect(await prune(onlyExported)).toBe(0);
  expect(await readOrder(pool, OLD, ids)).toMatchObject({ done: 1, accountsDeletedAt: null });
});

it('the accounts of an order that ended long ago are deleted, and the order and its counts stay', async () => {
  expect(await prune()).toBe(3);
  expect(await left()).toEqual([IN_FORCE, YOUNG, RUNNING]);
  expect(await readOrder(pool, OLD, null)).toMatchObject({
    accounts: 3,
    done: 1,
    failed: 1,
    left: 1,
    accountsDeletedAt: expect.any(String),
  });
  expect(await readOrder(pool, YOUNG, null)).toMatchObject({ done: 1, accountsDeletedAt: null });
});

it('a key of some accounts does not see an order whose accounts are not known any more', async () => {
  expect(await readOrder(pool, OLD, ids)).toBeUndefined();
  const seen = await listOrders(pool, {
    accounts: ids,
    group: null,
    accountId: null,
    after: null,
    limit: 9,
  });
  expect(seen.map(({ item }) => item.orderId).toSorted()).toEqual([IN_FORCE, YOUNG, RUNNING]);
});

it('an order is taken back while its hold is in force, and not after its accounts are deleted', async () => {
  const startOrder = async (): Promise<void> => undefined;
  const desk = { pool, startOrder, now: () => now, accounts: null };
  const by = { reason: 'it has ended', actor: 'ada' };
  await expect(takeBack(desk, OLD, by)).rejects.toThrow(
    'it holds no account any more, and the rows of its accounts were deleted',
  );
  expect(await takeBack(desk, IN_FORCE, by)).toMatchObject({ takesBack: IN_FORCE, accounts: 1 });
});

it('the accounts of an order to hold are deleted after the last of its holds has ended', async () => {
  expect(await prune()).toBe(0);
  await hold(null);
  expect(await prune()).toBe(3);
  expect(await left()).not.toContain(IN_FORCE);
});
