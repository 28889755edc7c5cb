/**
 * Postgres is restored from a backup, or Temporal is lost, or both. No account sends more than its
 * cap, no delivery that its workflow knows is lost, and in doubt an account waits (R6, R13, R14).
 */
import type { WorkflowHandle } from '@temporalio/client';
import pg from 'pg';
import { afterEach, expect, inject, it } from 'vitest';
import type { StatusWire } from '../../src/domain/wire/responses.js';
import { readOrder } from '../../src/postgres/fleet/orders.js';
import { makeOrder, preview, type Desk } from '../../src/status/orderDesk.js';
import { startOrder } from '../../src/temporal/orders.js';
import { workflowIdOf } from '../../src/temporal/protocol.js';
import { all, ask, run, stateOf, statusOf, update, skipToSave } from '../support/account.js';
import { safeband, settingsOf } from '../support/cli.js';
import { flawsOf } from '../support/histories.js';
import { otherTemporal } from '../support/otherTemporal.js';
import { createStand, freshDatabase, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

type Ground = {
  readonly stand: Stand;
  /** Copies the database, as a dump does. */
  readonly backUp: () => Promise<void>;
  /** Replaces the database by its copy, while no worker runs. */
  readonly restore: () => Promise<void>;
};

async function ground(): Promise<Ground> {
  const database = await freshDatabase();
  closing.push(database.drop);
  const stand = await createStand({ databaseUrl: database.url });
  closing.push(stand.close);
  const name = new URL(database.url).pathname.slice(1);
  const backup = `${name}_backup`;
  const admin = async (...statements: readonly string[]): Promise<void> => {
    const db = new pg.Client({ connectionString: inject('postgresUrl') });
    await db.connect();
    for (const sql of statements) await db.query(sql);
    await db.end();
  };
  const leave = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  closing.push(() => admin(`drop database if exists ${backup} with (force)`));
  return {
    stand,
    backUp: async () => {
      await stand.stopWorker();
      await admin(leave, `create database ${backup} template ${name}`);
      await stand.startWorker();
    },
    restore: () =>
      admin(`drop database ${name} with (force)`, `create database ${name} template ${backup}`),
  };
}

const countsOf = ({ counter, delivered, uncertain, inFlight, unexplained }: StatusWire) => ({
  counter,
  delivered,
  uncertain,
  inFlight,
  unexplained,
});
const LEASE_SECONDS = 600;
const ROW = `select inmails_sent_today as counter, uncertain, hold_reason as hold
  from safeband.accounts where account_id = $1`;
const LOG = `select chat_id as chat from safeband.inmail_events where account_id = $1 order by 1`;
const chats = (...names: readonly string[]) => names.map((name) => ({ chat: `chat-${name}` }));

it('after a restore of Postgres, running accounts write their rows again and free no slot', async () => {
  const { stand, backUp, restore } = await ground();
  const send = async (name: string, of = account): Promise<void> => {
    await ask(of, name);
    await update(of, 'sendDelivered', { reservationId: name, chatId: `chat-${name}` });
  };
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await send('before');
  await run(account);
  const moved = stand.newAccount('moved');
  await send('old', await stand.connect(moved));
  // Its lease is longer than the test: a reconcile may come at any time, and finds no ended lease.
  const sending = { journaled: true, leaseSeconds: LEASE_SECONDS };
  await ask(account, 'early', sending);
  await Promise.all([account, stand.handle(moved)].map(skipToSave));
  const leave = (of: WorkflowHandle): Promise<unknown> =>
    update(of, 'disconnect', { reason: 'the customer left', actor: 'ben' }).then(() => of.result());
  const [gone, back] = [stand.newAccount('gone'), stand.newAccount('back')];
  for (const one of [gone, back]) await send('old', await stand.connect(one));
  await leave(stand.handle(back));
  await run(stand.handle(gone));
  await backUp();

  // Its row in the backup has another owner: it was started again after the backup.
  await stand.handle(moved).terminate('an accident');
  await send('new', await stand.connect(moved));
  await skipToSave(stand.handle(moved));

  await send('after');
  await ask(account, 'sending', sending);
  await all(
    stand,
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
     select $1, slot, (now() at time zone 'UTC')::date, now()
       from unnest(array['early', 'sending']) slot`,
    id,
  );
  // The backup has one of them as connected, and one as disconnected before its last sends.
  await send('new', stand.handle(gone));
  await send('new', await stand.connect(back));
  for (const one of [gone, back]) await leave(stand.handle(one));
  await ask(account, 'late');
  await ask(account, 'doubtful');
  await update(account, 'sendFailed', { reservationId: 'doubtful', kind: 'unknown' });
  await update(account, 'hold', { reason: 'asked by the customer', actor: 'ben' });
  const newer = stand.newAccount('new');
  const added = await stand.connect(newer);
  await send('first', added);
  await Promise.all([account, added].map(skipToSave));
  const before = countsOf(await statusOf(account));
  expect(before).toEqual({ counter: 6, delivered: 2, uncertain: 1, inFlight: 3, unexplained: 0 });

  await stand.stopWorker();
  await restore();
  await stand.startWorker();
  expect(await all(stand, ROW, newer)).toEqual([]);
  // The backup has the row of this slot and not its attempt: the first save finds the old row.
  await update(account, 'sendDelivered', { reservationId: 'late', chatId: 'chat-late' });
  await skipToSave(account);
  expect(await stateOf(account, 'early')).toBe('uncertain');
  await fastForward(stand.client, account.workflowId, LEASE_SECONDS);
  for (const one of [account, added]) await run(one);
  await Promise.all([account, added].map(skipToSave));
  // Its attempt is lost, too: the slot stays spent, although no row shows that the call began.
  expect(await stateOf(account, 'sending')).toBe('uncertain');
  expect(countsOf(await statusOf(account))).toEqual({
    ...before,
    delivered: 3,
    uncertain: 3,
    inFlight: 0,
  });
  await run(account);
  for (const slot of ['early', 'sending']) {
    expect(await stateOf(account, slot)).toBe('uncertain');
  }
  await skipToSave(account);
  expect(await all(stand, ROW, id)).toEqual([
    { counter: 6, uncertain: 3, hold: 'asked by the customer' },
  ]);
  expect(await all(stand, LOG, id)).toEqual(chats('after', 'before', 'late'));

  // The account that was started again waits, and its next start reads its history.
  const blocked = stand.handle(moved);
  await blocked.signal('reconcileNow', {});
  await expect.poll(() => statusOf(blocked)).toMatchObject({ cooldown: { cause: 'two_owners' } });
  await blocked.terminate('the row belongs to an earlier start');
  const free = await stand.connect(moved);
  expect(await statusOf(free)).toMatchObject({ counter: 2, delivered: 2, unexplained: 0 });
  await skipToSave(free);
  expect(await all(stand, LOG, moved)).toEqual(chats('new', 'old'));

  // A workflow that disconnected after the backup has saved its sends, and the backup lacks them.
  const unclean = { state: 'cooldown', cooldown: { cause: 'unclean_end' } };
  const { code, out } = await safeband(['recover'], settingsOf(stand));
  expect([code, out.split('\n').slice(-4)]).toEqual([
    0,
    [
      '4 of 4 connected accounts have a workflow',
      '1 account waits until midnight UTC (unclean_end)',
      'after a restore of Postgres: do not resume them on this day, their rows lack sends',
      'if only Temporal was lost, resume them after a check: ' +
        'safeband order make resume --cooldown unclean_end --reason …',
    ],
  ]);
  await stand.connect(back);
  for (const one of [gone, back]) {
    const waits = stand.handle(one);
    await expect.poll(() => statusOf(waits)).toMatchObject({ ...unclean, counter: 1 });
    expect(await ask(waits, 'more')).toMatchObject({ granted: false, reason: 'cooldown' });
  }

  // An account that was connected after the backup has its row again, and gets no second cap.
  expect(await all(stand, ROW, newer)).toMatchObject([{ counter: 1 }]);
  expect(await all(stand, LOG, newer)).toEqual(chats('first'));
  await added.terminate('an accident');
  const again = await stand.connect(newer);
  expect(await statusOf(again)).toMatchObject({ counter: 1, delivered: 1, state: 'active' });
});

it('after the loss of Temporal, the audit starts all accounts, and one order resumes those that wait', async () => {
  const { stand } = await ground();
  const ids = Array.from({ length: 8 }, () => stand.newAccount());
  const [held = '', ...others] = ids;
  await Promise.all(
    ids.map(async (id) => {
      const account = await stand.connect(id);
      await ask(account, 'sent');
      await update(account, 'sendFailed', { reservationId: 'sent', kind: 'unknown' });
      if (id === held) await update(account, 'hold', { reason: 'a person', actor: 'ben' });
      await skipToSave(account);
    }),
  );
  // The database of yesterday, and Temporal is lost, too: the rows do not know the sends of today.
  await stand.stopWorker();
  await stand.pool.query(`set session_replication_role = replica;
    update safeband.accounts set counter_day = counter_day - 1,
      updated_at = updated_at - interval '1 day';
    update safeband.reservations set quota_day = quota_day - 1;
    set session_replication_role = origin`);
  const temporal = await otherTemporal(stand);
  closing.push(temporal.close);
  const { client, taskQueue } = temporal;
  const { env } = settingsOf(stand);
  const settings = { env: { ...env, TEMPORAL_NAMESPACE: client.options.namespace }, taskQueue };
  const { code, out } = await safeband(['recover', '--json'], settings);
  expect([code, JSON.parse(out)]).toEqual([
    0,
    { connected: 8, missing: 0, opening: 0, waiting: 8 },
  ]);
  const statusNow = (id: string): Promise<StatusWire> =>
    statusOf(client.workflow.getHandle(workflowIdOf(id)));
  const waits = { state: 'cooldown', cooldown: { cause: 'unclean_end' }, verified: true };
  for (const id of others) await expect.poll(() => statusNow(id)).toMatchObject(waits);
  await expect.poll(() => statusNow(held)).toMatchObject({ state: 'held', verified: true });
  // Temporal has no history of any account, so none looks for it.
  const history = await client.workflow.getHandle(workflowIdOf(held)).fetchHistory();
  const called = (history.events ?? []).map(
    ({ activityTaskScheduledEventAttributes: task }) => task?.activityType?.name,
  );
  expect(called).toEqual(expect.arrayContaining(['readBack', 'reconcile']));
  expect(called).not.toContain('readLastRun');
  expect(called).not.toContain('claim'); // the read has claimed the row
  expect(await flawsOf(workflowIdOf(held), [history])).toEqual([]);

  const desk: Desk = {
    pool: stand.pool,
    startOrder: (orderId) => startOrder(client, orderId, taskQueue),
    now: Date.now,
    accounts: null,
  };
  const order = {
    kind: 'resume',
    filter: { cooldown: 'unclean_end' },
    reason: 'Temporal was lost',
    actor: 'ada',
  };
  const { count } = await preview(desk, order);
  expect(count).toBe(8);
  const { orderId } = await makeOrder(desk, { ...order, expected: count });
  const ended = () => readOrder(stand.pool, orderId, null);
  await expect.poll(ended).toMatchObject({ done: 8, failed: 0, endedAt: expect.any(String) });
  for (const id of others) expect(await statusNow(id)).toMatchObject({ state: 'active' });
  expect(await statusNow(held)).toMatchObject({ state: 'held', cooldown: null });
});
