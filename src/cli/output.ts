/**
 * How a command speaks: for people in words and tables, coloured on a terminal only, for programs
 * as JSON on standard output. Progress goes to stderr, and only to a terminal.
 */
import Table from 'cli-table3';
import picocolors from 'picocolors';
import { shown } from '../domain/primitives/text.js';
import type { CliError } from './errors.js';
import type { Io } from './io.js';

/** What a command found. `json` is its stable shape (docs/cli.md), `text` the same for people. */
export type Answer = {
  readonly json: object;
  readonly text: (look: Look) => string;
  readonly exitCode?: number;
};

export type Look = ReturnType<typeof lookOf>;

/** Colours and tables; without colours where nobody sees them or NO_COLOR is set. */
export function lookOf(io: Pick<Io, 'env' | 'isTerminal'>) {
  const isColoured = io.isTerminal && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  const colors = picocolors.createColors(isColoured);
  return { colors, isColoured, table: (rows: readonly Row[], head: Head) => table(rows, head) };
}

export type Row = readonly (string | number | null)[];
/** `>` before a name sets its column to the right. */
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

/** Columns without lines: easy to read, and to cut by other programs. */
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

/** Text is set no wider than people read. */
export const widthOf = ({ columns }: Pick<Io, 'columns'>): number => Math.min(columns ?? 100, 100);

/** One answer: the one line of JSON, or the text. */
export function print(io: Io, isJson: boolean, answer: Answer): void {
  const said = isJson ? JSON.stringify(answer.json) : answer.text(lookOf(io));
  io.stdout(`${said}\n`);
}

/** The end that went wrong: on stderr, so that standard output holds nothing or all. */
export function printError(io: Io, isJson: boolean, error: CliError): void {
  const { code, message, next } = error;
  if (isJson) {
    io.stderr(`${JSON.stringify({ error: { code, message, next: next ?? null } })}\n`);
    return;
  }
  const { colors } = lookOf(io);
  // Of a defect the stack is shown; the lines of any other error are not its own.
  const lines = code === 'Defect' ? message.split('\n') : [message];
  io.stderr(`${colors.red(`error (${code}):`)} ${lines.map(shown).join('\n  ')}\n`);
  if (next) io.stderr(`next: ${colors.bold(shown(next))}\n`);
}

/** Says what takes long, on one line of a terminal that goes away; elsewhere nothing. */
export async function withProgress<T>(
  io: Io,
  isJson: boolean,
  what: string,
  work: (say: (text: string) => void) => Promise<T>,
): Promise<T> {
  const isShown = io.isTerminal && !isJson;
  const say = (text: string): void => {
    if (isShown) io.stderr(`\r\u001B[K${text}`);
  };
  say(`${what} …`);
  try {
    return await work((text) => say(`${what} … ${text}`));
  } finally {
    if (isShown) io.stderr('\r\u001B[K');
  }
}
