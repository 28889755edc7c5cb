/** Streams, ETags and Idempotency-Keys: repeated answers, missed changes, ended connections. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { LIMITS, type Limits } from '../../../src/http/plumbing/limits.js';
import { Live } from '../../../src/http/live/live.js';
import { Keyring } from '../../../src/http/access/keyring.js';
import { StatusReader } from '../../../src/status/statusReader.js';
import { revokeKey } from '../../../src/postgres/access/keys.js';
import { createClient } from '../../../src/client/index.js';
import { createPool } from '../../../src/postgres/pool.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let operator: string;
let address: string;
beforeAll(async () => {
  stand = await createHttpStand({ limits: { heartbeatMs: 1_000 } });
  operator = await stand.key('operator');
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => stand.close());

async function connected(): Promise<string> {
  const id = stand.newAccount();
  await post(id, 'connect', { tier: 'recruiter' });
  await post(id, 'reconcileNow', {});
  return id;
}
const post = (id: string, name: string, body: object, headers: Record<string, string> = {}) =>
  stand.ask(operator, `/v1/accounts/${id}/${name}`, body, { headers });

type Watching = { readonly response: IncomingMessage; readonly received: () => string };
async function watch(path: string, key: string): Promise<Watching> {
  const asked = get(`${address}${path}`, { headers: { authorization: `Bearer ${key}` } });
  const [response] = await once(asked, 'response').then(([one]: IncomingMessage[]) => [one]);
  if (!response) throw new Error('no response');
  let received = '';
  response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  response.on('error', () => undefined);
  return { response, received: () => received };
}
/** Waits until the server ends the stream. */
const ended = async ({ response }: Watching): Promise<void> => {
  if (!response.complete) await once(response, 'end');
};
const statusesIn = (received: string): readonly { counter: number; state: string }[] =>
  [...received.matchAll(/^event: status\nid: \d+\ndata: (.*)$/gm)].map(([, data]) =>
    JSON.parse(data ?? ''),
  );

it('a stream gets each change of its account, and of no other account', async () => {
  const [mine, other] = [await connected(), await connected()];
  const limited = await stand.key('reader', [mine]);
  const account = await watch(`/v1/accounts/${mine}/stream`, limited);
  const all = await watch('/v1/stream', limited);
  expect(account.response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'content-security-policy': expect.stringContaining("default-src 'none'"),
  });
  await expect.poll(() => statusesIn(account.received()).length).toBe(1);
  for (const id of [other, mine]) {
    await post(id, 'hold', { reason: 'look' });
    await post(id, 'reconcileNow', {}); // saved
  }
  await expect.poll(() => statusesIn(account.received()).at(-1)?.state).toBe('held');
  await expect.poll(all.received).toContain(`"accountId":"${mine}"`);
  await expect.poll(account.received).toContain(': heartbeat');
  expect(all.received() + account.received()).not.toContain(other);
  for (const { response } of [account, all]) response.destroy();
});

const listeners = `from pg_stat_activity where query like 'listen %' and datname = current_database()`;

it('a stream gets changes again after the server lost its connection to Postgres', async () => {
  const id = await connected();
  const { response, received } = await watch('/v1/stream', operator);
  const resyncs = () => received().split('event: resync').length;
  await expect.poll(received).toContain(': connected');
  const before = resyncs();
  await stand.pool.query(`select pg_terminate_backend(pid) ${listeners}`);
  await expect.poll(resyncs).toBeGreaterThan(before);
  await post(id, 'hold', { reason: 'look' });
  await post(id, 'reconcileNow', {});
  await expect.poll(received).toContain(id);
  response.destroy();
});

it('the server holds a thousand idle streams, and ends all of them when their key is revoked', async () => {
  const [key, id] = [await stand.key('reader'), await connected()];
  const paths = Array.from({ length: 1_000 }, () => '/v1/stream');
  paths.push(`/v1/accounts/${id}/stream`);
  const streams = await Promise.all(paths.map((one) => watch(one, key)));
  expect(streams.every(({ response }) => response.statusCode === 200)).toBe(true);
  expect((await stand.ask(operator, '/livez')).statusCode).toBe(200);
  await revokeKey(stand.pool, key.slice(3, 19));
  await Promise.all(streams.map(ended));
});

