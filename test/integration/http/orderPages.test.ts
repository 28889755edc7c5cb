/** Orders by tier, state or for all accounts; their pages and lists; what each account keeps (R30). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OrderRow } from '../../../src/postgres/fleet/orders.js';
import { statusOf, update } from '../../support/account.js';
import { safeband, settingsOf } from '../../support/cli.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';

type Row = OrderRow & { readonly state: string };
type Found = { readonly count: number; readonly accounts: readonly string[]; already: number };

let stand: HttpStand;
let key: string;
/** A navigator and a premium account of the group acme, one that is held, and one that has left. */
let anna: string;
let ben: string;
let cara: string;
let dora: string;

const act = (id: string, name: string, payload: object) => update(stand.handle(id), name, payload);
const stateOf = async (id: string) => (await statusOf(stand.handle(id))).state;
const post = (path: string, body: object) => stand.ask(key, `/v1/orders${path}`, body);
const by = { reason: 'incident 9', actor: 'ada' };
const preview = async (filter: object, more: object = { kind: 'hold' }): Promise<Found> =>
  (await post('/preview', { filter, ...by, ...more })).json<Found>();
const read = async (orderId: string): Promise<Row> =>
  (await stand.ask(key, `/v1/orders/${orderId}`)).json<Row>();
/** Waits until the order has ended, and returns it. */
async function over(orderId: string): Promise<Row> {
  const endedAt = async () => (await read(orderId)).endedAt;
  await expect.poll(endedAt, { interval: 50 }).not.toBe(null);
  return read(orderId);
}
async function made(filter: object, expected: number, more: object): Promise<Row> {
  const answer = await post('', { filter, expected, ...by, ...more });
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { accounts: expected }]);
  return over(answer.json<Row>().orderId);
}
const submit = (path: string, form: Readonly<Record<string, string>>) =>
  stand.submit(key, `/orders${path}`, form);
const textOf = ({ body }: Answer): string =>
  body
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
const orderOf = ({ statusCode, headers }: Answer): string => {
  expect(statusCode).toBe(303);
  return String(headers.location).replace('/orders/', '');
};

/** Saves the rows of the connected accounts: a preview reads them. */
const save = () => Promise.all([anna, ben, cara].map((id) => act(id, 'reconcileNow', {})));

beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
  [anna = '', ben = '', cara = '', dora = ''] = ['anna', 'ben', 'cara', 'dora'].map((name) =>
    stand.newAccount(name),
  );
  await Promise.all([
    stand.connect(anna, { group: 'acme' }),
    stand.connect(ben, { group: 'acme', tier: 'premium' }),
    stand.connect(cara),
    stand.connect(dora),
  ]);
  await act(cara, 'hold', { reason: 'asked by the customer', actor: 'ben' });
  await act(dora, 'disconnect', { reason: 'it has left', actor: 'ben' });
  await save();
});
afterAll(() => stand.close());

it('an order by tier, by state or for all is for exactly these accounts', async () => {
  const connected = [anna, ben, cara].toSorted();
  await expect.poll(() => preview({ state: 'disconnected' })).toMatchObject({ accounts: [dora] });
  expect(await preview({ state: 'held' })).toMatchObject({ accounts: [cara] });
  expect(await preview({ all: true })).toMatchObject({ accounts: connected });
  expect(await preview({ all: true })).toMatchObject({ count: 3, already: 1 });
  expect(await preview({ tier: 'premium' })).toMatchObject({ accounts: [ben], already: 0 });
  expect(await preview({ tier: 'sales_navigator', state: 'active' })).toMatchObject({
    accounts: [anna],
    effect: expect.stringContaining('by the state in its row'),
  });

  expect(await made({ tier: 'premium' }, 1, { kind: 'hold' })).toMatchObject({ done: 1 });
  expect(await Promise.all([anna, ben].map(stateOf))).toEqual(['active', 'held']);
  await save();
  const held = await preview({ state: 'held' }, { kind: 'resume' });
  expect(held).toMatchObject({ accounts: [ben, cara].toSorted(), already: 0 });
  expect(await made({ state: 'held' }, 2, { kind: 'resume' })).toMatchObject({ done: 2 });
  expect(await Promise.all([ben, cara].map(stateOf))).toEqual(['active', 'active']);
  const order = await made({ all: true }, 3, { kind: 'hold' });
  expect(await Promise.all(connected.map(stateOf))).toEqual(['held', 'held', 'held']);
  const back = (await post(`/${order.orderId}/takeBack`, by)).json<Row>();
  expect(await over(back.orderId)).toMatchObject({ done: 3 });
});

