/** Alerts over HTTP: a person acknowledges and closes them, and a cause that persists opens them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ALERT_KINDS } from '../../../src/domain/account/alertKinds.js';
import { run, statusOf, update } from '../../support/account.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';

/** The id of no alert. */
const UNKNOWN = 999_999_999;

let stand: HttpStand;
let operator: string;
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
});
afterAll(() => stand.close());

type Item = {
  readonly alertId: number;
  readonly kind: string;
  readonly state: string;
  readonly raisedAt: string;
  readonly times: number;
};
const listOf = async (path: string, key = operator): Promise<readonly Item[]> =>
  (await stand.ask(key, path)).json<{ items: readonly Item[] }>().items;
const onlyOf = async (accountId: string): Promise<Item> => {
  const [found, ...others] = await listOf(`/v1/accounts/${accountId}/alerts`);
  if (!found || others.length > 0) throw new Error('the account should have one alert');
  return found;
};
const act = (alertId: unknown, verb: string, body: object, key = operator): Promise<Answer> =>
  stand.ask(key, `/v1/alerts/${String(alertId)}/${verb}`, body);

/** Connects an account, which receives a Signal with an unknown name. */
async function confused(name: string) {
  const id = stand.newAccount(name);
  const account = await stand.connect(id);
  await account.signal('foo', {});
  await run(account);
  return { id, account, alert: await onlyOf(id) };
}

it('an alert has its texts and its next step, and a list has the alerts of its filters', async () => {
  const { id, alert } = await confused('texts');
  expect(alert).toMatchObject({
    accountId: id,
    kind: 'bad_signal',
    severity: 'warning',
    state: 'open',
    title: 'A message could not be read',
    nextStep: expect.stringContaining('Correct the program'),
    ifNoPersonActs: expect.stringContaining('If no person acts, '),
    endedBy: 'person',
    canClose: true,
    acknowledged: null,
    closed: null,
  });
  const path = `/v1/accounts/${id}/alerts`;
  for (const query of ['?open=true', '?state=open', '?kind=bad_signal', '?severity=warning']) {
    expect([query, await listOf(path + query)]).toEqual([query, [alert]]);
  }
  for (const query of [
    '?state=resolved',
    '?kind=drift',
    '?severity=info',
    '?open=true&state=resolved',
  ]) {
    expect([query, await listOf(path + query)]).toEqual([query, []]);
  }
  const wrong = await stand.ask(operator, `${path}?state=closed`);
  expect([wrong.statusCode, wrong.json()]).toMatchObject([400, { field: 'state' }]);
});

it('an alert is acknowledged and closed with a reason, and records who did it', async () => {
  const { id, account, alert } = await confused('trace');
  const before = await statusOf(account);
  const seen = await act(alert.alertId, 'acknowledge', { reason: 'I ask\nthe team', actor: 'ada' });
  expect([seen.statusCode, seen.json()]).toMatchObject([
    200,
    {
      state: 'acknowledged',
      acknowledged: { actor: 'ada via operator-1', reason: 'I ask the team' },
      resolvedAt: null,
    },
  ]);
  const closed = await act(alert.alertId, 'close', { reason: 'corrected' });
  expect([closed.statusCode, closed.json()]).toMatchObject([
    200,
    {
      state: 'resolved',
      canClose: false,
      closed: { actor: 'operator-1', reason: 'corrected' },
      actions: [{ action: 'closed' }, { action: 'acknowledged', actor: 'ada via operator-1' }],
    },
  ]);
  const one = await stand.ask(await stand.key('reader', [id]), `/v1/alerts/${alert.alertId}`);
  expect([one.statusCode, one.json()]).toEqual([200, closed.json()]);
  expect(await listOf(`/v1/accounts/${id}/alerts?open=true`)).toEqual([]);
  // Only rows of alerts change: the account received no message.
  expect((await statusOf(account)).version).toBe(before.version);
});

