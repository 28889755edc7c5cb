/**
 * The command line with an API key alone: each command prints what it prints with Postgres and
 * Temporal. For the second call both addresses lead to a closed port.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { httpOf } from '../../../src/cli/source/http.js';
import { NEEDS } from '../../../src/cli/source/needs.js';
import { ask, run as runNow, sent, statusOf, update } from '../../support/account.js';
import { safeband, settingsOf, wordsOf, type Ended } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let address: string;
let key: string;
let id: string;
let alertId: string;
let endpointId: string;

const NOWHERE = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d', TEMPORAL_ADDRESS: '127.0.0.1:1' };
const byKey = (line: string, more: object = {}): Promise<Ended> =>
  safeband(wordsOf(line), {
    env: { ...NOWHERE, SAFEBAND_URL: address, SAFEBAND_KEY: key, USER: 'mara', ...more },
  });
const direct = (line: string): Promise<Ended> => {
  const { env, ...settings } = settingsOf(stand);
  return safeband(wordsOf(line), { ...settings, env: { ...env, USER: 'mara' } });
};

beforeAll(async () => {
  stand = await createHttpStand();
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  key = await stand.key('operator');
  const known = await sent(stand, 3, { inmailsSentToday: 1 });
  id = known.id;
  await ask(known.account, 'open');
  await known.account.signal('foo', {}); // raises an alert
  await update(known.account, 'configure', { dailyCap: 40, actor: 'kim' });
  await runNow(known.account);
  const added = await byKey('webhooks add https://example.com/hooks --events drift.alert --json');
  endpointId = JSON.parse(added.out).endpointId;
  const listed = await direct(`alerts ${id} --json`);
  alertId = `${JSON.parse(listed.out).alerts[0].alertId}`;
});
afterAll(() => stand.close());

/** Values that differ between two reads of the same account. */
const MOVING = ['asOf', 'ageSeconds', 'to'];
/** Returns the output without ages, and without instants that move with the clock. */
function lasting({ code, out, err }: Ended): object {
  const plain = (text: string): string =>
    text.replaceAll(/\(?(?:in )?\d+ (?:ms|s|min|h(?: \d+ min)?)(?: ago)?\)?/g, '…');
  if (!out.startsWith('{')) return { code, err, out: plain(out) };
  const lines = out.split('\n').map((line): unknown =>
    JSON.parse(line, (name, value: unknown) => {
      if (MOVING.includes(name)) return '…';
      if (name === 'slots' && Array.isArray(value)) return value.length;
      if (name === 'now') return { ...Object(value), leaseExpiresAt: '…' };
      return value;
    }),
  );
  return { code, err, lines };
}

const READS = [
  ...['status', 'status ID', 'why ID', 'slots ID', 'slots ID --count 7', 'check ID'],
  ...['history ID --at 00:00', 'history ID --at 2999-01-01T00:00:00Z', 'what-if ID --daily-cap 2'],
  ...['what-if ID', 'what-if ID --daily-cap 99', 'events ID', 'events ID --limit 1'],
  ...['events ID --limit 2 --before 3', 'alerts list', 'alerts list ID --state all'],
  ...['alerts list --kind drift', 'tail ID --no-follow', 'keys log', 'webhooks list'],
  ...['webhooks log WHE', 'webhooks log whe_1', 'status --prefix no-such', 'status --limit 1'],
];
const filled = (line: string, accountId = id): string =>
  line.replaceAll('ID', accountId).replaceAll('WHE', endpointId).replaceAll('ALERT', alertId);

describe('a command that reads', () => {
  it.each(READS)('`safeband %s` prints the same with a key', async (line) => {
    for (const format of ['', ' --json']) {
      const [one, other] = [
        await direct(filled(line) + format),
        await byKey(filled(line) + format),
      ];
      expect(lasting(other)).toEqual(lasting(one));
    }
  });

  it('a list is read page by page, and its next page is found', async () => {
    const more = await Promise.all(['x', 'y', 'z'].map((name) => stand.newAccount(name)));
    for (const one of more) await stand.connect(one);
    const first = await byKey('status --limit 2 --json');
    const { accounts, next } = JSON.parse(first.out);
    expect([accounts.length, next]).toEqual([2, accounts[1].accountId]);
    const second = await byKey(`status --limit 300 --after ${next} --json`);
    const all = await direct(`status --limit 300 --after ${next} --json`);
    expect(lasting(second)).toEqual(lasting(all));
    expect(JSON.parse(second.out).accounts.length).toBeGreaterThan(1);
  });

  it('a status is read from the rows if the worker does not answer', async () => {
    await stand.stopWorker();
    const { code, out } = await byKey(`status ${id}`);
    await stand.startWorker();
    expect([code, out]).toEqual([0, expect.stringContaining('from Postgres: its workflow')]);
  });
});

