/**
 * Every endpoint, every role, own and foreign account: generated from the routes of the app. A
 * key finds no trace of what it may not see, and a refused request changes nothing.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { type TSchema } from 'typebox';
import { mayDo, ROLES, type Need, type Role } from '../../../src/http/access/caller.js';
import type { KnownRoute } from '../../../src/http/app.js';
import { revokeKey } from '../../../src/postgres/access/keys.js';
import { edit } from '../../support/account.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let [own, other] = ['', ''];
/**
 * The keys of each role: for all accounts, and for `own` only, which one of them names, and the
 * others see by its group (R26).
 */
const keys = new Map<string, string>();
const keyOf = (role: Role, reach: 'all' | 'own'): string => keys.get(`${role} ${reach}`) ?? '';

beforeAll(async () => {
  stand = await createHttpStand();
  own = stand.newAccount('own');
  other = stand.newAccount('foreign');
  for (const role of ROLES) {
    keys.set(`${role} all`, await stand.key(role));
    const isNamed = role === 'pipeline';
    keys.set(`${role} own`, await stand.key(role, ...(isNamed ? [[own]] : [null, ['own']])));
  }
  for (const id of [own, other]) {
    await stand.ask(keyOf('operator', 'all'), `/v1/accounts/${id}/connect`, {
      tier: 'premium',
      group: id === own ? 'own' : 'foreign',
    });
    await stand.ask(keyOf('pipeline', 'all'), `/v1/accounts/${id}/sendReserve`, {
      reservationId: 'listed',
      campaignId: 'q4',
    });
    await stand.ask(keyOf('operator', 'all'), `/v1/accounts/${id}/reconcileNow`, {}); // saved
  }
  await stand.pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at)
     select unnest($1::text[]), 'drift', 'info', safeband.utc_day(now()), now()`,
    [[own, other]],
  );
  await stand.pool.query(
    `insert into safeband.waiting (account_id, reservation_id, state, lease_seconds, journaled, again,
       priority, valid_until, asked_at, reason, number)
     select unnest($1::text[]), 'later', 'waiting', 900, false, false, 5, now(), now(), 'daily_cap', 1`,
    [[own, other]],
  );
});
afterAll(() => stand.close());

const isStream = ({ url }: KnownRoute): boolean => url.endsWith('/stream');
/** Metrics name no account. The routes of webhooks and of one alert have tests of their own. */
const isPlain = ({ url }: KnownRoute): boolean =>
  url !== '/metrics' && !/^\/v1\/(webhooks|alerts\/|orders)/.test(url); // they have their own tests
const routes = (): readonly KnownRoute[] =>
  stand.app
    .routeList()
    .filter(({ method, needs }) => method !== 'HEAD' && needs !== 'public')
    .filter(({ url }) => url.startsWith('/v1/')); // pages have their own tests
const examplesOf = ({ schema }: KnownRoute): readonly object[] => {
  const body = schema?.body;
  const has = typeof body === 'object' && body !== null && 'examples' in body;
  return has && Array.isArray(body.examples) ? body.examples : [];
};
/** The query that a route needs, as in its schema. */
const QUERIES: Readonly<Record<string, string>> = {
  reservation: '?reservationId=q4-0001',
  nextSlots: '?count=3',
  history: '?at=2026-11-23T18:20:36.000Z',
  whatIf: '?change={"dailyCap":10}&days=3',
  '/v1/reservations': '?campaignId=q4',
  '/v1/search': '?q=listed',
};

const queryOf = ({ url }: KnownRoute): string =>
  QUERIES[url] ?? QUERIES[url.split('/').at(-1) ?? ''] ?? '';

function send(route: KnownRoute, key: string, id: string, body?: object): Promise<Answer> {
  const path = route.url
    .replace(':accountId', id)
    .replace(':reservationId', 'q4-0001')
    .replace(':group', 'own');
  const url = path + queryOf(route);
  const hasBody = route.method === 'POST' || route.method === 'PUT';
  const payload = hasBody ? (body ?? examplesOf(route)[0] ?? {}) : undefined;
  const { method } = route;
  return stand.ask(
    key,
    url,
    payload,
    ['DELETE', 'PATCH', 'PUT'].includes(method) ? { method } : {},
  );
}

it('every route declares the right that it needs, and an example of its body', () => {
  const list = stand.app.routeList();
  expect(list.filter(({ needs }) => needs === undefined)).toEqual([]);
  const posts = routes().filter(({ method }) => method === 'POST');
  expect(posts.length).toBeGreaterThan(11);
  expect(posts.filter((route) => examplesOf(route).length === 0)).toEqual([]);
});

it('the webhooks of Unipile have no route while their secret is not set', async () => {
  const answer = await stand.ask(keyOf('operator', 'all'), '/v1/providers/unipile', {});
  expect(answer.json()).toMatchObject({
    status: 404,
    cure: 'set SAFEBAND_UNIPILE_SECRET and start the server again',
  });
});

describe('without a key that is known', () => {
  it('only public routes answer', async () => {
    const revoked = await stand.key('operator');
    await revokeKey(stand.pool, revoked.slice(3, 19));
    for (const key of ['', 'sb_x', keyOf('reader', 'all').slice(0, -1), revoked]) {
      for (const route of routes()) {
        const answer = await send(route, key, own);
        expect([route.url, answer.statusCode]).toEqual([route.url, 401]);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
    const open = stand.app.routeList().filter(({ needs }) => needs === 'public');
    for (const { url } of open.filter(({ method }) => method === 'GET')) {
      const { statusCode } = await stand.app.inject(url.replace('*', 'swagger-ui.css'));
      expect([url, statusCode < 400 || url === '/readyz']).toEqual([url, true]);
    }
  });
});

/** Returns everything whose change people or statistics could notice. */
const fingerprint = async (id: string): Promise<unknown> => {
  const { rows } = await stand.pool.query(
    `select (select version from safeband.accounts where account_id = $1) as version,
       (select count(*) from safeband.account_changes where account_id = $1) as changes,
       (select count(*) from safeband.reservations where account_id = $1) as reservations`,
    [id],
  );
  return [rows, (await stand.ask(keyOf('reader', 'all'), `/v1/accounts/${id}/status`)).json()];
};

describe.each(ROLES)('a key of the role %s', (role) => {
  it('is refused on each route that its role may not use, and changes nothing', async () => {
    const refused = routes().filter(({ needs }) => !mayDo(callerOf(role), needs ?? 'operate'));
    expect(refused.length > 0).toBe(role !== 'operator');
    const before = await fingerprint(own);
    for (const route of refused) {
      const answer = await send(route, keyOf(role, 'own'), own);
      expect([route.url, answer.statusCode]).toEqual([route.url, 403]);
      expect(answer.json()).toMatchObject({ type: 'urn:safeband:problem:forbidden' });
    }
    expect(withoutClock(await fingerprint(own))).toEqual(withoutClock(before));
  });

  it('gets the same answer for a foreign account as for an unknown account', async () => {
    const before = await fingerprint(other);
    const ofAccount = routes().filter(({ url }) => url.includes(':accountId'));
    for (const route of ofAccount) {
      const allowed = mayDo(callerOf(role), route.needs ?? 'operate');
      const [theirs, nobodys] = [
        await send(route, keyOf(role, 'own'), other),
        await send(route, keyOf(role, 'own'), 'never-was'),
      ];
      expect([route.url, theirs.statusCode]).toEqual([route.url, allowed ? 404 : 403]);
      expect(theirs.body).toBe(nobodys.body);
      expect(theirs.body).not.toContain(other);
    }
    expect(withoutClock(await fingerprint(other))).toEqual(withoutClock(before));
  });

  it('finds no trace of a foreign account in any list', async () => {
    const lists = routes().filter(
      (route) =>
        !route.url.includes(':') &&
        // Only for keys of all accounts.
        !['/v1/access', '/v1/doctor', '/v1/erasures'].includes(route.url) &&
        // They name no account; campaignDays.test.ts and groups.test.ts have their keys.
        !['/v1/campaigns', '/v1/groups'].includes(route.url) &&
        !route.url.startsWith('/v1/brake') && // names no account
        !isStream(route) &&
        isPlain(route),
    );
    expect(lists.length).toBeGreaterThanOrEqual(3);
    // So that it is in the list of accounts that disagree.
    await edit(stand, other, 'inmails_sent_today = 30');
    for (const route of lists) {
      const url = `${route.url}?${queryOf(route).slice(1)}`;
      for (const query of ['', '&limit=1', '&scope=fleet', `&prefix=${other}`]) {
        const mine = await stand.ask(keyOf(role, 'own'), url + query);
        expect([url, mine.body.includes(other)]).toEqual([url, false]);
      }
      const all = await stand.ask(keyOf(role, 'all'), url);
      expect([url, all.body.includes(other)]).toEqual([url, true]);
    }
  });
});
const callerOf = (role: Role) => ({ keyId: '', name: '', role, accounts: null, groups: null });
const withoutClock = (found: unknown): string =>
  JSON.stringify(found).replaceAll(/"(asOf|nextReconcileAt|lastReconciledAt)":"[^"]*"/g, '');

it('every example of every message is accepted, and answered as the document describes', async () => {
  const [id, key] = [stand.newAccount('examples'), keyOf('operator', 'all')];
  const post = (needs: Need) =>
    routes().filter((one) => one.method === 'POST' && one.needs === needs && isPlain(one));
  const connect = routes().find(({ url }) => url.endsWith('/connect'));
  const others = [...post('send'), ...post('operate')].filter((one) => one !== connect);
  const gets = routes().filter((one) => one.method === 'GET' && !isStream(one) && isPlain(one));
  for (const route of [...(connect ? [connect] : []), ...others, ...gets]) {
    const bodies = route.method === 'GET' ? [undefined] : examplesOf(route);
    for (const body of bodies) {
      const answer = await send(route, key, id, body);
      const known = [
        200,
        ...(route.url.includes('send') || route.url.includes('settle') ? [409] : []),
      ];
      expect([route.url, body, answer.statusCode, known.includes(answer.statusCode)]).toEqual([
        route.url,
        body,
        answer.statusCode,
        true,
      ]);
      const schema = schemaOf(route, answer.statusCode);
      expect([route.url, Value.Errors(schema, answer.json())]).toEqual([route.url, []]);
    }
  }
  const changes = await stand.ask(key, `/v1/accounts/${id}/changes`);
  const actors = changes.json<{ items: { actor: string }[] }>().items.map(({ actor }) => actor);
  expect(new Set(actors)).toEqual(new Set(['operator-5', 'ada via operator-5', 'safeband']));
});

function schemaOf({ schema }: KnownRoute, status: number): TSchema {
  const responses: Readonly<Record<string, TSchema>> = { ...Object(schema?.response) };
  const found = responses[status === 200 ? '200' : 'default'] ?? {};
  if (status === 200) return found;
  return Object(found).content['application/problem+json'].schema;
}
