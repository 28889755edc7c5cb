/** Keys and log-ins: their owner, what is stored of them, and when they end. */
import { randomBytes } from 'node:crypto';
import fastify from 'fastify';
import { expect, it, vi } from 'vitest';
import { actorOf } from '../../../src/http/access/actor.js';
import { addAuth, addChecks } from '../../../src/http/access/auth.js';
import { Keyring } from '../../../src/http/access/keyring.js';
import { addProblems } from '../../../src/http/plumbing/problems.js';
import { addRateLimit } from '../../../src/http/access/rateLimit.js';
import { codecRoutes } from '../../../src/http/routes/codec.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import {
  endSession,
  findKey,
  findSession,
  hasKeys,
  listKeys,
  makeKey,
  makeSession,
  revokeKey,
} from '../../../src/postgres/access/keys.js';
import { withDatabase } from '../../support/database.js';

let databaseUrl: string;
let pool: Pool;
withDatabase((own, address) => {
  pool = own;
  databaseUrl = address;
});

const made = async (name: string, more: Partial<Parameters<typeof makeKey>[1]> = {}) => {
  const key = await makeKey(pool, { name, role: 'reader', ...more });
  if (!key) throw new Error(`the name ${name} is taken`);
  return key;
};

it('a key works until it is revoked, and the database stores nothing that works as a key', async () => {
  expect(await hasKeys(pool)).toBe(false);
  const { keyId, key } = await made('ada', { role: 'operator', accounts: ['one'] });
  expect(await findKey(pool, key)).toEqual({
    keyId,
    name: 'ada',
    role: 'operator',
    groups: null,
    accounts: ['one'],
  });
  const { rows } = await pool.query<{ kept: string }>(
    'select to_jsonb(k)::text as kept from safeband.api_keys k',
  );
  expect(rows[0]?.kept).not.toContain(key.slice(20));
  const last = key.at(-1) === 'A' ? 'B' : 'A';
  expect(await findKey(pool, key.slice(0, -1) + last)).toBeUndefined();
  expect(await findKey(pool, "sb_' or 1=1")).toBeUndefined();
  expect(await makeKey(pool, { name: 'ada', role: 'reader' })).toBeUndefined();
  expect(await revokeKey(pool, 'ada')).toMatchObject({ keyId, name: 'ada' });
  expect(await revokeKey(pool, keyId)).toBeUndefined();
  expect(await findKey(pool, key)).toBeUndefined();
  expect(await listKeys(pool)).toMatchObject([{ keyId, accounts: ['one'] }]);
});

it('a log-in works until it expires, is ended, or its key is revoked', async () => {
  const { keyId } = await made('eve');
  const [over, ended, kept] = await Promise.all(
    [-1, 60_000, 60_000].map((lastsMs) => makeSession(pool, { keyId, lastsMs })),
  );
  await endSession(pool, ended ?? '');
  expect(await findSession(pool, over ?? '')).toBeUndefined();
  expect(await findSession(pool, ended ?? '')).toBeUndefined();
  expect(await findSession(pool, kept ?? '')).toMatchObject({ name: 'eve', accounts: null });
  await revokeKey(pool, keyId);
  expect(await findSession(pool, kept ?? '')).toBeUndefined();
});

