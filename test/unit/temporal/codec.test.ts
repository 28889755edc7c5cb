/** Encrypted payloads: the right key opens them, and a missing key is not an error. */
import { createDecipheriv, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import proto from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { createCodec, isUnreadable, payloadEncryption } from '../../../src/temporal/codec.js';
import { transcode } from '../../../src/temporal/codecEndpoint.js';
import { workerVersionFrom } from '../../../src/platform/config.js';
import { ConfigError } from '../../../src/platform/environment.js';
import { payloadKeysFrom } from '../../../src/temporal/payloadKeys.js';

const secret = (): string => randomBytes(32).toString('base64');
const [one, two] = [secret(), secret()];
const keys = (text: string) => payloadKeysFrom({ SAFEBAND_PAYLOAD_KEYS: text });
const codec = (text: string) => createCodec(keys(text));
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = (read: Payload | undefined): unknown =>
  read && defaultPayloadConverter.fromPayload(read);
const keyOf = ({ metadata }: Payload): string =>
  Buffer.from(metadata?.['encryption-key-id'] ?? '').toString();

const VALUES = [
  { chatId: 'canary' },
  'canary',
  null,
  undefined,
  7,
  new Uint8Array([1, 2]),
  ['é€𝄞'],
];

describe('the codec', () => {
  it.each(VALUES.map((value) => [value]))(
    'the codec gives %j back, and no other key reads it',
    async (value) => {
      const [encrypted = {}] = await codec(`k1:${one}`).encode([payload(value)]);
      expect(keyOf(encrypted)).toBe('k1');
      expect(Buffer.from(encrypted.data ?? []).includes('canary')).toBe(false);
      const [read] = await codec(`k1:${one}`).decode([encrypted]);
      expect(valueOf(read)).toEqual(value);
    },
  );

  it('the codec writes the same payload differently each time', async () => {
    const [a, b] = await codec(`k1:${one}`).encode([payload('x'), payload('x')]);
    expect(a?.data).not.toEqual(b?.data);
  });

  it('the codec after a rotation reads the old key and writes the new one', async () => {
    const [old = {}] = await codec(`k1:${one}`).encode([payload('old')]);
    const rotated = codec(`k2:${two},k1:${one}`);
    const [fresh = {}] = await rotated.encode([payload('fresh')]);
    expect([keyOf(old), keyOf(fresh)]).toEqual(['k1', 'k2']);
    expect((await rotated.decode([old, fresh])).map(valueOf)).toEqual(['old', 'fresh']);
  });

  it('the codec passes on payloads without encryption, and encrypts nothing if it is switched off', async () => {
    const plain = payload('plain');
    expect(await codec(`k1:${one}`).decode([plain])).toEqual([plain]);
    for (const off of ['', `plain,k1:${one}`])
      expect(await codec(off).encode([plain])).toEqual([plain]);
    const encrypted = await codec(`k1:${one}`).encode([plain]);
    const read = await codec(`plain,k1:${one}`).decode(encrypted);
    expect(read.map(valueOf)).toEqual(['plain']);
  });

  it('the codec has the byte order of the samples of other SDKs: nonce, ciphertext, tag', async () => {
    const [{ data } = {}] = await codec(`k1:${one}`).encode([payload('hello')]);
    const bytes = Buffer.from(data ?? []);
    const cipher = createDecipheriv(
      'aes-256-gcm',
      Buffer.from(one, 'base64'),
      bytes.subarray(0, 12),
    );
    cipher.setAuthTag(bytes.subarray(-16));
    const message = Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]);
    expect(valueOf(proto.temporal.api.common.v1.Payload.decode(message))).toBe('hello');
  });

  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const encoding = bytes('binary/encrypted');
  const known = { encoding, 'encryption-key-id': bytes('k1') };
  const GARBAGE: readonly (readonly [string, Payload])[] = [
    ['of no key', { metadata: { encoding }, data: randomBytes(64) }],
    ['of an unknown key', { metadata: { ...known, 'encryption-key-id': bytes('k9') } }],
    ['that is empty', { metadata: known }],
    ['that is too short', { metadata: known, data: randomBytes(20) }],
    ['that is noise', { metadata: known, data: randomBytes(100) }],
  ];
  it.each(GARBAGE)(
    'the codec makes something %s unreadable, and does not throw',
    async (_, garbage) => {
      const [read = {}] = await codec(`k1:${one}`).decode([garbage]);
      expect(isUnreadable(read)).toBe(true);
      expect(() => valueOf(read)).toThrow(/Unknown encoding: binary\/encrypted: key "/);
    },
  );

  it('the codec does not open a changed payload, or a payload of another key with that name', async () => {
    const [encrypted = {}] = await codec(`k1:${one}`).encode([payload('x')]);
    const changed = Buffer.from(encrypted.data ?? []);
    changed[20] = (changed[20] ?? 0) ^ 1;
    const [read = {}] = await codec(`k1:${one}`).decode([{ ...encrypted, data: changed }]);
    const [other = {}] = await codec(`k1:${two}`).decode([encrypted]);
    expect([isUnreadable(read), isUnreadable(other)]).toEqual([true, true]);
  });
});