it('a closed alert opens again if the same thing happens again', async () => {
  const { id, account, alert } = await confused('again');
  await act(alert.alertId, 'acknowledge', { reason: 'looking' });
  await act(alert.alertId, 'close', { reason: 'corrected' });
  await account.signal('bar', {});
  await run(account);
  expect(await onlyOf(id)).toMatchObject({
    alertId: alert.alertId,
    state: 'open',
    times: 2,
    acknowledged: null,
    resolvedAt: null,
    closed: null,
  });
});

it('an order that was given before the alert was raised again changes nothing', async () => {
  const { id, account, alert } = await confused('late');
  await account.signal('bar', {});
  await run(account);
  for (const verb of ['close', 'acknowledge']) {
    const late = await act(alert.alertId, verb, { reason: 'seen', raisedAt: alert.raisedAt });
    expect([late.statusCode, late.json()]).toMatchObject([
      409,
      { type: 'urn:safeband:problem:AlertRaisedAgain' },
    ]);
  }
  const { raisedAt } = await onlyOf(id);
  const closed = await act(alert.alertId, 'close', { reason: 'seen', raisedAt });
  expect(closed.statusCode).toBe(200);
});

it('a wrong order for an alert is refused and names the field; a repeated one names who acted before', async () => {
  const { alert } = await confused('wrong');
  const { alertId } = alert;
  for (const verb of ['close', 'acknowledge']) {
    for (const [body, field] of [
      [{}, 'reason'],
      [{ reason: '  ' }, 'reason'],
      [{ reason: 'x'.repeat(513) }, 'reason'],
      [{ reason: null }, 'reason'],
      [{ reason: 'ok', actor: 'safeband' }, 'actor'],
      [{ reason: 'ok', raisedAt: 'yesterday' }, 'raisedAt'],
      [{ reason: 'ok', raisedAt: '2026-02-30T10:00:00.000Z' }, 'raisedAt'],
      [{ reason: 'ok', why: 'x' }, 'why'],
    ] as const) {
      const answer = await act(alertId, verb, body);
      expect([body, answer.statusCode, answer.json()]).toMatchObject([
        body,
        400,
        { code: 'InvalidInput', field },
      ]);
    }
    for (const id of ['abc', '0', '-1', '1.5', '1e3', '9'.repeat(20)]) {
      const answer = await act(id, verb, { reason: 'ok' });
      expect([id, answer.statusCode, answer.json()]).toMatchObject([id, 400, { field: 'alertId' }]);
    }
    const unknown = await act(UNKNOWN, verb, { reason: 'ok' });
    expect([unknown.statusCode, unknown.json()]).toMatchObject([
      404,
      { type: 'urn:safeband:problem:alert-unknown' },
    ]);
  }
  expect((await act(alertId, 'acknowledge', { reason: 'mine' })).statusCode).toBe(200);
  const twice = await act(alertId, 'acknowledge', { reason: 'no, mine' });
  expect([twice.statusCode, twice.json()]).toMatchObject([
    409,
    { detail: expect.stringContaining('already acknowledged by operator-1') },
  ]);
  expect((await act(alertId, 'close', { reason: 'done' })).statusCode).toBe(200);
  for (const verb of ['close', 'acknowledge']) {
    const late = await act(alertId, verb, { reason: 'me too' });
    expect([late.statusCode, late.json()]).toMatchObject([
      409,
      { detail: expect.stringContaining('already resolved by operator-1') },
    ]);
  }
});

it('only an operator acts on an alert, and only on alerts that the key may see', async () => {
  const { id, alert } = await confused('rights');
  const elsewhere = stand.newAccount('elsewhere');
  for (const verb of ['close', 'acknowledge']) {
    for (const role of ['reader', 'pipeline'] as const) {
      const refused = await act(alert.alertId, verb, { reason: 'x' }, await stand.key(role));
      expect([role, refused.statusCode]).toEqual([role, 403]);
    }
    const limited = await stand.key('operator', [elsewhere]);
    const foreign = await act(alert.alertId, verb, { reason: 'x' }, limited);
    const nobodys = await act(UNKNOWN, verb, { reason: 'x' }, limited);
    expect([foreign.statusCode, foreign.body]).toEqual([404, nobodys.body]);
    expect((await stand.ask(limited, `/v1/alerts/${alert.alertId}`)).statusCode).toBe(404);
  }
  expect(await onlyOf(id)).toEqual(alert);
  const own = await stand.key('operator', [id]);
  expect((await act(alert.alertId, 'close', { reason: 'mine' }, own)).statusCode).toBe(200);
});

