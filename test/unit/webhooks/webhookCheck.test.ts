/** The allowed receivers of webhooks, and the receiver's check of the sender. */
import { describe, expect, it } from 'vitest';
import { signWebhook, verifyWebhook, WebhookRefused } from '../../../src/client/index.js';
import { mayCall, parseNetworks } from '../../../src/webhooks/networks.js';
import { urlFlaw } from '../../../src/webhooks/url.js';

describe('the check of a receiver', () => {
  // The example of Standard Webhooks.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const sentAt = 1_614_265_330;
  const body = '{"test": 2432232314}';
  const now = sentAt * 1_000;
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(sentAt),
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const reasonOf = (more: object, options: { body?: string; at?: number } = {}): string => {
    try {
      verifyWebhook({ ...headers, ...more }, options.body ?? body, secret, {
        now: options.at ?? now,
      });
      return 'taken';
    } catch (error) {
      return error instanceof WebhookRefused ? error.reason : String(error);
    }
  };

  it('the check of a receiver signs as Standard Webhooks does, and takes what it has signed', () => {
    expect(signWebhook({ id, sentAt, body }, secret)).toBe(headers['webhook-signature']);
    const bytes = Buffer.from(body);
    expect(verifyWebhook(new Headers(headers), bytes, secret, { now })).toEqual({
      test: 2_432_232_314,
    });
    expect(reasonOf({ 'webhook-signature': `v1a,x v1,y ${headers['webhook-signature']}` })).toBe(
      'taken',
    );
  });

  it.each([
    ['another body', {}, { body: `${body} ` }, 'signature'],
    ['another id', { 'webhook-id': 'msg_other' }, {}, 'signature'],
    ['another time', { 'webhook-timestamp': String(sentAt + 1) }, {}, 'signature'],
    ['no signature', { 'webhook-signature': 'v1,' }, {}, 'signature'],
    ['one of another version', { 'webhook-signature': 'v2,g0hM9SsE' }, {}, 'signature'],
    ['one that came twice', { 'webhook-signature': ['a', 'b'] }, {}, 'header_missing'],
    ['a time that is none', { 'webhook-timestamp': '1e9' }, {}, 'too_old'],
    ['at its last instant', {}, { at: now + 300_000 }, 'taken'],
    ['a replay after it', {}, { at: now + 300_001 }, 'too_old'],
    ['one from the future', {}, { at: now - 300_001 }, 'too_new'],
  ])('%s', (_, more, options, reason) => {
    expect(reasonOf(more, options)).toBe(reason);
  });

  it.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
    'the check of a receiver refuses %j as a secret',
    (weak) => {
      expect(() => verifyWebhook(headers, body, weak, { now })).toThrow(RangeError);
    },
  );
});

const PRIVATE = `0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.8.8.8 169.254.169.254 172.16.0.1
  172.31.255.255 192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1
  240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe 64:ff9b::a9fe:a9fe fc00::1
  fd00:ec2::254 fe80::1 ff02::1 2001:db8::1 2001::1 2002:a00:1:: 3fff::1 ::ffff:8.8.8.8`;
const PUBLIC = '1.1.1.1 100.63.255.255 172.15.0.1 172.32.0.1 192.0.1.1 2606:4700:4700::1111';

it('a webhook goes to public addresses only', () => {
  const may = mayCall([]);
  expect(PRIVATE.split(/\s+/).filter(may)).toEqual([]);
  expect(PUBLIC.split(' ').filter((address) => !may(address))).toEqual([]);
});

it('a webhook goes to the networks that a setting names, and to no others', () => {
  const may = mayCall(parseNetworks('10.1.0.0/16, fd00::/8') ?? []);
  expect(['10.1.2.3', 'fd00::7'].map(may)).toEqual([true, true]);
  expect(['10.2.0.1', '127.0.0.1', 'fe80::1'].map(may)).toEqual([false, false, false]);
  expect(parseNetworks('')).toEqual([]);
  const bad = ['10.1.0.0', '10.1.0.0/33', 'fd00::/129', 'example.com/8', '10.0.0.0/8;'];
  expect(bad.map(parseNetworks)).toEqual(bad.map(() => undefined));
});

it.each([
  ['https://example.com/hooks?a=1', undefined],
  ['http://localhost:8090/x', undefined],
  ['http://[::1]:8090/x', undefined],
  [
    'http://example.com/',
    'it should begin with https://: http is only for a receiver on this machine',
  ],
  [
    'http://127.0.0.1.example.com/',
    'it should begin with https://: http is only for a receiver on this machine',
  ],
  ['ftp://example.com/', 'it should begin with https://'],
  ['https://ann:pw@example.com/', 'remove the name or password: it would be written into logs'],
  ['https://example.com/#x', 'remove the part after #: it is never sent'],
  ['example.com', 'it is not a URL: use an address such as https://example.com/hooks'],
  [`https://example.com/${'x'.repeat(2_048)}`, 'it is longer than 2048 characters'],
])('the URL %s: %s', (url, flaw) => {
  expect(urlFlaw(url)).toBe(flaw);
});
