/** Endpoints over HTTP: operators make, change and remove them; each key sees only its own. */
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';
import { sendWebhooks } from '../../support/sendWebhooks.js';

let stand: HttpStand;
let receiver: Receiver;
let operator: string;
beforeAll(async () => {
  stand = await createHttpStand();
  receiver = await startReceiver();
  operator = await stand.key('operator');
});
afterAll(async () => {
  await stand.close();
  await receiver.close();
});

const send = (): Promise<void> => sendWebhooks(stand.pool);
const wanted = { url: 'https://example.com/hooks', events: ['account.held'], accounts: ['a'] };
type Made = { readonly endpointId: string; readonly secret: string };
const make = async (more: object = {}): Promise<Made> => {
  const answer = await stand.ask(operator, '/v1/webhooks', { ...wanted, ...more });
  expect(answer.statusCode).toBe(201);
  return answer.json<Made>();
};

it('an endpoint is made, changed, pinged, replayed and removed; its secret is shown once', async () => {
  const { endpointId, secret } = await make({ url: receiver.url, accounts: null });
  receiver.trust(secret);
  const at = `/v1/webhooks/${endpointId}`;
  const shown = await stand.ask(operator, at);
  expect(shown.body).not.toContain(secret);
  expect(shown.json()).toMatchObject({
    endpointId,
    url: receiver.url,
    events: ['account.held'],
    accounts: null,
    format: 'json',
    secrets: [{ secret: `whsec_…${secret.slice(-4)}`, until: null }],
    changedBy: 'operator-1',
    attempt: 0,
    disabledAt: null,
  });
  const { items } = (await stand.ask(operator, '/v1/webhooks')).json<{ items: Endpoint[] }>();
  expect(items).toEqual([shown.json()]);
  const changed = await stand.ask(operator, at, { accounts: ['a', 'b'] }, { method: 'PATCH' });
  expect(changed.json()).toEqual({ ...shown.json<object>(), accounts: ['a', 'b'] });

  const raise = `select safeband.tell_webhook('b', 'account.held', 'k' || $1::int, now(), '{}')`;
  for (const n of [1, 2, 3]) await stand.pool.query(raise, [n]);
  await send();
  const ids = receiver.received.map(({ payload }) => payload.id);
  const first = await stand.ask(operator, `${at}/deliveries?limit=2`);
  const { next, items: tries } = first.json<{ next: string; items: { eventId: string }[] }>();
  const second = (await stand.ask(operator, next)).json<{ items: { eventId: string }[] }>();
  expect([...tries, ...second.items].map(({ eventId }) => eventId)).toEqual(ids.toReversed());
  expect(tries[0]).toMatchObject({ type: 'account.held', attempt: 1, status: 204, error: null });

  expect((await stand.ask(operator, `${at}/replay`, { eventId: ids[1] })).statusCode).toBe(200);
  const rotated = await stand.ask(operator, `${at}/rotate`, { keepSeconds: 60 });
  const { eventId } = (await stand.ask(operator, `${at}/ping`, {})).json<{ eventId: string }>();
  await send();
  const later = receiver.received.slice(3).map(({ payload }) => payload.id);
  expect(later.toSorted()).toEqual([...ids.slice(1), eventId].toSorted());
  expect(receiver.received.at(-1)?.headers['webhook-signature']).toContain(' ');
  expect(rotated.json<{ secret: string }>().secret).toMatch(/^whsec_\S{44}$/);
  expect((await stand.ask(operator, `${at}/enable`, {})).statusCode).toBe(200);
  const slack = await stand.ask(operator, at, { format: 'slack' }, { method: 'PATCH' });
  expect(slack.json()).toMatchObject({ accounts: ['a', 'b'], format: 'slack' });
  await stand.ask(operator, `${at}/ping`, {});
  await stand.pool.query(raise, [4]);
  await send();
  expect(
    receiver.received
      .slice(-2)
      .map(({ body }) => body)
      .toSorted(),
  ).toEqual([
    expect.stringMatching(/^\{"text":"Safeband stopped account `b` until [^"]*"\}$/),
    '{"text":"This is a test message of Safeband."}',
  ]);
  const ended = await stand.ask(operator, at, undefined, { method: 'DELETE' });
  expect(ended.statusCode).toBe(204);
  expect((await stand.ask(operator, at)).statusCode).toBe(404);
});

it('an alert is sent when it opens, when its severity rises, and when a person closes it', async () => {
  const { secret } = await make({
    url: receiver.url,
    events: ['alert.raised', 'alert.resolved'],
    accounts: ['alerted'],
  });
  receiver.trust(secret);
  receiver.received.length = 0;
  const report = (severity: string, at: string) =>
    stand.pool.query(
      `insert into safeband.alerts as old
         (account_id, kind, severity, quota_day, details, raised_at)
       values ('alerted', 'double_send', $1, '2026-11-24', '{"chatId": "2-secret"}', $2)
       on conflict (account_id, kind, quota_day) do update
         set severity = excluded.severity, raised_at = excluded.raised_at, resolved_at = null`,
      [severity, at],
    );
  await report('info', '2026-11-24T09:00:00Z');
  await report('info', '2026-11-24T09:10:00Z');
  await report('critical', '2026-11-24T09:20:00Z');
  await report('warning', '2026-11-24T09:30:00Z');
  const listed = await stand.ask(operator, '/v1/alerts?kind=double_send');
  const [alert] = listed.json<{ items: { alertId: number }[] }>().items;
  const reason = 'Ms. Roe knows';
  const closed = await stand.ask(operator, `/v1/alerts/${alert?.alertId}/close`, { reason });
  expect(closed.statusCode).toBe(200);
  await report('warning', '2026-11-24T09:40:00Z');
  await send();
  const payloads = receiver.received.map(({ payload }) => payload);
  expect(payloads.map(({ type, data }) => [type, data['severity'], data['by']])).toEqual([
    ['alert.raised', 'info', undefined],
    ['alert.raised', 'critical', undefined],
    ['alert.resolved', 'warning', 'operator'],
    ['alert.raised', 'warning', undefined],
  ]);
  expect(new Set(payloads.map(({ data }) => data['alertId']))).toEqual(new Set([alert?.alertId]));
  expect(JSON.stringify(payloads)).not.toMatch(/Roe|2-secret|operator-1/);
});

const ID = `whe_${'0'.repeat(32)}`;
const REFUSED: readonly (readonly [string, string, object, string])[] = [
  ['an http URL', '', { ...wanted, url: 'http://example.com/' }, 'url'],
  ['a URL with a password', '', { ...wanted, url: 'https://a:b@example.com/' }, 'url'],
  ['an event that is none', '', { ...wanted, events: ['ping'] }, 'events[0]'],
  ['a format that is none', '', { ...wanted, format: 'xml' }, 'format'],
  ['no events', '', { ...wanted, events: [] }, 'events'],
  ['a name that is none', '', { ...wanted, accounts: ['../a'] }, 'accounts[0]'],
  ['an unknown field', '', { ...wanted, secret: 'mine' }, 'secret'],
  ['two places', `/${ID}/replay`, { eventId: `evt_${'0'.repeat(32)}`, since: 'x' }, 'since'],
  ['no place', `/${ID}/replay`, {}, 'eventId'],
  ['a day that is none', `/${ID}/replay`, { since: '2026-02-30T00:00:00Z' }, 'since'],
  ['a long time', `/${ID}/rotate`, { keepSeconds: 604_801 }, 'keepSeconds'],
];
it.each(REFUSED)('%s is refused, and the error names the field', async (_, path, body, field) => {
  const answer = await stand.ask(operator, `/v1/webhooks${path}`, body);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ code: 'InvalidInput', field });
});