it('an alert with a cause is closed by the end of its cause, and by a person after a disconnect', async () => {
  const id = stand.newAccount('cause');
  const account = await stand.connect(id);
  await update(account, 'sendReserve', { reservationId: 'r-1' });
  await update(account, 'sendFailed', { reservationId: 'r-1', kind: 'restricted' });
  await run(account);
  const alert = await onlyOf(id);
  expect(alert).toMatchObject({ kind: 'restricted', endedBy: 'resume', canClose: false });
  const refused = await act(alert.alertId, 'close', { reason: 'go away' });
  expect([refused.statusCode, refused.json()]).toMatchObject([
    409,
    {
      type: 'urn:safeband:problem:AlertNotClosable',
      detail: expect.stringContaining(
        'ends with its cause: when a person resumes the account, the alert closes',
      ),
      cure: expect.stringContaining('acknowledge it'),
    },
  ]);
  expect(await onlyOf(id)).toEqual(alert);
  await update(account, 'disconnect', { reason: 'gone', actor: 'ada' });
  await account.result();
  expect(await onlyOf(id)).toMatchObject({ canClose: true });
  expect((await act(alert.alertId, 'close', { reason: 'it left' })).statusCode).toBe(200);
});

it('the runbook of an alert is at an absolute address, which a reader without a key can open', async () => {
  const address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  const { id } = await confused('runbook');
  const headers = { authorization: `Bearer ${operator}` };
  const lists = await fetch(`${address}/v1/accounts/${id}/alerts`, { headers });
  const { items }: { items: readonly { runbookUrl: string }[] } = JSON.parse(await lists.text());
  expect(items.map(({ runbookUrl }) => runbookUrl)).toEqual([`${address}/runbook#bad_signal`]);
  const metrics = await (await fetch(`${address}/metrics`, { headers })).text();
  expect(metrics).toContain(`safeband_runbook_info{url="${address}/runbook"} 1`);

  const page = await fetch(items[0]?.runbookUrl ?? '');
  const html = await page.text();
  expect([page.status, page.headers.get('content-type')]).toEqual([
    200,
    'text/html; charset=utf-8',
  ]);
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, one]) => one));
  expect(ALERT_KINDS.filter((kind) => !ids.has(kind))).toEqual([]);
  const targets = [...html.matchAll(/href="#([^"]+)"/g)].map(([, one]) => one);
  expect(targets.filter((one) => !ids.has(one))).toEqual([]);
  expect(targets.length).toBeGreaterThan(50);
  const text = html.replaceAll(/<(pre|code)[^>]*>[\s\S]*?<\/\1>/g, '').replaceAll(/<[^>]*>/g, '');
  expect(text).toContain('If no person acts, the program sends the same wrong message again');
  expect([...text.matchAll(/\*\*|\]\(|```|(?<!\w)_\w+_(?!\w)/g)].map(([found]) => found)).toEqual(
    [],
  );
});

it('the setting replaces the address of the runbook, in alerts and in metrics', async () => {
  const other = await createHttpStand({ runbookUrl: 'https://wiki.example/runbook' });
  try {
    const id = other.newAccount('setting');
    const account = await other.connect(id);
    await account.signal('foo', {});
    await run(account);
    const key = await other.key('reader');
    expect((await other.ask(key, '/v1/alerts')).json()).toMatchObject({
      items: [{ runbookUrl: 'https://wiki.example/runbook#bad_signal' }],
    });
    expect((await other.ask(key, '/metrics')).body).toContain('url="https://wiki.example/runbook"');
  } finally {
    await other.close();
  }
});