/** Each order is given twice: directly for one account, by key for its twin. */
const ORDERS = [
  'connect ID --tier premium --ramp 5,10',
  'connect ID --tier premium --daily-cap 99',
  'configure ID --ramp none --window "mon-fri 09:00-17:30" --timezone Europe/Berlin',
  'configure ID --window always --timezone UTC',
  'hold ID --reason "asked to pause"',
  'resume ID --reason "long enough"',
  'settle ID no-such --outcome released --reason x',
  'disconnect ID --reason "left the company"',
];
const APART = ['reconcile', 'alerts acknowledge', 'alerts close', 'settle', 'webhooks add'];

describe('a command that changes something', () => {
  it('each order answers the same with a key, and records the person and the key', async () => {
    const [one, twin] = [stand.newAccount('t'), stand.newAccount('t')];
    for (const line of ORDERS) {
      const asked = lasting(await direct(filled(line, one)));
      const keyed = lasting(await byKey(filled(line, twin)));
      expect(JSON.parse(JSON.stringify(keyed).replaceAll(twin, one))).toEqual(asked);
      if (line.startsWith('hold')) {
        const { hold } = await statusOf(stand.handle(twin));
        expect(hold?.actor).toMatch(/^cli:mara via operator-\d/);
      }
    }
    await expect
      .poll(async () => (await byKey(`hold ${stand.newAccount('none')} --reason x`)).err)
      .toContain('or this key may not see it\nnext: safeband status');
  });

  it('a slot is settled and an account reconciled with a key', async () => {
    expect((await byKey(`reconcile ${id}`)).out).toContain('nothing to correct');
    const settle = `settle ${id} open --outcome delivered --reason seen`;
    expect((await byKey(settle)).err).toContain('ChatIdMissing');
    expect((await byKey(`${settle} --chat-id c9`)).out).toBe(
      `reservation open of ${id}: delivered`,
    );
    expect((await byKey(`settle ${id} open --outcome released --reason x`)).code).toBe(5);
  });

  it('an alert is acknowledged and closed with a key, and a second close is refused', async () => {
    const acknowledged = await byKey(`alerts acknowledge ${alertId} --reason "I look"`);
    expect(acknowledged.out).toBe(`alert ${alertId} (bad_signal of ${id}) is acknowledged`);
    const closed = await byKey(`alerts close ${alertId} --reason "mended" --json`);
    expect(JSON.parse(closed.out).alert.closed.actor).toMatch(/^cli:mara via operator-\d/);
    const again = `alerts close ${alertId} --reason again`;
    const [one, other] = [await direct(again), await byKey(again)];
    expect({ ...other, err: other.err.split('\n')[0] }).toEqual({
      ...one,
      err: one.err.split('\n')[0],
    });
    expect(other).toMatchObject({ code: 5, err: expect.stringContaining('AlertResolved') });
    expect(await byKey('alerts close 999999 --reason x')).toEqual(
      await direct('alerts close 999999 --reason x'),
    );
  });

  it('an endpoint is replayed and removed with a key', async () => {
    for (const line of [
      'webhooks replay WHE --since 00:00',
      'webhooks replay whe_1 --since 00:00',
    ]) {
      expect(await byKey(filled(line))).toEqual(await direct(filled(line)));
    }
    expect((await byKey(`webhooks remove ${endpointId}`)).out).toContain('and its log are removed');
    expect(await byKey(`webhooks remove ${endpointId}`)).toMatchObject({ code: 4 });
  });
});

