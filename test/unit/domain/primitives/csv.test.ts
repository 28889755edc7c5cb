/** CSV: RFC 4180, and no cell that a spreadsheet runs as a formula. */
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cellOf, csvLine } from '../../../../src/domain/primitives/csv.js';

it.each([
  ['plain', 'plain'],
  ['', ''],
  [null, ''],
  [undefined, ''],
  [17, '17'],
  [-17, '-17'],
  [true, 'true'],
  ['a,b', '"a,b"'],
  ['read "no"', '"read ""no"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  [{ a: 1 }, '"{""a"":1}"'],
  [['=1'], '"[""=1""]"'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@sum', "'@sum"],
  ['  =1', "'  =1"],
  ['\t=1', "'\t=1"],
  ['\r=1', '"\'\r=1"'],
  ['\tx', "'\tx"],
  ['＝1', "'＝1"],
  ['=a,"b"', '"\'=a,""b"""'],
  ['a=1', 'a=1'],
])('the cell of %j is %j', (value, cell) => {
  expect(cellOf(value)).toBe(cell);
});

it('any text is read again as it was, with an apostrophe before a formula only', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 2 }), (cells) => {
      const [read]: string[][] = parse(csvLine(cells), { relax_column_count: true });
      const shown = (read ?? []).map((cell, n) => (cell === cells[n] ? cell : cell.slice(1)));
      expect(shown).toEqual(cells);
      for (const cell of read ?? []) expect(cell).not.toMatch(/^(\s*[=+\-@]|[\t\r])/);
    }),
  );
});
