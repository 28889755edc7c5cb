/**
 * A write whose answer is lost or late is committed once. The account then receives its findings, and
 * grants nothing until it has them (R8, R12, R14).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../src/postgres/pool.js';
import { accountActivities } from '../../src/activities/account.js';
import { startActivities } from '../../src/activities/start/rows.js';
import type { Findings } from '../../src/temporal/protocol.js';
import { all, ask, run, update, statusOf, skipToSave, whenSaved } from '../support/account.js';
import { lockRow, lockTable } from '../support/locks.js';
import { startProxy, type Proxy } from '../support/proxy.js';
import { createStand, freshDatabase, type Stand } from '../support/stand.js';

let stand: Stand;
let proxy: Proxy;
/** `lost`: answers that are lost after their commit, by activity. */
const fault = { runs: 0, saves: 0, commits: 0 };
beforeAll(async () => {
  const database = await freshDatabase();
  proxy = await startProxy(database.url);
  const behind = createPool(proxy.url);
  const far = { ...startActivities(behind), ...accountActivities(behind) };
  stand = await createStand({
    databaseUrl: database.url,
    activities: () => ({
      ...far,
      reconcile: async (request) => {
        const ran = await far.reconcile(request);
        if (fault.runs > 0) {
          fault.runs -= 1;
          throw new Error('the answer is lost');
        }
        return ran;
      },
      save: async (request) => {
        const saved = await far.save(request);
        if (fault.saves > 0) {
          fault.saves -= 1;
          throw new Error('the answer is lost');
        }
        return saved;
      },
    }),
  });
});
afterAll(async () => {
  await stand.close();
  proxy.close();
});

type Known = { readonly id: string; readonly account: WorkflowHandle };
async function verified(start: object = {}): Promise<Known> {
  const id = stand.newAccount();
  const account = await stand.connect(id, start);
  await run(account);
  await whenSaved(account);
  return { id, account };
}

/** Writes sends without a grant into the log. */
const addUnknownEvents = async (id: string, count: number): Promise<void> => {
  await stand.pool.query(
    `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
     select $1, 'wild-' || n, 'external', (now() at time zone 'UTC')::date, now()
       from generate_series(1, $2) n`,
    [id, count],
  );
};

const grants = async (account: WorkflowHandle, count: number, name: string): Promise<number> => {
  const requests = Array.from({ length: count }, (_, n) => ({ reservationId: `${name}-${n}` }));
  const { decisions } = await update<{ decisions: readonly { granted: boolean }[] }>(
    account,
    'sendReserveBatch',
    { requests },
  );
  return decisions.filter(({ granted }) => granted).length;
};

const left = async (id: string): Promise<unknown> =>
  (
    await all(
      stand,
      `select (select count(*)::int from safeband.corrections where account_id = $1) as corrections,
              (select sum(times)::int from safeband.alerts
                where account_id = $1 and kind = 'undercount') as undercounts,
              (select count(*)::int from safeband.reconciler_runs
                where account_id = $1 and counter_before <> counter_after) as corrected`,
      id,
    )
  )[0];
const ONCE = { corrections: 1, undercounts: 1, corrected: 1 };

describe('a run that waits for the row', () => {
  it.each([1_600, 3_000])(
    'a run that waits for the row of %s ms answers what it found, and is written once',
    async (ms) => {
      const { id, account } = await verified();
      await addUnknownEvents(id, 50);
      const lock = await lockRow(stand.databaseUrl, id);
      const found = run(account);
      await sleep(ms); // how long the row is locked
      await lock.release();
      expect(await found).toMatchObject({ healed: true, alerted: true });
      expect(await statusOf(account)).toMatchObject({ counter: 50, external: 50, remaining: 0 });
      expect(await grants(account, 50, 'late')).toBe(0);
      expect(await left(id)).toEqual(ONCE);
    },
  );

  it('a run that waits for the row of 12 s is unavailable, and until its outcome is known nothing is granted', async () => {
    const { id, account } = await verified();
    await addUnknownEvents(id, 50);
    const lock = await lockRow(stand.databaseUrl, id);
    const found = update<Findings>(account, 'reconcileNow'); // asked once: `run` would ask again
    await expect(found).rejects.toMatchObject({ cause: { type: 'Unavailable' } });
    expect(await ask(account, 'meanwhile')).toMatchObject({ reason: 'unverified' });
    expect(await statusOf(account)).toMatchObject({ verified: false, state: 'unverified' });
    // Reports and orders are still accepted.
    expect(await update(account, 'hold', { reason: 'x', actor: 'ada' })).toEqual({ state: 'held' });
    await sleep(2_000); // how long the row is locked, after the 10 s of the caller
    await lock.release();
    await expect.poll(() => statusOf(account)).toMatchObject({ verified: true, counter: 50 });
    await update(account, 'resume', { reason: 'x', actor: 'ada' });
    expect(await grants(account, 50, 'late')).toBe(0);
    expect(await left(id)).toEqual(ONCE);
  });
});

describe('a run whose answer is lost', () => {
  it.each([1, 3])('%s times is written once, and its caller gets its result', async (times) => {
    const { id, account } = await verified();
    await addUnknownEvents(id, 50);
    fault.runs = times;
    expect(await update<Findings>(account, 'reconcileNow')).toMatchObject({ healed: true });
    fault.runs = 0;
    expect(await grants(account, 50, 'late')).toBe(0);
    expect(await left(id)).toEqual(ONCE);
  });

  it('a run whose answer is lost because the connection ends before the commit is answered, is written once', async () => {
    const { id, account } = await verified();
    await addUnknownEvents(id, 50);
    const lock = await lockRow(stand.databaseUrl, id);
    const found = run(account);
    await sleep(300); // the run now waits for the row; in any case it is written once
    proxy.turn('silent');
    await lock.release();
    await sleep(2_500); // long enough for the first way to fail
    proxy.turn('open');
    await found.catch(() => undefined);
    await expect.poll(() => statusOf(account)).toMatchObject({ verified: true, counter: 50 });
    expect(await grants(account, 50, 'late')).toBe(0);
    expect(await left(id)).toEqual(ONCE);
  });
});

it('a table lock of a second while a run reads does not make it unavailable', async () => {
  const { id, account } = await verified();
  await addUnknownEvents(id, 7);
  const lock = await lockTable(stand.databaseUrl, 'inmail_events');
  const found = run(account);
  await sleep(1_200); // how long the table is locked
  await lock.release();
  expect(await found).toMatchObject({ healed: true });
  expect(await left(id)).toEqual(ONCE);
});

it('a save whose answer is lost writes each row once, and counts each alert once', async () => {
  const { id, account } = await verified();
  await ask(account, 'a');
  fault.saves = 1;
  await account.signal('sendDelivered', { chatId: 'no reservation' });
  await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'chat-a' });
  await expect.poll(() => fault.saves).toBe(0);
  await account.signal('sendDelivered', { chatId: 'again none' });
  await update(account, 'hold', { reason: 'x', actor: 'ada' });
  await skipToSave(account);
  const rows = `select
      (select times from safeband.alerts where account_id = $1 and kind = 'bad_signal') as bad,
      (select count(*)::int from safeband.inmail_events where account_id = $1) as log,
      (select count(*)::int from safeband.account_changes
        where account_id = $1 and kind = 'hold') as holds`;
  expect(await all(stand, rows, id)).toEqual([{ bad: 2, log: 1, holds: 1 }]);
});
