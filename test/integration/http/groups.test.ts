/** Groups of accounts over HTTP, on pages and on the command line (R26). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inTransaction } from '../../../src/postgres/pool.js';
import { placeEvents } from '../../../src/postgres/webhooks/outbox.js';
import { readWindow } from '../../../src/postgres/webhooks/queue.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let operator: string;
/** Three accounts: two of `acme`, one without a group. */
let [anna, ben, cara] = ['', '', ''];
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
  [anna, ben, cara] = [stand.newAccount(), stand.newAccount(), stand.newAccount()];
  await stand.connect(anna, { group: 'acme' });
  await stand.connect(ben, { group: 'acme' });
  await stand.connect(cara, {});
});
afterAll(() => stand.close());

type List = { readonly items: readonly { readonly accountId: string }[] };
const idsOf = async (url: string, key = operator): Promise<readonly string[]> =>
  (await stand.ask(key, url)).json<List>().items.map(({ accountId }) => accountId);
const configure = async (id: string, body: object) =>
  stand.ask(operator, `/v1/accounts/${id}/configure`, body);
/** A reconcile saves at once. */
const saved = async (id: string) => {
  const { statusCode } = await stand.ask(operator, `/v1/accounts/${id}/reconcileNow`, {});
  expect(statusCode).toBe(200);
};
const sorted = (...ids: string[]) => ids.toSorted();

it('a group is set, shown by status, list, page, CSV and history, and the list filters by it', async () => {
  const id = stand.newAccount();
  expect(
    (
      await stand.submit(operator, '/connect', {
        accountId: id,
        tier: 'premium',
        group: 'eu-sales',
      })
    ).statusCode,
  ).toBe(303);
  const status = await stand.ask(operator, `/v1/accounts/${id}/status`);
  expect(status.json<object>()).toMatchObject({ group: 'eu-sales' });
  expect(await idsOf('/v1/accounts?group=eu-sales')).toEqual([id]);
  expect(await idsOf('/v1/accounts?group=acme')).toEqual(sorted(anna, ben));
  expect(await idsOf('/v1/accounts?group=nobody')).toEqual([]);
  expect(await idsOf('/v1/accounts?group=none')).toContain(cara);

  expect((await configure(id, { group: 'us-sales' })).json<object>()).toMatchObject({
    group: 'us-sales',
  });
  await saved(id);
  expect(await idsOf('/v1/accounts?group=us-sales')).toEqual([id]);
  expect(await idsOf('/v1/accounts?group=eu-sales')).toEqual([]);
  const csv = await stand.ask(operator, '/v1/accounts?group=us-sales&format=csv');
  const [head = '', line = '', ...more] = csv.body.trim().split('\r\n');
  expect(line.split(',')[head.split(',').indexOf('group')]).toBe('us-sales');
  expect(more).toEqual([]);
  expect((await stand.ask(operator, `/accounts/${id}/settings`)).body).toMatch(
    /Group<\/dt><dd>us-sales/,
  );
  expect((await stand.ask(operator, `/accounts/${id}/changes`)).body).toContain('us-sales');
  const kept = await stand.pool.query<{ group: string }>(
    'select group_name as group from safeband.account_history where account_id = $1 order by version',
    [id],
  );
  expect([...new Set(kept.rows.map(({ group }) => group))]).toEqual(['eu-sales', 'us-sales']);

  // The form shows the group, and an empty field removes it.
  const form = `/accounts/${id}/do/configure`;
  expect((await stand.ask(operator, form)).body).toMatch(/name="group"[^>]*value="us-sales"/);
  expect((await stand.submit(operator, form, { tier: 'premium', group: '' })).statusCode).toBe(303);
  await saved(id);
  expect(await idsOf('/v1/accounts?group=none')).toContain(id);
});

it('a text that is no group is refused with its field, its limit and an example', async () => {
  const refused = {
    code: 'InvalidInput',
    detail: expect.stringMatching(/^group should be a group such as eu-sales: 1 to 64 /),
  };
  expect((await configure(anna, { group: 'EU Sales' })).json<object>()).toMatchObject(refused);
  const filter = await stand.ask(operator, '/v1/accounts?group=EU');
  expect([filter.statusCode, filter.json<object>()]).toMatchObject([400, refused]);
});

