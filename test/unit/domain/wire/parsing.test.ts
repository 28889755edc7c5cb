/** Names, times, zones and numbers at the edge. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isAccountId,
  isCampaignId,
  isChatId,
  isReservationId,
} from '../../../../src/domain/primitives/ids.js';
import { parseFail, parseReserve } from '../../../../src/domain/wire/requests.js';
import { parseOrder, parseStart } from '../../../../src/domain/wire/adminRequests.js';
import { shown, shownLines } from '../../../../src/domain/primitives/text.js';
import { hashOf, isoInstant, parseInstant } from '../../../../src/domain/primitives/time.js';
import { isZone } from '../../../../src/domain/wire/timezones.js';

describe('ids', () => {
  it.each([
    'constructor',
    'toString',
    '7',
    'a.b:c-d_e',
    'x'.repeat(128),
    '_a',
    '-a',
    '-',
    '__proto__',
    '--json',
  ])('%s is an id of Safeband', (id) => {
    expect([isAccountId(id), isReservationId(id), isCampaignId(id)]).toEqual([true, true, true]);
  });
  it.each(['', '.a', ':a', '-a b', 'a b', 'ä', 'x'.repeat(129), 'a\u0000', 7, null])(
    '%j is not an id',
    (id) => {
      expect(isReservationId(id)).toBe(false);
    },
  );
  it.each(['__proto__', '2-abc==', '💬', 'x'.repeat(512)])('%s is an id of LinkedIn', (id) => {
    expect(isChatId(id)).toBe(true);
  });
  it.each(['', '  ', 'a\u0000', 'a\n', '\ud83d', '\udcac', 'x'.repeat(513), 7])(
    '%j is not an id',
    (id) => {
      expect(isChatId(id)).toBe(false);
    },
  );
});

describe('time', () => {
  it('an instant is read as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (at) => {
        expect(parseInstant(isoInstant(at))).toBe(at);
      }),
    );
  });
  it.each([
    '2026-02-30T00:00:00.000Z',
    '2026-11-24T24:00:00.000Z',
    '2026-11-24T09:00:00.000',
    '2026-11-24T09:00:00+15:00',
    '2026-11-24T09:00:00+01:60',
    '2026-11-24',
    'now',
  ])('%s is not an instant', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
  it('accounts are spread evenly over an interval', () => {
    const seconds = new Set(Array.from({ length: 1_000 }, (_, i) => hashOf(`account-${i}`) % 90));
    expect(seconds.size).toBe(90);
  });
});

describe('zones', () => {
  it('the list of zones has each zone that this Node knows', () => {
    expect(Intl.supportedValuesOf('timeZone').filter((zone) => !isZone(zone))).toEqual([]);
  });
  it.each(['Mars/Olympus', 'europe/berlin', 'Europe', '', 'UTC+1'])('%j is not a zone', (zone) => {
    expect(isZone(zone)).toBe(false);
  });
  it.each(['UTC', 'Europe/Berlin', 'US/Eastern', 'Etc/GMT+1', 'Australia/Lord_Howe'])(
    '%s is a zone',
    (zone) => {
      expect(isZone(zone)).toBe(true);
    },
  );
});

describe('a Signal', () => {
  it('a Signal loses only the optional fields that are bad, and names them', () => {
    const raw = { reservationId: 'r', leaseSeconds: -1, campaignId: 'fine' };
    expect(parseReserve(raw, 'lenient', 0)).toMatchObject({
      ok: true,
      value: { reservationId: 'r', leaseSeconds: undefined, campaignId: 'fine' },
      dropped: ['leaseSeconds should be a whole number from 1 to 86400'],
    });
    expect(parseReserve(raw, 'strict', 0)).toMatchObject({ ok: false, refused: 'InvalidInput' });
  });
  it('a Signal takes null for an absent field, and ignores unknown ones', () => {
    const raw = { reservationId: 'r', campaignId: null, mood: 'good' };
    expect(parseReserve(raw, 'strict', 0)).toMatchObject({ ok: true });
  });
});

describe('a start object', () => {
  it('a start object needs no tier if it only brings late outcomes', () => {
    expect(parseStart({ accountId: 'a', connect: false }, 'strict', 0).ok).toBe(true);
    expect(parseStart({ accountId: 'a' }, 'strict', 0)).toMatchObject({
      ok: false,
      message: expect.stringContaining('tier is missing'),
    });
  });
  it('a start object cannot have delivered more than was sent', () => {
    const raw = { accountId: 'a', tier: 'premium', inmailsSentToday: 3, deliveredToday: 4 };
    expect(parseStart(raw, 'strict', 0)).toMatchObject({
      ok: false,
      message: expect.stringContaining('deliveredToday'),
    });
  });
});

describe('text that people write', () => {
  const order = { reason: 'checked', actor: 'ada' };
  it.each([
    ['a\nb\tc', 'a b c'],
    [' a \r\n', 'a'],
    ['a\u2028b\u0085c', 'a b c'],
    ['a b', 'a b'],
  ])('%j is the line %j', (reason, line) => {
    expect(parseOrder({ ...order, reason }, 'strict', 0)).toMatchObject({
      value: { reason: line },
    });
  });
  it.each(['a\u001b[2Jb', 'a\u0007b', 'a\u009bb', 'a\u007fb', 'a\u202eb', 'a\u2066b'])(
    '%j is refused of an Update, and cleaned in a Signal with an alert',
    (reason) => {
      const flaw = 'reason should be text of 1 to 512 characters, without control characters';
      expect(parseOrder({ ...order, reason }, 'strict', 0)).toMatchObject({ message: flaw });
      const taken = { value: { reason: expect.stringMatching(/^a(\[2J)?b$/) } };
      expect(parseOrder({ ...order, reason }, 'lenient', 0)).toMatchObject({
        ...taken,
        dropped: [expect.stringContaining('control characters: reason')],
      });
      // What an older version took is read again as it was taken.
      expect(parseOrder({ ...order, reason }, 'accepted', 0)).toMatchObject({
        ...taken,
        dropped: [],
      });
    },
  );
  it('text of people is refused if all its characters are invisible', () => {
    for (const mode of ['strict', 'lenient', 'accepted'] as const) {
      expect(parseOrder({ ...order, actor: '\u0007\n' }, mode, 0).ok).toBe(false);
    }
  });
  it("text of LinkedIn's is cleaned, because the report that brings it counts", () => {
    const report = { reservationId: 'r', kind: 'throttled' };
    const read = (code: string) => parseFail({ ...report, code }, 'strict', 0);
    expect(read('HTTP 429\n\u001b[2Jlater')).toMatchObject({
      value: { code: 'HTTP 429 [2Jlater' },
    });
    expect(read('\u0007')).toMatchObject({ value: { code: undefined } });
  });
});

describe('a terminal', () => {
  const HIDDEN = [0x0, 0x9, 0xa, 0xd, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x200b, 0x200d, 0x200f];
  const MORE = [0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xe0041];
  it.each([...HIDDEN, ...MORE])('a terminal shows U+%x as its escape', (code) => {
    const raw = `a${String.fromCodePoint(code)}b`;
    expect(shown(raw)).toMatch(/^a(\\[nrt]|(\\u[0-9a-f]{4}){1,2})b$/);
    expect(shownLines(raw)).toBe(code === 0xa ? raw : shown(raw));
  });
  it('a terminal shows the text of people unchanged', () => {
    const text = 'Zürich, 東京, 💬, e\u0301: 100 %';
    expect([shown(text), shownLines(text)]).toEqual([text, text]);
  });
});
