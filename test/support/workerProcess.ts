/** A worker in a separate process, which a test can kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { inject } from 'vitest';

/** Locks the task queue of the real entry, so that two test files use it one after the other. */
const QUEUE_LOCK = 20_261_124;
let queue: Promise<pg.Client> | undefined;
async function holdQueue(): Promise<pg.Client> {
  const db = new pg.Client({ connectionString: inject('postgresUrl') });
  db.on('error', () => undefined); // the servers end before this process does
  await db.connect();
  await db.query('select pg_advisory_lock($1)', [QUEUE_LOCK]);
  return db;
}

/** Lets another test file use the queue. */
export async function leaveQueue(): Promise<void> {
  const held = await queue;
  queue = undefined;
  await held?.end();
}

const builtBundle = fileURLToPath(new URL('builtBundle.mjs', import.meta.url));

/**
 * Starts the real entry, and resolves when it polls. `preload` is a module that is loaded first, and
 * `timezone` is the time zone of the process. With `isBundling` the worker builds its workflow bundle.
 */
export async function startWorkerProcess(
  databaseUrl: string,
  {
    preload,
    timezone = 'UTC',
    isBundling = false,
    env = {},
    onOutput = () => undefined,
  }: {
    readonly preload?: string;
    readonly timezone?: string;
    readonly isBundling?: boolean;
    readonly env?: NodeJS.ProcessEnv;
    /** Receives the output of the worker. */
    readonly onOutput?: (text: string) => void;
  } = {},
): Promise<ChildProcess> {
  await (queue ??= holdQueue());
  const preloads = [
    ...(preload === undefined ? [] : [preload]),
    ...(isBundling ? [] : [builtBundle]),
  ];
  const first = preloads.flatMap((one) => ['--import', one]);
  const script = path.join(inject('compiledDir'), 'worker.js');
  const child = spawn(process.execPath, [...first, script], {
    env: {
      ...process.env,
      ...env,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      DATABASE_URL: databaseUrl,
      TZ: timezone,
      BUILT_BUNDLE: inject('workflowBundlePath'),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      onOutput(chunk.toString('utf8'));
      output += chunk.toString('utf8');
      if (output.includes('worker.started')) resolve();
    });
    child.once('exit', () => reject(new Error(`the worker ended: ${output}`)));
  });
  return child;
}

/** Kills the worker, as in a crash; resolves when it is gone. */
export const kill = (child: ChildProcess): Promise<void> => end(child, 'SIGKILL');

/** Lets the worker complete its tasks. New tasks go to the next worker at once. */
export const stop = (child: ChildProcess): Promise<void> => end(child, 'SIGTERM');

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill(signal);
  await gone;
}