it('a key of a group sees and orders only the accounts that have the group now', async () => {
  const [id, other] = [stand.newAccount(), stand.newAccount()];
  await stand.connect(other, { group: 'them' });
  const key = await stand.key('operator', null, ['ours']);
  let reader = await stand.key('reader', null, ['ours']);
  const sees = async (url: string, as = reader): Promise<number> =>
    (await stand.ask(as, url)).statusCode;
  // The key connects a new account into its group, and no other account.
  const connect = (account: string, more: object) =>
    stand.ask(key, `/v1/accounts/${account}/connect`, { tier: 'premium', ...more });
  for (const [account, more] of [
    [id, {}],
    [id, { group: 'them' }],
    [other, { group: 'ours' }],
  ] as const) {
    const refused = await connect(account, more);
    expect([refused.statusCode, refused.json<object>()]).toMatchObject([
      404,
      { detail: expect.stringContaining('with a group of its own: ours') },
    ]);
  }
  expect((await connect(id, { group: 'ours' })).statusCode).toBe(200);
  await expect.poll(() => sees(`/v1/accounts/${id}/status`, key)).toBe(200);
  await stand.ask(key, `/v1/accounts/${id}/sendReserve`, { reservationId: 'r', campaignId: 'c' });
  await stand.ask(operator, `/v1/accounts/${other}/sendReserve`, {
    reservationId: 'r',
    campaignId: 'c',
  });
  for (const account of [id, other]) await saved(account);

  // One of each kind: query, list, CSV, search, statistics, page, list of a page, stream.
  const urls = (account: string) => [
    `/v1/accounts/${account}/status`,
    `/v1/accounts/${account}/events?format=csv`,
    `/accounts/${account}`,
    `/v1/accounts/${account}/stream`,
  ];
  const lists = [
    '/v1/accounts?format=csv',
    '/v1/reservations?campaignId=c',
    '/v1/search?q=r',
    '/v1/drift',
    '/accounts',
    '/reservations?campaignId=c',
  ];
  const traces = async (account: string): Promise<readonly string[]> => {
    const found = await Promise.all(
      lists.map(async (url) =>
        (await stand.ask(reader, url)).body.includes(account) ? [url] : [],
      ),
    );
    return found.flat();
  };
  await expect.poll(() => sees(`/v1/accounts/${id}/status`)).toBe(200);
  for (const url of urls(other)) expect([url, await sees(url)]).toEqual([url, 404]);
  expect(await traces(other)).toEqual([]);
  expect(await traces(id)).toEqual(lists.filter((url) => url !== '/v1/drift'));

  // The key cannot give its account away, and loses it when another person does.
  const given = await stand.ask(key, `/v1/accounts/${id}/configure`, { group: 'them' });
  expect([given.statusCode, given.json<object>()]).toMatchObject([
    403,
    { detail: 'this key, of ours, cannot set the group them' },
  ]);
  expect(
    (await stand.submit(key, `/accounts/${id}/do/configure`, { tier: 'premium' })).statusCode,
  ).toBe(403);
  await configure(id, { group: 'them' });
  await saved(id);
  // A server asks again who a key is after 5 s at most, and at once for a key that it does not know.
  reader = await stand.key('reader', null, ['ours']);
  expect(await sees(`/v1/accounts/${id}/status`)).toBe(404);
  expect(await traces(id)).toEqual([]);
});

