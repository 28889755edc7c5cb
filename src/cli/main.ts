/** The entry of `safeband`: passes this process to `run`. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run } from './run.js';
import { withAddresses } from './runningStack.js';

/** How long a command may take to end after Ctrl-C. */
const END_MS = 1_000;
/** True if another program was started: it ends first, and this process with it. */
let isLaunched = false;
const here = fileURLToPath(import.meta.url);

const builtFile = (script: string): string =>
  path.join(path.dirname(here), '..', `${script}${path.extname(here)}`);

/** The development stack runs from its sources with `tsx`, so only in a clone of the project. */
function fromSources(): readonly string[] | undefined {
  const file = path.join(path.dirname(here), '..', '..', 'dev', 'main.ts');
  if (!existsSync(file)) return undefined;
  return ['--import', pathToFileURL(createRequire(file).resolve('tsx')).href, file];
}

function notShipped(): number {
  process.stderr.write(
    'the package does not contain the development stack: run this command in a clone of the project\n',
  );
  return 1;
}

/** Starts one of our programs. The terminal sends Ctrl-C to it, too; a SIGTERM is passed on. */
const launch = (script: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const argv = script === 'dev/main' ? fromSources() : [...process.execArgv, builtFile(script)];
    if (!argv) return resolve(notShipped());
    const child = spawn(process.execPath, [...argv, ...args], {
      stdio: 'inherit',
    });
    isLaunched = true;
    process.on('SIGTERM', (signal) => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });

const stop = new AbortController();
const end = (): void => {
  stop.abort();
  if (!isLaunched) setTimeout(() => process.exit(130), END_MS).unref();
};
process.on('SIGINT', end);
process.on('SIGTERM', end);
// A reader that closes the pipe early, such as `head`, is no error.
process.stdout.on('error', end);

process.exitCode = await run(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  env: withAddresses(process.env),
  isTerminal: process.stdout.isTTY && process.stderr.isTTY,
  columns: process.stdout.columns,
  signal: stop.signal,
  launch,
});
