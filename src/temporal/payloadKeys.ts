/** The keys of encrypted payloads, as servers and pipelines get them. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { ConfigError, type Environment } from '../platform/environment.js';

/** A key of `SAFEBAND_PAYLOAD_KEYS`; logging the object does not show its secret. */
export type PayloadKey = { readonly id: string; readonly secret: KeyObject };
export type PayloadKeys = {
  /** Encrypts new payloads; null: new payloads are not encrypted. */
  readonly newest: PayloadKey | null;
  /** Decrypt payloads: all keys. */
  readonly all: readonly PayloadKey[];
};
export const NO_KEYS: PayloadKeys = { newest: null, all: [] };

const KEY_BYTES = 32;
const PAYLOAD_KEYS = 'SAFEBAND_PAYLOAD_KEYS';
/** In the first place: new payloads are not encrypted, and the keys after it still decrypt. */
const PLAIN = 'plain';
const GOOD_KEYS =
  'such as k2:<base64>,k1:<base64>, each of 32 random bytes (openssl rand -base64 32); ' +
  'the first encrypts, all decrypt';

/** Reads the keys of payloads, newest first. No error contains a secret. */
export function payloadKeysFrom(environment: Environment): PayloadKeys {
  const raw = environment[PAYLOAD_KEYS]?.trim();
  if (!raw) return NO_KEYS;
  const parts = raw.split(',').map((part) => part.trim());
  const isPlain = parts[0] === PLAIN;
  const all = parts.flatMap((part, n) => (n === 0 && isPlain ? [] : [payloadKey(part, n + 1)]));
  const twice = all.find(({ id }, n) => all.findIndex((one) => one.id === id) !== n);
  if (twice) throw new ConfigError(`${PAYLOAD_KEYS}: two keys have the id ${twice.id}`);
  return { newest: (!isPlain && all[0]) || null, all };
}

function payloadKey(part: string, position: number): PayloadKey {
  const found = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,63}):([A-Za-z0-9+/_-]+={0,2})$/.exec(part);
  const secret = Buffer.from(found?.[2] ?? '', 'base64');
  if (found?.[1] && secret.length === KEY_BYTES) {
    return { id: found[1], secret: createSecretKey(secret) };
  }
  const why = found ? `has ${secret.length} bytes instead of ${KEY_BYTES}` : 'is not <id>:<base64>';
  throw new ConfigError(`${PAYLOAD_KEYS}: key ${position} ${why}; it should be ${GOOD_KEYS}`);
}
