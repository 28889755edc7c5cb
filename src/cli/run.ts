/**
 * One call of the command line: reads the arguments, runs the command, prints its answer and
 * returns the exit code (docs/cli.md). Only `Io` touches the process.
 */
import { readFileSync } from 'node:fs';
import { CommanderError, type Command } from 'commander';
import type { Context } from './command.js';
import { CliError, cliErrorOf, EXIT } from './errors.js';
import type { Io } from './io.js';
import { print, printError } from './output.js';
import { createProgram } from './program.js';
import { safeIo } from './safe.js';
import { worldOf } from './world.js';

const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** Runs `safeband <argv>`; never throws. */
export async function run(argv: readonly string[], process: Io): Promise<number> {
  const io = safeIo(process);
  // Every word after `--` is a name: an account may be called --json.
  const names = argv.indexOf('--');
  const isJson = (names < 0 ? argv : argv.slice(0, names)).includes('--json');
  const world = worldOf(io, isJson, Date.now);
  let exitCode: number = EXIT.ok;
  const context: Context = {
    io,
    world,
    isJson,
    version,
    now: Date.now,
    answer: (answer) => {
      print(io, isJson, answer);
      exitCode = answer.exitCode ?? EXIT.ok;
    },
    end: (code) => {
      exitCode = code;
    },
  };
  const program = createProgram(context);
  try {
    if (argv.every((one) => one === '--json')) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    const known = error instanceof CommanderError ? endOf(error, program, argv) : cliErrorOf(error);
    if (known === undefined) return EXIT.ok;
    printError(io, isJson, known);
    return known.exitCode;
  } finally {
    await world.close().catch(() => undefined);
  }
}

/** Returns commander's error as ours; undefined if it has printed the help or the version. */
function endOf(
  error: CommanderError,
  program: Command,
  argv: readonly string[],
): CliError | undefined {
  if (error.exitCode === 0) return undefined;
  const path: string[] = [];
  let at = program;
  for (const word of argv) {
    const below = at.commands.find((command) => command.name() === word);
    if (!below) break;
    at = below;
    path.push(word);
  }
  const isGroup = error.code === 'commander.help';
  const message = isGroup
    ? `safeband ${path.join(' ')} needs one of: ${at.commands.map((one) => one.name()).join(', ')}`
    : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const next = ['safeband', ...path, '--help'].join(' ');
  return new CliError(EXIT.usage, 'InvalidInput', message, next);
}