const liveOf = (limits: Partial<Limits>, pool = stand.pool, now = Date.now): Live => {
  const needs = { client: createClient({ client: stand.client }), pool, now };
  const keyring = new Keyring(pool, now);
  const statuses = new StatusReader(needs);
  return new Live({ ...needs, statuses, keyring, limits: { ...LIMITS, ...limits } });
};
const caller = { keyId: 'k', name: 'slow', role: 'reader', accounts: null, groups: null } as const;
const watcherOf = (raw: Writable) => {
  const credential = { kind: 'key', text: operator } as const;
  return { accountId: null, caller, credential, raw };
};

it('a stream whose client does not read is disconnected', async () => {
  const live = liveOf({ heartbeatMs: 5, streamBytes: 50 });
  const raw = new Writable({ write: () => undefined }); // accepts one chunk only
  live.open(watcherOf(raw), null);
  expect(live.count).toBe(1);
  await expect.poll(() => raw.destroyed).toBe(true);
  expect(live.count).toBe(0);
  live.close();
});

it('a closed connection does not count, and other keys have room', () => {
  const live = liveOf({ streamsPerKeyMax: 1 });
  live.open(watcherOf(new Writable().destroy()), null);
  expect(live.count).toBe(0);
  live.checkRoom(caller);
  live.open(watcherOf(new Writable({ write: () => undefined })), null);
  expect(() => live.checkRoom(caller)).toThrow(
    'this key already has its maximum number of streams',
  );
  live.checkRoom({ ...caller, keyId: 'other' });
  live.close();
});

it('a server that lost its connection to Postgres knows that it gets no changes', async () => {
  const pool = createPool(stand.databaseUrl);
  const live = liveOf({}, pool);
  const gaps: boolean[] = [];
  live.alsoNotify({ onChange: () => undefined, onGap: () => gaps.push(live.isListening) });
  expect(live.isListening).toBe(false);
  await expect.poll(() => gaps).toEqual([true]);
  const connecting = vi.spyOn(pool, 'connect').mockImplementation(() => {
    throw new Error('away');
  });
  await stand.pool.query(`select pg_terminate_backend(pid) ${listeners}`);
  await expect.poll(() => live.isListening).toBe(false);
  connecting.mockRestore();
  await expect.poll(() => gaps).toEqual([true, true]);
  live.close();
  await pool.end();
});

it('a stream is resynced after a failed read, and ended if its key cannot be verified', async () => {
  const pool = createPool(stand.databaseUrl);
  vi.spyOn(pool, 'query').mockImplementation(() => {
    throw new Error('away');
  });
  let received = '';
  const write = (chunk: Buffer, _: string, next: () => void) => {
    received += chunk.toString();
    next();
  };
  const raw = new Writable({ write });
  const live = liveOf({ heartbeatMs: 60_000 }, pool);
  live.open(watcherOf(raw), null);
  const resyncs = () => received.split('event: resync').length - 1;
  await expect.poll(resyncs).toBe(1); // the stream listens
  await stand.pool.query(`select pg_notify('safeband_changes', 'one')`);
  await expect.poll(resyncs).toBe(2);
  const unbelieved = liveOf({ heartbeatMs: 5 }, pool);
  unbelieved.open(watcherOf(raw), null);
  await expect.poll(() => raw.writableEnded).toBe(true);
  for (const one of [live, unbelieved]) one.close();
  await pool.end();
});

it('a stream of an account ends when its group leaves the key, which sees no change of it', async () => {
  const id = await connected();
  const credential = { kind: 'key', text: await stand.key('reader', null, ['left']) } as const;
  const before = { ...caller, accounts: [id], groups: ['left'] };
  const watchAs = (accountId: string | null) => {
    const seen = { text: '' };
    const raw = new Writable({
      write: (chunk: Buffer, _, next) => {
        seen.text += chunk.toString();
        next();
      },
    });
    live.open({ accountId, caller: before, credential, raw }, null);
    return { raw, seen };
  };
  const live = liveOf({ heartbeatMs: 5 });
  const [ofAll, ofOne] = [watchAs(null), watchAs(id)];
  await expect.poll(() => ofOne.raw.writableEnded).toBe(true);
  expect(ofAll.raw.writableEnded).toBe(false);
  const text = ofAll.seen.text;
  await post(id, 'sendReserve', { reservationId: 'unseen' });
  await post(id, 'reconcileNow', {});
  const watcher = watcherOf(new Writable({ write: (_, __, next) => next() }));
  live.open({ ...watcher, accountId: id }, null); // another key still gets the change
  await expect.poll(() => live.count).toBe(2);
  expect(ofAll.seen.text.slice(text.length)).not.toContain(id);
  live.close();
});

