/** Log events and rows of log-ins and refusals, and what caches and Postgres may keep. */
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { networkOf } from '../../../src/http/access/rateLimit.js';
import { listAccessChanges } from '../../../src/postgres/access/changes.js';
import { makeKey, revokeKey } from '../../../src/postgres/access/keys.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let lines: readonly string[] = [];
let now = Date.UTC(2026, 0, 1);
beforeAll(async () => {
  const logger = pino(
    { level: 'info', messageKey: 'event' },
    { write: (line) => (lines = [...lines, line]) },
  );
  const limits = { requestsPerMinute: 1_000_000, requestMs: 300, checkMs: 50 };
  stand = await createHttpStand({ logger, limits, now: () => now }, { taskQueue: 'none' });
});
afterAll(() => stand.close());

type Event = { event: string; route?: string; keyId?: string; role?: string; count?: number };
const logged = (): readonly Event[] =>
  lines.map((line): Event => JSON.parse(line)).filter(({ event }) => event.startsWith('access.'));
const FORM = {
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin',
};
const logIn = (key: string, cookie = '') =>
  stand.app.inject({
    url: '/login',
    method: 'POST',
    payload: new URLSearchParams({ key }).toString(),
    headers: { ...FORM, ...(cookie ? { cookie } : {}) },
  });
const cookieOf = (answer: Awaited<ReturnType<typeof logIn>>): string =>
  answer.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');

it('the server logs refusals and log-ins with the id of the key, and without a secret', async () => {
  const key = await stand.key('reader');
  const keyId = key.slice(3, 19);
  lines = [];
  const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
  expect((await stand.ask(wrong, '/v1/alerts')).statusCode).toBe(401);
  expect((await stand.ask(key, '/v1/webhooks')).statusCode).toBe(403);
  expect((await logIn(wrong)).statusCode).toBe(401);
  expect((await logIn(key)).statusCode).toBe(303);
  const forged = { ...FORM, 'sec-fetch-site': 'cross-site' };
  const refused = await stand.app.inject({
    url: '/login',
    method: 'POST',
    payload: 'key=x',
    headers: forged,
  });
  expect(refused.statusCode).toBe(403);
  expect(logged()).toMatchObject([
    { event: 'access.key_refused', route: '/v1/alerts', keyId },
    { event: 'access.refused', route: '/v1/webhooks', keyId, role: 'reader' },
    { event: 'access.login_refused', route: '/login' },
    { event: 'access.key_refused', route: '/login' },
    { event: 'access.login', route: '/login', keyId, role: 'reader' },
    { event: 'access.refused', route: '/login' },
  ]);
  expect(lines.join('')).not.toContain(key.slice(20));
});

it('the server logs a limited number of refusals a minute, and then the number of the others', async () => {
  now += 60_000;
  lines = [];
  for (let n = 0; n < 70; n += 1) await stand.ask(`sb_${n}`, '/v1/alerts');
  expect(logged().length).toBe(60);
  now += 60_000;
  await stand.ask('sb_x', '/v1/alerts');
  expect(logged().slice(60)).toMatchObject([
    { event: 'access.refused_more', count: 10 },
    { event: 'access.key_refused' },
  ]);
});

