/**
 * Reads a CSV file that a person or another program wrote: UTF-8 with or without a byte-order mark,
 * with commas, semicolons or tabs, and the quotes of RFC 4180. csv-parse splits the lines.
 */
import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { errorText } from '../../domain/primitives/errorText.js';
import { usage } from '../errors.js';

/** One line with its cells by column. `flaw`: the line does not fit the header. */
export type CsvLine = {
  /** The number of the line in the file, from 1. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
  readonly flaw?: string;
};
export type CsvFile = { readonly columns: readonly string[]; readonly lines: readonly CsvLine[] };

const FILE_BYTES_MAX = 256 * 1024 * 1024;
const LINE_BYTES_MAX = 1024 * 1024;
const DELIMITERS = [',', ';', '\t'] as const;

/** Reads the file; throws a `CliError` that names the file, and the line if one is wrong. */
export async function readCsv(path: string): Promise<CsvFile> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw usage(`${path} cannot be read: ${errorText(error)}`);
  });
  return csvIn(bytes, path);
}

/** Returns the lines of the bytes; `path` is for errors only. */
export function csvIn(bytes: Uint8Array, path: string): CsvFile {
  if (bytes.length > FILE_BYTES_MAX) {
    throw usage(`${path} has more than ${FILE_BYTES_MAX} bytes: divide it into smaller files`);
  }
  const text = textIn(bytes, path);
  const delimiter = delimiterIn(text);
  const [header, ...records] = recordsIn(text, delimiter, path);
  if (!header) throw usage(`${path} is empty: its first line should name the columns`);
  const columns = header.record.map(columnName);
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw usage(`${path} has two columns ${twice}`);
  return { columns, lines: records.map((one) => lineOf(columns, one)) };
}

function textIn(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usage(`${path} is not in UTF-8: save it as "CSV UTF-8"`);
  }
}

/** Returns the delimiter that the first line uses most. */
function delimiterIn(text: string): string {
  const [first = ''] = text.split(/[\r\n]/, 1);
  const counts = DELIMITERS.map((one) => ({ one, count: first.split(one).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).one;
}

type Split = { readonly record: readonly string[]; readonly line: number };

function recordsIn(text: string, delimiter: string, path: string): readonly Split[] {
  try {
    const split = parse(text, {
      delimiter,
      // The number of the line comes first, because the parser returns lists of texts only.
      on_record: (record, { lines }) => [String(lines), ...record],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: LINE_BYTES_MAX,
    });
    return split.map(([line = '', ...record]) => ({ line: Number(line), record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = 'lines' in error ? `, line ${String(error['lines'])}` : '';
    throw usage(`${path}${line} is not valid CSV: ${error.message}; nothing was imported`);
  }
}

/** Writes a name of a column as the documents do: `Daily Cap` and `dailyCap` are `daily_cap`. */
export const columnName = (raw: string): string =>
  raw
    .trim()
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll(/[\s-]+/g, '_')
    .toLowerCase();

function lineOf(columns: readonly string[], { record, line }: Split): CsvLine {
  const cells = new Map(columns.map((name, i) => [name, record[i] ?? '']));
  if (record.length === columns.length) return { line, cells };
  const flaw = `it has ${record.length} cells, and the first line ${columns.length}`;
  return { line, cells, flaw };
}
