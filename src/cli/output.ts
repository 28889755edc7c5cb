/**
 * Output of a command: text and tables for people, with colours on a terminal only; for programs
 * JSON on standard output. Progress goes to stderr, and only to a terminal.
 */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { shown } from '../domain/primitives/text.js';
import type { CliError } from './errors.js';
import type { Io } from './io.js';

/** The result of a command: `json` for programs (stable, docs/cli.md), `text` for people. */
export type Answer = {
  readonly json: object;
  readonly text: (style: Style) => string;
  readonly exitCode?: number;
};

export type Style = ReturnType<typeof styleOf>;

/** Returns colours and tables; without colours if there is no terminal or NO_COLOR is set. */
export function styleOf(io: Pick<Io, 'env' | 'isTerminal'>) {
  const isColoured = io.isTerminal && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  const colors = picocolors.createColors(isColoured);
  return { colors, isColoured, table: (rows: readonly Row[], head: Head) => table(rows, head) };
}

export type Row = readonly (string | number | null)[];
/** `>` before a name aligns its column to the right. */
export type Head = readonly string[];

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Columns without lines: easy to read for people, and easy to split for programs. */
function table(rows: readonly Row[], head: Head): string {
  const made = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: head.map((name) => name.replace(/^>/, '')),
    colAligns: head.map((name) => (name.startsWith('>') ? 'right' : 'left')),
  });
  for (const row of rows) made.push(row.map((cell) => cell ?? '-'));
  return made
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Returns the width of text: at most 100 characters, because longer lines are hard to read. */
export const widthOf = ({ columns }: Pick<Io, 'columns'>): number => Math.min(columns ?? 100, 100);

/** Prints the answer: one line of JSON, or the text. */
export function print(io: Io, isJson: boolean, answer: Answer): void {
  const text = isJson ? JSON.stringify(answer.json) : answer.text(styleOf(io));
  io.stdout(`${text}\n`);
}

/** Prints an error on stderr, so that standard output has the whole answer or nothing. */
export function printError(io: Io, isJson: boolean, error: CliError): void {
  const { code, message, next } = error;
  if (isJson) {
    io.stderr(`${JSON.stringify({ error: { code, message, next: next ?? null } })}\n`);
    return;
  }
  const { colors } = styleOf(io);
  // The lines of a defect are its stack. Line ends in another error may come from other people.
  const lines = code === 'Defect' ? message.split('\n') : [message];
  io.stderr(`${colors.red(`error (${code}):`)} ${lines.map(shown).join('\n  ')}\n`);
  if (next) io.stderr(`next: ${colors.bold(shown(next))}\n`);
}

/** Shows progress on one line of a terminal, which is erased at the end; elsewhere nothing. */
export async function withProgress<T>(
  io: Io,
  isJson: boolean,
  what: string,
  work: (show: (text: string) => void) => Promise<T>,
): Promise<T> {
  const isShown = io.isTerminal && !isJson;
  const show = (text: string): void => {
    if (isShown) io.stderr(`\r\u001B[K${text}`);
  };
  show(`${what} …`);
  try {
    return await work((text) => show(`${what} … ${text}`));
  } finally {
    if (isShown) io.stderr('\r\u001B[K');
  }
}
