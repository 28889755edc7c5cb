/** A start that has no history to read gets its row claimed with the read (R13, R14). */
import { beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities } from '../../../src/activities/ports.js';
import { restoreAtOnce } from '../../../src/domain/entity/atOnce.js';
import { isAccountId, type AccountId } from '../../../src/domain/primitives/ids.js';
import { dayOf } from '../../../src/domain/primitives/time.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { withDatabase } from '../../support/database.js';
import { at, must } from '../../support/scenario.js';

let pool: Pool;
let activities: Activities;
withDatabase((own) => {
  pool = own;
  activities = createActivities({ pool });
});

const NOW = at('09:00');
const [FIRST, NEXT] = ['the first chain', 'the next chain'];
let accountId: AccountId;
let count = 0;
beforeEach(() => {
  accountId = must(isAccountId, `opened-${(count += 1)}`);
});

const openingOf = (owner: string, isFirstRun: boolean, more: object = {}) => ({
  start: { accountId, connect: true, ...more },
  owner,
  at: NOW,
  isFirstRun,
  place: { runId: owner, events: 8, isWhole: false },
});
const open = (owner: string, isFirstRun: boolean, more: object = {}) =>
  activities.readBack({
    accountId,
    day: dayOf(NOW),
    opening: openingOf(owner, isFirstRun, more),
  });
const row = async () =>
  (
    await pool.query(
      `select owner, owner_version::int as version, run_id as run, run_events as events,
              cooldown_cause as cause
         from safeband.accounts where account_id = $1`,
      [accountId],
    )
  ).rows;

