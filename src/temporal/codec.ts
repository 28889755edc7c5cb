/**
 * Encrypts what Temporal stores: each payload by AES-256-GCM, in the layout of the samples of
 * Temporal's other SDKs, so that a pipeline in another language can read and write it, too.
 *   metadata  encoding = binary/encrypted, encryption-key-id = the key's id
 *   data      12 bytes of nonce, the payload as protobuf encrypted, 16 bytes of tag
 * Plain payloads pass unchanged, so encryption can be switched on while accounts run. A payload
 * that cannot be decrypted passes as a payload that no converter reads. Reason: an error here would
 * fail a workflow's task permanently (R18).
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Environment } from '../platform/environment.js';
import { payloadKeysFrom, type PayloadKey, type PayloadKeys } from './payloadKeys.js';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Returns a codec that encrypts with the newest key and decrypts with each key. */
export const createCodec = ({ newest, all }: PayloadKeys): PayloadCodec => ({
  encode: async (payloads) =>
    newest ? payloads.map((payload) => encrypted(payload, newest)) : payloads,
  decode: async (payloads) => payloads.map((payload) => decrypted(payload, all)),
});

/** Returns the data converter of Temporal clients and workers: all processes use the same. */
export const dataConverterFrom = (keys: PayloadKeys): DataConverter => ({
  payloadCodecs: [createCodec(keys)],
});

/**
 * Returns the `dataConverter` of a pipeline's own Temporal client, by `SAFEBAND_PAYLOAD_KEYS`.
 * Throws a ConfigError if that setting is wrong.
 */
export const payloadEncryption = (environment: Environment): DataConverter =>
  dataConverterFrom(payloadKeysFrom(environment));

/** Encrypts one payload with a random nonce: with one key, 2^32 nonces are safe. */
function encrypted(payload: Payload, { id, secret }: PayloadKey): Payload {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce);
  const parts = [nonce, cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()];
  const data = Buffer.concat([...parts, cipher.getAuthTag()]);
  return { metadata: { encoding: bytesOf(ENCRYPTED), [KEY_ID]: bytesOf(id) }, data };
}

function decrypted(payload: Payload, keys: readonly PayloadKey[]): Payload {
  if (textOf(payload.metadata?.['encoding']) !== ENCRYPTED) return payload;
  const id = textOf(payload.metadata?.[KEY_ID]);
  const key = keys.find((one) => one.id === id);
  if (!key) {
    return unreadable(`key ${JSON.stringify(id.slice(0, 64))} is not in SAFEBAND_PAYLOAD_KEYS`);
  }
  try {
    return opened(payload.data ?? new Uint8Array(), key);
  } catch {
    return unreadable(`key ${JSON.stringify(id)} cannot decrypt it, or it was changed in transit`);
  }
}

function opened(data: Uint8Array, { secret }: PayloadKey): Payload {
  const tagAt = data.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, secret, data.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(data.subarray(tagAt));
  const plain = decipher.update(data.subarray(NONCE_BYTES, tagAt));
  return PayloadMessage.decode(Buffer.concat([plain, decipher.final()]));
}

/** Returns a payload whose encoding no converter knows: each converter quotes it in its error. */
const unreadable = (why: string): Payload => ({
  metadata: { encoding: bytesOf(`${ENCRYPTED}: ${why}`) },
});

/** True if the payload is still encrypted after each codec: by no key here, or without a codec. */
export const isEncrypted = ({ metadata }: Payload): boolean => {
  const encoding = textOf(metadata?.['encoding']);
  return encoding === ENCRYPTED || encoding.startsWith(`${ENCRYPTED}:`);
};

/** True if the payload could not be decrypted here. */
export const isUnreadable = ({ metadata }: Payload): boolean =>
  textOf(metadata?.['encoding']).startsWith(`${ENCRYPTED}:`);

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | null | undefined): string =>
  bytes ? new TextDecoder().decode(bytes) : '';
