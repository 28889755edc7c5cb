/** Our own entries (`dist/worker.js`, `dist/server.js`) as processes of the launcher. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isOurs, stop } from './child.js';
import { SetupError } from './devConfig.js';

export type Entry = {
  /** What people call it, such as `worker`. */
  readonly name: string;
  /** The compiled file. */
  readonly script: string;
  /** What the launcher remembers of a process that a killed start left behind. */
  readonly dataDir: string;
  readonly env: { readonly [name: string]: string };
  /** The event that it logs when it is ready, such as `worker.started`. */
  readonly readyWhen: string;
  readonly say: (line: string) => void;
};
export type RunningEntry = {
  /** What it printed for people until it was ready. */
  readonly said: () => string;
  readonly halt: () => Promise<void>;
};

/** Log lines of what goes as it should: the launcher tells it in its own words. */
const ROUTINE = /^\{"level":"info".*\n/gm;

/**
 * Starts it, and waits until it is ready; its warnings and errors go to our stderr. Throws a
 * SetupError where it ends instead.
 */
export async function startEntry(entry: Entry): Promise<RunningEntry> {
  const { name, script, env, readyWhen } = entry;
  const pidFile = path.join(entry.dataDir, `${name}.pid`);
  const leftover = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
  if (await isOurs(leftover, script)) {
    entry.say(`ending the ${name} that the last start left behind (process ${leftover})`);
    await stop(leftover, 'SIGTERM');
  }
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, TZ: 'UTC', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await writeFile(pidFile, String(child.pid));
  let said = '';
  let isStopping = false;
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      if (text.includes(readyWhen)) resolve();
      else if (!isStopping) process.stderr.write(text.replaceAll(ROUTINE, ''));
    });
    child.once('exit', (code) => {
      reject(new SetupError(`the ${name} ended with exit code ${code}; what it said is above`));
    });
  });
  return {
    said: () => said,
    halt: async () => {
      isStopping = true;
      await stop(child.pid ?? 0, 'SIGTERM');
    },
  };
}
