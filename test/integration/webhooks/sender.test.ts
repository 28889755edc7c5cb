/**
 * The sender on a real database: order, retries, an hour without a receiver, replay, one sender.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/primitives/time.js';
import type { Pool } from '../../../src/postgres/pool.js';
import {
  addEndpoint,
  changeEndpoint,
  enableEndpoint,
  listDeliveries,
  pingEndpoint,
  readEndpoint,
  removeEndpoint,
  replay,
  rotateSecret,
  type Endpoint,
  type EndpointInput,
} from '../../../src/postgres/webhooks/endpoints.js';
import { mayCall } from '../../../src/webhooks/networks.js';
import { createPoster, type Post } from '../../../src/webhooks/post.js';
import { sendDue } from '../../../src/webhooks/sender.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';
import { withDatabase } from '../../support/database.js';

const LOOPBACK = [{ address: '127.0.0.1', prefix: 32 }];
const by = 'a test';
let databaseUrl: string;
let pool: Pool;
withDatabase((own, address) => {
  pool = own;
  databaseUrl = address;
});

/** The clock of sender and receiver; Postgres keeps its own. */
let now: number;
let receiver: Receiver;
let id: string;
let secret: string;
const make = (more: Partial<EndpointInput> = {}): ReturnType<typeof addEndpoint> =>
  addEndpoint(pool, {
    url: receiver.url,
    events: ['account.held', 'reset.done'],
    accounts: null,
    by,
    at: now,
    ...more,
  });
beforeEach(async () => {
  now = Date.now();
  receiver = await startReceiver({ now: () => now });
  ({ endpointId: id, secret } = await make());
  receiver.trust(secret);
});
afterEach(async () => {
  await pool.query('delete from safeband.webhook_events');
  await removeEndpoint(pool, id);
  await receiver.close();
});

let events = 0;
/** Writes an event of an account, as a save does. */
const happens = async (accountId: string, type = 'account.held'): Promise<void> => {
  events += 1;
  const sql = `select safeband.tell_webhook($1, $2, $3, safeband.at_ms($4),
    jsonb_build_object('n', $5::int))`;
  await pool.query(sql, [accountId, type, `key ${events}`, now, events]);
};
const many = async (count: number): Promise<readonly number[]> => {
  const first = events + 1;
  for (let n = 0; n < count; n += 1) await happens('a');
  return Array.from({ length: count }, (_, n) => first + n);
};
const numbers = (): readonly unknown[] => receiver.received.map(({ payload }) => payload.data['n']);
const endpoint = async (): Promise<Endpoint> => {
  const found = await readEndpoint(pool, id);
  if (!found) throw new Error('it is gone');
  return found;
};

/** Sends the due events with the clock of the test, and returns the lines of its log. */
async function send({
  timeoutMs = 60_000,
  networks = LOOPBACK,
  post,
}: {
  readonly timeoutMs?: number;
  readonly networks?: typeof LOOPBACK;
  readonly post?: Post;
} = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  const poster = createPoster(mayCall(networks), { timeoutMs });
  await sendDue({
    pool,
    post: post ?? poster.post,
    now: () => now,
    random: () => 0.5,
    leaving: new AbortController().signal,
    beat: () => undefined,
    warn: (line) => lines.push(line),
  });
  poster.close();
  return lines;
}

it('each endpoint gets the new events of its types and accounts, in order', async () => {
  await happens('b', 'reset.done');
  const few = await make({ events: ['reset.done'], accounts: ['b'] });
  receiver.trust(few.secret);
  const before = receiver.received.length;
  await happens('a');
  await happens('a', 'reset.done');
  await happens('b', 'reset.done');
  await happens('b', 'threshold.reached');
  await send();
  const log = await listDeliveries(pool, few.endpointId, { limit: 10 });
  expect(log).toMatchObject([{ type: 'reset.done', attempt: 1, status: 204, error: null }]);
  await removeEndpoint(pool, few.endpointId);
  expect(receiver.received.length - before).toBe(5);
  expect(new Set(receiver.received.map(({ payload }) => payload.id)).size).toBe(4);
});

