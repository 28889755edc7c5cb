/**
 * How each entry starts. A lasting error ends the process with exit code 1 and one sentence that
 * names the setting and its fix. A start waits for a server that is away. A signal ends it at once.
 */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prints, sentenceOf, start, type Entry } from '../../support/entries.js';
import { startPooler, type Pooler } from '../../support/pooler.js';
import { startProxy, type Proxy } from '../../support/proxy.js';
import { freshDatabase } from '../../support/stand.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let empty: Awaited<ReturnType<typeof freshDatabase>>;
let pooler: Pooler;
let proxy: Proxy;
beforeAll(async () => {
  database = await freshDatabase();
  empty = await freshDatabase('template1');
  pooler = await startPooler(database.url);
  proxy = await startProxy(database.url);
});
afterAll(async () => {
  await pooler.close();
  proxy.close();
  await database.drop();
  await empty.drop();
});
const changed = (changes: Partial<URL>): string =>
  Object.assign(new URL(database.url), changes).href;

const DATABASE = {
  'wrong password': () => changed({ password: 'wrong' }),
  'no such database': () => changed({ pathname: '/nowhere' }),
  'no tables': () => empty.url,
  'no answer': () => 'postgres://u:secret-word@127.0.0.1:1/d',
  'no socket': () => 'postgresql:///safeband?host=/nowhere/postgresql&user=u',
  'a bad address': () => 'postgres://u:secret-word#1@127.0.0.1:1/d',
  'no certificate': () => changed({ search: '?sslmode=verify-full' }),
} as const;
const CAUSES: readonly (readonly [Entry, keyof typeof DATABASE, RegExp])[] = [
  ['worker', 'wrong password', /DATABASE_URL.*password.*PGPASSWORD/],
  ['worker', 'no such database', /DATABASE_URL.*create that database/],
  ['worker', 'no tables', /DATABASE_URL.*run npm run migrate/],
  ['worker', 'no answer', /DATABASE_URL.*ECONNREFUSED.*start it/],
  ['worker', 'no certificate', /DATABASE_URL.*SSL.*sslrootcert/],
  ['server', 'no tables', /DATABASE_URL.*run npm run migrate/],
  ['server', 'no socket', /DATABASE_URL.*ENOENT.*start it/],
  ['server', 'a bad address', /DATABASE_URL.*# %23/],
  ['migrate', 'wrong password', /DATABASE_URL.*password.*PGPASSWORD/],
  ['migrate', 'no such database', /DATABASE_URL.*create that database/],
];
const TEMPORAL: readonly (readonly [Entry, string, Record<string, string>, RegExp])[] = [
  [
    'worker',
    'no namespace',
    { TEMPORAL_NAMESPACE: 'nowhere' },
    /no namespace nowhere.*TEMPORAL_NAMESPACE.*create/,
  ],
  [
    'server',
    'no namespace',
    { TEMPORAL_NAMESPACE: 'nowhere' },
    /no namespace nowhere.*TEMPORAL_NAMESPACE.*create/,
  ],
  [
    'replay',
    'no namespace',
    { TEMPORAL_NAMESPACE: 'nowhere' },
    /no namespace nowhere.*TEMPORAL_NAMESPACE.*create/,
  ],
  ['worker', 'no TLS there', { TEMPORAL_TLS: 'true' }, /TEMPORAL_ADDRESS.*TEMPORAL_TLS/],
  ['server', 'no TLS there', { TEMPORAL_TLS: 'true' }, /TEMPORAL_ADDRESS.*TEMPORAL_TLS/],
  [
    'replay',
    'no answer',
    { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    /TEMPORAL_ADDRESS.*ECONNREFUSED.*start it/,
  ],
  [
    'migrate',
    'no file of a CA',
    { TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' },
    /TEMPORAL_.*ca\.pem.*correct/,
  ],
];

/**
 * Returns the sentence of an entry that ends with exit code 1. It does not wait for a server that is
 * away. A lasting error ends it at once, unless a busy machine does not answer within its seconds.
 */
async function endOf(entry: Entry, env: Record<string, string>, isAway = false): Promise<string> {
  const waits = { SAFEBAND_START_WAIT_SECONDS: isAway ? '0' : '600' };
  const started = start(entry, { DATABASE_URL: database.url, ...waits, ...env });
  expect(await started.ended).toBe(1);
  expect(started.output()).not.toContain('secret-word');
  return sentenceOf(started.output());
}

describe('a start that cannot succeed', () => {
  it.concurrent.each(CAUSES)(
    'a start without success ends the %s with one sentence: %s',
    async (entry, cause, wanted) => {
      const isAway = cause === 'no answer' || cause === 'no socket';
      expect(await endOf(entry, { DATABASE_URL: DATABASE[cause]() }, isAway)).toMatch(wanted);
    },
  );
  it.concurrent.each(TEMPORAL)(
    'a start without success ends the %s with one sentence: %s',
    async (entry, cause, env, wanted) => {
      expect(await endOf(entry, env, cause === 'no answer')).toMatch(wanted);
    },
  );
});

describe('a start that waits', () => {
  it('a start that waits continues when Postgres answers, and reports why it waits', async () => {
    proxy.turn('refused');
    const server = start('server', { DATABASE_URL: proxy.url, SAFEBAND_START_WAIT_SECONDS: '600' });
    await prints(server, 'server.waiting');
    proxy.turn('open');
    await prints(server, 'server.started');
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('a start that waits continues when Temporal answers', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    const address = await new Promise<string>((resolve) => {
      probe.once('listening', () => {
        const at = probe.address();
        resolve(`127.0.0.1:${typeof at === 'object' ? at?.port : 0}`);
      });
    });
    await new Promise((resolve) => {
      probe.close(resolve);
    });
    const env = { DATABASE_URL: database.url, TEMPORAL_ADDRESS: address };
    const worker = start('worker', { ...env, SAFEBAND_START_WAIT_SECONDS: '600' });
    await prints(worker, 'worker.waiting');
    expect(worker.output()).toContain('TEMPORAL_ADDRESS');
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe('SIGTERM');
  });
});

describe('behind a pooler in transaction mode', () => {
  it('the server reports what live pages need, and starts with it', async () => {
    const needs = /live pages.*DATABASE_DIRECT_URL/;
    expect(await endOf('server', { DATABASE_URL: pooler.url })).toMatch(needs);
    const env = { DATABASE_URL: pooler.url, DATABASE_DIRECT_URL: database.url };
    const server = start('server', env);
    await prints(server, 'server.started');
    const [, address = ''] = /"address":"([^"]+)"/.exec(server.output()) ?? [];
    const { checks }: { checks: unknown } = await (await fetch(`${address}/readyz`)).json();
    expect(checks).toContainEqual({ name: 'postgres', ok: true, found: 'it answers' });
    server.child.kill('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('migrate works through a pooler, and with the direct address', async () => {
    for (const env of [
      { DATABASE_URL: pooler.url },
      { DATABASE_URL: 'postgres://u@127.0.0.1:1/d', DATABASE_DIRECT_URL: database.url },
    ]) {
      const migrating = start('migrate', env);
      expect([await migrating.ended, migrating.output()]).toEqual([
        0,
        expect.stringContaining('up to date'),
      ]);
    }
  });
});