it('an endpoint of a group gets the events of its accounts, and a key adds only those of its own', async () => {
  const key = await stand.key('operator', null, ['acme']);
  const add = (scope: object) =>
    stand.ask(key, '/v1/webhooks', {
      url: 'https://receiver.example/hooks',
      events: ['cooldown.started'],
      ...scope,
    });
  expect((await add({})).statusCode).toBe(400);
  expect((await add({ groups: ['acme', 'them'] })).json<object>()).toMatchObject({
    status: 403,
    detail: 'this key is not limited to the group them',
  });
  const { endpointId } = (await add({ groups: ['acme'] })).json<{ endpointId: string }>();
  const shown = await stand.ask(key, `/v1/webhooks/${endpointId}`);
  expect(shown.json<object>()).toMatchObject({ accounts: null, groups: ['acme'] });
  const others = await stand.key('operator', null, ['them']);
  expect((await stand.ask(others, `/v1/webhooks/${endpointId}`)).statusCode).toBe(404);
  await stand.pool.query(
    `select safeband.tell_webhook(id, 'cooldown.started', id, now(), '{}')
       from unnest($1::text[]) id`,
    [[anna, cara]],
  );
  await inTransaction(stand.pool, placeEvents);
  const { rows } = await stand.pool.query<{ position: string }>(
    'select position from safeband.webhook_endpoints where endpoint_id = $1',
    [endpointId],
  );
  const { events } = await readWindow(stand.pool, {
    endpointId,
    position: Number(rows[0]?.position),
  });
  expect(events).toMatchObject([{ accountId: anna, group: 'acme' }]);
});

it('pages keep the filter in their links, and metrics have a limited number of groups', async () => {
  const page = (await stand.ask(operator, '/accounts?group=acme&sort=counter')).body;
  expect(page).toContain(`/accounts/${anna}`);
  expect(page).not.toContain(`/accounts/${cara}`);
  expect(page).toMatch(/<option value="acme" selected[^>]*>acme \(2\)/);
  expect(page).toContain('href="/accounts?group=acme&amp;sort=remaining&amp;dir=desc"');
  await stand.pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at)
     select unnest($1::text[]), 'drift', 'info', safeband.utc_day(now()), now()`,
    [[anna, cara]],
  );
  for (const url of [
    '/alerts?group=acme',
    '/v1/alerts?group=acme',
    '/v1/alerts?group=acme&format=csv',
  ]) {
    const { body } = await stand.ask(operator, url);
    expect([url, body.includes(anna), body.includes(cara)]).toEqual([url, true, false]);
  }
  type Alerts = { readonly items: readonly { readonly alertId: number }[] };
  const alertsOf = async (id: string) =>
    (await stand.ask(operator, `/v1/accounts/${id}/alerts`)).json<Alerts>().items;
  const [alert] = await alertsOf(anna);
  expect([alert, ...(await alertsOf(cara))]).toMatchObject([{ group: 'acme' }, { group: null }]);
  expect((await stand.ask(operator, '/v1/alerts?group=acme&format=csv')).body).toMatch(
    new RegExp(`alertId,accountId,group,.*\\r\\n\\d+,${anna},acme,`),
  );
  const acknowledge = `/alerts/${String(alert?.alertId)}/do/acknowledge`;
  expect((await stand.ask(operator, acknowledge)).body).toContain(`${anna}</a> of acme, alert`);
  expect((await stand.ask(operator, '/alerts')).body).toContain('href="/alerts?group=acme"');
  expect((await stand.ask(operator, '/alerts?group=acme')).body).toContain(
    'href="/v1/alerts?format=csv&amp;open=true&amp;group=acme"',
  );
  expect((await stand.ask(operator, '/fleet?group=acme')).body).toContain('2 accounts');
  expect((await stand.ask(operator, '/campaigns?group=acme')).statusCode).toBe(200);

  await stand.pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, group_name, state, owner,
       owner_version, version, updated_at, highest_cap, inmails_sent_today)
     select 'row-' || n, 'premium', safeband.utc_day(now()), 'group-' || n, 'disconnected', 'o', 1, 1,
       now(), 25, 0 from generate_series(1, 25) n`,
  );
  const { body } = await stand.ask(operator, '/metrics');
  const groups = new Set(
    [...body.matchAll(/group_accounts\{group="([^"]+)"/g)].map(([, one]) => one),
  );
  expect(groups.size).toBe(22);
  expect([...groups]).toEqual(expect.arrayContaining(['acme', 'none', 'other']));
});

