/**
 * CSV as RFC 4180 defines it, in UTF-8. No library that writes CSV is installed, and the rules are
 * these few lines. Some programs run a cell that begins with `=`, `+`, `-` or `@` as a formula,
 * so such text gets an apostrophe before it.
 */

/** Begins a formula in a spreadsheet: also after blanks, and in the wide forms of Asian fonts. */
const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/;
const QUOTED = /[",\r\n]/;

/** Returns a cell: null is empty, numbers stay numbers, and objects are JSON. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Returns one line with its end. */
export const csvLine = (cells: readonly unknown[]): string =>
  `${cells.map((cell) => cellOf(cell)).join(',')}\r\n`;