it('a status is sent again only if it has changed', async () => {
  const id = await connected();
  const url = `/v1/accounts/${id}/status`;
  const first = await stand.ask(operator, url);
  const etag = String(first.headers['etag']);
  expect(etag).toMatch(/^W\/"\d+-[\w-]{16}"$/);
  const again = (tag: string) =>
    stand.ask(operator, url, undefined, { headers: { 'if-none-match': tag } });
  // An answer waits one second for its rows: a busy machine may answer without them, or later with.
  let known = etag;
  const same = async () => {
    const { statusCode, body, headers } = await again(`"x", ${known}`);
    known = headers['etag'] ?? known;
    return [statusCode, body];
  };
  await expect.poll(same).toEqual([304, '']);
  await post(id, 'sendReserve', { reservationId: 'r' });
  expect((await again(known)).statusCode).toBe(200);
});

it('a status is read from Postgres, and names this source, while the workflow does not answer', async () => {
  const id = await connected();
  await post(id, 'sendReserve', { reservationId: 'open' });
  await post(id, 'reconcileNow', {});
  const before = (await stand.ask(operator, `/v1/accounts/${id}/status`)).json();
  await stand.stopWorker();
  const after = (await stand.ask(operator, `/v1/accounts/${id}/status`)).json();
  await stand.startWorker();
  const { source, unsaved, asOf, nextReconcileAt, ...facts } = before;
  expect(source).toBe('workflow');
  expect(after).toMatchObject({ ...facts, source: 'postgres', unsaved: null });
  expect([unsaved, asOf < after.asOf, typeof nextReconcileAt]).toEqual([0, true, 'string']);
});

it('a new Idempotency-Key asks the account, and a known one replays the answer', async () => {
  const id = await connected();
  const ask = (key: string, body: object) =>
    post(id, 'sendReserve', body, { 'idempotency-key': key });
  const body = { reservationId: 'r-1' };
  const together = await Promise.all([1, 2, 3, 4].map(() => ask('one', body)));
  const answers = together.map((answer) => answer.json());
  expect(answers.map(({ granted }) => granted)).toEqual([true, true, true, true]);
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
  const replays = together.map(({ headers }) => headers['idempotency-replayed']);
  expect(replays.filter((one) => one === 'true')).toHaveLength(3);
  const other = await ask('one', { reservationId: 'r-2' });
  expect([other.statusCode, other.json()]).toMatchObject([422, { code: 'ReservationConflict' }]);
  await post(id, 'sendDelivered', { reservationId: 'r-1', chatId: 'c' });
  const late = await ask('one', body);
  expect([late.headers['idempotency-replayed'], late.json()]).toMatchObject([
    'true',
    { status: 409, code: 'ReservationSettled' },
  ]);
  await stand.pool.query(
    `update safeband.idempotency set started_at = now() - interval '25 hours'`,
  );
  const next = await ask('one', { reservationId: 'r-2' });
  expect(next.headers['idempotency-replayed']).toBeUndefined();
  expect(next.json()).toMatchObject({ repeated: false });
  const bad = await ask('x'.repeat(256), body);
  expect(bad.json()).toMatchObject({ code: 'InvalidInput', field: 'Idempotency-Key' });
});

it('a denial names the time to ask again, and is not stored', async () => {
  const id = await connected();
  await post(id, 'configure', { dailyCap: 0 });
  const batch = { requests: [{ reservationId: 'b-1' }, { reservationId: ' ' }, 7] };
  const denied = await post(id, 'sendReserveBatch', batch, { 'idempotency-key': 'b' });
  expect(denied.json()).toMatchObject({
    decisions: [
      { granted: false, reservationId: 'b-1', reason: 'weekly_cap', retryAt: null },
      { granted: false, reservationId: ' ', error: { type: 'InvalidInput' } },
      { granted: false, reservationId: null, error: { type: 'InvalidInput' } },
    ],
  });
  await post(id, 'configure', { dailyCap: 1 });
  const granted = await post(id, 'sendReserveBatch', batch, { 'idempotency-key': 'b' });
  expect(granted.json()).toMatchObject({ decisions: [{ repeated: false }, {}, {}] });
  const again = await post(id, 'sendReserveBatch', batch, { 'idempotency-key': 'b' });
  expect(again.json()).toMatchObject({ decisions: [{ repeated: true }, {}, {}] });
  const midnight = await post(id, 'sendReserve', { reservationId: 'b-2' });
  expect(midnight.json()).toMatchObject({ granted: false, reason: 'daily_cap' });
  expect(Number(midnight.headers['retry-after'])).toBeGreaterThan(0);
});