describe('each command', () => {
  it('each command declares what it needs, and is compared here if a key is enough', () => {
    const lines = [...READS, ...ORDERS, ...APART, 'webhooks replay', 'webhooks remove'];
    const compared = Object.keys(NEEDS).filter((path) =>
      lines.some((line) => line === path || line.startsWith(`${path} `)),
    );
    expect(compared).toEqual(Object.keys(NEEDS).filter((path) => NEEDS[path] === 'key'));
  });

  it.each([
    ['drift', 'reaches Postgres itself'],
    ['doctor', 'reaches Postgres and Temporal itself'],
    ['migrate', 'unset SAFEBAND_URL and set DATABASE_URL and TEMPORAL_ADDRESS'],
    ['keys make x --role reader', 'With an API key alone these commands work: status, why'],
    ['restart acme-anna --reason x', 'NeedsServers'],
  ])('`safeband %s` names what it needs', async (line, text) => {
    expect(await byKey(line)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(text),
    });
  });
});

/** Starts a server with that answer, and returns its address. */
async function answering(listener: RequestListener, tls = false): Promise<string> {
  const pem = (name: string): Buffer => readFileSync(`test/support/tls/${name}.pem`);
  const tlsKey = { key: readFileSync('test/support/tls/server.key'), cert: pem('server') };
  const server: Server = tls ? createTlsServer(tlsKey, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return tls ? addressOf(server).replace('http:', 'https:') : addressOf(server);
}
function addressOf(server: Server): string {
  const at: AddressInfo | string | null = server.address();
  return `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}`;
}
const saying =
  (status: number, type: string, body: string, headers: object = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
const problem = (status: number, kind: string, more: object = {}): RequestListener =>
  saying(
    status,
    'application/problem+json',
    JSON.stringify({ type: `urn:safeband:problem:${kind}`, status, ...more }),
    { 'retry-after': '7' },
  );

describe('a server that refuses, or that is not Safeband', () => {
  it('a wrong key, a key without the right and an unknown account are named', async () => {
    const reader = await stand.key('reader');
    const hold = `hold ${id} --reason x`;
    const wrong = await byKey('status', { SAFEBAND_KEY: 'sb_wrong-key' });
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('(KeyRefused)') });
    const forbidden = await byKey(hold, { SAFEBAND_KEY: reader });
    expect(forbidden).toMatchObject({ code: 5, err: expect.stringContaining('(KeyForbidden)') });
    expect(forbidden.err).toContain('role reader');
    expect(forbidden.err).toContain('use a key of the role operator');
    const unknown = await byKey('why no-such-account');
    expect(unknown).toMatchObject({ code: 4, err: expect.stringContaining('(AccountUnknown)') });
    const limited = await stand.key('operator', [id]);
    const all = await byKey('keys log', { SAFEBAND_KEY: limited });
    expect(all.err).toContain('this key is limited to some accounts');
    for (const { out, err } of [wrong, forbidden, unknown, all]) {
      expect(out + err).not.toMatch(/sb_wrong-key|sb_[A-Za-z0-9_-]{20}/);
    }
  });

  it.each([
    [
      'html of a proxy',
      saying(502, 'text/html', '<h1>Bad gateway</h1>'),
      3,
      'and text/html, not as',
    ],
    ['json of another', saying(404, 'application/json', '{}'), 3, 'not as Safeband does'],
    ['an empty page', saying(200, 'text/html', ''), 3, 'check SAFEBAND_URL, and the proxy'],
    [
      'a redirect',
      saying(302, 'text/plain', '', { location: 'https://x.test/a' }),
      3,
      'https://x.test',
    ],
    ['too many', problem(429, 'too-many-requests', { detail: 'used all' }), 3, 'again in 7 s'],
    [
      'a defect',
      problem(500, 'internal', { detail: 'an internal error' }),
      3,
      'failed (status 500)',
    ],
    [
      'no Temporal',
      problem(503, 'Unavailable', { code: 'Unavailable', detail: 'late' }),
      3,
      'late',
    ],
    [
      'an old server',
      problem(404, 'not-found', { detail: 'x' }),
      3,
      'has no route GET /v1/accounts',
    ],
    [
      'fewer fields',
      saying(200, 'application/json', '{"items":[{}],"next":null}'),
      3,
      'OtherVersion',
    ],
    ['another code', problem(409, 'New', { code: 'NewRule', detail: 'no' }), 5, '(NewRule): no'],
  ] as const)('%s is named', async (_, listener, code, text) => {
    const url = await answering(listener);
    const ended = await byKey('status', { SAFEBAND_URL: url });
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(text) });
  });

  it('unknown fields of a newer server are accepted, and its key is not echoed', async () => {
    const { body } = await stand.ask(key, '/v1/accounts');
    const newer = { ...JSON.parse(body), more: 1 };
    newer.items = newer.items.map((one: object) => ({ ...one, newField: 'x' }));
    const url = await answering(saying(200, 'application/json', JSON.stringify(newer)));
    const { code, out } = await byKey('status --json', { SAFEBAND_URL: url });
    expect([code, out.includes('newField')]).toEqual([0, false]);
    const echo = await answering((request, response) => {
      const detail = `you sent ${request.headers.authorization}`;
      problem(401, 'unauthenticated', { detail })(request, response);
    });
    const { err } = await byKey('status', { SAFEBAND_URL: echo });
    expect(err).toContain('you sent Bearer sb_…');
    expect(err).not.toContain(key);
  });

  it.each([
    ['http://no-such-host.invalid', 'has a host name that is not known'],
    ['127.0.0.1:8080', 'should be an address such as https://'],
    ['https://user:secret@127.0.0.1', 'should have no user, password'],
  ])('the address %s is explained', async (url, text) => {
    const ended = await byKey('status', { SAFEBAND_URL: url });
    expect(ended).toMatchObject({ out: '', err: expect.stringContaining(text) });
    expect(ended.err).not.toContain('secret');
  });

  it('a port that refuses connections is named', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const url = addressOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    const { code, err } = await byKey('status', { SAFEBAND_URL: url });
    expect([code, err]).toEqual([
      3,
      expect.stringContaining('refuses connections: check the port'),
    ]);
  });

  it('a server with TLS that is not trusted, and a server without TLS, are named', async () => {
    const self = await answering(saying(200, 'text/plain', ''), true);
    const untrusted = await byKey('status', { SAFEBAND_URL: self });
    expect(untrusted.err).toContain('set NODE_EXTRA_CA_CERTS');
    const plain = await answering(saying(200, 'text/plain', ''));
    const wrong = await byKey('status', { SAFEBAND_URL: plain.replace('http:', 'https:') });
    expect(wrong.err).toContain('use http:// if that is its address');
    const other = await byKey('status', { SAFEBAND_URL: self.replace('https:', 'http:') });
    expect(other.err).toContain('use https:// if the server has TLS');
  });

  it('a server that does not answer is named, and an order may still be carried out', async () => {
    const url = await answering(() => undefined);
    const { signal } = new AbortController();
    const http = httpOf({ url, key: 'k' }, signal, (one) => one, 100);
    await expect(http.get('/v1/accounts')).rejects.toThrow('did not answer in 0.1 s');
    await expect(http.post('/x', {})).rejects.toThrow('the order may still be carried out');
  });

  it('a missing or broken key is named, and a key without an address changes nothing', async () => {
    const missing = await byKey('status', { SAFEBAND_KEY: ' ' });
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('SAFEBAND_KEY is not') });
    const broken = await byKey('status', { SAFEBAND_KEY: 'sb_a\nsb_b' });
    expect(broken.err).toContain('should be one word');
    expect(broken.err).not.toContain('sb_b');
    const alone = await safeband(['status'], { env: { SAFEBAND_KEY: key } });
    expect(alone.err).toContain('set SAFEBAND_URL and SAFEBAND_KEY');
  });

  it('an address with a path is kept, as of a proxy that serves more than Safeband', async () => {
    const paths: string[] = [];
    const url = await answering((request, response) => {
      paths.push(request.url ?? '');
      saying(200, 'application/json', '{"items":[],"next":null}')(request, response);
    });
    const { out } = await byKey('status', { SAFEBAND_URL: `${url}/safeband/` });
    expect([out.split('\n')[0], paths]).toEqual([
      'no accounts yet',
      ['/safeband/v1/accounts?limit=50'],
    ]);
  });
});
