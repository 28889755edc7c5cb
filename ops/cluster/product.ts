/** Runs the built product, unmodified: migration, workers and one HTTP server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, pause, run, stop } from '../../dev/child.js';

const projectDir = fileURLToPath(new URL('../..', import.meta.url));
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 250;
const RESTART_MS = 1_000;

export type Product = {
  readonly url: string;
  readonly key: string;
  /** How often a process ended by itself and was started again, as a supervisor does. */
  readonly restarts: () => number;
};

type Needs = {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  /** The folder of logs. */
  readonly folder: string;
  /** Further settings of each worker. */
  readonly workers: readonly NodeJS.ProcessEnv[];
  readonly print: (line: string) => void;
  /** Takes what ends the processes. */
  readonly atEnd: (end: () => Promise<void>) => void;
};

/** Migrates the database, makes a key, and starts the processes. */
export async function startProduct(needs: Needs): Promise<Product> {
  const { folder, print, atEnd } = needs;
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    TZ: 'UTC',
    LOG_LEVEL: 'warn',
    DATABASE_URL: needs.databaseUrl,
    TEMPORAL_ADDRESS: needs.temporalAddress,
  };
  const node = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, args, { env, cwd: projectDir, maxBuffer: 1e8 })).stdout;
  print('migrating, and registering search attributes and Schedules');
  await node('dist/migrate.js');
  const made = await node(
    'bin/safeband.mjs',
    'keys',
    'make',
    'cluster',
    '--role',
    'operator',
    '--json',
  );
  const { key }: { readonly key: string } = JSON.parse(made);
  const port = await freePort(0, 'the HTTP server', () => undefined);
  const url = `http://127.0.0.1:${port}`;
  print(`starting ${needs.workers.length} workers and the HTTP server`);
  const server = keepRunning('server', { ...env, SAFEBAND_HTTP_PORT: String(port) }, folder);
  const workers = needs.workers.map((more, n) =>
    keepRunning(`worker-${n + 1}`, { ...env, ...more }, folder),
  );
  const all = [server, ...workers];
  atEnd(async () => {
    await Promise.all(all.map((one) => one.stop()));
  });
  await untilReady(url);
  const restarts = (): number => all.reduce((sum, one) => sum + one.restarts(), 0);
  return { url, key, restarts };
}

type Kept = { readonly restarts: () => number; readonly stop: () => Promise<void> };

/** Starts a process, and starts it again if it ends by itself. */
function keepRunning(name: string, env: NodeJS.ProcessEnv, folder: string): Kept {
  const script = path.join('dist', `${name.replace(/-\d+$/, '')}.js`);
  let isStopping = false;
  let restarts = 0;
  let child: ChildProcess;
  const launch = (): void => {
    child = spawn(process.execPath, [script], {
      env,
      cwd: projectDir,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const log = (chunk: Buffer): void => void appendFile(path.join(folder, `${name}.log`), chunk);
    child.stdout?.on('data', log);
    child.stderr?.on('data', log);
    child.once('exit', () => {
      if (isStopping) return;
      restarts += 1;
      setTimeout(() => {
        if (!isStopping) launch();
      }, RESTART_MS);
    });
  };
  launch();
  return {
    restarts: () => restarts,
    stop: async () => {
      isStopping = true;
      if (child.pid !== undefined && child.exitCode === null) await stop(child.pid, 'SIGTERM');
    },
  };
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > deadline) {
      throw new Error(`the HTTP server is not ready: ${(await answer?.text()) ?? 'no answer'}`);
    }
    await pause(POLL_MS);
  }
}
