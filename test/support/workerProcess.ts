/** A worker in a process of its own, which a test can kill. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { inject } from 'vitest';

/** The real entry has one task queue: of two test files that use it, one waits for the other. */
const QUEUE_LOCK = 20_261_124;
let queue: Promise<pg.Client> | undefined;
async function holdQueue(): Promise<pg.Client> {
  const db = new pg.Client({ connectionString: inject('postgresUrl') });
  db.on('error', () => undefined); // the servers end before this process does
  await db.connect();
  await db.query('select pg_advisory_lock($1)', [QUEUE_LOCK]);
  return db;
}

const script = fileURLToPath(new URL('../../src/worker.ts', import.meta.url));

/**
 * Starts the real entry, and resolves when it polls. `preload`: a module that is loaded first;
 * `timezone`: the process's own.
 */
export async function startWorkerProcess(
  databaseUrl: string,
  {
    preload,
    timezone = 'UTC',
    env = {},
    hear = () => undefined,
  }: {
    readonly preload?: string;
    readonly timezone?: string;
    readonly env?: NodeJS.ProcessEnv;
    /** Gets what it logs. */
    readonly hear?: (text: string) => void;
  } = {},
): Promise<ChildProcess> {
  await (queue ??= holdQueue());
  const first = preload === undefined ? [] : ['--import', preload];
  const child = spawn(process.execPath, ['--import', 'tsx', ...first, script], {
    env: {
      ...process.env,
      ...env,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      DATABASE_URL: databaseUrl,
      TZ: timezone,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      hear(chunk.toString('utf8'));
      said += chunk.toString('utf8');
      if (said.includes('worker.started')) resolve();
    });
    child.once('exit', () => reject(new Error(`the worker ended: ${said}`)));
  });
  return child;
}

/** Kills it as a crash would; resolves when it is gone. */
export const kill = (child: ChildProcess): Promise<void> => end(child, 'SIGKILL');

/** Lets it end what it has in hand; what comes then goes to the next worker at once. */
export const stop = (child: ChildProcess): Promise<void> => end(child, 'SIGTERM');

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill(signal);
  await gone;
}
