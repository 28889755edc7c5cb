/** Keys and log-ins: who they belong to, what is kept of them, and when they end. */
import fastify from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addAuth, addChecks } from '../../src/http/auth.js';
import { Keyring } from '../../src/http/keyring.js';
import { addProblems } from '../../src/http/problems.js';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import {
  endSession,
  findKey,
  findSession,
  hasKeys,
  listKeys,
  makeKey,
  makeSession,
  revokeKey,
} from '../../src/postgres/keys.js';
import { freshDatabase } from '../support/stand.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool(database.url);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const made = async (name: string, more: Partial<Parameters<typeof makeKey>[1]> = {}) => {
  const key = await makeKey(pool, { name, role: 'reader', ...more });
  if (!key) throw new Error(`the name ${name} is taken`);
  return key;
};

it('knows a key until it is revoked, and keeps nothing that could be used as one', async () => {
  expect(await hasKeys(pool)).toBe(false);
  const { keyId, key } = await made('ada', { role: 'operator', accounts: ['one'] });
  expect(await findKey(pool, key)).toEqual({
    keyId,
    name: 'ada',
    role: 'operator',
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

it('knows a log-in until it is over, ended, or its key is revoked', async () => {
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

it('asks every route whom it is for, and every cookie where it comes from', async () => {
  const app = fastify();
  addProblems(app);
  await addAuth(app, new Keyring(pool, Date.now));
  addChecks(app);
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
  }
  expect(await post('/log-in', own)).toBe(200);
  await app.close();
});
