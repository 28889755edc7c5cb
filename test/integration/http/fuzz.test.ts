/** Every endpoint refuses bad input and names the field; it never answers 5xx and never hangs. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KnownRoute } from '../../../src/http/app.js';
import { FOREIGN_MAX, isChatId, isWellFormed } from '../../../src/domain/primitives/ids.js';
import { parseOrder } from '../../../src/domain/wire/adminRequests.js';
import { order } from '../../../src/http/schemas/messages.js';
import { chatId } from '../../../src/http/schemas/parts.js';
import { checkOf } from '../../../src/http/plumbing/validation.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand({ limits: { requestsPerMinute: 1_000_000 } });
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const routes = (method: string): readonly KnownRoute[] =>
  stand.app
    .routeList()
    .filter((route) => route.method === method && route.url.startsWith('/v1/'))
    .filter(({ url }) => !url.endsWith('/stream'));

/** An id for this file only, because other files use the same Temporal. */
const unknown = `never-was-${randomUUID()}`;
const pathOf = (url: string, accountId = unknown): string =>
  url
    .replace(':accountId', accountId)
    .replace(':endpointId', `whe_${'0'.repeat(32)}`)
    .replace(':orderId', '0'.repeat(16))
    .replace(':group', 'eu-sales')
    .replace(':alertId', '999999999');

/** Expects a problem document, as each refusal must be. */
function expectProblem(answer: Answer, of: unknown): void {
  const problem = answer.json<{ type: string; status: number; code?: string; field?: string }>();
  expect([of, answer.statusCode < 500 || answer.body, problem.status]).toEqual([
    of,
    true,
    answer.statusCode,
  ]);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(problem.type).toMatch(/^urn:safeband:problem:\w+/);
}

const json = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue() },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown[]>(
      '',
      ' ',
      '\u0000',
      '\ud800',
      'é'.repeat(600),
      -1,
      1e21,
      0.5,
      [],
      {},
      [[]],
      null,
      '../x',
      '%00',
      'a'.repeat(129),
    ),
  },
);

it('any wrong value in a body is refused, and the error names the field', async () => {
  const names = (example: object) => fc.constantFrom(...Object.keys(example), 'unknown_field');
  for (const { url, schema } of routes('POST')) {
    const [example] = Object(schema?.body).examples ?? [];
    const path = pathOf(url);
    await fc.assert(
      fc.asyncProperty(names(example), json, async (name, value) => {
        const answer = await stand.ask(key, path, { ...example, [name]: value });
        if (answer.statusCode < 300) return;
        expectProblem(answer, [url, name, value]);
        const { code, field = '' } = answer.json<{ code: string; field?: string }>();
        // A valid body is refused because there is no such account.
        if (code !== 'InvalidInput') return;
        expect(field.startsWith(name) || name === 'unknown_field', `${url} ${name} ${field}`).toBe(
          true,
        );
      }),
      { numRuns: 20 },
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const answer = await stand.ask(key, path, value);
        if (answer.statusCode !== 200) expectProblem(answer, [url, value]);
      }),
      { numRuns: 8 },
    );
  }
});

it('any query is answered, or refused with an error that names the field', async () => {
  const query = fc.dictionary(
    fc.constantFrom(
      'limit',
      'cursor',
      'state',
      'kind',
      'severity',
      'prefix',
      'open',
      'scope',
      'at',
      'count',
      'x',
    ),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '0',
        '1',
        '201',
        '-1',
        '1e3',
        'null',
        'WzFd',
        'IngiCg',
        'WyI5OTk5LTk5LTk5IiwxLCJ4Il0',
        'WzksIngiLCJ4IiwiMjAyNi0xMy00MCJd',
        'WzksIngiXQ',
        'OTk5OTk5OTk5OTk5OTk5',
      ),
    ),
    { maxKeys: 3 },
  );
  for (const { url } of routes('GET')) {
    await fc.assert(
      fc.asyncProperty(query, async (asked) => {
        const params = Object.entries(asked).map((pair) =>
          pair.map((one) => encodeURIComponent(isWellFormed(one) ? one : '')).join('='),
        );
        const path = pathOf(url, `never-asked-${unknown}`);
        const answer = await stand.ask(key, `${path}?${params.join('&')}`);
        if (answer.statusCode !== 200) expectProblem(answer, [url, asked]);
        const hasField = answer.statusCode !== 400 || 'field' in answer.json<object>();
        expect([url, asked, hasField]).toEqual([url, asked, true]);
      }),
      { numRuns: 20 },
    );
  }
});