describe('a start', () => {
  it.each([true, false])('claims a new account with the read, first run: %s', async (isFirst) => {
    const found = await open(FIRST, isFirst);
    expect([found.account, found.claimed]).toEqual([null, { rivals: [] }]);
    const claimed = { owner: FIRST, version: 1, run: FIRST, events: 8, cause: null };
    expect(await row()).toEqual([claimed]);
  });

  it('that has lost its history claims the row as the account that waits', async () => {
    await open(FIRST, true);
    const found = await open(NEXT, true);
    expect(found).toMatchObject({ account: { owner: FIRST }, claimed: { rivals: [] } });
    expect(await row()).toMatchObject([{ owner: NEXT, cause: 'unclean_end' }]);
  });

  it('whose last workflow may have a history claims nothing before it is read', async () => {
    await open(FIRST, true);
    const before = await row();
    expect(await open(NEXT, false)).not.toHaveProperty('claimed');
    expect(await row()).toEqual(before);
  });

  it('whose answer was lost claims its own row again, and its version rises', async () => {
    await open(FIRST, true);
    await open(NEXT, true);
    const before = await row();
    const found = await open(NEXT, true);
    expect(found).toMatchObject({ account: { owner: NEXT }, claimed: { rivals: [] } });
    const { account, version } = restoreAtOnce(found, openingOf(NEXT, true));
    expect(account.cooldowns).toMatchObject([{ cause: 'unclean_end' }]);
    expect(version).toBeGreaterThanOrEqual(before[0].version);
    expect(await row()).toMatchObject([
      { owner: NEXT, version: version + 1, cause: 'unclean_end' },
    ]);
  });

  it('claims exactly the row of the account that it returns', async () => {
    await open(FIRST, true, { tier: 'recruiter', inmailsSentToday: 7, deliveredToday: 3 });
    const ask = openingOf(NEXT, true, { dailyCap: 20 });
    const found = await activities.readBack({ accountId, day: dayOf(NOW), opening: ask });
    const { account, version } = restoreAtOnce(found, ask);
    const { rows } = await pool.query(
      `select inmails_sent_today as counter, imported, unexplained, daily_cap as cap,
              version::int as version
         from safeband.accounts where account_id = $1`,
      [accountId],
    );
    const { counter, imported, unexplained, policy } = accountRow(account, version + 1);
    const { dailyCap: cap } = policy;
    expect(rows).toEqual([{ counter, imported, unexplained, cap, version: version + 1 }]);
    expect(counter).toBe(7);
  });

  it('names the accounts of the same member', async () => {
    const identity = `member-of-${accountId}`;
    const other = accountId;
    await open(FIRST, true, { identity });
    accountId = must(isAccountId, `${other}-second`);
    expect(await open(NEXT, true, { identity })).toMatchObject({ claimed: { rivals: [other] } });
  });

  it('that reads an account in parts claims nothing before it has all of them', async () => {
    await open(FIRST, true);
    await pool.query(
      `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
         lease_expires_at, settled_at, number)
       select $1, repeat('r', 100) || n, safeband.day_at($2), 'released', safeband.at_ms($3),
              safeband.at_ms($3), safeband.at_ms($3), n
         from generate_series(1, 1500) n`,
      [accountId, dayOf(NOW), NOW],
    );
    const found = await open(NEXT, true);
    expect(found.left).toContain('log');
    expect(found).not.toHaveProperty('claimed');
    expect(await row()).toMatchObject([{ owner: FIRST }]);
  });

  it('that reads one part of a new account claims nothing', async () => {
    const asked = { accountId, day: dayOf(NOW), opening: openingOf(FIRST, true) };
    for (const part of ['log', 'run', 'line'] as const) {
      expect(await activities.readBack({ ...asked, part })).not.toHaveProperty('claimed');
    }
    expect(await row()).toEqual([]);
  });

  it('whose answer was lost returns the same alert and the same doubt about slots', async () => {
    await open(FIRST, true);
    await pool.query(
      `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
         lease_expires_at, journaled, number)
       values ($1, 'in-flight', safeband.day_at($2), 'in_flight', safeband.at_ms($3),
               safeband.at_ms($3 + 60000), true, 1)`,
      [accountId, dayOf(NOW), NOW],
    );
    const tables = async () => {
      const { outbox } = restoreAtOnce(await open(NEXT, true), openingOf(NEXT, true));
      return outbox.map(({ row: { table } }) => table).toSorted();
    };
    const first = await tables();
    expect(first).toEqual(expect.arrayContaining(['alerts', 'reservations']));
    expect(await tables()).toEqual(first);
  });

  it.each([true, false])(
    'of a new account whose answer was lost returns the same account, first run: %s',
    async (isFirst) => {
      const start = { actor: 'ada', inmailsSentToday: 7, deliveredToday: 3 };
      const ask = openingOf(FIRST, isFirst, start);
      const entity = async () => restoreAtOnce(await open(FIRST, isFirst, start), ask);
      const first = await entity();
      expect(first.outbox).toMatchObject([{ row: { table: 'account_changes' } }]);
      expect(await entity()).toEqual(first);
      expect(await row()).toMatchObject([{ owner: FIRST, version: first.version + 1 }]);
    },
  );

  it('that has ended takes the row from no later start', async () => {
    await open(FIRST, true);
    const late = { accountId, day: dayOf(NOW), opening: openingOf(NEXT, true) };
    await activities.readBack({
      ...late,
      opening: { ...openingOf('the last chain', true), at: NOW + 1 },
    });
    expect(await activities.readBack(late)).not.toHaveProperty('claimed');
    expect(await row()).toMatchObject([{ owner: 'the last chain' }]);
  });

  it('does not claim a row that has changed since it was read', async () => {
    await open(FIRST, true);
    const { version, owner } = (await row())[0];
    const late = createActivities({ pool: interrupted(pool) });
    const asked = { accountId, day: dayOf(NOW), opening: openingOf(NEXT, true) };
    expect(await late.readBack(asked)).not.toHaveProperty('claimed');
    expect(await row()).toMatchObject([{ owner, version }]);
  });
});

/** A pool whose reads are followed by a write of another workflow, before the claim. */
function interrupted(real: Pool): Pool {
  const connect = async (): Promise<object> => {
    const db = await real.connect();
    const query = async (sql: string, values?: unknown[]): Promise<unknown> => {
      if (/identity_locks/.test(sql)) {
        await real.query(
          'update safeband.accounts set version = version + 1 where account_id = $1',
          [accountId],
        );
      }
      return db.query(sql, values);
    };
    return { query, release: (broken?: Error) => db.release(broken) };
  };
  return Object.assign(Object.create(real), { connect });
}
