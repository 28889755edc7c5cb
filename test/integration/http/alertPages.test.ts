/** The pages of alerts without a script: rights, forms, refusals, and the number in the header. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, update } from '../../support/account.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let operator: string;
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
});
afterAll(() => stand.close());

/** Connects an account, which receives a Signal with an unknown name. */
async function confused(name: string) {
  const id = stand.newAccount(name);
  const account = await stand.connect(id);
  await account.signal('foo', {});
  await run(account);
  const { rows } = await stand.pool.query<{ id: string; at: Date }>(
    `select alert_id as id, raised_at as at from safeband.alerts where account_id = $1`,
    [id],
  );
  const [alert] = rows;
  if (!alert) throw new Error('the account has an alert');
  return { id, account, alertId: alert.id, raisedAt: alert.at.toISOString() };
}
/** Sends the form of a page, as a browser does. */
const post = (
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> =>
  stand.app.inject({
    method: 'POST',
    url,
    payload: new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  });
const withKey = (key: string) => ({ authorization: `Bearer ${key}` });
const textOf = ({ body }: Answer): string =>
  body
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

it('the form of an alert closes it with the reason, and its page then shows it', async () => {
  const { id, alertId, raisedAt } = await confused('close');
  const url = `/alerts/${alertId}/do/close`;
  const asked = await stand.ask(operator, `${url}?back=account`);
  expect(textOf(asked)).toContain('If no person acts, the program sends the same wrong message');
  expect(asked.body).toContain(`name="raisedAt" value="${raisedAt}"`);
  const form = { reason: 'corrected', raisedAt, back: 'account' };
  const done = await post(url, form, withKey(operator));
  expect([done.statusCode, done.headers.location]).toEqual([303, `/accounts/${id}`]);
  const account = textOf(await stand.ask(operator, `/accounts/${id}`));
  expect(account).toContain('No open alert');
  expect(account).toContain('by operator-1: corrected'); // in the day
  const resolved = textOf(await stand.ask(operator, `/alerts?account=${id}&state=resolved`));
  expect(resolved).toContain('Closed by operator-1');
  const again = await stand.ask(operator, url);
  expect(textOf(again)).toContain('already resolved by operator-1');
  expect(again.body).not.toContain('name="raisedAt"');
});

it('a form without a reason, or for an alert that was raised again, changes nothing', async () => {
  const { account, alertId, raisedAt } = await confused('refused');
  const url = `/alerts/${alertId}/do/acknowledge`;
  for (const reason of ['', '   ']) {
    const answer = await post(url, { reason, raisedAt }, withKey(operator));
    expect([answer.statusCode, textOf(answer)]).toMatchObject([
      400,
      expect.stringContaining('Nothing was changed'),
    ]);
    expect(answer.body).toMatch(/id="reason"[^>]* aria-invalid="true"/);
  }
  await account.signal('bar', {});
  await run(account);
  const late = await post(url, { reason: 'I look', raisedAt }, withKey(operator));
  expect([late.statusCode, textOf(late)]).toMatchObject([
    409,
    expect.stringContaining('was raised again at'),
  ]);
  // The page has the newer alert and what was typed, so the same form works now.
  const [, newer = ''] = /name="raisedAt" value="([^"]*)"/.exec(late.body) ?? [];
  expect(late.body).toMatch(/id="reason"[^>]* value="I look"/);
  const done = await post(url, { reason: 'I look', raisedAt: newer }, withKey(operator));
  expect([done.statusCode, done.headers.location]).toEqual([303, '/alerts']);
});

it('a form from another site, a reader and a pipeline change nothing', async () => {
  const { id, alertId, raisedAt } = await confused('rights');
  const form = { reason: 'forged', raisedAt };
  const { cookie } = await logIn(operator);
  for (const verb of ['close', 'acknowledge']) {
    const url = `/alerts/${alertId}/do/${verb}`;
    for (const headers of [
      { cookie, origin: 'https://evil.example' },
      { cookie, 'sec-fetch-site': 'cross-site' },
      { cookie },
      withKey(await stand.key('reader')),
      withKey(await stand.key('pipeline')),
    ]) {
      expect([headers, (await post(url, form, headers)).statusCode]).toEqual([headers, 403]);
    }
    const foreign = await stand.key('operator', [stand.newAccount('elsewhere')]);
    expect((await post(url, form, withKey(foreign))).statusCode).toBe(404);
  }
  const page = await stand.ask(await stand.key('reader', [id]), `/alerts?account=${id}`);
  expect(textOf(page)).toContain('1 alert on this page');
  expect(page.body).not.toContain('/do/close');
  const own = await post(`/alerts/${alertId}/do/close`, form, {
    cookie,
    'sec-fetch-site': 'same-origin',
  });
  expect(own.statusCode).toBe(303);
});

