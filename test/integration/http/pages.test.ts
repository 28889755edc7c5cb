/** The pages of the dashboard with every kind of key: which key may see which page. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KnownRoute } from '../../../src/http/app.js';
import { edit, sent } from '../../support/account.js';
import { withoutIso } from '../../support/answers.js';
import { safeband, settingsOf } from '../../support/cli.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';
import type { Why } from '../../../src/domain/diagnostics/why/model.js';

let stand: HttpStand;
let [own, other] = ['', ''];
beforeAll(async () => {
  stand = await createHttpStand();
  [own, other] = [stand.newAccount('own'), stand.newAccount('foreign')];
  const operator = await stand.key('operator');
  for (const id of [own, other]) {
    await stand.ask(operator, `/v1/accounts/${id}/connect`, { tier: 'premium' });
    await stand.ask(operator, `/v1/accounts/${id}/reconcileNow`, {});
  }
});
afterAll(() => stand.close());

const pages = (): readonly KnownRoute[] =>
  stand.app.pageList().filter(({ method }) => method !== 'HEAD');
const go = (key: string, { method, url }: KnownRoute, id: string): Promise<Answer> =>
  stand.app.inject({
    method: method === 'POST' ? 'POST' : 'GET',
    url: url.replace(':accountId', id).replace(':action', 'hold').replace(':file', 'x'),
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : { 'sec-fetch-site': 'same-origin' }),
      ...(method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
    },
    ...(method === 'POST' ? { payload: 'reason=tried&tier=premium&accountId=x' } : {}),
  });

it('every page declares the right that it needs', () => {
  expect(pages().filter(({ needs }) => needs === undefined)).toEqual([]);
  expect(pages().length).toBeGreaterThan(12);
});

it('a reader without a key gets the log-in page', async () => {
  for (const page of pages().filter(({ needs }) => needs !== 'public')) {
    const { statusCode, headers } = await go('', page, own);
    expect([page.url, statusCode]).toEqual([page.url, 303]);
    expect(headers.location).toMatch(/^\/login\?next=%2F/);
  }
});

it.each(['reader', 'pipeline'] as const)(
  'a key of the role %s is refused every action',
  async (role) => {
    const key = await stand.key(role);
    const operating = pages().filter(({ needs }) => needs === 'operate');
    expect(operating.length).toBe(20);
    for (const page of operating) {
      const { statusCode, headers, body } = await go(key, page, own);
      expect([page.url, statusCode]).toEqual([page.url, 403]);
      expect(headers['content-type']).toMatch('text/html');
      expect(body).toContain('This key does not allow that');
    }
  },
);

it('a key of one account gets the same 404 for other and unknown accounts', async () => {
  const key = await stand.key('operator', [own]);
  for (const page of pages().filter(({ url }) => url.includes(':accountId'))) {
    const [hidden, none] = [await go(key, page, other), await go(key, page, 'never-was')];
    expect([page.url, hidden.statusCode, none.statusCode]).toEqual([page.url, 404, 404]);
    expect(hidden.body.replaceAll(/data-now="[^"]*"/g, '')).toBe(
      none.body.replaceAll(/data-now="[^"]*"/g, ''),
    );
  }
  for (const url of ['/accounts', '/fleet', `/accounts/${own}`]) {
    const { statusCode, body } = await stand.ask(key, url);
    expect([url, statusCode]).toEqual([url, 200]);
    expect(body).not.toContain(other);
  }
});

it('an unknown path is answered with a problem for programs and a page for browsers', async () => {
  const key = await stand.key('reader');
  expect((await stand.ask(key, '/nothing')).headers['content-type']).toBe(
    'application/problem+json',
  );
  const page = await stand.ask(key, '/nothing', undefined, { headers: { accept: 'text/html' } });
  expect([page.statusCode, page.headers['content-type']]).toEqual([
    404,
    'text/html; charset=utf-8',
  ]);
});

it.each(['%00', '..%2f..', '%F0%9F%92%A5', '<script>', 'a'.repeat(300)])(
  'an account named "%s" is answered with 4xx',
  async (id) => {
    const key = await stand.key('reader');
    for (const rest of ['', '/why', '/history?at=2026-11-23T14:03:07Z']) {
      const { statusCode, body } = await stand.ask(key, `/accounts/${id}${rest}`);
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(statusCode).toBeLessThan(500);
      expect(body).not.toContain('<script>');
    }
  },
);

/** Returns the text of a page as a reader sees it. */
const shown = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

it('the page, the API and the command line show the same sentences', async () => {
  const { id } = await sent(stand, 17);
  const key = await stand.key('operator');
  await stand.ask(key, `/v1/accounts/${id}/sendReserve`, { reservationId: 'under-way' });
  await stand.ask(key, `/v1/accounts/${id}/hold`, { reason: 'a check' });
  await stand.ask(key, `/v1/accounts/${id}/reconcileNow`, {});
  await edit(stand, id, 'inmails_sent_today = 104');
  const byApi = (await stand.ask(key, `/v1/accounts/${id}/why`)).json<Why>();
  const { today, stop, details } = byApi.customer;
  // The gate counts 18, whatever a person wrote into the row.
  expect(today[0]?.text).toBe('You have sent 17 InMails today.');
  expect(stop[0]?.text).toBe('Sending was stopped.');
  const sentences = [
    byApi.headline,
    ...[...today, ...stop, ...details].map(({ text }) => text),
    ...byApi.parts.map(({ text }) => text),
    ...byApi.beside.map(({ text }) => text),
  ];
  expect(sentences[0]).toBe('The counter is 18, the event log has 17: 1 apart.');
  expect(byApi.parts.map(({ cause, count }) => [cause, count])).toEqual([['in_flight', 1]]);
  expect(byApi.beside.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['held', 'edited']));
  const byPage = shown((await stand.ask(key, `/accounts/${id}/why`)).body);
  const byCommand = JSON.parse((await safeband(['why', id, '--json'], settingsOf(stand))).out);
  expect(byCommand).toMatchObject({ ...byApi, asOf: expect.any(String) });
  for (const sentence of sentences) expect(byPage).toContain(withoutIso(sentence));
});

