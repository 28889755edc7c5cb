/** The waiting line over HTTP and in the client (R21): long polls, refusals, and one send. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, pgJournal, type Send } from '../../../src/client/index.js';
import { isoInstant } from '../../../src/domain/primitives/time.js';
import { skipToSave } from '../../support/account.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { PATIENT } from '../../support/patience.js';

const HOUR_MS = 3_600_000;
let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const soon = (): string => isoInstant(Date.now() + 48 * HOUR_MS);
/** Connects an account whose cap is used by one slot, `first`. */
async function fullAccount(): Promise<string> {
  const id = stand.newAccount();
  await stand.connect(id, { dailyCap: 1 });
  await post(id, 'sendReserve', { reservationId: 'first' });
  return id;
}
const post = async (id: string, name: string, body: object) =>
  stand.ask(key, `/v1/accounts/${id}/${name}`, body);
const wait = (id: string, reservationId: string) =>
  post(id, 'sendReserve', { reservationId, wait: true, validUntil: soon() });
const poll = async (id: string, reservationId: string, seconds = 0) =>
  (
    await stand.ask(key, `/v1/accounts/${id}/reservations/${reservationId}?waitSeconds=${seconds}`)
  ).json<Record<string, unknown>>();

describe('an ask that waits', () => {
  it('is answered by a long poll as soon as its slot is granted', async () => {
    const id = await fullAccount();
    expect((await wait(id, 'a')).json()).toMatchObject({
      granted: false,
      waiting: true,
      position: 1,
    });
    expect((await wait(id, 'b')).json()).toMatchObject({ position: 2 });
    expect(await poll(id, 'a')).toMatchObject({
      state: 'waiting',
      position: 1,
      reason: 'daily_cap',
    });
    const polled = poll(id, 'a', 30);
    await post(id, 'sendFailed', { reservationId: 'first', kind: 'rejected' });
    expect(await polled).toMatchObject({ state: 'in_flight', mayAttempt: true });
    expect(await poll(id, 'b')).toMatchObject({ state: 'waiting', position: 1 });
    const status = await stand.ask(key, `/v1/accounts/${id}/status`);
    expect(status.json()).toMatchObject({ waiting: 1, inFlight: 1 });
    const page = await stand.ask(key, `/accounts/${id}`);
    expect(page.body).toContain('1 ask in the waiting line comes before them.');
  });

  it('is in the list of its account, on its page, and can be withdrawn there by an operator', async () => {
    const id = await fullAccount();
    const get = async (url: string, by = key) => (await stand.ask(by, url)).body;
    expect(JSON.parse(await get(`/v1/accounts/${id}/waiting`))).toEqual([]);
    expect(await get(`/accounts/${id}/reservations`)).toContain('No ask waits.');
    await wait(id, 'a');
    const more = { wait: true, validUntil: soon(), priority: 0, campaignId: 'q4' };
    await post(id, 'sendReserve', { reservationId: 'b', ...more });
    const list: unknown = JSON.parse(await get(`/v1/accounts/${id}/waiting`));
    const reason = 'daily_cap';
    expect(list).toMatchObject([
      { reservationId: 'b', position: 1, priority: 0, campaignId: 'q4', state: 'waiting', reason },
      { reservationId: 'a', position: 2, priority: 5, campaignId: null, state: 'waiting', reason },
    ]);
    await skipToSave(stand.handle(id)); // Postgres reports it to the page
    const order = `/accounts/${id}/do/withdraw?reservationId=a`;
    await expect.poll(() => get(`/accounts/${id}`)).toContain('Waiting line (2)');
    const page = await get(`/accounts/${id}`);
    expect(page.indexOf('waiting-b')).toBeLessThan(page.indexOf('waiting-a'));
    expect(page).toContain(`href="${order}"`);
    const reader = await get(`/accounts/${id}`, await stand.key('reader'));
    expect(reader).toContain('waiting-a');
    expect(reader).not.toContain('/do/withdraw');
    expect(await get(order)).toContain('The ask leaves the waiting line and gets no slot.');
    const submit = () => stand.submit(key, `/accounts/${id}/do/withdraw`, { reservationId: 'a' });
    expect((await submit()).statusCode).toBeLessThan(400);
    const left: unknown = JSON.parse(await get(`/v1/accounts/${id}/waiting`));
    expect(left).toMatchObject([{ reservationId: 'b', position: 1 }]);
    expect((await submit()).body).toContain('reservation a does not wait here');
  });

  it('that was withdrawn is named so, and leaves its place', async () => {
    const id = await fullAccount();
    await wait(id, 'a');
    const polled = poll(id, 'a', 30);
    expect((await post(id, 'sendWithdraw', { reservationId: 'a' })).json()).toEqual({
      withdrawn: true,
      reservationId: 'a',
    });
    expect(await polled).toMatchObject({ state: 'withdrawn', mayAttempt: false });
    const granted = await post(id, 'sendWithdraw', { reservationId: 'first' });
    expect([granted.statusCode, granted.json()]).toMatchObject([
      409,
      { code: 'ReservationSettled' },
    ]);
  });

  it('gets the answer of a disconnect, also by a long poll', async () => {
    const id = await fullAccount();
    await wait(id, 'a');
    const polled = poll(id, 'a', 30);
    await post(id, 'disconnect', { reason: 'the customer left' });
    expect(await polled).toMatchObject({ state: 'denied', reason: 'disconnected' });
  });
});

