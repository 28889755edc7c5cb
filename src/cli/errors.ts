/**
 * How a command ends (docs/cli.md): with an exit code for scripts, and for people a sentence that
 * names the next command. Errors of the client and of Postgres are translated here.
 */
import { sentenceOf } from '../platform/config.js';
import type { Refusal } from '../domain/account/refusals.js';

export const EXIT = {
  ok: 0,
  /** The command found a problem. */
  found: 1,
  /** Wrong command, argument, option or setting; nothing was done. */
  usage: 2,
  /** Temporal, Postgres or a worker cannot be reached, or is not set up. */
  unreachable: 3,
  /** There is no such account, reservation, key or webhook. */
  unknown: 4,
  /** The account refused because of a rule; nothing was changed. */
  refused: 5,
  /** A defect of this program. */
  defect: 70,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that a person can correct. `next`: the command to type now. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly next: string | undefined;

  constructor(exitCode: ExitCode, code: string, message: string, next?: string) {
    super(message);
    this.exitCode = exitCode;
    this.code = code;
    this.next = next;
  }
}

export const usage = (message: string, next?: string): CliError =>
  new CliError(EXIT.usage, 'InvalidInput', message, next);

export const alertUnknown = (alertId: number): CliError =>
  new CliError(EXIT.unknown, 'AlertUnknown', `there is no alert ${alertId}`, 'safeband alerts');

/** The exit code of each error type of the contract. */
const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  InvalidInput: EXIT.usage,
  AccountUnknown: EXIT.unknown,
  ReservationUnknown: EXIT.unknown,
  ChatUnknown: EXIT.unknown,
  ReservationConflict: EXIT.refused,
  ReservationSettled: EXIT.refused,
  ChatIdMissing: EXIT.refused,
  ChatIdTaken: EXIT.refused,
  CapAboveSafeBand: EXIT.refused,
  Unavailable: EXIT.unreachable,
};
/** Returns the exit code of an error type; a type that is not known is a refusal. */
export const exitOf = (code: string): ExitCode => EXIT_OF[code] ?? EXIT.refused;
/** Returns the error for a refusal of the domain. */
export const refusalOf = ({ refused, message }: Refusal, next?: string): CliError =>
  new CliError(EXIT_OF[refused] ?? EXIT.refused, refused, message, next);

const NEXT_OF: Readonly<Record<string, string>> = {
  AccountUnknown: 'safeband status',
  Unavailable: 'safeband doctor',
};

/** Errors of Postgres: no such schema, table, column or function; no right to it. */
const NOT_SET_UP = ['3F000', '42P01', '42703', '42883'];
const NOT_ALLOWED = '42501';

/** Returns any error as an error of this command line. */
export function cliErrorOf(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (!(error instanceof Error)) return new CliError(EXIT.defect, 'Defect', String(error));
  const { message } = error;
  if (error.name === 'SafebandError' && 'type' in error) {
    const type = String(error.type);
    return new CliError(EXIT_OF[type] ?? EXIT.defect, type, message, NEXT_OF[type]);
  }
  if (error.name === 'ConfigError') return usage(message, 'safeband doctor');
  const code = 'code' in error ? String(error.code) : '';
  if (NOT_SET_UP.includes(code)) {
    const text = `the database is not set up for this version (${message})`;
    return new CliError(EXIT.unreachable, 'Unavailable', text, 'safeband migrate');
  }
  if (code === NOT_ALLOWED) {
    const text = `this database user lacks a right (${message}): set DATABASE_URL to a user that has it`;
    return new CliError(EXIT.unreachable, 'Unavailable', text, 'safeband doctor');
  }
  const sentence = sentenceOf(error) ?? (isTimeout(message) ? timeoutText(message) : undefined);
  if (sentence) return new CliError(EXIT.unreachable, 'Unavailable', sentence, 'safeband doctor');
  return new CliError(EXIT.defect, 'Defect', error.stack ?? message);
}

/**
 * Returns the error of a step after one that was done. It states what was done, because a person
 * who reads only an error repeats the command. Its exit code never means that nothing was done.
 */
export function errorAfter(done: string, error: unknown, next: string): CliError {
  const { exitCode, code, message } = cliErrorOf(error);
  const isKept = exitCode === EXIT.unreachable || exitCode === EXIT.defect;
  return new CliError(isKept ? exitCode : EXIT.found, code, `${done}: ${message}`, next);
}

/** True for the errors of the pool and the server at a time-out. */
const isTimeout = (message: string): boolean =>
  /timeout exceeded when trying|Connection terminated|statement timeout|read timeout/i.test(
    message,
  );
const timeoutText = (message: string): string =>
  `Postgres (DATABASE_URL) did not answer in time: ${message}`;