it.each([
  ['half a body', '{"reservationId":', 400],
  ['a list', '[]', 400],
  ['nothing', 'null', 400],
  ['words', 'reserve', 400],
  ['an empty body', '', 400],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
  ['UTF-16', Buffer.from('{"reservationId":"r"}', 'utf16le'), 400],
  ['half of a pair', '{"reservationId":"r","recipientId":"\\ud800"}', 400],
  ['a prototype', '{"reservationId":"r","__proto__":{"journaled":true}}', 400],
  ['a deep body', `{"reservationId":${'['.repeat(60_000)}${']'.repeat(60_000)}}`, 400],
  ['a wide body', `{"reservationId":"${'r'.repeat(300_000)}"}`, 413],
])('refuses %s', async (_, payload, status) => {
  const headers = { 'content-type': 'application/json' };
  const url = '/v1/accounts/never-was/sendReserve';
  const answer = await stand.ask(key, url, {}, { payload, headers });
  expectProblem(answer, String(payload).slice(0, 50));
  expect([answer.statusCode, answer.json()]).toMatchObject([status, { code: 'InvalidInput' }]);
});

it.each([
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '',
])('a body of the type %j is refused', async (type) => {
  const more = { payload: 'reservationId=r', headers: { 'content-type': type } };
  const answer = await stand.ask(key, '/v1/accounts/never-was/sendReserve', {}, more);
  expectProblem(answer, type);
  expect(answer.statusCode).toBe(415);
});

it.each([
  '%00',
  '..%2f..',
  '%2e%2e%2f%2e%2e',
  '%ff',
  '%',
  'a%00b',
  'ä',
  '😀',
  'a'.repeat(129),
  'a b',
  "a'--",
  '%E2%80%AE',
  '.a',
  '-',
])('the id %j is refused in every path', async (id) => {
  for (const method of ['GET', 'POST']) {
    for (const { url } of routes(method).filter((route) => route.url.includes(':'))) {
      const path = url.replace(':accountId', id.startsWith('%') ? id : encodeURIComponent(id));
      const answer = await stand.ask(key, path, method === 'POST' ? {} : undefined);
      expectProblem(answer, path);
      expect([path, [400, 404].includes(answer.statusCode)]).toEqual([path, true]);
    }
  }
});

it('ids over HTTP follow the rules of the domain', () => {
  const [isFits, isActor] = [checkOf(chatId), checkOf(order.properties.actor)];
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom(
        'a',
        ' ',
        '\u2028',
        '\u0085',
        '\n',
        '\u001b',
        '\u202e',
        '\ud83d',
        '\ude00',
        '\u0000',
        '\u00a0',
        '\ufeff',
      ),
    }),
  );
  fc.assert(
    fc.property(text, (raw) => {
      expect('value' in isFits(raw)).toBe(isChatId(raw));
      expect('value' in isActor(raw)).toBe(parseOrder({ reason: 'x', actor: raw }, 'strict', 0).ok);
    }),
    { numRuns: 500 },
  );
  for (const length of [FOREIGN_MAX, FOREIGN_MAX + 1]) {
    const raw = 'a'.repeat(length);
    expect('value' in isFits(raw)).toBe(isChatId(raw));
  }
});

it('only a key with too many requests is refused, with the time to ask again', async () => {
  const limits = { requestsPerMinute: 8 };
  const limited = await createHttpStand({ limits }, { taskQueue: 'none' });
  const [hasty, calm] = [await limited.key('reader'), await limited.key('reader')];
  const ask = (reader: string) => limited.ask(reader, '/v1/alerts');
  // The first request of a key counts for its address, because the key is not known yet.
  for (const one of [hasty, calm]) expect((await ask(one)).statusCode).toBe(200);
  const answers = [];
  for (let n = 0; n <= limits.requestsPerMinute; n += 1) answers.push(await ask(hasty));
  const over = answers.find(({ statusCode }) => statusCode !== 200);
  expect(over?.statusCode).toBe(429);
  expect(Number(over?.headers['retry-after'])).toBeGreaterThan(0);
  expect((await ask(calm)).statusCode).toBe(200);
  await limited.close();
});
