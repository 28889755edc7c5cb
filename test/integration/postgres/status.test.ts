/** The view account_status, also after a midnight whose reset is not written yet (R7, R8). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { readStatus } from '../../../src/postgres/read/reads.js';
import { anAccount, at, must, rows } from '../../support/scenario.js';
import { distantPool } from '../../support/stand.js';

let close: () => Promise<void>;
let pool: Pool;
beforeAll(async () => {
  ({ pool, close } = await distantPool());
});
afterAll(() => close());

/** Slots of the 24th, which take room on the 25th or not. */
const TABLE = `
  state      leaseEnds                 carried
  in_flight  2026-11-24T10:00:00.000Z  1
  in_flight  2026-11-25T01:00:00.000Z  1
  uncertain  2026-11-24T20:00:00.000Z  0
  uncertain  2026-11-25T00:00:00.000Z  0
  uncertain  2026-11-25T00:00:00.001Z  1
  released   2026-11-25T01:00:00.000Z  0
`;
let count = 0;
it.each(rows(TABLE))(
  'a slot $state with a lease until $leaseEnds: carried $carried',
  async (row) => {
    const accountId = must(isAccountId, `s-${(count += 1)}`);
    const account = accountRow(anAccount().entity.account, 0);
    await createActivities({ pool }).claim({
      owner: 'chain',
      found: null,
      row: { ...account, accountId, counter: 1 },
    });
    await pool.query(
      `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
       lease_expires_at, settled_at, number)
     values ($1, 'a', '2026-11-24', $2::text, '2026-11-24T09:00:00Z', $3,
             case when $2::text <> 'in_flight' then '2026-11-24T09:30:00Z'::timestamptz end, 1)`,
      [accountId, row['state'], row['leaseEnds']],
    );
    const before = await readStatus(pool, accountId, at('2026-11-24T23:59:59.999Z'));
    expect(before).toMatchObject({ counter: 1, carried: 0, day: account.day });
    const after = await readStatus(pool, accountId, at('2026-11-25T00:00:00.000Z'));
    const carried = Number(row['carried']);
    expect(after).toMatchObject({ counter: 0, carried, remaining: 50 - carried });
  },
);

it('account_status counts neither a manual edit nor the sends of another system as drift', async () => {
  const accountId = must(isAccountId, 'imported');
  const { account } = anAccount({ accountId, inmailsSentToday: 7 }).entity;
  const row = accountRow(account, 0);
  await createActivities({ pool }).claim({ owner: 'chain', found: null, row });
  const read = () => readStatus(pool, accountId, at('10:00'));
  expect(await read()).toMatchObject({ counter: 7, imported: 7, drift: 0, remaining: 43 });
  await pool.query('update safeband.accounts set inmails_sent_today = 9 where account_id = $1', [
    accountId,
  ]);
  expect(await read()).toMatchObject({ counter: 7, imported: 7, drift: 0, remaining: 43 });
  expect((await read())?.edited).toMatchObject({ row: 9, counted: 7 });
});
