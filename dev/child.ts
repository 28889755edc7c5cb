/** Starts and stops server processes, also those that a killed launcher left behind. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { isAlive } from '../src/cli/runningStack.js';

export const run = promisify(execFile);

const STOP_TIMEOUT_MS = 4_000;
const POLL_MS = 50;
const LAST_LINES = 20;

export type Child = {
  readonly pid: number;
  readonly process: ChildProcess;
  /** The last lines that it printed, for an error message. */
  readonly output: () => string;
};

/** Starts a server in its own process group: a Ctrl-C at the terminal reaches only the launcher. */
export function start(
  command: string,
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number; readonly cwd?: string } = {},
): Child {
  const child = spawn(command, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const lines: string[] = [];
  const keep = (chunk: Buffer): void => {
    lines.push(...chunk.toString('utf8').split('\n').filter(Boolean));
    lines.splice(0, lines.length - LAST_LINES);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => lines.push(error.message));
  return { pid: child.pid ?? 0, process: child, output: () => lines.join('\n') };
}

/** Waits for `isReady`. Throws the child's last lines if it ends, or is not ready in time. */
export async function ready(
  child: Child,
  name: string,
  isReady: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await isReady()) return;
    const hasEnded = child.process.exitCode !== null || child.pid === 0;
    if (hasEnded || Date.now() > deadline) {
      await stop(child.pid, 'SIGKILL');
      const state = hasEnded ? 'ended' : 'is not ready';
      throw new Error(`${name} ${state}; its last lines:\n${child.output()}`);
    }
    await pause(POLL_MS);
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Asks a process to end, kills it if it does not, and returns when it has ended. */
export async function stop(
  pid: number,
  signal: NodeJS.Signals,
  limitMs = STOP_TIMEOUT_MS,
): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, signal);
  const deadline = Date.now() + limitMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await pause(POLL_MS);
  }
}

/** True if the process is ours: its command line names our own file or folder. */
export async function isOurs(pid: number, mark: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const { stdout } = await run('ps', ['-p', String(pid), '-o', 'args=']).catch(() => ({
    stdout: '',
  }));
  return stdout.includes(mark);
}

/** True if no process listens on the port. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      probe.close(() => resolve(true)),
    );
  });

/** Returns the wanted port or the next free one, and prints a change. 0: any free port. */
export async function freePort(
  wanted: number,
  what: string,
  print: (line: string) => void,
  taken: readonly number[] = [],
): Promise<number> {
  if (wanted === 0) return anyPort();
  for (let port = wanted; port < wanted + 100; port += 1) {
    if (taken.includes(port) || !(await isFree(port))) continue;
    if (port !== wanted) print(`port ${wanted} is taken; ${what} listens on ${port}`);
    return port;
  }
  throw new Error(`${what}: ports ${wanted} to ${wanted + 99} are all taken; free one`);
}

/**
 * Systems give higher ports to connections and to servers without a port of their own. So a server
 * with one of these can start on it a moment later, and again after a stop.
 */
const PORTS = { first: 10_000, count: 20_000 };
const TRIES_MAX = 100;
async function anyPort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error(`${TRIES_MAX} ports of 127.0.0.1 were tried, and none can be listened on`);
}
