/**
 * The key of erasures and seals (R29). An id that is erased is replaced by its keyed hash: without
 * the key, no list of ids shows which of them it was.
 */
import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { searchKeyOf } from '../../domain/primitives/linkedinId.js';
import { ConfigError, type Environment } from '../../platform/environment.js';
import { ERASED, NO_ERASURE_KEY } from './erased.js';

export type ErasureKey = { readonly id: string; readonly secret: KeyObject };

const SETTING = 'SAFEBAND_ERASURE_KEY';
const KEY_BYTES = 32;
const MAKE = 'make one with: openssl rand -base64 32';
const HASH_CHARACTERS = 40;
const ID_CHARACTERS = 8;

/** Reads the key; undefined if it is not set. No error contains it. */
export function erasureKeyFrom(environment: Environment): ErasureKey | undefined {
  const raw = environment[SETTING]?.trim();
  if (!raw) return undefined;
  const bytes = Buffer.from(raw, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(raw) || bytes.length !== KEY_BYTES) {
    throw new ConfigError(`${SETTING}: it should be ${KEY_BYTES} random bytes as base64; ${MAKE}`);
  }
  return keyOf(bytes);
}

/** Reads the key. Throws an error with its fix if it is not set. */
export function neededErasureKey(environment: Environment): ErasureKey {
  const key = erasureKeyFrom(environment);
  if (key) return key;
  throw new ConfigError(
    `${SETTING} is not set: ${MAKE}, give it to this command and to all workers, and keep it`,
  );
}

export function keyOf(bytes: Buffer): ErasureKey {
  const print = createHash('sha256').update('safeband erasure key ').update(bytes).digest('hex');
  return { id: print.slice(0, ID_CHARACTERS), secret: createSecretKey(bytes) };
}

/** Returns the beginning of the hashes of this key; without a key, of no hash. */
export const prefixOf = (key: ErasureKey | undefined): string =>
  key ? `${ERASED}${key.id}:` : NO_ERASURE_KEY;

function hashed(key: ErasureKey, kind: 'proof' | 'recipient', text: string): string {
  const hash = createHmac('sha256', key.secret).update(`${kind} ${text}`).digest('hex');
  return `${prefixOf(key)}${hash.slice(0, HASH_CHARACTERS)}`;
}

/** Returns the keyed hash of a chat or a message; a hash stays as it is. */
export const erasedProof = (key: ErasureKey, id: string): string =>
  id.startsWith(prefixOf(key)) ? id : hashed(key, 'proof', id);

/** Returns the keyed hash of a recipient: all spellings that a search finds have the same (R20). */
export const erasedRecipient = (key: ErasureKey, id: string): string =>
  id.startsWith(prefixOf(key)) ? id : hashed(key, 'recipient', searchKeyOf(id));