it('the preview of configure counts what changes, what is so already, and what refuses', async () => {
  await act(anna, 'configure', { dailyCap: 30, actor: 'ada' });
  const change = { dailyCap: 30 };
  await save();
  expect(await preview({ all: true }, { kind: 'configure', change })).toMatchObject({
    count: 3,
    already: 1,
    refused: 1,
    settings: [{ setting: 'daily cap', before: '50 (safe band)', after: '30', accounts: 1 }],
    effect: expect.stringMatching(/already: 1 of 3\. Refused.*: 1\.$/),
  });
  const order = ['order', 'make', 'configure', '--all', '--set', '{"dailyCap":30}'];
  const { out } = await safeband([...order, '--reason', 'x'], settingsOf(stand));
  expect(out).toContain('\n  daily cap 50 (safe band) → 30: 1 account\n');
  const ramp = { ramp: { name: 'gentle' }, sendingWindow: null };
  const { settings } = (
    await post('/preview', { kind: 'configure', filter: { group: 'acme' }, change: ramp, ...by })
  ).json<{ settings: readonly object[] }>();
  expect(settings).toMatchObject([
    { setting: 'ramp', before: 'none' },
    { setting: 'ramp', before: 'none' },
  ]);
});

it('each account that an order changes has its reason and its id, and lists its orders', async () => {
  const filter = { accountIds: [anna, ben] };
  const orders = [
    await made(filter, 2, { kind: 'configure', change: { dailyCap: 20 } }),
    await made(filter, 2, { kind: 'hold' }),
    await made(filter, 2, { kind: 'resume' }),
    await made(filter, 2, { kind: 'reconcile' }),
  ];
  const changesOf = async (id: string) =>
    (await stand.ask(key, `/v1/accounts/${id}/changes?limit=3`)).json<{ items: object[] }>().items;
  const [configured, held, resumed, reconciled] = orders.map(({ orderId }) => orderId);
  const change = (kind: string, orderId = '') => ({
    kind,
    actor: 'ada via operator-1',
    reason: `incident 9 (order ${orderId})`,
  });
  for (const id of [anna, ben]) {
    await expect
      .poll(() => changesOf(id))
      .toMatchObject([
        change('resume', resumed),
        change('hold', held),
        change('policy', configured),
      ]);
    const listed = await stand.ask(key, `/v1/orders?accountId=${id}&limit=1`);
    expect(listed.json()).toMatchObject({ items: [{ orderId: reconciled }] });
    const runs = (await stand.ask(key, `/v1/accounts/${id}/runs?limit=1`)).json<{
      items: { ranAt: string }[];
    }>().items;
    expect(Date.parse(runs[0]?.ranAt ?? '')).toBeGreaterThanOrEqual(
      Date.parse(orders[3]?.madeAt ?? ''),
    );
    const page = textOf(await stand.ask(key, `/accounts/${id}/changes`));
    expect(page).toContain(`reason: incident 9 (order ${configured})`);
  }
});

it('the list of orders has pages, and the filters group and account', async () => {
  type List = { readonly items: readonly Row[]; readonly next: string | null };
  const held = await made({ group: 'acme' }, 2, { kind: 'hold' });
  const back = (await post(`/${held.orderId}/takeBack`, by)).json<Row>();
  await over(back.orderId);
  const list = async (url: string) => (await stand.ask(key, url)).json<List>();
  const all = (await list('/v1/orders?limit=200')).items.map(({ orderId }) => orderId);
  const walked: string[] = [];
  for (let next: string | null = '/v1/orders?limit=3'; next !== null;) {
    const page: List = await list(next);
    walked.push(...page.items.map(({ orderId }) => orderId));
    next = page.next;
  }
  expect(walked).toEqual(all);
  expect(walked.length).toBeGreaterThan(6);
  const ofGroup = (await list('/v1/orders?group=acme')).items.map(({ orderId }) => orderId);
  expect(ofGroup).toEqual([back.orderId, held.orderId]);
  expect((await list(`/v1/orders?accountId=${dora}`)).items).toEqual([]);
  for (const query of ['group=ACME', 'cursor=x']) {
    expect((await stand.ask(key, `/v1/orders?${query}`)).statusCode).toBe(400);
  }
  const page = await stand.ask(key, '/orders?group=acme');
  expect([...page.body.matchAll(/id="order-(\w+)"/g)].map(([, id]) => id)).toEqual(ofGroup);
  const { out } = await safeband('order list --group acme --limit 1 --json'.split(' '), {
    ...settingsOf(stand),
  });
  expect(JSON.parse(out)).toMatchObject({ orders: [{ orderId: back.orderId }], isCut: true });
});

