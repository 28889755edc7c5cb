/** Reads CSV files that people write: each error names file, line, column, and a right value. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { errorText } from '../src/domain/primitives/errorText.js';
import { SetupError } from './devConfig.js';

type Cells = Readonly<Record<string, string>>;

/** One row of text; an empty cell counts as absent. */
export class Line {
  readonly #cells: ReadonlyMap<string, string>;
  readonly #where: string;
  readonly number: number;

  constructor(cells: Cells, file: string, number: number) {
    this.#cells = new Map(Object.entries(cells));
    this.#where = `${file}, line ${number}`;
    this.number = number;
  }

  maybe(column: string): string | undefined {
    return this.#cells.get(column) || undefined;
  }

  /** Reads a text for which `is` is true; `shouldBe` describes such a text. */
  name(column: string, is: (raw: string) => boolean, shouldBe: string): string {
    const raw = this.maybe(column);
    return raw !== undefined && is(raw) ? raw : this.flaw(column, shouldBe);
  }

  oneOf<T extends string>(column: string, words: readonly T[]): T {
    const word = words.find((one) => one === this.maybe(column));
    return word ?? this.flaw(column, `one of ${words.join(', ')}`);
  }

  /** Reads a number from 0 to `max`, fractions too. */
  amount(column: string, max: number): number {
    const value = numberIn(this.maybe(column));
    const isGood = value !== undefined && value >= 0 && value <= max;
    return isGood ? value : this.flaw(column, `a number from 0 to ${max}`);
  }

  /** Reads a whole number from 0 to `max`, or an empty cell; `why` is the reason of `max`. */
  count(column: string, max: number, why: string): number | undefined {
    const raw = this.maybe(column);
    if (raw === undefined) return undefined;
    const value = numberIn(raw);
    const isGood = value !== undefined && Number.isInteger(value) && value >= 0 && value <= max;
    return isGood ? value : this.flaw(column, `a whole number from 0 to ${max} (${why}), or empty`);
  }

  flaw(column: string, shouldBe: string): never {
    const found = JSON.stringify(this.#cells.get(column) ?? '');
    throw new SetupError(`${this.#where}, column ${column}: ${found} should be ${shouldBe}`);
  }
}

/** Reads plain decimals only: `Number` would take a blank as 0, and also `1e3` and `0x1f`. */
const numberIn = (raw: string | undefined): number | undefined =>
  raw !== undefined && /^-?\d+(\.\d+)?$/.test(raw) ? Number(raw) : undefined;

/**
 * Reads the rows below the header, which must name exactly these columns, in any order. Empty lines
 * are skipped. Throws `SetupError`.
 */
export async function linesOf(file: string, columns: readonly string[]): Promise<readonly Line[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new SetupError(`${file} cannot be read; restore it`);
  });
  return rowsOf(text, file, columns).map(({ record, info }) => new Line(record, file, info.lines));
}

type Row = { readonly record: Record<string, string>; readonly info: { readonly lines: number } };

function rowsOf(text: string, file: string, columns: readonly string[]): readonly Row[] {
  const header = (found: string[]): string[] => {
    const flaw = headerFlaw(found, columns);
    if (flaw) throw new SetupError(`${file}, line 1: ${flaw}`);
    return found;
  };
  try {
    const rows: readonly Row[] = parse(text, {
      columns: header,
      info: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
    });
    return rows;
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(`${file}: ${errorText(error)}`);
  }
}

function headerFlaw(found: readonly string[], wanted: readonly string[]): string | undefined {
  const missing = wanted.find((column) => !found.includes(column));
  if (missing) return `the column ${missing} is missing; the header is ${wanted.join(',')}`;
  const strange = found.find((column, i) => !wanted.includes(column) || found.indexOf(column) < i);
  if (strange === undefined) return undefined;
  return `the column ${JSON.stringify(strange)} is unknown or repeated; the header is ${wanted.join(',')}`;
}
