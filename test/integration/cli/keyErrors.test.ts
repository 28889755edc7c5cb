/** The errors of the command line with an API key, against servers that are not as they should be. */
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpOf } from '../../../src/cli/source/http.js';
import { addressOf, answering, problem, responding } from '../../support/answering.js';
import { safeband, type Ended } from '../../support/cli.js';

const byKey = (command: string, more: object): Promise<Ended> =>
  safeband([command], { env: { SAFEBAND_KEY: 'sb_key-of-the-test', ...more } });

describe('a server that is not as it should be', () => {
  it.each([
    [
      'html of a proxy',
      responding(502, 'text/html', '<h1>Bad gateway</h1>'),
      3,
      'and text/html, not as',
    ],
    ['json of another', responding(404, 'application/json', '{}'), 3, 'not as Safeband does'],
    ['an empty page', responding(200, 'text/html', ''), 3, 'check SAFEBAND_URL, and the proxy'],
    [
      'a redirect',
      responding(302, 'text/plain', '', { location: 'https://x.test/a' }),
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
      responding(200, 'application/json', '{"items":[{}],"next":null}'),
      3,
      'OtherVersion',
    ],
    ['another code', problem(409, 'New', { code: 'NewRule', detail: 'no' }), 5, '(NewRule): no'],
  ] as const)('%s is named', async (_, listener, code, text) => {
    const url = await answering(listener);
    const ended = await byKey('status', { SAFEBAND_URL: url });
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(text) });
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
    const self = await answering(responding(200, 'text/plain', ''), true);
    const untrusted = await byKey('status', { SAFEBAND_URL: self });
    expect(untrusted.err).toContain('set NODE_EXTRA_CA_CERTS');
    const plain = await answering(responding(200, 'text/plain', ''));
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
    const url = { SAFEBAND_URL: 'http://127.0.0.1' };
    const missing = await byKey('status', { ...url, SAFEBAND_KEY: ' ' });
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('SAFEBAND_KEY is not') });
    const broken = await byKey('status', { ...url, SAFEBAND_KEY: 'sb_a\nsb_b' });
    expect(broken.err).toContain('should be one word');
    expect(broken.err).not.toContain('sb_b');
    const alone = await byKey('status', {});
    expect(alone.err).toContain('set SAFEBAND_URL and SAFEBAND_KEY');
  });

  it('an address with a path is kept, as of a proxy that serves more than Safeband', async () => {
    const paths: string[] = [];
    const url = await answering((request, response) => {
      paths.push(request.url ?? '');
      responding(200, 'application/json', '{"items":[],"next":null}')(request, response);
    });
    const { out } = await byKey('status', { SAFEBAND_URL: `${url}/safeband/` });
    expect([out.split('\n')[0], paths]).toEqual([
      'no accounts yet',
      ['/safeband/v1/accounts?limit=50'],
    ]);
  });
});