/** Logs in as a browser does, and returns its cookie. */
async function logIn(key: string): Promise<{ readonly cookie: string }> {
  const answer = await post('/login', { key }, { 'sec-fetch-site': 'same-origin' });
  return { cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '' };
}

it('an alert that no key has, and an act that does not exist, are pages with this error', async () => {
  const { alertId } = await confused('unknown');
  for (const url of ['/alerts/999999999/do/close', '/alerts/1.5/do/close', '/alerts/x/do/close']) {
    const answer = await stand.ask(operator, url);
    expect([url, answer.statusCode, textOf(answer)]).toMatchObject([
      url,
      404,
      expect.stringContaining('There is no such alert'),
    ]);
  }
  expect((await stand.ask(operator, `/alerts/${alertId}/do/delete`)).statusCode).toBe(404);
});

it('the header of every page has the number of open alerts of the key, without acknowledged ones', async () => {
  const { id, account, alertId, raisedAt } = await confused('badge');
  await update(account, 'sendReserve', { reservationId: 'r-1' });
  await update(account, 'sendFailed', { reservationId: 'r-1', kind: 'restricted' });
  await run(account);
  const key = await stand.key('operator', [id]);
  const badge = async (path: string): Promise<string> => {
    const answer = await stand.ask(key, path, undefined, { headers: { accept: 'text/html' } });
    return /id="open-alerts" class="([^"]*)">(\d+)/.exec(answer.body)?.slice(1).join(' ') ?? 'none';
  };
  const paths = ['/accounts', '/fleet', '/alerts', `/accounts/${id}`, `/accounts/${id}/why`];
  for (const path of [...paths, `/alerts/${alertId}/do/close`, '/nothing', '/accounts/none']) {
    expect([path, await badge(path)]).toEqual([path, 'badge badge-critical 2']);
  }
  expect(textOf(await stand.ask(key, '/accounts'))).toContain('◆ 1 critical ▲ 1 warning');
  const form = { reason: 'I look', raisedAt };
  await post(`/alerts/${alertId}/do/acknowledge`, form, withKey(key));
  expect(await badge('/fleet')).toBe('badge badge-critical 1');
  expect(textOf(await stand.ask(key, '/alerts'))).toContain('A person works on 1 more');
  await update(account, 'resume', { reason: 'lifted', actor: 'ada' });
  await run(account);
  // Postgres reports the change; then every page has it.
  await expect.poll(() => badge('/fleet')).toBe('none');
});

it('a list of alerts has pages, and an address that makes no sense lists all open alerts', async () => {
  const id = stand.newAccount('many');
  await stand.pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at)
     select $1, 'late_delivery', 'warning', date '2026-01-01' + n, now() - n * interval '1 hour'
       from generate_series(1, 60) n`,
    [id],
  );
  const first = await stand.ask(operator, `/alerts?account=${id}&kind=late_delivery`);
  expect(textOf(first)).toContain('50 alerts on this page');
  const [, next = ''] = /rel="next" href="([^"]*)"/.exec(first.body) ?? [];
  const second = await stand.ask(operator, next.replaceAll('&amp;', '&'));
  expect(textOf(second)).toContain('10 alerts on this page');
  const ids = (answer: Answer): readonly string[] =>
    [...answer.body.matchAll(/<li id="alert-(\d+)"/g)].map(([, one = '']) => one);
  expect(new Set([...ids(first), ...ids(second)]).size).toBe(60);
  const strange = await stand.ask(
    operator,
    '/alerts?state=x&kind=__proto__&severity=y&account=%20',
  );
  expect([strange.statusCode, textOf(strange)]).toMatchObject([
    200,
    expect.stringContaining('50 alerts on this page'),
  ]);
  expect((await stand.ask(operator, '/alerts?cursor=x')).statusCode).toBe(400);
});
