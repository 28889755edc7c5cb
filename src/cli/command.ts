/** What every command is made of: its arguments, its examples, and one answer. */
import { Argument, type Command } from 'commander';
import type { Instant } from '../domain/primitives/time.js';
import { isOwnName } from '../postgres/access/keys.js';
import { usage } from './errors.js';
import type { Io } from './io.js';
import type { Answer } from './output.js';
import { accountId } from './options.js';
import type { World } from './world.js';

export type Context = {
  readonly io: Io;
  readonly world: World;
  readonly isJson: boolean;
  readonly now: () => Instant;
  readonly version: string;
  /** Prints the answer of a command, and keeps its exit code. */
  readonly answer: (answer: Answer) => void;
  /** The exit code of a command that prints by itself. */
  readonly end: (exitCode: number) => void;
};

/** One file of commands puts its own into the program. */
export type Register = (program: Command, context: Context) => void;

/** Examples under a command's help; each is run by a test. */
export const withExamples = (command: Command, ...examples: readonly string[]): Command =>
  command.addHelpText(
    'after',
    `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map((one) => `  $ safeband ${one}`).join('\n')}`,
  );

/** The argument that most commands take. */
export const accountArgument = (): Argument =>
  new Argument('<account>', 'the id of the account, such as acme-anna').argParser(accountId);

/** Who is written down as having done it, unless told: the user of this machine. */
export function actorOf(io: Io, named: string | undefined): string {
  if (named !== undefined && isOwnName(named)) {
    throw usage(`--actor ${named}: name a person or a program, not the system itself`);
  }
  return named ?? `cli:${io.env['USER'] || io.env['LOGNAME'] || io.env['USERNAME'] || 'operator'}`;
}
