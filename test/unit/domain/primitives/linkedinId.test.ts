/** One member is one member, however a tool spells it (R13, R15; docs/linkedin-ids.md). */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isSameMember,
  memberOf,
  normalProof,
  hasSameIds,
} from '../../../../src/domain/primitives/linkedinId.js';
import {
  isSameId,
  isSameRecipient,
  kept,
  keptRecipient,
} from '../../../../src/domain/account/kept.js';
import { jsonLength } from '../../../../src/domain/primitives/bytes.js';
import { isRecipientId } from '../../../../src/domain/primitives/ids.js';
import { KEPT_ID_BYTES } from '../../../../src/domain/primitives/limits.js';
import { must } from '../../../support/scenario.js';
import { spellingsOf } from '../../../support/spellings.js';

const ID = 'ACoAAAS7RzQB5MFgx7URQOOa7dShFKQhfdIWxms';
const NUMBER = 79_382_324;
/** Of the same number, as Sales Navigator and Recruiter begin an id; the rest of it is another. */
const SALES = 'ACwAAAS7RzQBGsNYBcS2NERCgi0j_f7_oYqCSbT';
const RECRUITER = 'AEMAAAS7RzQBCgi0j_f7_oYqCSbTGsNYBcS2NER';

describe('the table of docs/linkedin-ids.md', () => {
  const text = readFileSync(new URL('../../../../docs/linkedin-ids.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(.+?)` +\| `(.+?)` +\| (?:`(\d+)`|-) +\|$/gm)];

  it('the table of docs/linkedin-ids.md has a row for each known spelling', () => {
    expect(rows.length).toBeGreaterThanOrEqual(17);
  });

  it.each(rows.map(([, spelling = '', normal = '', number]) => [spelling, normal, number]))(
    '%s is %s, number %s',
    (spelling, normal, number) => {
      expect(memberOf(spelling ?? '')).toMatchObject({
        normal,
        number: number === undefined ? null : Number(number),
      });
    },
  );
});

describe('two spellings of one member', () => {
  it.each(spellingsOf(ID))('two spellings are one member: %s', (spelling) => {
    expect(isSameMember(ID, spelling)).toBe(true);
    expect(isSameMember(spelling, ID)).toBe(true);
  });

  it.each(spellingsOf('Jane-Doe'))(
    'two spellings of a readable name are one member: %s',
    (spelling) => {
      expect(isSameMember('jane-doe', spelling)).toBe(true);
    },
  );

  it.each([
    [ID, SALES],
    [SALES, RECRUITER],
    [ID, `urn:li:member:${NUMBER}`],
    [`https://www.linkedin.com/sales/lead/${SALES},NAME_SEARCH,x`, String(NUMBER)],
  ])('ids of two products with one number are one member: %s and %s', (one, other) => {
    expect(isSameMember(one, other)).toBe(true);
  });

  it.each([
    ['jürgen', 'ju\u0308rgen'],
    ['ẞ-nord', 'ß-nord'],
    ['https://www.linkedin.com/in/%E5%BC%A0%E4%BC%9F', '张伟'],
    ['crm-4711', ' crm-4711\u00a0'],
    ['crm-4711', '\ufeffcrm-\u200b4711'],
  ])('two spellings in Unicode are one member: %s and %s', (one, other) => {
    expect(isSameMember(one, other)).toBe(true);
  });
});

describe('two members', () => {
  it.each([
    [ID, 'ACoAAAS7RzUB5MFgx7URQOOa7dShFKQhfdIWxms'],
    // Of one product, whatever number they hold.
    [ID, `${ID.slice(0, -1)}t`],
    ['ACoAAB1', 'ACwAAB1'],
    [ID, `urn:li:member:${NUMBER + 1}`],
    [`urn:li:company:${NUMBER}`, `urn:li:member:${NUMBER}`],
    [`https://www.linkedin.com/company/${NUMBER}`, String(NUMBER)],
    ['https://www.linkedin.com/in/jane-doe', 'https://www.linkedin.com/in/jane-doe-2'],
    ['https://www.linkedin.com/in/jane', 'https://linkedin.com.evil.example/in/jane'],
    ['crm-4711', 'crm-4712'],
    ['50%', '50'],
  ])('two ids are two members: %s and %s', (one, other) => {
    expect(isSameMember(one, other)).toBe(false);
  });

  it('an id in lower case has no number, so another spelling may contain more', () => {
    expect(hasSameIds(ID, `urn:li:fsd_profile:${ID}`)).toBe(true);
    expect(hasSameIds(ID, ID.toLowerCase())).toBe(false);
  });
});

const part = fc.constantFrom(
  'urn:li:fsd_profile:',
  'urn:li:x:(',
  ')',
  ',',
  'https://www.linkedin.com/in/',
  '/',
  '?',
  '#',
  '%3A',
  '%2F',
  '%',
  '@',
  ' ',
  '\u200b',
  ID,
  SALES,
  'jane',
  'İ',
  'u\u0308',
  'view?id=',
  '\ud83d',
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 512 }),
  fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
);

