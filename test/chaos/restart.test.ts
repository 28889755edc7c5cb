/** The same day gives no fresh cap, however the workflow ended. Late outcomes are still accepted. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, type SafebandClient } from '../../src/client/index.js';
import type { StatusWire } from '../../src/domain/wire/responses.js';
import { listOpenAlerts } from '../../src/postgres/alerts/alerts.js';
import { all, query, skipToSave } from '../support/account.js';
import { failureTypeOf } from '../support/failure.js';
import { PATIENT } from '../support/patience.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

let stand: Stand;
let safeband: SafebandClient;
beforeAll(async () => {
  stand = await createStand();
  safeband = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
});
afterAll(() => stand.close());

const statusOf = (id: string): Promise<StatusWire> => query(stand.handle(id), 'status');

/** Connects an account with ten slots: eight delivered, one released, one in flight. */
async function spend(id: string): Promise<void> {
  for (let i = 0; i < 10; i += 1) await safeband.reserve(id, { reservationId: `r${i}` });
  for (let i = 0; i < 8; i += 1) {
    await safeband.delivered(id, { reservationId: `r${i}`, chatId: `c${i}` });
  }
  await safeband.failed(id, { reservationId: 'r8', kind: 'rejected' });
  await expect
    .poll(async () => {
      const { rows } = await stand.pool.query<{ version: number }>(
        'select version::int from safeband.accounts where account_id = $1',
        [id],
      );
      return rows[0]?.version === (await statusOf(id)).version;
    })
    .toBe(true);
}

it('an account continues after its workflow was terminated, and counts its rows and history', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await spend(id);
  await account.terminate('an accident');
  await stand.connect(id);
  expect(await statusOf(id)).toMatchObject({
    cooldown: null,
    counter: 9,
    delivered: 8,
    inFlight: 1,
  });
  await safeband.reconcileNow(id);
  const asked = await safeband.reserve(id, { reservationId: 'more' });
  expect(asked).toMatchObject({ granted: true, remainingToday: 40 });
  expect(await failureTypeOf(() => safeband.reserve(id, { reservationId: 'r0' }))).toBe(
    'ReservationSettled',
  );
});

it('an account gets no second cap on a day by disconnect and connect, and accepts late outcomes between them', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await spend(id);
  await safeband.disconnect(id, { reason: 'the customer left', actor: 'ada' });
  expect(await safeband.reserve(id, { reservationId: 'x' })).toMatchObject({
    granted: false,
    reason: 'disconnected',
    retryAt: null,
  });
  await safeband.delivered(id, { reservationId: 'r9', chatId: 'c9' });
  await account.result();
  expect(await failureTypeOf(() => safeband.reserve(id, { reservationId: 'y' }))).toBe(
    'AccountUnknown',
  );
  // The account has ended: the outcome starts it with `connect: false`, and it ends again.
  expect(await safeband.delivered(id, { reservationId: 'r8', chatId: 'late' })).toEqual({
    settled: 'delivered',
  });
  await stand.handle(id).result();
  const { rows } = await stand.pool.query(
    'select state, delivered from safeband.account_status where account_id = $1',
    [id],
  );
  expect(rows).toEqual([{ state: 'disconnected', delivered: 10 }]);
  await stand.connect(id);
  expect(await statusOf(id)).toMatchObject({ state: 'active', counter: 10, delivered: 10 });
});

it('an account ends cleanly on a Temporal cancel', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await safeband.reserve(id, { reservationId: 'r1' });
  await account.cancel();
  await expect.poll(async () => (await statusOf(id)).state).toBe('disconnected');
  await safeband.failed(id, { reservationId: 'r1', kind: 'not_attempted' });
  await account.result();
});

it('an account imports the sends of another system: 104 with 17 delivered', async () => {
  const id = stand.newAccount();
  await stand.connect(id, { inmailsSentToday: 104, deliveredToday: 17 });
  // The first run finds it, corrects it to what was delivered, and starts a cooldown (R8, R13).
  const healed = { counter: 17, imported: 17, unexplained: 0, state: 'cooldown' };
  await expect.poll(() => statusOf(id)).toMatchObject(healed);
  expect(await safeband.reserve(id, { reservationId: 'r1' })).toMatchObject({
    granted: false,
    reason: 'cooldown',
  });
  const { rows } = await stand.pool.query(
    'select before, after from safeband.corrections where account_id = $1',
    [id],
  );
  expect(rows).toEqual([{ before: 104, after: 17 }]);
});

it('the second account of one member is held', async () => {
  const [one, two] = [stand.newAccount(), stand.newAccount()];
  const identity = `member of ${one}`;
  await stand.connect(one, { identity });
  await stand.connect(two, { identity });
  expect(await statusOf(one)).toMatchObject({ state: 'active' });
  const held = {
    state: 'held',
    hold: { actor: 'safeband' },
    cooldown: { cause: 'identity_in_use' },
  };
  expect(await statusOf(two)).toMatchObject(held);
  // The database has the other account's id; readers of this account do not see it.
  expect(JSON.stringify(await statusOf(two))).not.toContain(one);
  await safeband.reconcileNow(two);
  const details = `select details->'accounts' as others from safeband.alerts
    where account_id = $1 and kind = 'identity_in_use'`;
  expect(await all(stand, details, two)).toEqual([{ others: [one] }]);
  const read = await listOpenAlerts(stand.pool, { accountId: two, limit: 10 });
  expect(read.map(({ kind }) => kind)).toContain('identity_in_use');
  expect(JSON.stringify(read)).not.toContain(one);
  await safeband.resume(two, { reason: 'looked', actor: 'ada' });
  expect(await statusOf(two)).toMatchObject({ state: 'cooldown' });
});

it('an account opens its window in its own zone, after an activity has computed it in UTC', async () => {
  const id = stand.newAccount();
  await stand.connect(id, {
    timezone: 'Asia/Tokyo',
    sendingWindow: {
      days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      start: '09:00',
      end: '10:00',
    },
  });
  await safeband.configure(id, { timezone: 'Asia/Kolkata', actor: 'ada' });
  const times = async () => {
    const slots = await safeband.nextSlots(id, 200);
    return [...new Set(slots.slice(60).map((at) => at.slice(11, 16)))];
  };
  await expect.poll(times).toEqual(['03:30']);
});

it('an account answers the workflow that asked, and raises an alert if that workflow does not exist', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const replyTo = { workflowId: 'nobody-is-here', signalName: 'decided' };
  await account.signal('sendReserve', { reservationId: 'r1', replyTo });
  await expect
    .poll(async () => {
      await skipToSave(account);
      const { rows } = await stand.pool.query<{ kind: string }>(
        'select kind from safeband.alerts where account_id = $1',
        [id],
      );
      return rows.map(({ kind }) => kind);
    })
    .toEqual(['reply_failed']);
  expect(await statusOf(id)).toMatchObject({ counter: 1 });
});

it('an account stops when another writer has changed its row', async () => {
  const id = stand.newAccount();
  await stand.connect(id);
  await stand.pool.query(`update safeband.accounts set owner = 'another' where account_id = $1`, [
    id,
  ]);
  await safeband.reserve(id, { reservationId: 'r1' });
  await fastForward(stand.client, stand.handle(id).workflowId, 20); // to its save
  await expect.poll(async () => (await statusOf(id)).cooldown?.cause).toBe('two_owners');
});
