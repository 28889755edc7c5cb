/** Groups with their numbers, the filter `group` of drift, search and lists, and erasures. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR_MS, isoInstant } from '../../../src/domain/primitives/time.js';
import { makeSession } from '../../../src/postgres/access/keys.js';
import { safeband, settingsOf } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let operator: string;
/** Two accounts of `acme`, one of `them`, and one without a group. */
let [anna, ben, cara, dora] = ['', '', '', ''];
const PERSON = 'ACoAAerased';
const order = (id: string, name: string, body: object) =>
  stand.ask(operator, `/v1/accounts/${id}/${name}`, body);

beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
  [anna, ben] = [stand.newAccount('anna'), stand.newAccount('ben')];
  [cara, dora] = [stand.newAccount('cara'), stand.newAccount('dora')];
  await stand.connect(anna, { group: 'acme', dailyCap: 20 });
  await stand.connect(ben, { group: 'acme', dailyCap: 7, pacing: { minGapSeconds: 3_600 } });
  await stand.connect(cara, { group: 'them', dailyCap: 5 });
  await stand.connect(dora, {});
  for (const id of [anna, ben, cara]) {
    await order(id, 'sendReserve', { reservationId: `slot-${id}`, campaignId: 'q4' });
  }
  const validUntil = isoInstant(Date.now() + 48 * HOUR_MS);
  await order(ben, 'sendReserve', { reservationId: 'later', wait: true, validUntil });
  await order(anna, 'hold', { reason: 'a check' });
  for (const id of [anna, ben, cara, dora]) await order(id, 'reconcileNow', {});
  await stand.pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at)
     values ($1, 'drift', 'info', safeband.utc_day(now()), now())`,
    [ben],
  );
});
afterAll(() => stand.close());

const ACME = {
  group: 'acme',
  accounts: 2,
  states: { active: 1, held: 1 },
  counter: 2,
  cap: 27,
  waiting: 1,
  alerts: 1,
};
const THEM = { group: 'them', accounts: 1, counter: 1, cap: 5, waiting: 0, alerts: 0 };

it('asks that wait are listed by group, with the same rows in list, CSV, page and command', async () => {
  type Asks = { readonly items: readonly object[]; readonly next: string | null };
  const asks = async (query: string, key = operator): Promise<Asks> =>
    (await stand.ask(key, `/v1/waiting${query}`)).json<Asks>();
  const { items } = await asks('?group=acme');
  const later = { accountId: ben, group: 'acme', reservationId: 'later', campaignId: null };
  expect(items).toMatchObject([{ ...later, priority: 5, reason: expect.any(String) }]);
  expect((await asks('')).items).toEqual(items);
  for (const query of ['?group=them', '?group=none', '?group=acme&campaignId=q4']) {
    expect([query, (await asks(query)).items]).toEqual([query, []]);
  }
  expect((await asks('', await stand.key('reader', [cara]))).items).toEqual([]);
  const csv = (await stand.ask(operator, '/v1/waiting?group=acme&format=csv')).body.split('\r\n');
  expect(csv[0]).toMatch(/^accountId,group,reservationId,/);
  expect(csv[1]).toMatch(new RegExp(`^${ben},acme,later,`));
  const page = (await stand.ask(operator, '/waiting?group=acme')).body;
  expect(page).toContain('later');
  expect(page).toContain('href="/v1/waiting?format=csv&amp;group=acme"');
  expect((await stand.ask(operator, '/waiting?group=none')).body).not.toContain('later');
  expect((await stand.ask(operator, '/groups')).body).toContain('href="/waiting?group=acme"');
  const { env, ...settings } = settingsOf(stand);
  const run = (...argv: string[]) => safeband(['waiting', ...argv], { ...settings, env });
  const shown = await run('--group', 'acme', '--json');
  expect(JSON.parse(shown.out)).toEqual({ waiting: items, isCut: false });
  expect((await run('--group', 'them')).out).toBe('no ask waits');
  expect(await run(ben, '--group', 'acme')).toMatchObject({ code: 2 });

  // Pages follow each other by account, and within an account by the time of the ask.
  await stand.pool.query(
    `insert into safeband.waiting (account_id, reservation_id, state, lease_seconds, journaled, again,
       priority, valid_until, asked_at, reason, number)
     select $1, 'row-' || n, 'waiting', 900, false, false, 5, now(), now() - n * interval '1 hour',
            'daily_cap', n from generate_series(1, 3) n`,
    [cara],
  );
  const seen: object[] = [];
  for (let path: string | null = '/v1/waiting?limit=1'; path !== null;) {
    const listed: Asks = (await stand.ask(operator, path)).json<Asks>();
    seen.push(...listed.items);
    path = listed.next;
  }
  const ofCara = ['row-3', 'row-2', 'row-1'].map((reservationId) => ({
    accountId: cara,
    reservationId,
  }));
  expect(seen).toMatchObject([later, ...ofCara]);
  expect((await run('--limit', '2')).out).toContain('only 2 asks are shown');
  await stand.pool.query('delete from safeband.waiting where account_id = $1', [cara]);
});

it('list, CSV, page and command show the same numbers of each group', async () => {
  const { items } = (await stand.ask(operator, '/v1/groups')).json<{ items: object[] }>();
  expect(items).toMatchObject([ACME, THEM]);
  const csv = (await stand.ask(operator, '/v1/groups?format=csv')).body.trim().split('\r\n');
  expect(csv[0]).toBe(
    'group,accounts,defaults,changedBy,changedAt,states,counter,cap,waiting,alerts',
  );
  expect(csv[1]).toMatch(/^acme,2,.*,2,27,1,1$/);
  const { body } = await stand.ask(operator, '/groups');
  const text = body.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
  const policy = 'the defaults of Safeband Change the policy of acme';
  expect(text).toContain(
    `acme 2 1 active , 1 held 2 of 27 1 1 ${policy} them 1 1 active 1 of 5 0 0`,
  );
  expect(body).toContain('href="/accounts?group=acme&amp;state=held"');
  expect(body).toContain('href="/alerts?group=acme"');
  expect((await stand.ask(operator, '/fleet')).body).toContain('href="/groups"');
  const byHand = await safeband(['groups', '--csv'], settingsOf(stand));
  expect(byHand.out.split('\n')).toEqual(csv);
  const shown = await safeband(['group', 'list'], settingsOf(stand));
  expect(shown.out).toMatch(/acme +2 +2 +27 +1 +1 +1 active, 1 held +the defaults of Safeband/);
});

it('a limited key sees its own groups, and only the numbers of its accounts', async () => {
  const [acme, only, none] = [
    await stand.key('reader', null, ['acme']),
    await stand.key('reader', [ben]),
    await stand.key('reader', [dora]),
  ];
  const groupsOf = async (key: string) =>
    (await stand.ask(key, '/v1/groups')).json<{ items: object[] }>().items;
  expect(await groupsOf(acme)).toMatchObject([ACME]);
  expect(await groupsOf(only)).toMatchObject([
    { group: 'acme', accounts: 1, states: { active: 1 }, counter: 1, cap: 7, defaults: null },
  ]);
  const page = (await stand.ask(acme, '/groups')).body;
  expect([page.includes('group-acme'), page.includes('them')]).toEqual([true, false]);
  expect((await stand.ask(none, '/groups')).body).toContain('No account that this key may see');
});

it('drift, search and reservations filter by a group, over HTTP, on pages and in commands', async () => {
  await stand.pool.query(
    `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
     select id, 'seen-' || id, 'external', safeband.utc_day(now()), now() from unnest($1::text[]) id`,
    [[ben, cara]],
  );
  for (const url of [
    '/v1/drift?group=acme',
    '/v1/search?q=slot&group=acme',
    '/search?q=slot&group=acme',
    '/reservations?campaignId=q4&group=acme',
    '/v1/reservations?campaignId=q4&group=acme',
  ]) {
    const { statusCode, body } = await stand.ask(operator, url);
    const found = [body.includes(ben), body.includes(cara)];
    expect([url, statusCode, found]).toEqual([url, 200, [true, false]]);
  }
  expect((await stand.ask(operator, '/v1/drift?group=EU')).statusCode).toBe(400);
  expect((await stand.ask(operator, '/v1/search?q=slot&group=EU')).statusCode).toBe(400);
  const page = (await stand.ask(operator, '/reservations?campaignId=q4&group=acme')).body;
  expect(page).toContain('/v1/reservations?format=csv&amp;campaignId=q4&amp;group=acme');
  expect(page).toMatch(/<option value="acme" selected/);
  const nothing = (await stand.ask(operator, '/search?q=slot&group=nobody')).body;
  expect(nothing).toContain('Nothing begins with “slot” in these accounts.');
  for (const argv of [
    ['drift', '--group', 'acme'],
    ['find', 'slot', '--group', 'acme'],
  ]) {
    const { out } = await safeband(argv, settingsOf(stand));
    expect([argv, out.includes(ben), out.includes(cara)]).toEqual([argv, true, false]);
  }
});

it('campaigns and reconciles filter by a group, over HTTP, in files, on the page and in commands', async () => {
  const asked = async (query: string) =>
    (await stand.ask(operator, `/v1/campaigns?campaignId=q4${query}`)).json<object>();
  const slots = (granted: number) => ({ items: [{ campaignId: 'q4', asked: granted, granted }] });
  expect(await asked('')).toMatchObject(slots(3));
  expect(await asked('&group=acme')).toMatchObject(slots(2));
  expect(await asked('&group=them')).toMatchObject(slots(1));
  expect(await asked('&group=none')).toMatchObject({ items: [] });
  expect(await asked('&group=EU')).toMatchObject({ status: 400, field: 'group' });
  const csv = await stand.ask(operator, '/v1/campaigns?campaignId=q4&group=acme&format=csv');
  expect(csv.body).toMatch(/\r\nq4,\d{4}-\d\d-\d\d,2,2,/);
  const page = (await stand.ask(operator, '/campaigns?campaignId=q4&group=them')).body;
  expect(page).toContain('Of 1 granted slot, 1 is in flight');
  const empty = (await stand.ask(operator, '/campaigns?group=nobody')).body;
  expect(empty).toContain('Show all campaigns');
  const command = async (...argv: readonly string[]) =>
    safeband(['campaigns', 'q4', ...argv, '--json'], settingsOf(stand));
  expect(JSON.parse((await command('--group', 'acme')).out)).toMatchObject({
    group: 'acme',
    ...slots(2),
  });
  expect(await command('--group', 'acme', '--account', anna)).toMatchObject({
    code: 2,
    err: expect.stringContaining('name --account or --group, not both'),
  });

  const runs = (await stand.ask(operator, '/v1/runs?group=acme')).json<{
    items: readonly { accountId: string }[];
  }>();
  expect(new Set(runs.items.map(({ accountId }) => accountId))).toEqual(new Set([anna, ben]));
});

it('keys, endpoints and their changes filter by the group or an account that they name', async () => {
  const [ofGroup, ofAnna, ofDora] = [
    await stand.key('operator', null, ['acme']),
    await stand.key('operator', [anna]),
    await stand.key('operator', [dora]),
  ];
  const [groupKey = '', annaKey = '', doraKey = ''] = [ofGroup, ofAnna, ofDora].map((key) =>
    key.slice(3, 19),
  );
  const add = async (scope: object): Promise<string> => {
    const body = { url: 'https://receiver.example/x', events: ['no_credits'], ...scope };
    const made = await stand.ask(operator, '/v1/webhooks', body);
    return made.json<{ endpointId: string }>().endpointId;
  };
  const all = await add({});
  const some = [await add({ groups: ['acme'] }), await add({ accounts: [anna] })];
  const other = await add({ accounts: [dora] });
  const changes = async (query: string): Promise<readonly string[]> => {
    const answer = await stand.ask(operator, `/v1/access?limit=100${query}`);
    return answer.json<{ items: { target: string }[] }>().items.map(({ target }) => target);
  };
  const named = [groupKey, annaKey, ...some];
  expect(await changes('')).toEqual(expect.arrayContaining([...named, doraKey, all, other]));
  const ofAcme = await changes('&group=acme');
  expect(ofAcme).toEqual(expect.arrayContaining(named));
  const foreign = [doraKey, all, other, operator.slice(3, 19)];
  expect(ofAcme.filter((target) => foreign.includes(target))).toEqual([]);
  expect(await changes('&group=none')).toEqual(expect.arrayContaining([doraKey, other]));
  expect((await stand.ask(operator, '/v1/access?group=EU')).statusCode).toBe(400);
  // A log-in belongs to its key, and a link to its account.
  await makeSession(stand.pool, { keyId: annaKey, lastsMs: HOUR_MS });
  const made = await stand.ask(operator, `/v1/accounts/${anna}/shares`, { expiresInHours: 1 });
  const { shareId } = made.json<{ shareId: string }>();
  expect((await changes('&group=acme')).slice(0, 2)).toEqual([shareId, annaKey]);
  const byCommand = await safeband(
    ['keys', 'log', '--group', 'acme', '--limit', '2', '--json'],
    settingsOf(stand),
  );
  expect(JSON.parse(byCommand.out)).toMatchObject({ changes: [{ target: shareId }, {}] });

  const list = await stand.ask(operator, '/v1/webhooks?group=acme');
  const pages = [
    list.body,
    (await stand.ask(operator, '/webhooks?group=acme')).body,
    (await stand.ask(operator, '/keys?group=acme')).body,
  ];
  const ids = [...named, doraKey, all, other];
  expect(pages.map((body) => ids.filter((id) => body.includes(id)))).toEqual([
    some,
    some,
    [groupKey, annaKey],
  ]);
  expect(pages[2]).toMatch(/<option value="acme" selected/);
});

it('a person is erased over HTTP by an operator of all accounts, and a repetition changes nothing', async () => {
  const erase = (body: object, key = operator) =>
    stand.ask(key, '/v1/erasures', { recipientId: PERSON, reason: 'request 4711', ...body });
  await stand.pool.query(
    `insert into safeband.past_sends (account_id, sent_at, recipient_id, recipient_key, place,
       is_counted, imported_by)
     values ($1, now() - interval '60 days', $2::text, lower($2::text), 1, false, 'ada')`,
    [anna, PERSON],
  );
  const limited = await erase({ apply: true }, await stand.key('operator', null, ['acme']));
  expect(limited.json<object>()).toMatchObject({ status: 403 });
  expect((await erase({}, await stand.key('pipeline'))).statusCode).toBe(403);
  for (const [body, field] of [
    [{ reason: ' ' }, 'reason'],
    [{ reason: `${PERSON} asked` }, 'reason'],
    [{ chatIds: ['\u0000'] }, 'chatIds[0]'],
    [{ recipientId: '' }, 'recipientId'],
  ] as const) {
    expect([body, (await erase(body)).json<object>()]).toMatchObject([
      body,
      { code: 'InvalidInput', field },
    ]);
  }
  const counted = (await erase({})).json<object>();
  expect(counted).toMatchObject({
    applied: false,
    rows: { past_sends: 1 },
    notSearched: 0,
    chatsKnownSince: null,
  });
  expect(counted).not.toHaveProperty('erasureId');
  const done = (await erase({ apply: true, actor: 'ada' })).json<{
    erasureId: string;
    hash: string;
  }>();
  expect(done).toMatchObject({ applied: true, rows: { past_sends: 1 } });
  const { rows } = await stand.pool.query(
    'select erased_by as by, rows from safeband.erasures where erasure_id = $1',
    [done.erasureId],
  );
  expect(rows).toEqual([
    { by: expect.stringMatching(/^ada via operator-/), rows: { past_sends: 1 } },
  ]);
  expect((await erase({ apply: true })).json<object>()).toMatchObject({ applied: true, rows: {} });
  const traces = (await stand.ask(operator, '/v1/erasures?limit=1')).json<{ next: string }>();
  expect(traces).toMatchObject({ items: [{ reason: 'request 4711', rows: {} }] });
  expect((await stand.ask(operator, traces.next)).json<object>()).toEqual({
    items: [
      {
        erasureId: done.erasureId,
        at: expect.any(String),
        hash: done.hash,
        by: rows[0]?.by,
        reason: 'request 4711',
        rows: { past_sends: 1 },
      },
    ],
    next: null,
  });
  const ofGroup = await stand.key('operator', null, ['acme']);
  expect((await stand.ask(ofGroup, '/v1/erasures')).statusCode).toBe(403);
  expect((await stand.ask(await stand.key('reader'), '/v1/erasures')).statusCode).toBe(403);
  // Slots of today are refused with the day from which they can be erased.
  await order(cara, 'sendReserve', { reservationId: 'to', recipientId: 'ACoAAtoday' });
  await order(cara, 'reconcileNow', {});
  expect((await erase({ recipientId: 'ACoAAtoday' })).json<object>()).toMatchObject({
    status: 409,
    type: 'urn:safeband:problem:recipient-remembered',
    detail: expect.stringContaining(`account ${cara} still works with reservation to`),
  });
  await stand.pool.query(
    `insert into safeband.event_seals (month, previous, hash, rows, key_id, sealed_by)
     values ('2020-01-01', repeat('0', 64), repeat('0', 64), 0, 'ffffffff', 'ada')`,
  );
  expect((await erase({})).json<object>()).toMatchObject({
    status: 409,
    type: 'urn:safeband:problem:erasure-off',
    detail: expect.stringContaining('sealed with the key ffffffff: set the key of the first seal'),
  });
});