it('new accounts of a group get its policy in each field that the connect leaves out', async () => {
  const key = await stand.key('operator', null, ['fresh']);
  const put = (as: string, group: string, body: object) =>
    stand.ask(as, `/v1/groups/${group}`, body, { method: 'PUT' });
  const defaults = { dailyCap: 20, pacing: { minGapSeconds: 60, jitterPercent: 50 } };
  expect((await put(key, 'acme', defaults)).statusCode).toBe(404);
  expect((await put(key, 'fresh', { dailyCap: -1 })).json<object>()).toMatchObject({
    code: 'InvalidInput',
    field: 'dailyCap',
  });
  expect((await put(key, 'fresh', { ...defaults, actor: 'ada' })).json<object>()).toMatchObject({
    group: 'fresh',
    accounts: 0,
    defaults,
    changedBy: expect.stringMatching(/^ada via operator-/),
  });
  const id = stand.newAccount();
  const connect = (more: object) =>
    stand.ask(operator, `/v1/accounts/${id}/connect`, { tier: 'premium', ...more });
  expect((await connect({ group: 'fresh', dailyCap: 9 })).statusCode).toBe(200);
  const policyOf = async (account: string) => (await configure(account, {})).json<object>();
  const pacing = { ...defaults.pacing, perHour: null };
  expect(await policyOf(id)).toMatchObject({ dailyCap: 9, pacing, group: 'fresh' });
  // An account that exists keeps what it has, and a form fills as HTTP does.
  await saved(id);
  await configure(id, { pacing: null });
  expect((await connect({ group: 'fresh' })).statusCode).toBe(200);
  expect(await policyOf(id)).toMatchObject({ dailyCap: 9, pacing: null });
  const byForm = stand.newAccount();
  await stand.submit(operator, '/connect', { accountId: byForm, tier: 'premium', group: 'fresh' });
  expect(await policyOf(byForm)).toMatchObject({ dailyCap: 20, pacing });
  await saved(byForm);
  const late = await stand.key('reader', null, ['fresh']);
  const list = (await stand.ask(late, '/v1/groups')).json<{ items: object[] }>();
  expect(list.items).toMatchObject([{ group: 'fresh', accounts: 2, defaults }]);
  const page = (await stand.ask(late, '/groups')).body;
  expect(page).toContain('<code>safeband group set fresh --daily-cap 20 --pacing 60s,50%</code>');
  expect(page).toMatch(/by ada via operator-\d+, /);
  const some = await stand.key('reader', [anna]);
  expect((await stand.ask(some, '/groups')).body).toContain('not shown to this key');
  expect((await stand.ask(some, '/v1/groups')).json<object>()).toMatchObject({
    items: [{ group: 'acme', accounts: 1, defaults: null }],
  });
  const changes = await stand.ask(operator, '/v1/access?limit=20');
  expect(changes.json<object>()).toMatchObject({
    items: expect.arrayContaining([
      expect.objectContaining({ kind: 'group_changed', target: 'fresh' }),
    ]),
  });

  // The form begins with the policy, and a key without the whole group cannot send it.
  const form = '/groups/fresh/policy';
  expect((await stand.ask(key, form)).body).toMatch(/name="pacing"[^>]*value="60s, 50%"/);
  const wrong = await stand.submit(key, form, { dailyCap: '30', pacing: 'often' });
  expect([wrong.statusCode, wrong.body]).toEqual([
    400,
    expect.stringContaining('“Pacing” should be a pace such as'),
  ]);
  const fields = { dailyCap: '30', weeklyCap: '', pacing: 'none', learntCap: 'on', mode: '' };
  expect((await stand.submit(key, form, fields)).statusCode).toBe(303);
  expect((await stand.ask(late, '/v1/groups')).json<object>()).toMatchObject({
    items: [{ defaults: { dailyCap: 30, pacing: null, learntCap: true } }],
  });
  expect((await stand.submit(key, '/groups/acme/policy', fields)).statusCode).toBe(404);
  expect((await stand.submit(late, form, fields)).statusCode).toBe(403);
  expect((await stand.ask(operator, '/groups/EU/policy')).statusCode).toBe(404);
});