it('a key of some accounts gets no event of other accounts', async () => {
  const { endpointId, secret } = await make({ url: receiver.url, accounts: ['c', 'd'] });
  receiver.trust(secret);
  const at = `/v1/webhooks/${endpointId}`;
  const limited = await stand.key('operator', ['c']);
  const raise = `select safeband.tell_webhook($1, 'account.held', 'alone', $2::timestamptz, '{}')`;
  // Later than the ping below, which has the present time.
  const [first, second] = [1, 2].map((days) =>
    new Date(Date.now() + days * 86_400_000).toISOString(),
  );
  await stand.pool.query(raise, ['c', first]);
  await stand.pool.query(raise, ['d', second]);
  await send();
  const log = async (key: string) => {
    const answer = await stand.ask(key, `${at}/deliveries`);
    return answer.json<{ items: { eventId: string; type: string }[] }>().items;
  };
  const [ofD, ofC] = await log(operator);
  await stand.ask(operator, at, { accounts: ['c'] }, { method: 'PATCH' });
  await stand.ask(limited, `${at}/ping`, {});
  await send();
  expect((await log(limited)).map(({ type }) => type)).toEqual(['ping', 'account.held']);
  expect((await log(limited))[1]).toEqual(ofC);
  expect(await log(operator)).toHaveLength(3);
  const replayed = async (body: object): Promise<number> =>
    (await stand.ask(limited, `${at}/replay`, body)).statusCode;
  expect(await replayed({ eventId: ofC?.eventId })).toBe(200);
  expect(await replayed({ since: first })).toBe(200);
  expect(await replayed({ eventId: ofD?.eventId })).toBe(400);
  expect(await replayed({ since: second })).toBe(400);
});