it.each([
  [{ wait: true }, 'validUntil is missing'],
  [
    { wait: true, validUntil: '2099-01-01T00:00:00Z' },
    'validUntil should be at most 32 days ahead',
  ],
  [{ priority: 3 }, 'priority: only with wait: true'],
  [{ wait: true, validUntil: 'LATER', priority: 10 }, 'priority'],
  [{ wait: 'yes' }, 'wait'],
])('%j is refused, and no place is taken', async (body, words) => {
  const id = await fullAccount();
  const asked = 'validUntil' in body && body.validUntil === 'LATER' ? { validUntil: soon() } : {};
  const answer = await post(id, 'sendReserve', { reservationId: 'x', ...body, ...asked });
  expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
    400,
    expect.stringContaining(words),
  ]);
  expect((await stand.ask(key, `/v1/accounts/${id}/status`)).json()).toMatchObject({ waiting: 0 });
});

describe('sendWhenAllowed', () => {
  it('waits for its turn and sends once, also if two processes wait with the same id', async () => {
    const id = await fullAccount();
    const client = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
    let sends = 0;
    const send: Send = async ({ reservationId }) => {
      sends += 1;
      return { chatId: `chat-${reservationId}` };
    };
    const waits: string[] = [];
    const start = (onWait?: (why: string) => void) =>
      client.sendWhenAllowed(id, { reservationId: 'job', validUntil: soon() }, send, {
        journal: pgJournal(stand.pool),
        pollMs: 500,
        ...(onWait ? { onWait } : {}),
      });
    const both = [start((why) => waits.push(why)), start()];
    await expect.poll(() => waits).toContain('reservation job is number 1 in line');
    await client.failed(id, { reservationId: 'first', kind: 'rejected' });
    const results = await Promise.all(both);
    expect(sends).toBe(1);
    expect(results.map(({ sent }) => String(sent)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'false',
      'true',
    ]);
  });

  it('is withdrawn when its caller ends the wait', async () => {
    const id = await fullAccount();
    const client = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
    const stop = new AbortController();
    const result = client.sendWhenAllowed(
      id,
      { reservationId: 'job', validUntil: soon() },
      async () => ({ chatId: 'never' }),
      { journal: pgJournal(stand.pool), signal: stop.signal, onWait: () => stop.abort() },
    );
    expect(await result).toMatchObject({ sent: false, kind: 'not_attempted' });
    expect((await client.status(id)).waiting).toBe(0);
  });
});
