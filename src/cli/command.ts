/** The parts of every command: its arguments, its examples, and one answer. */
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
  /** Prints the answer of a command and sets its exit code. */
  readonly answer: (answer: Answer) => void;
  /** Sets the exit code of a command that prints its output itself. */
  readonly end: (exitCode: number) => void;
};

/** Adds the commands of one file to the program. */
export type Register = (program: Command, context: Context) => void;

/** Adds examples to the help of a command; a test runs each of them. */
export const withExamples = (command: Command, ...examples: readonly string[]): Command =>
  command.addHelpText(
    'after',
    `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.map((one) => `  $ safeband ${one}`).join('\n')}`,
  );

/** Returns the argument that most commands take. */
export const accountArgument = (): Argument =>
  new Argument('<account>', 'the id of the account, such as acme-anna').argParser(accountId);

/** Returns the actor of a change: the named one, otherwise the user of this machine. */
export function actorOf(io: Io, named: string | undefined): string {
  if (named !== undefined && isOwnName(named)) {
    throw usage(
      `--actor ${named}: name a person or another program; Safeband itself cannot be the actor`,
    );
  }
  return named ?? `cli:${io.env['USER'] || io.env['LOGNAME'] || io.env['USERNAME'] || 'operator'}`;
}
