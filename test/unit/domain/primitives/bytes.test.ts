/** Lengths in bytes, and long ids as fingerprints, held against Node's own. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonLength, utf8Length } from '../../../../src/domain/primitives/bytes.js';
import { isSameId, kept } from '../../../../src/domain/account/kept.js';
import { KEPT_ID_BYTES } from '../../../../src/domain/primitives/limits.js';
import { sha256 } from '../../../../src/domain/primitives/sha256.js';

/** Any units at all, halves of surrogate pairs and control characters included. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\u0001', '\ud83d', '\ude00', '中', 'a', '\n') }),
);
const wholeText = fc.string({ unit: 'grapheme', maxLength: 600 });

it('utf8Length counts the bytes that Buffer writes', () => {
  const isRight = fc.property(
    anyText,
    (text) => utf8Length(text) === Buffer.byteLength(text, 'utf8'),
  );
  expect(fc.check(isRight).counterexample).toBeNull();
});

it('jsonLength counts the bytes that JSON.stringify writes between the quotes', () => {
  const written = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;
  const isRight = fc.property(anyText, (text) => jsonLength(text) === written(text));
  expect(fc.check(isRight).counterexample).toBeNull();
});

it('sha256 is the digest that Node makes', () => {
  const node = (text: string): string => createHash('sha256').update(text).digest('base64');
  for (const length of [0, 55, 56, 63, 64, 65, 1_536]) {
    expect(sha256('x'.repeat(length))).toBe(node('x'.repeat(length)));
  }
  fc.assert(fc.property(wholeText, (text) => sha256(text) === node(text)));
});

it('an id of up to 64 bytes of JSON is kept as it is, a longer one as its fingerprint', () => {
  expect(kept('a'.repeat(KEPT_ID_BYTES))).toBe('a'.repeat(KEPT_ID_BYTES));
  expect(kept('"'.repeat(KEPT_ID_BYTES / 2))).toBe('"'.repeat(KEPT_ID_BYTES / 2));
  for (const long of ['a'.repeat(65), '"'.repeat(33), '中'.repeat(22)]) {
    expect(kept(long)).toBe(`sha256:${sha256(long)}`);
  }
  fc.assert(
    fc.property(
      wholeText,
      (id) => jsonLength(kept(id)) <= KEPT_ID_BYTES && kept(kept(id)) === kept(id),
    ),
  );
});

it('an id and its fingerprint are the same, and two ids are not', () => {
  const [one, other] = [`${'中'.repeat(511)}a`, `${'中'.repeat(511)}b`];
  expect([isSameId(one, kept(one)), isSameId(kept(one), one), isSameId(null, null)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([isSameId(one, other), isSameId(kept(one), other), isSameId(one, null)]).toEqual([
    false,
    false,
    false,
  ]);
});
