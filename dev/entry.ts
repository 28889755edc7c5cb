/** Starts our own entries (`dist/worker.js`, `dist/server.js`) as processes of the launcher. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isOurs, stop } from './child.js';
import { SetupError } from './devConfig.js';

export type Entry = {
  /** Its name for people, such as `worker`. */
  readonly name: string;
  /** The compiled file. */
  readonly script: string;
  /** Where the launcher keeps the process id, for a start that was killed. */
  readonly dataDir: string;
  readonly env: { readonly [name: string]: string };
  /** The event that it logs when it is ready, such as `worker.started`. */
  readonly readyWhen: string;
  readonly print: (line: string) => void;
};
export type RunningEntry = {
  /** What it has printed on stdout. */
  readonly output: () => string;
  readonly halt: () => Promise<void>;
};
/** An entry that can be ended and started again, after a build. */
export type RestartableEntry = {
  readonly restart: () => Promise<void>;
  /** Ends it. A restart that is under way ends as well, and later restarts do nothing. */
  readonly halt: () => Promise<void>;
};

/** Starts an entry as `startEntry` does. An entry whose restart failed can be restarted again. */
export async function startRestartable(entry: Entry): Promise<RestartableEntry> {
  let running: Promise<RunningEntry> = startEntry(entry);
  await running;
  let isHalted = false;
  const end = async (): Promise<void> => {
    const ending = await running.catch(() => undefined);
    await ending?.halt();
  };
  return {
    restart: async () => {
      await end();
      if (isHalted) return;
      running = startEntry(entry);
      await running;
    },
    halt: async () => {
      isHalted = true;
      await end();
    },
  };
}

/** Log lines of the level info: the launcher prints its own lines instead. */
const ROUTINE = /^\{"level":"info".*\n/gm;

/**
 * Starts an entry, and waits until it is ready; its warnings and errors go to our stderr. Throws a
 * SetupError if it ends instead.
 */
export async function startEntry(entry: Entry): Promise<RunningEntry> {
  const { name, script, env, readyWhen } = entry;
  const pidFile = path.join(entry.dataDir, `${name}.pid`);
  const leftover = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
  if (await isOurs(leftover, script)) {
    entry.print(`ending the ${name} that the last start left behind (process ${leftover})`);
    await stop(leftover, 'SIGTERM');
  }
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await writeFile(pidFile, String(child.pid));
  let output = '';
  let isStopping = false;
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      if (text.includes(readyWhen)) resolve();
      else if (!isStopping) process.stderr.write(text.replaceAll(ROUTINE, ''));
    });
    child.once('exit', (code) => {
      reject(new SetupError(`the ${name} ended with exit code ${code}; its own error is above`));
    });
  });
  return {
    output: () => output,
    halt: async () => {
      isStopping = true;
      await stop(child.pid ?? 0, 'SIGTERM');
    },
  };
}