it('a receiver that was down for an hour gets all events, in order and signed', async () => {
  receiver.turn(500);
  const wanted = [...(await many(3))];
  const tries: number[] = [];
  const begin = now;
  while (now < begin + HOUR_MS) {
    await send();
    tries.push(now - begin);
    now = (await endpoint()).nextAttemptAt ?? Number.NaN;
    if (tries.length === 5) wanted.push(...(await many(2)));
  }
  expect(tries.length).toBeLessThan(20);
  expect(new Set(numbers())).toEqual(new Set([wanted[0]])); // the others wait for their turn
  const backAt = begin + HOUR_MS;
  receiver.turn(204);
  receiver.received.length = 0;
  await send();
  expect(now - backAt).toBeLessThanOrEqual(10 * MINUTE_MS);
  expect(numbers()).toEqual(wanted);
  expect(receiver.refused()).toBe(0);
  expect(await endpoint()).toMatchObject({ attempt: 0, failingSince: null, nextAttemptAt: null });
  const [last] = await listDeliveries(pool, id, { limit: 1 });
  expect(last).toMatchObject({ attempt: 1, error: null, answer: null });
});

it('a refusal, a redirect and silence are failures, logged with a KiB of the answer', async () => {
  await many(1);
  for (const mood of [500, 307, 'silent'] as const) {
    receiver.turn(mood);
    await send(mood === 'silent' ? { timeoutMs: 300 } : {});
    now = (await endpoint()).nextAttemptAt ?? Number.NaN;
  }
  const log = await listDeliveries(pool, id, { limit: 10 });
  expect(log.map(({ error }) => error)).toEqual([
    'no answer within 0.3 s',
    'the receiver answered 307: no redirect is followed',
    'the receiver answered 500',
  ]);
  expect(log.map(({ answer }) => answer?.length)).toEqual([undefined, 1_024, 1_024]);
  expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
});

it('an address that is not public is not called, under any name', async () => {
  await many(1);
  await send({ networks: [] });
  const name = receiver.url.replace('127.0.0.1', 'localhost');
  const named = await make({ url: name });
  await many(1);
  await send({ networks: [] });
  for (const one of [id, named.endpointId]) {
    const [tried] = await listDeliveries(pool, one, { limit: 1 });
    expect(tried?.error).toMatch(/^[\d:., ]+ is not a public address/);
  }
  await removeEndpoint(pool, named.endpointId);
  expect(receiver.received).toEqual([]);
});

it('an endpoint is disabled after three days of failures, and resumes if enabled', async () => {
  receiver.turn(503);
  const wanted = await many(2);
  await send();
  const since = (await endpoint()).failingSince ?? Number.NaN;
  now = since + 72 * HOUR_MS - 1;
  expect(await send()).toEqual([]);
  now = since + 72 * HOUR_MS + 10 * MINUTE_MS;
  expect(await send()).toEqual(['webhook.disabled']);
  expect(await endpoint()).toMatchObject({
    disabledReason: 'the receiver accepted no event for three days',
  });
  wanted.concat(await many(1));
  receiver.turn(204);
  receiver.received.length = 0;
  await send();
  expect(numbers()).toEqual([]);
  await enableEndpoint(pool, id, { by, at: now });
  await send();
  expect(numbers()).toEqual([...wanted, events]);
});

it('a change by an operator applies from the next try, after any outcome', async () => {
  const wanted = await many(3);
  const posted: unknown[] = [];
  const change = (more: Partial<EndpointInput>) =>
    changeEndpoint(pool, id, { ...more, by, at: now });
  /** Changes the endpoint before the first try is answered. */
  const sendAndChange = (status: number, more: Partial<EndpointInput>) =>
    send({
      post: async (url, _, body) => {
        const { data }: { data: { n: number } } = JSON.parse(body);
        posted.push([url, data.n]);
        if (posted.length === 1) await change(more);
        return { status: posted.length === 1 ? status : 204, answer: '' };
      },
    });
  const url = 'https://example.com/new';
  expect(await sendAndChange(410, { url })).toEqual([]);
  expect(posted).toEqual([[receiver.url, wanted[0]], ...wanted.map((n) => [url, n])]);
  expect(await endpoint()).toMatchObject({ attempt: 0, failingSince: null, disabledAt: null });

  posted.length = 0;
  const [first] = await many(3);
  await sendAndChange(204, { accounts: ['b'] });
  expect(posted).toEqual([[url, first]]); // the endpoint no longer gets the other events of `a`

  await change({ url: receiver.url, accounts: null });
  receiver.turn(500);
  await many(1);
  await send();
  const { failingSince } = await endpoint();
  await change({ events: ['account.held'] });
  expect(await endpoint()).toMatchObject({ attempt: 1, failingSince, nextAttemptAt: null });
  await change({ url: receiver.url });
  expect(await endpoint()).toMatchObject({ attempt: 0, failingSince: null });
});