it('the page "what if" gives the answer of the gate at another instant, and changes nothing', async () => {
  const { id } = await sent(stand, 1);
  const key = await stand.key('reader', [id]);
  const ask = async (at: string) => {
    const query = at === '' ? '' : `?at=${encodeURIComponent(at)}`;
    const { statusCode, body } = await stand.ask(key, `/accounts/${id}/what-if${query}`);
    return [statusCode, shown(body)] as const;
  };
  expect(await ask('')).toEqual([200, expect.stringContaining('would be granted')]);
  expect(await ask('soon')).toEqual([400, expect.stringContaining('The instant must be in UTC')]);
  const late = new Date(Date.now() + 40 * 86_400_000).toISOString();
  expect(await ask(late)).toEqual([400, expect.stringContaining('at most 32 days ahead')]);
  const operator = await stand.key('operator');
  await stand.ask(operator, `/v1/accounts/${id}/hold`, { reason: 'a check' });
  expect(await ask('')).toEqual([
    200,
    expect.stringMatching(/would be denied: .*, until a person/),
  ]);
});

it('an account in shadow mode is marked everywhere, compared on a page, and left with one button', async () => {
  const id = stand.newAccount();
  const operator = await stand.key('operator');
  await stand.ask(operator, `/v1/accounts/${id}/connect`, { tier: 'premium', dailyCap: 1 });
  const page = async (url: string) => {
    const { statusCode, body } = await stand.ask(operator, url);
    return [statusCode, shown(body)] as const;
  };
  const post = (action: string) => stand.submit(operator, `/accounts/${id}/do/${action}`, {});
  expect(await page(`/accounts/${id}/shadow`)).toEqual([
    200,
    expect.stringContaining('The account is not in shadow mode now'),
  ]);
  expect((await page(`/accounts/${id}/do/shadow`))[1]).toContain('Nothing protects the account');
  expect((await post('shadow')).statusCode).toBe(303);
  for (const name of ['a', 'b']) {
    await stand.ask(operator, `/v1/accounts/${id}/sendReserve`, { reservationId: name });
  }
  await stand.ask(operator, `/v1/accounts/${id}/reconcileNow`, {});
  const [, account] = await page(`/accounts/${id}`);
  expect(account).toContain('Shadow mode. The gate decides each reserve');
  expect(account).toContain('Granted in shadow mode; would be denied until');
  expect((await page('/accounts'))[1]).toContain('shadow mode');
  expect((await page(`/accounts/${id}/reservations`))[1]).toContain(
    'Granted in shadow mode; would be denied: its daily cap is used up.',
  );
  expect((await page(`/accounts/${id}/settings`))[1]).toContain('shadow: the gate records');
  expect((await page(`/accounts/${id}/why`))[1]).toContain('the gate would have denied 1');
  expect((await page(`/accounts/${id}/what-if`))[1]).toContain('granted in shadow mode');
  const [, compared] = await page(`/accounts/${id}/shadow?days=7`);
  expect(compared).toContain('The gate would have denied 1 of them');
  expect(compared).toContain('its daily cap is used up (1 of 1)');
  expect(await page(`/accounts/${id}/shadow?days=99`)).toEqual([
    400,
    expect.stringContaining('Days must be a whole number from 1 to 31.'),
  ]);
  expect((await page(`/accounts/${id}/do/enforce`))[1]).toContain('so no further slot is granted');
  expect((await post('enforce')).statusCode).toBe(303);
  expect((await page(`/accounts/${id}`))[1]).not.toContain('Granted in shadow mode');
});

it('operators see keys and webhooks; a limited key sees only its own endpoints', async () => {
  const operator = await stand.key('operator');
  const limited = await stand.key('operator', [own]);
  const add = (url: string, accounts?: readonly string[]) =>
    stand.ask(operator, '/v1/webhooks', {
      url,
      events: ['account.held'],
      ...(accounts ? { accounts } : {}),
    });
  await add('https://all.example/hook');
  await add('https://own.example/hook', [own]);
  const all = await stand.ask(operator, '/webhooks');
  expect([all.statusCode, all.body]).toEqual([200, expect.stringContaining('all.example')]);
  const part = await stand.ask(limited, '/webhooks');
  expect(part.body).toContain('own.example');
  expect(part.body).not.toContain('all.example');
  const keys = await stand.ask(operator, '/keys');
  expect([keys.statusCode, shown(keys.body)]).toEqual([200, expect.stringContaining('● valid')]);
  expect(keys.body).not.toMatch(/sb_[0-9a-f]{16}_/);
  expect((await stand.ask(limited, '/keys')).statusCode).toBe(403);
  const empty = [
    shown((await stand.ask(operator, '/keys?group=nobody')).body),
    shown((await stand.ask(operator, '/webhooks?group=nobody')).body),
  ];
  expect(empty).toEqual([
    expect.stringContaining('No key is limited to these accounts. Show all keys'),
    expect.stringContaining('No endpoint is limited to these accounts. Show all endpoints'),
  ]);
  const reader = await stand.ask(await stand.key('reader'), '/fleet');
  expect(reader.body).not.toContain('href="/webhooks"');
});