it('a route without a right is refused, and so is a cookie from another origin', async () => {
  const app = fastify();
  addProblems(app);
  const keyring = new Keyring(pool, Date.now);
  await addAuth(app, keyring);
  addChecks(app, keyring);
  app.get('/said-nothing', () => 'never');
  app.post('/operate', { config: { needs: 'operate' } }, ({ caller }) => caller.name);
  app.post('/log-in', { config: { needs: 'public' } }, () => 'in');
  const { keyId, key } = await made('olga', { role: 'operator' });
  const cookie = `safeband_session=${await makeSession(pool, { keyId, lastsMs: 60_000 })}`;
  const post = async (url: string, headers: object) =>
    (await app.inject({ method: 'POST', url, headers: { host: 'here', ...headers } })).statusCode;
  const own = { origin: 'http://here', 'sec-fetch-site': 'same-origin' };
  const authorization = `Bearer ${key}`;
  const silent = await app.inject({ url: '/said-nothing', headers: { authorization } });
  expect(silent.json()).toMatchObject({ status: 403, type: 'urn:safeband:problem:forbidden' });
  expect(await post('/operate', { authorization })).toBe(200);
  expect(await post('/operate', { cookie, ...own })).toBe(200);
  expect(await post('/operate', {})).toBe(401);
  expect(await post('/operate', { authorization: 'Basic x', cookie, ...own })).toBe(401);
  for (const forged of [
    {},
    { origin: 'http://elsewhere' },
    { origin: 'null' },
    { ...own, 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
  ]) {
    expect(await post('/operate', { cookie, ...forged })).toBe(403);
    expect(await post('/log-in', forged)).toBe(403);
    expect(await post('/log-in', { authorization, ...forged })).toBe(403);
  }
  expect(await post('/log-in', own)).toBe(200);
  await app.close();
});

/** Returns a text in the form of a key that was never made. */
const unknownKey = (): string =>
  `sb_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('base64url')}`;
const keyOf = (text: string) => ({ kind: 'key', text }) as const;
const sessionOf = (text: string) => ({ kind: 'session', text }) as const;

it('during an outage no key is accepted that was revoked before, and no log-in that ended before', async () => {
  const mine = createPool(databaseUrl);
  let now = 0;
  const keyring = new Keyring(mine, () => now);
  const [kept, gone] = [await made('kept'), await made('gone')];
  const [stays, left] = await Promise.all(
    [1, 2].map(() => makeSession(pool, { keyId: kept.keyId, lastsMs: 60_000 })),
  );
  const [here, away] = [sessionOf(stays ?? ''), sessionOf(left ?? '')];
  for (const shown of [keyOf(kept.key), keyOf(gone.key), here, away]) {
    expect(await keyring.callerOf(shown)).toBeDefined();
  }
  expect(await keyring.callerOf(sessionOf(kept.key))).toBeUndefined();
  await revokeKey(pool, gone.keyId);
  await endSession(pool, left ?? '');
  now += 5_000;
  await keyring.callerOf(keyOf(kept.key)); // for the other callers no query is sent
  await expect.poll(() => keyring.recall(keyOf(gone.key))).toBeUndefined();
  expect(keyring.recall(away)).toBeUndefined();
  await mine.end();
  now += 6_000;
  await expect(keyring.callerOf(keyOf(gone.key))).rejects.toThrow('after calling end');
  await expect(keyring.callerOf(away)).rejects.toThrow('after calling end');
  for (const shown of [keyOf(kept.key), here]) {
    expect(await keyring.callerOf(shown)).toMatchObject({ name: 'kept' });
  }
  keyring.forget(here);
  expect([keyring.recall(here), keyring.recall(keyOf(kept.key))]).toMatchObject([
    undefined,
    { name: 'kept' },
  ]);
});

it('unknown keys beyond the limit of their address cause no query', async () => {
  const mine = createPool(databaseUrl);
  const app = fastify();
  addProblems(app);
  const keyring = new Keyring(mine, Date.now);
  await addAuth(app, keyring);
  await addRateLimit(app, 4);
  addChecks(app, keyring);
  app.get('/livez', { config: { needs: 'public' } }, () => 'ok');
  app.get('/open', { config: { needs: 'public' } }, () => 'open');
  app.get('/page', { config: { needs: 'public', isPage: true } }, ({ caller }) => caller.name);
  app.get('/read', { config: { needs: 'read' } }, ({ caller }) => caller.name);
  const { key } = await made('rita');
  await keyring.callerOf(keyOf(key));
  const queries = vi.spyOn(mine, 'query');
  const get = async (url: string, shown: string) => {
    const headers = { authorization: `Bearer ${shown}` };
    return (await app.inject({ url, headers })).statusCode;
  };
  const all = async (urls: readonly string[], shown: () => string) => {
    const codes: number[] = [];
    for (const url of urls) codes.push(await get(url, shown()));
    return codes;
  };
  const five = (url: string) => Array.from({ length: 5 }, () => url);
  expect(await all(five('/livez'), unknownKey)).toEqual([200, 200, 200, 200, 200]);
  expect(queries).toHaveBeenCalledTimes(0);
  const same = unknownKey();
  expect(await all(['/read', '/read'], () => same)).toEqual([401, 401]);
  const asked = () => queries.mock.calls.filter(([sql]) => sql.includes('k.hash'));
  expect(asked()).toHaveLength(1);
  expect(await all(['/read', '/page', '/read', '/page'], unknownKey)).toEqual([401, 200, 429, 429]);
  expect(asked()).toHaveLength(3);
  expect(await all(['/open'], unknownKey)).toEqual([429]); // a public route counts as well
  expect(await all(['/read', '/page'], () => key)).toEqual([200, 200]);
  await app.close();
  await mine.end();
});

it('the codec endpoint decrypts only for operators of all accounts', async () => {
  const app = fastify();
  addProblems(app);
  const keyring = new Keyring(pool, Date.now);
  await addAuth(app, keyring);
  addChecks(app, keyring);
  codecRoutes(app, { codec: { encode: async (all) => all, decode: async (all) => all } });
  const whole = await made('whole', { role: 'operator' });
  const part = await made('part', { role: 'operator', accounts: ['one'] });
  const ask = async (url: string, { key }: { readonly key: string }) => {
    const headers = { authorization: `Bearer ${key}` };
    const asked = { method: 'POST', url, headers, payload: { payloads: [] } } as const;
    return (await app.inject(asked)).statusCode;
  };
  for (const url of ['/codec/decode', '/codec/encode']) {
    expect([await ask(url, whole), await ask(url, part)]).toEqual([200, 403]);
  }
  await app.close();
});

it.each(['safeband', 'Temporal', ' SAFEBAND ', 'a\u001b[2J', 'a\u200b', '', 'x'.repeat(65)])(
  'a key with the name %j is refused',
  async (name) => {
    await expect(makeKey(pool, { name, role: 'reader' })).rejects.toThrow(RangeError);
  },
);

it.each(['safeband', ' Temporal'])('the actor %j from a caller is refused', (actor) => {
  const caller = {
    keyId: 'k',
    name: 'ops',
    role: 'operator',
    accounts: null,
    groups: null,
  } as const;
  expect(() => actorOf(caller, actor)).toThrow('actor should name a person');
  expect(actorOf(caller, 'ada')).toBe('ada via ops');
});
