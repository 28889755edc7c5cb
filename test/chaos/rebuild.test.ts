/**
 * A workflow that is killed, reset or terminated in mid-day, or lost with its history, counts what
 * an untouched twin counts that got the same messages; what had no clean end waits (R13, R14).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DecisionWire, StatusWire } from '../../src/domain/wire.js';
import { resetTo } from '../support/reset.js';
import { createStand, type Stand } from '../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const say = <T>(account: WorkflowHandle, name: string, payload: object): Promise<T> =>
  account.executeUpdate<T, [object]>(name, { args: [payload] });
const statusOf = (account: WorkflowHandle): Promise<StatusWire> => account.query('status');

/** The morning: deliveries both ways, each kind of failure that lets the account go on, a sight. */
async function morning(account: WorkflowHandle): Promise<void> {
  const requests = Array.from({ length: 9 }, (_, n) => ({
    reservationId: `r${n}`,
    recipientId: `to-${n}`,
  }));
  await say(account, 'sendReserveBatch', { requests });
  const { asOf: sentAt } = await statusOf(account);
  await account.signal('sendDelivered', { reservationId: 'r0', chatId: 'c0', messageId: 'm0' });
  await say(account, 'sendDelivered', { reservationId: 'r1', chatId: 'c1' });
  await say(account, 'sendFailed', { reservationId: 'r2', kind: 'rejected' });
  await account.signal('sendFailed', { reservationId: 'r3', kind: 'not_attempted' });
  await account.signal('sendFailed', { reservationId: 'r4', kind: 'unknown' });
  await say(account, 'sendObserved', {
    chatId: 'c5',
    messageId: 'm5',
    recipientId: 'to-5',
    sentAt,
  });
  await say(account, 'sendObserved', { chatId: 'hand', messageId: 'm', sentAt });
}

/** The afternoon, after whatever happened: reports that need no new grant. */
async function afternoon(account: WorkflowHandle): Promise<void> {
  await account.signal('sendDelivered', { reservationId: 'r6', chatId: 'c6' });
  await say(account, 'sendFailed', { reservationId: 'r7', kind: 'unknown' });
  await account.signal('sendDelivered', { reservationId: 'r1', chatId: 'c1' });
}

/** Everything that has to be equal: the counts, the log, the reservations, the row. */
async function countsOf(id: string): Promise<object> {
  const account = stand.handle(id);
  const status = await statusOf(account);
  const { counter, delivered, external, uncertain, inFlight, unexplained } = status;
  const read = async (sql: string): Promise<unknown> => (await stand.pool.query(sql, [id])).rows;
  return {
    numbers: [counter, delivered, external, uncertain, inFlight, unexplained],
    log: await read(
      `select chat_id, count(*)::int from safeband.inmail_events
        where account_id = $1 group by 1 order by 1`,
    ),
    reservations: await read(
      `select reservation_id, state from safeband.reservations
        where account_id = $1 order by 1`,
    ),
    row: await read(
      `select inmails_sent_today, in_flight, uncertain from safeband.accounts
        where account_id = $1`,
    ),
  };
}

const whenSaved = (account: WorkflowHandle): Promise<void> =>
  expect.poll(async () => (await statusOf(account)).unsaved, { timeout: 20_000 }).toBe(0);

/** The day of one account, with an accident at noon. */
async function day(accident: (account: WorkflowHandle) => Promise<unknown>): Promise<string> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await morning(account);
  await whenSaved(account);
  await accident(account);
  await expect.poll(() => statusOf(account).then(() => true)).toBe(true);
  await afternoon(account);
  await whenSaved(account);
  return id;
}
const untouched = async (): Promise<object> => countsOf(await day(async () => undefined));

const expectWaiting = async (id: string, cause: string, isEnded: boolean): Promise<void> => {
  const account = stand.handle(id);
  const { rows } = await stand.pool.query<{ kind: string }>(
    'select kind from safeband.alerts where account_id = $1',
    [id],
  );
  expect(rows.map(({ kind }) => kind)).toContain(cause);
  const denied = await say<DecisionWire>(account, 'sendReserve', { reservationId: 'new' });
  expect(denied).toMatchObject({ granted: false, reason: 'cooldown' });
  expect((await statusOf(account)).cooldown).toMatchObject({
    cause,
    until: expect.stringMatching(/T00:00:00\.000Z$/),
  });
  await say(account, 'resume', { reason: 'looked', actor: 'ada' });
  expect((await statusOf(account)).cooldown === null).toBe(isEnded);
};

it('reset to its fifth event, with all said again: equal, and it waits until midnight', async () => {
  const [twin, id] = await Promise.all([untouched(), day((account) => resetTo(account, 5, 'all'))]);
  expect(await countsOf(id)).toEqual(twin);
  await expectWaiting(id, 'two_owners', false);
}, 60_000);

it('reset to its fifth event, with nothing said again: its rows tell it', async () => {
  const accident = async (account: WorkflowHandle): Promise<void> => {
    await resetTo(account, 5, 'nothing');
    // Not one grant between the reset and the rows: the day's cap is one cap (R2).
    const asked = await say<DecisionWire>(account, 'sendReserve', { reservationId: 'greedy' });
    expect(asked).toMatchObject({ granted: false });
    await expect
      .poll(async () => (await statusOf(account)).cooldown?.cause, { timeout: 15_000 })
      .toBe('two_owners');
  };
  const [twin, id] = await Promise.all([untouched(), day(accident)]);
  expect(await countsOf(id)).toEqual(twin);
  await expectWaiting(id, 'two_owners', false);
}, 60_000);

it('terminated and started again: equal, and it waits until a person has looked', async () => {
  const accident = async (account: WorkflowHandle): Promise<void> => {
    await account.terminate('an accident');
    await stand.connect(account.workflowId.replace('inmail-account/', ''));
  };
  const [twin, id] = await Promise.all([untouched(), day(accident)]);
  expect(await countsOf(id)).toEqual(twin);
  await expectWaiting(id, 'unclean_end', true);
}, 60_000);