it('the database keeps a permanent row of each log-in, key and webhook', async () => {
  const operator = await stand.key('operator');
  const one = await makeKey(stand.pool, { name: 'one', role: 'reader' }, 'cli:ada');
  await revokeKey(stand.pool, 'one', 'cli:ben');
  await logIn(operator);
  const body = { url: 'https://example.com/x', events: ['drift.alert'] };
  const made = await stand.ask(operator, '/v1/webhooks', body);
  const { endpointId } = made.json<{ endpointId: string }>();
  const at = `/v1/webhooks/${endpointId}`;
  await stand.ask(operator, at, { events: ['no_credits'] }, { method: 'PATCH' });
  await stand.ask(operator, `${at}/rotate`, {});
  await stand.ask(operator, at, undefined, { method: 'DELETE' });
  const answer = await stand.ask(operator, '/v1/access?limit=7');
  const { items } = answer.json<{ items: { kind: string; actor: string; target: string }[] }>();
  const keyId = operator.slice(3, 19);
  const [{ actor } = { actor: '' }] = items;
  expect(items.map((item) => [item.kind, item.actor, item.target])).toEqual([
    ['webhook_removed', actor, endpointId],
    ['webhook_changed', actor, endpointId],
    ['webhook_changed', actor, endpointId],
    ['webhook_added', actor, endpointId],
    ['login', actor, keyId],
    ['key_revoked', 'cli:ben', one?.keyId],
    ['key_made', 'cli:ada', one?.keyId],
  ]);
  expect(actor).toMatch(/^operator-/);
  const limited = await stand.key('operator', ['some']);
  expect((await stand.ask(limited, '/v1/access')).statusCode).toBe(403);
  const [last] = await listAccessChanges(stand.pool, { before: null, limit: 1 });
  expect(JSON.stringify(last)).not.toContain('whsec_');
  for (const sql of ['delete from safeband.access_changes', 'truncate safeband.access_changes']) {
    await expect(stand.pool.query(sql)).rejects.toThrow('append-only');
  }
});

it('a second log-in of a browser ends the first', async () => {
  const key = await stand.key('reader');
  const first = cookieOf(await logIn(key));
  const open = (cookie: string) => stand.app.inject({ url: '/fleet', headers: { cookie } });
  expect((await open(first)).statusCode).toBe(200);
  const second = cookieOf(await logIn(key, first));
  expect((await open(first)).statusCode).toBe(303);
  expect((await open(second)).statusCode).toBe(200);
});

it('the server forbids caches to keep answers, and refuses text that Postgres cannot keep', async () => {
  const key = await stand.key('operator');
  const gets = stand.app
    .routeList()
    .filter(
      ({ method, url, needs }) => method === 'GET' && needs !== 'public' && !url.endsWith('stream'),
    );
  expect(gets.length).toBeGreaterThan(20);
  for (const { url, schema } of gets) {
    const path = url.replace(':accountId', 'a').replace(':endpointId', `whe_${'0'.repeat(32)}`);
    const answer = await stand.ask(key, path);
    expect([url, String(answer.headers['cache-control'])]).toEqual([
      url,
      expect.stringMatching(/no-store|no-cache/),
    ]);
    const fields = Object.keys(Object(Object(schema).querystring).properties ?? {});
    for (const name of fields) {
      for (const bad of ['%00', 'a%00b', '%ED%A0%80', 'x'.repeat(9_000)]) {
        const { statusCode } = await stand.ask(key, `${path}?${name}=${bad}`);
        expect([url, name, bad.slice(0, 9), statusCode < 500]).toEqual([
          url,
          name,
          bad.slice(0, 9),
          true,
        ]);
      }
    }
    const evil = url.replace(':accountId', 'a%00').replace(':endpointId', 'whe_%00');
    expect((await stand.ask(key, evil)).statusCode).toBeLessThan(500);
  }
});

it('the server closes a request that arrives too slowly, soon after its time limit', async () => {
  const address = new URL(await stand.app.listen({ port: 0, host: '127.0.0.1' }));
  const ended = async (text: string): Promise<string> => {
    const socket = connect(Number(address.port), address.hostname);
    let received = '';
    socket.on('data', (data) => (received += data.toString()));
    socket.write(text);
    await new Promise((resolve) => socket.once('close', resolve));
    return received;
  };
  const body = 'POST /login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n';
  for (const slow of ['GET /livez HTTP/1.1\r\nhost', body])
    expect(await ended(slow)).toMatch(/^HTTP\/1.1 4\d\d/);
});

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the limits count the address %s as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
