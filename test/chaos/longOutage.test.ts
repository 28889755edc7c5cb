/**
 * 35 minutes without Postgres, and 35 minutes without any worker. All messages of that time are kept.
 * An account grants nothing if its last successful run is older than 30 minutes, and one successful
 * run opens the gate again (R12).
 */
import {
  ApplicationFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import {
  all,
  ask,
  askRead,
  run,
  update,
  stateOf,
  statusOf,
  whenSaved,
  withRoom,
  type Known,
} from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

const MINUTE_MS = 60_000;

let stand: Stand;
/** With `isLong` there are few tries a minute, so that they do not use up the skipped time. */
const outage = { isNow: false, isLong: true };
beforeAll(async () => {
  const reach = (): void => {
    if (!outage.isNow) return;
    const message = 'the database is away';
    throw ApplicationFailure.create(
      outage.isLong ? { message, nextRetryDelay: '50s' } : { message },
    );
  };
  const faulty = (real: Activities): Partial<Activities> => ({
    readBack: async (given) => (reach(), real.readBack(given)),
    claim: async (given) => (reach(), real.claim(given)),
    save: async (given) => (reach(), real.save(given)),
    reconcile: async (given) => (reach(), real.reconcile(given)),
  });
  stand = await createStand({ activities: faulty });
});
beforeEach(() => {
  Object.assign(outage, { isNow: false, isLong: true });
});
afterAll(() => stand.close());

/** Connects an account whose next hour is in one day. */
async function connected(start: object = {}): Promise<Known> {
  const id = stand.newAccount();
  const account = await stand.connect(id, start);
  await expect.poll(() => statusOf(account)).toMatchObject({ verified: true, unsaved: 0 });
  await withRoom(stand, account, 3_700);
  await run(account);
  return { id, account };
}

const skipTo = async (account: WorkflowHandle, at: number): Promise<void> => {
  const { asOf } = await statusOf(account);
  const seconds = Math.floor((at - Date.parse(asOf)) / 1_000);
  if (seconds > 0) await fastForward(stand.client, account.workflowId, seconds);
};

/** Expects that rows and workflow agree: each proof once, equal reservations, the same counter. */
async function expectSaved(
  { id, account }: Known,
  chats: readonly string[],
  ids: readonly string[],
): Promise<void> {
  await whenSaved(account);
  const log = `select chat_id as chat, count(*)::int as times from safeband.inmail_events
    where account_id = $1 group by 1 order by 1`;
  const once = chats.toSorted().map((chat) => ({ chat, times: 1 }));
  expect(await all(stand, log, id)).toEqual(once);
  const stateIn = async (reservationId: string) => ({
    id: reservationId,
    state: await stateOf(account, reservationId),
  });
  const reservations = `select reservation_id as id, state from safeband.reservations
    where account_id = $1 order by reservation_id collate "C"`;
  const known = await Promise.all(ids.toSorted().map(stateIn));
  expect(await all(stand, reservations, id)).toEqual(known);
  const { counter, inFlight, uncertain } = await statusOf(account);
  const row = `select inmails_sent_today as counter, in_flight as "inFlight", uncertain
    from safeband.accounts where account_id = $1`;
  expect(await all(stand, row, id)).toEqual([{ counter, inFlight, uncertain }]);
}

/** A reserve between `from` and `to` with its denial; null if it was granted. */
type Attempted = { readonly from: string; readonly to: string; readonly reason: string | null };

it('an account keeps all messages during 35 minutes without Postgres', async () => {
  const { id, account } = await connected();
  const names = Array.from({ length: 8 }, (_, n) => `slot-${n}`);
  const requests = names.map((reservationId) => ({ reservationId, leaseSeconds: 7_200 }));
  await update(account, 'sendReserveBatch', { requests });
  const { lastReconciledAt } = await run(account).then(() => statusOf(account));
  const last = Date.parse(String(lastReconciledAt));
  outage.isNow = true;

  const granted: string[] = [];
  const asks: Attempted[] = [];
  const asked = async (): Promise<boolean> => {
    const name = `asked-${asks.length}`;
    const { asOf: from } = await statusOf(account);
    const decision = await ask(account, name, { leaseSeconds: 7_200 });
    const { asOf: to } = await statusOf(account);
    asks.push({ from, to, reason: decision.granted ? null : decision.reason });
    if (decision.granted) granted.push(name);
    return decision.granted;
  };
  /** Reports one delivery by Signal and one release by Update. */
  const report = async (n: number): Promise<void> => {
    const delivered = { reservationId: `slot-${2 * n}`, chatId: `chat-${2 * n}` };
    await account.signal('sendDelivered', delivered);
    const failed = { reservationId: `slot-${2 * n + 1}`, kind: 'rejected' };
    expect(await update(account, 'sendFailed', failed)).toEqual({ settled: 'released' });
  };
  for (const [n, minute] of [8, 17, 25].entries()) {
    await skipTo(account, last + minute * MINUTE_MS);
    expect(await asked()).toBe(true);
    await report(n);
  }
  const limit = last + 30 * MINUTE_MS;
  // A failed try every 50 s may move the end of a skip.
  await skipTo(account, limit - 90_000);
  expect(await asked()).toBe(true);
  await skipTo(account, limit - 4_000);
  await expect.poll(asked, { interval: 400 }).toBe(false);
  const isBefore = (at: string): boolean => Date.parse(at) < limit;
  expect(asks.filter(({ from, reason }) => reason === null && !isBefore(from))).toEqual([]);
  expect(asks.filter(({ to, reason }) => reason !== null && isBefore(to))).toEqual([]);
  expect(asks.at(-1)).toMatchObject({ reason: 'unverified' });
  expect(await statusOf(account)).toMatchObject({ state: 'unverified', verified: false });

  await skipTo(account, last + 34 * MINUTE_MS);
  outage.isLong = false;
  await report(3);
  await skipTo(account, last + 35 * MINUTE_MS);
  expect(await asked()).toBe(false);
  const pending = async () =>
    (await account.describe()).raw.pendingActivities?.map(({ activityType, lastFailure }) => ({
      name: activityType?.name,
      why:
        lastFailure &&
        defaultFailureConverter.failureToError(lastFailure, defaultPayloadConverter).message,
    }));
  // One activity at a time: the due save or the due reconcile, whichever was due first.
  const name = expect.stringMatching(/^(save|reconcile)$/u);
  await expect.poll(pending).toEqual([{ name, why: 'the database is away' }]);
  const runs = `select ran_at from safeband.reconciler_runs where account_id = $1 and ran_at > $2`;
  const runsSince = async () => (await stand.pool.query(runs, [id, lastReconciledAt])).rows.length;
  expect(await runsSince()).toBe(0);

  outage.isNow = false;
  // The next reserve starts a run, unless one is due earlier (R12).
  await expect.poll(asked, { interval: 1_000 }).toBe(true);
  expect(await runsSince()).toBeGreaterThan(0);
  expect(await statusOf(account)).toMatchObject({ verified: true });
  const chats = [0, 2, 4, 6].map((n) => `chat-${n}`);
  await expectSaved({ id, account }, chats, [...names, ...granted]);
  const counter = chats.length + granted.length;
  expect(await statusOf(account)).toMatchObject({ state: 'active', counter, delivered: 4 });
});

it('an account keeps all messages during 35 minutes without any worker', async () => {
  const { id, account } = await connected({ dailyCap: 6 });
  const names = ['one', 'two', 'late', 'never'];
  const requests = names.map((reservationId) => ({ reservationId }));
  await update(account, 'sendReserveBatch', { requests });
  for (const reservationId of ['one', 'two']) {
    await update(account, 'sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  }
  for (const reservationId of ['late', 'never']) {
    await update(account, 'sendFailed', { reservationId, kind: 'unknown' });
  }
  await run(account);
  await run(account);
  // The last timer of its hot minutes rings: without a worker, no skip passes a timer.
  await fastForward(stand.client, account.workflowId, 12 * 60);
  expect(await statusOf(account)).toMatchObject({ nextReconcileAt: null, counter: 4 });
  const runsOf = async () =>
    (await all(stand, 'select from safeband.reconciler_runs where account_id = $1', id)).length;
  const before = await runsOf();
  const { quotaDay, asOf } = await statusOf(account);

  await stand.stopWorker();
  await fastForward(stand.client, account.workflowId, 35 * 60);
  for (const _ of ['once', 'twice']) {
    await account.signal('sendDelivered', { reservationId: 'late', chatId: 'chat-late' });
    await account.signal('sendFailed', { reservationId: 'never', kind: 'rejected' });
    await account.signal('sendDelivered', { reservationId: 'unknown', chatId: 'chat-unknown' });
  }
  // Only an account that reads the database first knows that these have used up the day.
  for (const chat of ['chat-wild-1', 'chat-wild-2']) {
    await stand.pool.query(
      `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
       values ($1, $2, 'external', $3, $4)`,
      [id, chat, quotaDay, asOf],
    );
  }
  await account.signal('sendReserve', { reservationId: 'greedy' });
  await stand.startWorker();

  const first = await askRead(account, 'greedy-too');
  expect(first).toMatchObject({ granted: false, reason: 'daily_cap', used: 6, limit: 6 });
  expect(Date.parse((await statusOf(account)).asOf) - Date.parse(asOf)).toBeGreaterThan(
    35 * MINUTE_MS,
  );
  await expect(ask(account, 'late')).rejects.toMatchObject({
    cause: { type: 'ReservationSettled' },
  });
  expect(await runsOf()).toBe(before + 1);
  await update(account, 'configure', { dailyCap: null });
  expect(await ask(account, 'more')).toMatchObject({ granted: true });
  expect(await runsOf()).toBe(before + 1);
  const chats = ['one', 'two', 'late', 'unknown', 'wild-1', 'wild-2'].map((name) => `chat-${name}`);
  await expectSaved({ id, account }, chats, [...names, 'more']);
  expect(await statusOf(account)).toMatchObject({ counter: 7, delivered: 3, external: 3 });
});