describe('what the Temporal CLI asks', () => {
  it('a request of the Temporal CLI gets its payloads decrypted; others come back unchanged', async () => {
    const mine = codec(`k1:${one}`);
    const asked = { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'NDI=' }] };
    const encoded = await transcode(mine, 'encode', asked);
    expect(await transcode(mine, 'decode', encoded)).toEqual(asked);
    expect(await transcode(codec(`k2:${two}`), 'decode', encoded)).toEqual(encoded);
    expect(await transcode(mine, 'encode', {})).toEqual({ payloads: [] });
  });

  it.each([null, [], { payloads: {} }, { payloads: [7] }, { payloads: [{ data: 7 }] }])(
    '%j is no list of payloads',
    async (body) => {
      expect(await transcode(codec(''), 'decode', body)).toBeUndefined();
    },
  );
});

describe('the setting', () => {
  it.each([
    ['k1', 'key 1 is not <id>:<base64>'],
    [`k1:${one},`, 'key 2 is not <id>:<base64>'],
    [`k1:${one},k 2:${two}`, 'key 2 is not <id>:<base64>'],
    [`k1:${one},plain`, 'key 2 is not <id>:<base64>'],
    ['k1:c2hvcnQ=', 'key 1 has 5 bytes instead of 32'],
    [`k1:${one},k1:${two}`, 'two keys have the id k1'],
  ])('the setting is refused with its flaw and without a secret: %#', (text, why) => {
    const message = refusalOf(() => payloadEncryption({ SAFEBAND_PAYLOAD_KEYS: text }));
    expect(message).toContain(`SAFEBAND_PAYLOAD_KEYS: ${why}`);
    for (const hidden of [one, two]) expect(message).not.toContain(hidden);
  });

  it('the setting does not show its secrets when it is printed', () => {
    const read = keys(`k1:${one}`);
    expect(`${inspect(read, { depth: 9 })}${JSON.stringify(read)}`).not.toContain(one.slice(0, 20));
  });

  it.each([
    [{ SAFEBAND_BUILD_ID: 'b1' }, 'SAFEBAND_DEPLOYMENT_NAME is not set'],
    [{ SAFEBAND_DEPLOYMENT_NAME: 'safeband' }, 'SAFEBAND_BUILD_ID is not set'],
    [{ SAFEBAND_DEPLOYMENT_NAME: 'safeband', SAFEBAND_BUILD_ID: 'b:1' }, 'SAFEBAND_BUILD_ID=b:1'],
    [{ SAFEBAND_DEPLOYMENT_NAME: 'a.b', SAFEBAND_BUILD_ID: '1' }, 'SAFEBAND_DEPLOYMENT_NAME=a.b'],
  ])('%j is no worker version', (environment, why) => {
    expect(refusalOf(() => workerVersionFrom(environment))).toContain(why);
  });

  it('a worker without a name and a build has no version', () => {
    expect(workerVersionFrom({ SAFEBAND_BUILD_ID: '' })).toBeUndefined();
    const named = { SAFEBAND_DEPLOYMENT_NAME: 'safeband', SAFEBAND_BUILD_ID: 'b1' };
    expect(workerVersionFrom(named)).toEqual({ deploymentName: 'safeband', buildId: 'b1' });
  });
});

function refusalOf(read: () => unknown): string {
  try {
    read();
    return 'nothing was refused';
  } catch (error) {
    return error instanceof ConfigError ? error.message : String(error);
  }
}