it('the forms of the page preview, make, stop and take back an order', async () => {
  const form = { kind: 'hold', accountIds: `${anna}, ${ben}, ${cara}`, reason: 'by form' };
  const shown = await submit('/preview', { ...form, perSecond: '1' });
  expect([shown.statusCode, textOf(shown)]).toEqual([
    200,
    expect.stringContaining('This order is for 3 accounts'),
  ]);
  expect(shown.body).toContain('name="expected" value="3"');
  const changed = await submit('', { ...form, expected: '2' });
  expect([changed.statusCode, textOf(changed)]).toEqual([
    409,
    expect.stringContaining('the filter chooses 3 accounts now, and 2 were expected'),
  ]);
  await stand.stopWorker(); // on a slow machine, the order would be done before it is stopped
  const slow = orderOf(await submit('', { ...form, perSecond: '1', expected: '3' }));
  const noReason = await submit(`/${slow}/stop`, { reason: '' });
  expect([noReason.statusCode, noReason.body]).toEqual([
    400,
    expect.stringMatching(/id="reason"[^>]* aria-invalid="true"/),
  ]);
  expect(orderOf(await submit(`/${slow}/stop`, { reason: 'wrong list' }))).toBe(slow);
  await stand.startWorker();
  const stopped = await over(slow);
  expect(stopped).toMatchObject({ state: 'stopped', actor: 'operator-1' });
  expect(stopped.stopped).toMatchObject({ reason: 'wrong list', actor: 'operator-1' });
  const held = orderOf(await submit('', { ...form, expected: '3' }));
  const { done } = await over(held);
  expect(done + stopped.done).toBe(3);
  const back = orderOf(await submit(`/${held}/takeBack`, { reason: 'it has ended' }));
  expect(await over(back)).toMatchObject({ kind: 'resume', takesBack: held, done });
  const twice = await submit(`/${held}/takeBack`, { reason: 'once more' });
  expect([twice.statusCode, textOf(twice)]).toEqual([
    409,
    expect.stringContaining('taken back already'),
  ]);
  const reader = await stand.key('reader');
  for (const path of ['/preview', '', `/${slow}/stop`, `/${slow}/takeBack`]) {
    expect((await stand.submit(reader, `/orders${path}`, form)).statusCode).toBe(403);
  }
  await made({ all: true }, 3, { kind: 'resume' });
});

it('the form of the page sets caps and hours, and names the field of each mistake', async () => {
  const form = { kind: 'configure', accountIds: 'all', reason: 'hours', 'change.dailyCap': '10' };
  const hours = { 'sendingWindow.days': 'mon', 'sendingWindow.start': '09:00' };
  const shown = await submit('/preview', {
    ...form,
    ...hours,
    'sendingWindow.end': '17:30',
    change: '{"timezone":"Europe/Berlin"}',
  });
  for (const line of [
    'daily cap 20 10 2',
    'sending window all hours mon 09:00 to 17:30 3',
    'time zone UTC Europe/Berlin 3',
  ]) {
    expect(textOf(shown)).toContain(line);
  }
  for (const [wrong, sentence] of [
    [{ change: '{"timezone":' }, '“Other settings” should be a JSON object'],
    [{ change: '[1]' }, '“Other settings” should be a JSON object'],
    [{ change: '{"weeklyCap":-1}' }, '“New weekly cap” should be a whole number'],
    [{ change: '{"timezone":"Berlin"}' }, '“Other settings” (timezone) should be'],
    [{ change: '{"dailyCap":3}' }, '“Other settings” should not have dailyCap'],
    [{ 'change.dailyCap': 'ten' }, '“New daily cap” should be a whole number'],
    [hours, '“Closes at” should not be empty'],
    [{ kind: 'hold' }, 'should be absent: only the kind configure has one'],
    [{ accountIds: '', group: 'ACME' }, '“Group” should be'],
    [{ accountIds: '' }, 'should name a group, tier, state, cooldown or account ids'],
    [{ perSecond: '900' }, '“Accounts a second” should be'],
  ] as const) {
    const answer = await submit('/preview', { ...form, ...wrong });
    expect([wrong, answer.statusCode, textOf(answer)]).toEqual([
      wrong,
      400,
      expect.stringContaining(sentence),
    ]);
    expect(answer.body).toContain('aria-invalid="true"');
  }
});

it('order show lists accounts by outcome, and prints the file of the HTTP API', async () => {
  const { orderId } = await made({ accountIds: [anna, cara] }, 2, { kind: 'hold' });
  const run = async (line: string) => (await safeband(line.split(' '), settingsOf(stand))).out;
  const found = JSON.parse(await run(`order show ${orderId} --outcome done --json`));
  const ids = [anna, cara].toSorted();
  expect(found.done.map((one: { accountId: string }) => one.accountId)).toEqual(ids);
  expect(Date.parse(found.done[0].decidedAt)).toBeLessThanOrEqual(Date.now());
  expect(await run(`order show ${orderId} --outcome done --limit 1`)).toContain('only 1 accounts');
  const file = await stand.ask(key, `/v1/orders/${orderId}/accounts?format=csv`);
  expect(await run(`order show ${orderId} --csv`)).toBe(file.body.trim().replaceAll('\r', ''));
  const { code, err } = await safeband(
    ['order', 'show', orderId, '--csv', '--json'],
    settingsOf(stand),
  );
  expect([code, err]).toEqual([2, expect.stringContaining('--csv')]);
});
