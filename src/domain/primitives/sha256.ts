/**
 * SHA-256 (FIPS 180-4). A workflow cannot use Node's crypto, and Postgres has the same digest, so
 * both give a long id the same fingerprint (`kept.ts`). Only ids above a limit are digested.
 */
import { utf8Of } from './bytes.js';

/** Returns the first 32 bits of the fractional part of a root of each of the first primes. */
function rootsOf(count: number, root: number): readonly number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n += 1) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) isPrime = false;
    if (isPrime) found.push(((n ** (1 / root) % 1) * 2 ** 32) | 0);
  }
  return found;
}
const ROUNDS = rootsOf(64, 3);
const START = rootsOf(8, 2);

const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** Returns the digest of the text's UTF-8, as base64. */
export function sha256(text: string): string {
  const words = padded(utf8Of(text));
  const state = Int32Array.from(START);
  for (let at = 0; at < words.length; at += 16) compress(state, words, at);
  return base64([...state].flatMap((word) => [word >>> 24, word >>> 16, word >>> 8, word]));
}

/** Returns whole blocks of sixteen words: the bytes, a one, zeros, and the length in bits. */
function padded(bytes: readonly number[]): Int32Array {
  const words = new Int32Array(Math.ceil((bytes.length + 9) / 64) * 16);
  const put = (byte: number, i: number): void => {
    words[i >> 2] = (words[i >> 2] ?? 0) | (byte << (24 - 8 * (i & 3)));
  };
  bytes.forEach(put);
  put(0x80, bytes.length);
  words[words.length - 1] = bytes.length * 8;
  return words;
}

/** The message schedule of one block; each block writes all of it. */
const w = new Int32Array(64);

function compress(state: Int32Array, words: Int32Array, start: number): void {
  const of = (i: number): number => w[i] ?? 0;
  for (let i = 0; i < 16; i += 1) w[i] = words[start + i] ?? 0;
  for (let i = 16; i < 64; i += 1) {
    const one = turned(of(i - 15), 7) ^ turned(of(i - 15), 18) ^ (of(i - 15) >>> 3);
    const two = turned(of(i - 2), 17) ^ turned(of(i - 2), 19) ^ (of(i - 2) >>> 10);
    w[i] = of(i - 16) + one + of(i - 7) + two;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const choice = (e & f) ^ (~e & g);
    const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice;
    const one = (first + (ROUNDS[i] ?? 0) + of(i)) | 0;
    const most = (a & b) ^ (a & c) ^ (b & c);
    const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + most) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    state[i] = (state[i] ?? 0) + word;
  });
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function base64(bytes: readonly number[]): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const byte = (n: number): number => (bytes[i + n] ?? 0) & 0xff;
    const group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    for (let n = 0; n < 4; n += 1) {
      text += i + n > bytes.length ? '=' : (LETTERS[(group >> (18 - 6 * n)) & 63] ?? '');
    }
  }
  return text;
}
