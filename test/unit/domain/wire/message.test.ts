/** One description of a message gives its parser, the type of its value, and its schema over HTTP. */
import { describe, expect, it } from 'vitest';
import {
  hint,
  knownToHttp,
  may,
  mayElse,
  mayText,
  need,
  object,
  parserOf,
  setting,
} from '../../../../src/domain/wire/message.js';
import {
  oneOf,
  textRule,
  valueBy,
  wholeNumber,
  yesOrNo,
} from '../../../../src/domain/wire/values.js';
import { bodyOf } from '../../../../src/http/schemas/body.js';

const NOW = Date.UTC(2026, 10, 24, 9, 30, 7);
const late = valueBy({}, (raw, at) =>
  typeof raw === 'number' ? { value: raw - at } : { shouldBe: 'a number' },
);
const parcel = {
  kind: need(oneOf(['letter', 'box'])),
  owner: knownToHttp(need(wholeNumber(1, 9))),
  size: setting(
    object('size', { width: need(wholeNumber(1, 50)), height: may(wholeNumber(1, 9)) }),
  ),
  isFragile: mayElse(yesOrNo, false),
  note: mayText(textRule(20)),
  lateBy: hint(late),
};
const parse = parserOf(parcel, ({ kind, size }) =>
  kind === 'letter' && size ? { refused: 'InvalidInput', message: 'a letter is flat' } : undefined,
);

describe('the parser of a description', () => {
  it('the parser of a description returns all fields in their order, with the type of each', () => {
    const read = parse(
      { kind: 'box', owner: 3, size: { width: 7 }, lateBy: NOW + 5 },
      'strict',
      NOW,
    );
    expect(read.ok && Object.entries(read.value)).toEqual([
      ['kind', 'box'],
      ['owner', 3],
      ['size', { width: 7, height: undefined }],
      ['isFragile', false],
      ['note', undefined],
      ['lateBy', 5],
    ]);
    if (!read.ok) return;
    const width: number | undefined = read.value.size?.width;
    // @ts-expect-error -- the type of `kind` is its words, and not any text
    const kind: 'parcel' = read.value.kind;
    expect([width, kind]).toEqual([7, 'box']);
  });

  it('the parser of a description returns null for a setting that is null', () => {
    const read = parse({ kind: 'letter', owner: 1, size: null }, 'strict', NOW);
    expect(read).toMatchObject({ ok: true, value: { size: null } });
  });

  it.each([
    [{ owner: 0, isFragile: 1 }, 'kind is missing: it should be one of letter, box'],
    [{ kind: 'box', owner: 0, isFragile: 1 }, 'owner should be a whole number from 1 to 9'],
    [
      { kind: 'letter', owner: 1, size: { width: 99 }, isFragile: 1 },
      'size should be whole: size.width should be a whole number from 1 to 50',
    ],
    [
      { kind: 'letter', owner: 1, size: { width: 9 }, isFragile: 1 },
      'isFragile should be true or false',
    ],
    [{ kind: 'letter', owner: 1, size: { width: 9 } }, 'a letter is flat'],
  ])(
    'the parser of a description refuses %j by its first flaw; a rule across fields comes last',
    (raw, message) => {
      expect(parse(raw, 'strict', NOW)).toEqual({ ok: false, refused: 'InvalidInput', message });
    },
  );

  it.each([
    ['😀'.repeat(11), '; an emoji counts as two'],
    ['😀'.repeat(21), ''],
    ['é'.repeat(21), ''],
  ])('the parser of a description refuses the long text %s, and names what counts', (note, why) => {
    const raw = { kind: 'box', owner: 1 };
    const shouldBe = `text of 1 to 20 characters, without control characters${why}`;
    expect(parse({ ...raw, note }, 'strict', NOW)).toMatchObject({
      message: `note should be ${shouldBe}`,
    });
    expect(parse({ ...raw, note: '😀'.repeat(10) }, 'strict', NOW).ok).toBe(true);
  });

  it('drops bad optional fields of a Signal, and a bad hint of an Update, too', () => {
    const raw = { kind: 'box', owner: 1, isFragile: 1, lateBy: 'x' };
    expect(parse(raw, 'lenient', NOW)).toMatchObject({
      value: { isFragile: false, lateBy: undefined },
      dropped: ['isFragile should be true or false', 'lateBy should be a number'],
    });
    expect(parse({ ...raw, isFragile: true }, 'strict', NOW)).toMatchObject({
      dropped: ['lateBy should be a number'],
    });
  });

  it.each([{ toString: 1 }, [{ toString: 1, valueOf: 1 }], null, 7, 'no key'])(
    'the parser of a description refuses a payload that calls itself undecodable: %j',
    (undecodable) => {
      for (const mode of ['strict', 'lenient', 'accepted'] as const) {
        expect(parse({ undecodable, kind: 'box', owner: 1 }, mode, NOW)).toMatchObject({
          ok: false,
          message: expect.stringMatching(/^the payload should be a JSON object: /),
        });
      }
    },
  );
});

it('the schema of a description has its rules, and the texts of HTTP', () => {
  const about = { description: 'About it.' };
  const body = bodyOf(
    parcel,
    {
      isFragile: about,
      kind: about,
      owner: about,
      size: { ...about, fields: { width: { examples: [9] }, height: {} } },
      note: {},
      lateBy: about,
    },
    { examples: [{ kind: 'box' }] },
  );
  const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
  const size = {
    type: 'object',
    additionalProperties: false,
    required: ['width'],
    properties: {
      width: { type: 'integer', minimum: 1, maximum: 50, examples: [9] },
      height: orNull({ type: 'integer', minimum: 1, maximum: 9 }),
    },
    ...about,
  };
  expect(JSON.parse(JSON.stringify(body))).toEqual({
    type: 'object',
    additionalProperties: false,
    required: ['kind'],
    properties: {
      kind: { enum: ['letter', 'box'], ...about },
      owner: orNull({ type: 'integer', minimum: 1, maximum: 9, ...about }),
      size: orNull(size),
      isFragile: orNull({ type: 'boolean', ...about }),
      note: orNull({ ...textRule(20) }),
      lateBy: about,
    },
    examples: [{ kind: 'box' }],
  });
  expect(Object.keys(body.properties)[0]).toBe('isFragile'); // the order of the notes
});
