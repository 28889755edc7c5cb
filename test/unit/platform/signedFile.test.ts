/** A signed file of a sealed month names each line that was edited, removed or added (R29). */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkSigned, SignedRows, type LineFlaw } from '../../../src/platform/signedFile.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const ROWS = 300;

/** The lines of a file of 300 rows, without their ends. */
const FILE = ((): readonly string[] => {
  const rows = new SignedRows();
  const lines = Array.from({ length: ROWS }, (_, n) => rows.line(`{"event_id":${n + 1},"a":"x"}`));
  const about = {
    table: 'inmail_events',
    month: '2026-10',
    accounts: null,
    group: 'acme',
    seal: 'a'.repeat(64),
    previousSeal: '0'.repeat(64),
    sealedAt: '2026-11-11T00:00:00Z',
    sealedRows: 900,
    exportedAt: '2026-11-12T00:00:00Z',
    exportedBy: 'ada',
  } as const;
  const { header, signature } = rows.sign(about, privateKey);
  return [header, ...lines, signature].map((line) => line.slice(0, -1));
})();
const line = (row: number): string => FILE[row] ?? '';
const rest = (row: number): readonly string[] => FILE.slice(row);

async function* linesOf(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}
const check = (lines: readonly string[], key = publicKey) => checkSigned(linesOf(lines), key);
const flawsOf = async (lines: readonly string[]): Promise<readonly LineFlaw[]> =>
  (await check(lines)).flaws;
const edited = (row: number): string => line(row).replace('"x"', '"y"');

describe('a signed file', () => {
  it('a file as it was written has no difference', async () => {
    const { header, flaws } = await check(FILE);
    expect(flaws).toEqual([]);
    expect(header).toMatchObject({ month: '2026-10', group: 'acme', rows: ROWS, sealedRows: 900 });
  });

  it.each<readonly [string, readonly string[], readonly LineFlaw[]]>([
    ['an edited row', [...FILE.slice(0, 7), edited(7), ...rest(8)], [{ flaw: 'edited', line: 7 }]],
    ['a missing row', [...FILE.slice(0, 7), ...rest(8)], [{ flaw: 'missing', line: 7 }]],
    ['the first row is missing', [line(0), ...rest(2)], [{ flaw: 'missing', line: 1 }]],
    [
      'the last row is missing',
      [...FILE.slice(0, ROWS), ...rest(ROWS + 1)],
      [{ flaw: 'missing', line: ROWS }],
    ],
    [
      'a row that is there twice',
      [...FILE.slice(0, 8), line(7), ...rest(8)],
      [{ flaw: 'added', line: 7 }],
    ],
    [
      'a row after the last',
      [
        ...FILE.slice(0, ROWS + 1),
        line(ROWS).replace(`"line":${ROWS}`, `"line":${ROWS + 1}`),
        ...rest(ROWS + 1),
      ],
      [{ flaw: 'added', line: ROWS + 1 }],
    ],
    [
      'a line that is no row',
      [...FILE.slice(0, 7), 'x', ...rest(8)],
      [{ flaw: 'edited', line: 7 }],
    ],
    [
      'two rows that changed places',
      [...FILE.slice(0, 7), line(8), line(7), ...rest(9)],
      [
        { flaw: 'missing', line: 7 },
        { flaw: 'added', line: 7 },
      ],
    ],
  ])('%s is found, with its number', async (_, lines, flaws) => {
    expect(await flawsOf(lines)).toEqual(flaws);
  });

  it('rows that were written again with their own hashes are found', async () => {
    const again = new SignedRows();
    const rows = Array.from({ length: ROWS }, (_, n) =>
      again.line(`{"event_id":${n + 2},"a":"x"}`),
    );
    const forged = [line(0), ...rows.map((one) => one.slice(0, -1)), line(ROWS + 1)];
    expect(await flawsOf(forged)).toEqual([{ flaw: 'content', line: null }]);
  });

  it('of many missing rows, a hundred are named', async () => {
    const { flaws, isCut } = await check([line(0), line(ROWS), line(ROWS + 1)]);
    expect([flaws.length, isCut]).toEqual([100, true]);
  });

  it.each<readonly [string, readonly string[], string]>([
    ['an empty file', [], 'UnsignedFile'],
    ['a file without a header', rest(1), 'UnsignedFile'],
    ['a file of safeband export', ['{"event_id":1}', '{"event_id":2}'], 'UnsignedFile'],
    ['a file with other line ends', FILE.map((one) => `${one}\r`), 'UnsignedFile'],
    ['a file without its end', FILE.slice(0, 9), 'TruncatedFile'],
    ['a file of its header alone', FILE.slice(0, 1), 'TruncatedFile'],
    ['a changed header', [line(0).replace('2026-10', '2026-09'), ...rest(1)], 'WrongSignature'],
    [
      'a number of rows without end',
      [line(0).replace('300', '9e99'), ...rest(1)],
      'WrongSignature',
    ],
    ['another signature', [...FILE.slice(0, -1), '{"signature":"AAAA"}'], 'WrongSignature'],
  ])('%s is refused, with its type', async (_, lines, type) => {
    await expect(check(lines)).rejects.toMatchObject({ type });
  });

  it('a file without its end names how many rows it has', async () => {
    await expect(check(FILE.slice(0, 9))).rejects.toThrow(
      'the file ends after 8 of 300 rows, without a signature',
    );
  });

  it('another key is refused, and both are named', async () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    await expect(check(FILE, other)).rejects.toMatchObject({
      type: 'WrongKey',
      message: expect.stringMatching(/SHA-256 [0-9a-f]{64}, and the given key has [0-9a-f]{64}$/),
    });
  });
});
