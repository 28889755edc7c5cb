/**
 * Four reports of one reservation in all 24 orders on the real server, each twice, by Signals and
 * Updates. Workflow and Postgres have the same result for all orders (R4, R5, R15).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReservationWire } from '../../../src/domain/wire/responses.js';
import { ordersOf } from '../../support/orders.js';
import { query, run, statusOf, update } from '../../support/account.js';
import { failureTypeOf } from '../../support/failure.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** Below the ten Updates that a workflow may have in flight. */
const AT_ONCE = 8;

type Report = readonly [name: string, payload: object];
type Reports = Readonly<Record<string, (id: string, sentAt: string) => Report>>;

const failed =
  (kind: string) =>
  (reservationId: string): Report => ['sendFailed', { reservationId, kind }];
const observed = (id: string, sentAt: string): Report => [
  'sendObserved',
  { chatId: `chat-${id}`, messageId: `message-${id}`, recipientId: `to-${id}`, sentAt },
];
const delivered = (id: string): Report => [
  'sendDelivered',
  { reservationId: id, chatId: `chat-${id}`, messageId: `message-${id}` },
];
const deliveredWithoutMessage = (id: string): Report => [
  'sendDelivered',
  { reservationId: id, chatId: `chat-${id}` },
];

/** Reports twice, by Signal and by Update of that name, in alternating order. */
async function saidTwice(
  account: WorkflowHandle,
  [name, payload]: Report,
  isSignalFirst: boolean,
): Promise<void> {
  const ask = async (): Promise<void> => {
    const type = await failureTypeOf(() => update(account, name, payload));
    // A report of a lower state changes nothing and may be refused. Other reports are accepted.
    expect(['none', 'ReservationSettled']).toContain(type);
  };
  const signal = () => account.signal(name, payload);
  for (const send of isSignalFirst ? [signal, ask] : [ask, signal]) await send();
}

/** Reserves a slot for each order, and returns the ids. */
async function play(account: WorkflowHandle, reports: Reports): Promise<readonly string[]> {
  const orders = [...ordersOf(Object.keys(reports))];
  const ids = orders.map((order) => order.join('-'));
  const requests = ids.map((id) => ({ reservationId: id, recipientId: `to-${id}` }));
  await update(account, 'sendReserveBatch', { requests });
  const { asOf } = await statusOf(account);
  const waiting = [...orders.entries()];
  const sendOne = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [n, order] = next;
      for (const [i, name] of order.entries()) {
        const report = reports[name]?.(order.join('-'), asOf);
        if (report) await saidTwice(account, report, (n + i) % 2 === 0);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendOne));
  return ids;
}

async function expectDelivered(id: string, ids: readonly string[]): Promise<void> {
  const account = stand.handle(id);
  for (const reservationId of ids) {
    const { state, chatId, messageId } = await query<ReservationWire>(account, 'reservation', {
      reservationId,
    });
    expect({ state, chatId, messageId }).toEqual({
      state: 'delivered',
      chatId: `chat-${reservationId}`,
      messageId: `message-${reservationId}`,
    });
  }
  const sum = {
    counter: 24,
    delivered: 24,
    inFlight: 0,
    uncertain: 0,
    external: 0,
    unexplained: 0,
  };
  expect(await statusOf(account)).toMatchObject(sum);
  // The run saves everything, and finds no difference of log, reservations and counter.
  const found = await run(account);
  expect(found).toMatchObject({ drift: 0, healed: false, alerted: false });
  const { rows } = await stand.pool.query<{ chat_id: string }>(
    'select chat_id from safeband.inmail_events where account_id = $1 order by chat_id',
    [id],
  );
  expect(rows.map(({ chat_id }) => chat_id)).toEqual(ids.map((name) => `chat-${name}`).toSorted());
  const states = await stand.pool.query(
    'select state, count(*)::int from safeband.reservations where account_id = $1 group by 1',
    [id],
  );
  expect(states.rows).toEqual([{ state: 'delivered', count: 24 }]);
}

it('a slot ends delivered in all 24 orders of a delivery, a rejection, an unknown and an observed send', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const ids = await play(account, {
    delivered,
    rejected: failed('rejected'),
    unknown: failed('unknown'),
    observed,
  });
  expect(ids).toHaveLength(24);
  await expectDelivered(id, ids);
});

it('an effect is applied once for each reservation, also if the proof has no message id', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const ids = await play(account, {
    delivered: deliveredWithoutMessage,
    throttled: failed('throttled'),
    unknown: failed('unknown'),
    observed,
  });
  expect(ids).toHaveLength(24);
  await expectDelivered(id, ids);
  const { rows } = await stand.pool.query<{ count: number }>(
    `select count(*)::int from safeband.account_changes
      where account_id = $1 and kind = 'cooldown' and details->>'cause' = 'throttled'`,
    [id],
  );
  expect(rows).toEqual([{ count: 24 }]);
});
