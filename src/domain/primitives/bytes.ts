/**
 * Lengths in bytes, as servers count them. Temporal's limits, and Postgres's limit for an entry of
 * an index, are in bytes of UTF-8. A payload is longer than its text, because JSON escapes.
 */

/** Returns the length of a value as Temporal counts it: as JSON, in bytes of UTF-8. */
export const bytesOf = (value: unknown): number => utf8Length(JSON.stringify(value) ?? '');

/** Wraps `measure` so that it runs once for each object: an object never changes. */
export function once<T extends object>(measure: (of: T) => number): (of: T) => number {
  const known = new WeakMap<T, number>();
  return (of) => {
    const found = known.get(of) ?? measure(of);
    known.set(of, found);
    return found;
  };
}

/** Returns the bytes of the text as UTF-8. A lone surrogate becomes U+FFFD, which has three. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) bytes += utf8Bytes(text, i);
  return bytes;
}

/** Returns the bytes of the text inside the quotes of JSON, as `JSON.stringify` writes it. */
export function jsonLength(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE || unit === BACKSLASH || SHORT_ESCAPES.includes(unit)) bytes += 2;
    else if (unit < 0x20 || isLone(text, i)) bytes += 6;
    else bytes += utf8Bytes(text, i);
  }
  return bytes;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `\b`, `\t`, `\n`, `\f` and `\r`. */
const SHORT_ESCAPES: readonly number[] = [0x08, 0x09, 0x0a, 0x0c, 0x0d];

/** Returns the bytes that the unit at `i` adds: the first half of a pair adds all four. */
function utf8Bytes(text: string, i: number): number {
  const unit = text.charCodeAt(i);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  if (unit < 0xd800 || unit > 0xdfff || isLone(text, i)) return 3;
  return unit < 0xdc00 ? 4 : 0;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** True if the unit is a half of a surrogate pair without its other half. */
function isLone(text: string, i: number): boolean {
  const unit = text.charCodeAt(i);
  if (isHigh(unit)) return !isLow(text.charCodeAt(i + 1));
  return isLow(unit) && !isHigh(text.charCodeAt(i - 1));
}

/** Returns the text as bytes of UTF-8; the text must be well-formed. */
export function utf8Of(text: string): readonly number[] {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
  }
  return bytes;
}

const tail = (code: number): number => 0x80 | (code & 0x3f);
