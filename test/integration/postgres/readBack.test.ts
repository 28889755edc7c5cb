/** The rows that a start reads back (R13), and the owner that may write the row after it (R14). */
import { beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities } from '../../../src/activities/ports.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { isAccountId, type AccountId } from '../../../src/domain/primitives/ids.js';
import { dayOf, isoDay, startOf } from '../../../src/domain/primitives/time.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import { anAccount, at, must } from '../../support/scenario.js';
import { withDatabase } from '../../support/database.js';

let databaseUrl: string;
let pool: Pool;
let activities: Activities;
withDatabase((own, address) => {
  pool = own;
  databaseUrl = address;
  activities = createActivities({ pool });
});

const OWNER = 'this chain';
const TODAY = dayOf(at('09:00'));
let accountId: AccountId;
let count = 0;
const rowAt = (version: number) => ({
  ...accountRow(anAccount().entity.account, version),
  accountId,
});
const claim = (version: number, found: { owner: string; version: number } | null = null) =>
  activities.claim({ owner: OWNER, found, row: rowAt(version) });
const readBack = () => activities.readBack({ accountId, day: TODAY });
beforeEach(async () => {
  accountId = must(isAccountId, `read-${(count += 1)}`);
  await claim(1);
});

/** Writes a slot of that many days ago, with its journal row and its event. */
async function left(id: string, daysAgo: number, state: string): Promise<void> {
  const day = isoDay(TODAY - daysAgo);
  const noon = new Date(startOf(TODAY - daysAgo) + 43_200_000).toISOString();
  await pool.query(
    `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
       lease_expires_at, settled_at, number)
     values ($1, $2, $3, $4, $5, $5, case when $4 <> 'in_flight' then $5::timestamptz end, 1)`,
    [accountId, id, day, state, noon],
  );
  await pool.query(
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at,
       outcome, chat_id) values ($1, $2::text, $3, $4, 'delivered', $2::text)`,
    [accountId, id, day, noon],
  );
  await pool.query(
    `insert into safeband.inmail_events (account_id, reservation_id, chat_id, source, quota_day,
       delivered_at) values ($1, $2::text, $2::text, 'journal', $3, $4)`,
    [accountId, id, day, noon],
  );
}

describe('what a start reads back', () => {
  it('a start reads the days that are remembered, and everything about older slots in flight', async () => {
    await left('today', 0, 'uncertain');
    await left('remembered', 2, 'uncertain');
    await left('forgotten', 3, 'uncertain');
    await left('open', 30, 'in_flight');
    const { reservations, attempts, events } = await readBack();
    // The journal proves a call before a long outage, so the account need not guess (R6).
    const expected = ['open', 'remembered', 'today'];
    for (const rows of [reservations, attempts, events]) {
      expect(rows.map(({ reservationId }) => reservationId)).toEqual(
        expect.arrayContaining(expected),
      );
      expect(rows).toHaveLength(expected.length);
    }
  });

  it('a start reads the slots that take room today, whatever their day', async () => {
    await left('late', 9, 'uncertain');
    await left('over', 9, 'uncertain');
    await pool.query(
      `update safeband.reservations set carried_into = safeband.day_at($2)
        where account_id = $1 and reservation_id = 'late'`,
      [accountId, TODAY],
    );
    const { reservations } = await readBack();
    expect(reservations).toMatchObject([{ reservationId: 'late', carriedInto: TODAY }]);
  });

  it('a start after days without a workflow begins with the day of the last save, and forgets no closed day', async () => {
    const away = { ...rowAt(2), day: TODAY - 5 };
    await activities.save({ owner: OWNER, row: away, entries: [], isHot: true, handled: null });
    await left('its-last-day', 5, 'uncertain');
    await left('the-day-before', 7, 'uncertain');
    await left('forgotten', 8, 'uncertain');
    await pool.query(
      `insert into safeband.account_days (account_id, quota_day, counter, delivered, uncertain,
         external, imported, unexplained, number)
       select $1, safeband.day_at($2) - ago, 1, 1, 0, 0, 0, 0, 1
         from unnest(array[3, 6, 11, 12]) ago`,
      [accountId, TODAY],
    );
    const { reservations, attempts, events, days } = await readBack();
    // The next start closes the last day, whose deliveries must not end as unexplained.
    const ids = reservations.map(({ reservationId }) => reservationId);
    expect(ids).toEqual(['the-day-before', 'its-last-day']);
    expect(days.map(({ quotaDay }) => TODAY - quotaDay).toSorted((a, b) => a - b)).toEqual([
      3, 6, 11,
    ]);
    // A row of a day that today no longer remembers would count its slot a second time.
    expect([attempts, events]).toEqual([[], []]);
  });

  it('a start reads the same in any time zone of the session', async () => {
    await left('today', 0, 'uncertain');
    const here = await readBack();
    const url = `${databaseUrl}?options=-c%20TimeZone%3DAsia%2FTokyo`;
    const far = createPool(url);
    expect((await far.query('show timezone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }]);
    const there = await createActivities({ pool: far }).readBack({ accountId, day: TODAY });
    await far.end();
    expect(there).toEqual(here);
    expect(here.attempts[0]?.quotaDay).toBe(TODAY);
    expect(here.reservations[0]?.reservedAt).toBe(at('12:00'));
  });
});

describe('the version that an owner began with', () => {
  const versions = async (): Promise<unknown> => {
    const { account } = await readBack();
    return { version: account?.version, ownerVersion: account?.ownerVersion };
  };
  it('the first version of an owner stays when a running account only checks for rivals again', async () => {
    await activities.save({ owner: OWNER, row: rowAt(5), entries: [], isHot: true, handled: null });
    await claim(5);
    // With a higher version, a later reset would look like a start without later saves (R14).
    expect(await versions()).toEqual({ version: 5, ownerVersion: 1 });
  });
  it('a start that has read the row sets the first version of the owner, also if it is tried again', async () => {
    await claim(6, { owner: OWNER, version: 1 });
    await claim(6, { owner: OWNER, version: 1 });
    expect(await versions()).toEqual({ version: 6, ownerVersion: 6 });
  });
});