it('gives each text one normal form, which is its own normal form', () => {
  fc.assert(
    fc.property(anyText, (spelling) => {
      const { normal } = memberOf(spelling);
      expect(memberOf(normal).normal).toBe(normal);
      expect(isSameMember(spelling, normal)).toBe(true);
      expect(normalProof(normalProof(spelling))).toBe(normalProof(spelling));
    }),
    { numRuns: 2_000 },
  );
});

it('unwraps an id no more often than a tool wraps one', () => {
  expect(memberOf(`${'urn:li:fsd_profile:'.repeat(8)}jane`).normal).toBe('jane');
  expect(memberOf(`${'urn:li:fsd_profile:'.repeat(20)}jane`).normal).toMatch(/^urn:li:/);
});

it('keeps members apart whose ids differ in more than case', () => {
  const id = fc
    .tuple(fc.constantFrom('ACoAA', 'ACwAA', 'AEMAA'), fc.stringMatching(/^[\w-]{34}$/))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(id, id, fc.nat(), fc.nat(), (one, other, i, j) => {
      const [a, b] = [spellingsOf(one), spellingsOf(other)];
      const [here, there] = [a[i % a.length] ?? '', b[j % b.length] ?? ''];
      const isOne = one.toLowerCase() === other.toLowerCase();
      expect(isSameMember(here, there)).toBe(isOne);
    }),
  );
});

describe('a recipient as the account keeps it', () => {
  const recipient = (text: string) => must(isRecipientId, text);
  const long = 'x'.repeat(70);
  it.each([...spellingsOf(ID), ...spellingsOf('Jane-Doe'), ...spellingsOf(long)])('%s', (text) => {
    const carried = keptRecipient(recipient(text));
    expect(jsonLength(carried)).toBeLessThanOrEqual(KEPT_ID_BYTES);
    expect(keptRecipient(carried)).toBe(carried);
    for (const other of [ID, 'jane-doe', long]) {
      const isOne = isSameMember(text, other);
      expect(isSameRecipient(carried, recipient(other))).toBe(isOne);
      expect(isSameRecipient(keptRecipient(recipient(other)), carried)).toBe(isOne);
    }
  });

  it('still holds the number of the member, however long it was spelt', () => {
    const address = `https://www.linkedin.com/sales/lead/${SALES},NAME_SEARCH,NqOz?_ntb=${long}`;
    const carried = keptRecipient(recipient(address));
    expect(isSameRecipient(carried, recipient(ID))).toBe(true);
  });
});

describe('the id of a chat or message', () => {
  it.each([
    ['2-MTcx==', ' 2-MTcx== '],
    ['2-MTcx==', '2-MTcx%3D%3D'],
    ['2-MTcx', 'urn:li:msg_message:(urn:li:fsd_profile:ACoAAB1,2-MTcx)'],
    ['2-MTcx', 'urn:li:messagingMessage:2-MTcx'],
    ['5-ab', 'urn:li:fs_event:(2-ZDQ,5-ab)'],
    ['2-ZDQ=', 'https://www.linkedin.com/messaging/thread/2-ZDQ=/'],
  ])('%s is also %s', (one, other) => {
    expect(isSameId(one, other)).toBe(true);
    expect(normalProof(other)).toBe(one);
  });

  it('the id of a chat or message is the same by its fingerprint, where it is long', () => {
    const id = `2-${'MTcx'.repeat(20)}==`;
    expect(kept(id)).toMatch(/^sha256:/);
    expect(isSameId(`urn:li:messagingMessage:${id}`, kept(id))).toBe(true);
    expect(isSameId(`${id}x`, kept(id))).toBe(false);
  });

  it.each([
    ['2-MTcx', '2-mtcx'],
    ['a', 'a b'],
    ['2-MTcx', null],
    ['urn:li:activity:1', 'urn:li:ugcPost:1'],
  ])('%s is not %s', (one, other) => {
    expect(isSameId(one, other)).toBe(false);
  });
});
