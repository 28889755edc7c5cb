/** Observed sends, on the real servers (R4, R15). */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReservationWire } from '../../../src/domain/wire/responses.js';
import { query, skipToSave, statusOf, update } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

type Observed = { readonly matched: string | null; readonly counted: boolean };
const slotOf = (account: WorkflowHandle, reservationId: string): Promise<ReservationWire> =>
  query(account, 'reservation', { reservationId });

async function connected(): Promise<{ id: string; account: WorkflowHandle }> {
  const id = stand.newAccount();
  return { id, account: await stand.connect(id) };
}
const proof = { chatId: 'chat', messageId: 'message' };
const observe = async (account: WorkflowHandle, more: object = {}): Promise<Observed> => {
  const { asOf } = await statusOf(account);
  return update(account, 'sendObserved', { ...proof, sentAt: asOf, ...more });
};
const reserve = (account: WorkflowHandle, reservationId: string, recipientId?: string) =>
  update(account, 'sendReserve', { reservationId, recipientId });

/** Reads the event log once everything is saved, and the explanation of a run after it. */
async function logOf(id: string, account: WorkflowHandle): Promise<readonly unknown[]> {
  await skipToSave(account);
  const { rows } = await stand.pool.query(
    `select reservation_id as id, chat_id as chat, message_id as message, source
       from safeband.inmail_events where account_id = $1 order by event_id`,
    [id],
  );
  return rows;
}
const alertsOf = async (id: string): Promise<readonly unknown[]> =>
  (await stand.pool.query('select kind from safeband.alerts where account_id = $1', [id])).rows;

describe('an observed send', () => {
  it('an observed send settles the uncertain slot of its recipient, and no other open slot', async () => {
    const { id, account } = await connected();
    await reserve(account, 'ann-1', 'ann');
    await reserve(account, 'bob-1', 'bob');
    await update(account, 'sendFailed', { reservationId: 'ann-1', kind: 'unknown' });
    expect(await observe(account, { recipientId: 'ann' })).toEqual({
      matched: 'ann-1',
      counted: false,
    });
    expect(await slotOf(account, 'ann-1')).toMatchObject({ state: 'delivered', ...proof });
    expect(await slotOf(account, 'bob-1')).toMatchObject({ state: 'in_flight' });
    expect(await statusOf(account)).toMatchObject({ counter: 2, uncertain: 0, external: 0 });
    expect(await logOf(id, account)).toEqual([
      { id: 'ann-1', chat: 'chat', message: 'message', source: 'pipeline' },
    ]);
    expect(await update(account, 'reconcileNow', {})).toMatchObject({ healed: false, drift: 1 });
  });

  it('an observed send counts an InMail that was sent manually, once, and takes its room', async () => {
    const { id, account } = await connected();
    const before = await statusOf(account);
    expect(await observe(account)).toEqual({ matched: null, counted: true });
    expect(await observe(account)).toEqual({ matched: null, counted: false });
    expect(await statusOf(account)).toMatchObject({
      counter: 1,
      external: 1,
      delivered: 0,
      remaining: before.remaining - 1,
    });
    expect(await logOf(id, account)).toEqual([
      { id: null, chat: 'chat', message: 'message', source: 'external' },
    ]);
    expect(await update(account, 'reconcileNow', {})).toMatchObject({ healed: false, drift: 0 });
  });

  it.each([
    ['observed, then delivered', ['observed', 'observed', 'delivered', 'delivered']],
    ['delivered, then observed', ['delivered', 'delivered', 'observed', 'observed']],
    ['in turns', ['observed', 'delivered', 'observed', 'delivered']],
  ])('an observed send is counted once: %s, each twice', async (_, order) => {
    const { id, account } = await connected();
    await reserve(account, 'x');
    for (const what of order) {
      if (what === 'observed') await observe(account);
      else await update(account, 'sendDelivered', { reservationId: 'x', ...proof });
    }
    expect(await statusOf(account)).toMatchObject({ counter: 1, delivered: 1, external: 0 });
    expect(await logOf(id, account)).toMatchObject([{ chat: 'chat', message: 'message' }]);
    expect(await update(account, 'reconcileNow', {})).toMatchObject({
      drift: 0,
      healed: false,
      alerted: false,
    });
    expect(await alertsOf(id)).toEqual([]);
  });

  it('an observed send is external, with an alert, if more than one slot matches', async () => {
    const { id, account } = await connected();
    await reserve(account, 'ann-1', 'ann');
    await update(account, 'sendReserve', {
      reservationId: 'ann-2',
      recipientId: 'ann',
      again: true,
    });
    expect(await observe(account, { recipientId: 'ann' })).toEqual({
      matched: null,
      counted: true,
    });
    expect(await statusOf(account)).toMatchObject({ counter: 3, inFlight: 2, external: 1 });
    await logOf(id, account);
    expect(await alertsOf(id)).toEqual([{ kind: 'ambiguous_observed' }]);
    // The delivery claims the observed send, so that it is one InMail and not two.
    await update(account, 'sendDelivered', { reservationId: 'ann-2', ...proof });
    expect(await statusOf(account)).toMatchObject({ counter: 2, delivered: 1, external: 0 });
  });

  it('an observed send of yesterday counts in the week and in the closed day of yesterday', async () => {
    const { id, account } = await connected();
    const { asOf, quotaDay } = await statusOf(account);
    const sentAt = new Date(Date.parse(asOf) - 86_400_000).toISOString();
    expect(await observe(account, { sentAt })).toEqual({ matched: null, counted: true });
    expect(await statusOf(account)).toMatchObject({ counter: 0, external: 0, weekUsed: 1 });
    await logOf(id, account);
    const days = `select quota_day::text as day, counter, external
      from safeband.account_days where account_id = $1`;
    const yesterday = new Date(Date.parse(quotaDay) - 86_400_000).toISOString().slice(0, 10);
    expect((await stand.pool.query(days, [id])).rows).toEqual([
      { day: yesterday, counter: 1, external: 1 },
    ]);
  });
});