it('an endpoint whose receiver answers 410 is disabled', async () => {
  receiver.turn(410);
  await many(1);
  expect(await send()).toEqual(['webhook.disabled']);
});

it('a replay begins at an event or an instant, with the same ids, in order', async () => {
  const wanted = await many(4);
  await send();
  const ids = receiver.received.map(({ payload }) => payload.id);
  expect(await replay(pool, id, { eventId: ids[2] ?? '', by, at: now })).toBe(true);
  await send();
  expect(numbers()).toEqual([...wanted, ...wanted.slice(2)]);
  expect(receiver.received.slice(4).map(({ payload }) => payload.id)).toEqual(ids.slice(2));
  now += HOUR_MS;
  const later = await many(1);
  await send();
  receiver.received.length = 0;
  expect(await replay(pool, id, { since: now, by, at: now })).toBe(true);
  await send();
  expect(numbers()).toEqual(later);
  expect(await replay(pool, id, { eventId: 'evt_none', by, at: now })).toBe(false);
});

it('for a day after a rotation both secrets are valid, then only the new secret', async () => {
  const next = await rotateSecret(pool, id, { keepMs: 24 * HOUR_MS, by, at: now });
  await many(1);
  await send();
  expect(receiver.received[0]?.headers['webhook-signature']).toMatch(/^v1,\S{44} v1,\S{44}$/);
  now += 24 * HOUR_MS;
  await many(1);
  await send();
  expect([numbers().length, receiver.refused()]).toEqual([1, 1]);
  receiver.trust(next ?? '');
  now = (await endpoint()).nextAttemptAt ?? Number.NaN;
  await send();
  expect([numbers().length, receiver.refused()]).toEqual([2, 1]);
  expect((await endpoint()).secrets).toEqual([
    { secret: `whsec_…${next?.slice(-4)}`, until: null },
    { secret: `whsec_…${secret.slice(-4)}`, until: expect.any(Number) },
  ]);
});

it('a ping is sent at once, one time, also to an endpoint that is disabled', async () => {
  receiver.turn(410);
  await many(1);
  await send();
  const eventId = await pingEndpoint(pool, id, now);
  await send();
  await send();
  const log = await listDeliveries(pool, id, { limit: 10 });
  expect(log.filter(({ type }) => type === 'ping')).toMatchObject([{ eventId, status: 410 }]);
});

it('an event of a save that commits late is not lost', async () => {
  const slow = await pool.connect();
  await slow.query('begin');
  await slow.query(
    `select safeband.tell_webhook('slow', 'account.held', 'late', now(), '{"n":0}')`,
  );
  const wanted = await many(1);
  await send();
  await slow.query('commit');
  slow.release();
  await send();
  expect(numbers()).toEqual([...wanted, 0]);
});

it('an event is sent again, with its id, if its sender was killed meanwhile', async () => {
  receiver.turn('silent');
  const wanted = await many(2);
  const script = fileURLToPath(new URL('../../support/senderProcess.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: 'ignore',
  });
  await expect.poll(() => numbers().length).toBe(1);
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  expect(await send()).toEqual([]); // another sender is active, so nothing is sent twice
  expect(numbers()).toEqual([wanted[0]]);
  child.kill('SIGKILL');
  await gone;
  receiver.turn(204);
  await expect
    .poll(async () => {
      await send();
      return numbers();
    })
    .toEqual([wanted[0], ...wanted]);
  expect(receiver.received[1]?.payload).toEqual(receiver.received[0]?.payload);
});
