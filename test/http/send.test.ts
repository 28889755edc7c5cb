/** A whole send by HTTP, and each message and query of the contract beside it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpStand, type HttpStand } from '../support/http.js';

let stand: HttpStand;
let operator: string;
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
});
afterAll(() => stand.close());

/** A new account, connected by HTTP; asks for it, and says what was answered. */
async function connected(more: object = {}) {
  const id = stand.newAccount();
  const ask = async (path: string, body?: unknown, headers: Record<string, string> = {}) =>
    stand.ask(operator, `/v1/accounts/${id}/${path}`, body, { headers });
  const answer = await ask('connect', { tier: 'sales_navigator', ...more });
  expect(answer.json()).toEqual({ state: expect.any(String) });
  await expect
    .poll(async () => (await ask('status')).json<{ verified: boolean }>().verified)
    .toBe(true);
  return { id, ask };
}

it('reserves, delivers and shows it', async () => {
  const { id, ask } = await connected();
  const grant = await ask('sendReserve', { reservationId: 'r-1', campaignId: 'q4' });
  expect(grant.statusCode).toBe(200);
  expect(grant.json()).toMatchObject({ granted: true, remainingToday: 49, repeated: false });
  expect((await ask('reservation?reservationId=r-1')).json()).toMatchObject({
    state: 'in_flight',
    mayAttempt: true,
  });
  const delivered = await ask('sendDelivered', { reservationId: 'r-1', chatId: 'chat-1' });
  expect(delivered.json()).toEqual({ settled: 'delivered' });
  expect((await ask('status')).json()).toMatchObject({
    accountId: id,
    counter: 1,
    delivered: 1,
    source: 'workflow',
  });
  expect((await ask('peek')).json()).toMatchObject({ granted: true, remainingToday: 48 });
  expect((await ask('nextSlots?count=2')).json()).toHaveLength(2);
});