it('only operators are accepted, and a key of some accounts gets its own endpoints', async () => {
  const own = await make({ accounts: ['a'] });
  const both = await make({ accounts: ['a', 'b'] });
  const all = await make({ accounts: null });
  const limited = await stand.key('operator', ['a']);
  const routes: readonly (readonly [string, InjectOptions, object?])[] = [
    ['', {}],
    ['', { method: 'PATCH' }, {}],
    ['/deliveries', {}],
    ['/rotate', {}, {}],
    ['/ping', {}, {}],
    ['/enable', {}, {}],
    ['/replay', {}, { since: '2026-11-24T09:00:00.000Z' }],
    ['', { method: 'DELETE' }],
  ];
  for (const { endpointId } of [both, all]) {
    for (const [path, more, body] of routes) {
      const url = `/v1/webhooks/${endpointId}${path}`;
      expect((await stand.ask(limited, url, body, more)).statusCode).toBe(404);
    }
  }
  const listed = (await stand.ask(limited, '/v1/webhooks')).json<{ items: Endpoint[] }>();
  expect(listed.items.map(({ endpointId }) => endpointId)).toEqual([own.endpointId]);
  const beyond = { ...wanted, accounts: ['a', 'b'] };
  expect((await stand.ask(limited, '/v1/webhooks', beyond)).statusCode).toBe(404);
  const every = await stand.ask(limited, '/v1/webhooks', { ...wanted, accounts: null });
  expect(every.json()).toMatchObject({ code: 'InvalidInput', field: 'accounts' });
  const at = `/v1/webhooks/${own.endpointId}`;
  const widened = await stand.ask(limited, at, { accounts: ['b'] }, { method: 'PATCH' });
  expect(widened.statusCode).toBe(404);
  for (const role of ['reader', 'pipeline'] as const) {
    const key = await stand.key(role);
    for (const [path, more, body] of [['', {}] as const, ...routes]) {
      expect((await stand.ask(key, at + path, body, more)).statusCode).toBe(403);
    }
    expect((await stand.ask(key, '/v1/webhooks')).statusCode).toBe(403);
    expect((await stand.ask(key, '/v1/webhooks', wanted)).statusCode).toBe(403);
  }
});
