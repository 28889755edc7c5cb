/** Starts one stack, one worker and one client for all benchmarks. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Client,
  Connection,
  WithStartWorkflowOperation,
  type WorkflowHandle,
} from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { keepStacksShort, sharedBundle } from '../src/temporal/bundling.js';
import { createActivities } from '../src/activities/index.js';
import { NO_GROUP_DECISIONS } from '../src/platform/groupDecisions.js';
import { startStack, type Stack } from '../dev/stack.js';
import { migrate } from '../src/postgres/migrate.js';
import { sizesFrom } from '../src/platform/sizes.js';
import { createPool } from '../src/postgres/pool.js';
import { WORKFLOW_TYPE, workflowIdOf } from '../src/temporal/protocol.js';

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const TASK_QUEUE = 'bench';
const files = {
  workflows: at('workflows.ts'),
  interceptors: at('../src/temporal/interceptors.ts'),
  payloadConverter: at('../src/temporal/payloadConverter.ts'),
};

export type Bench = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly account: () => Promise<WorkflowHandle>;
  readonly bare: () => Promise<WorkflowHandle>;
  readonly idOf: (account: WorkflowHandle) => string;
  readonly databaseUrl: string;
  /** Replaces Temporal by a new and empty server at the same address. */
  readonly loseTemporal: () => Promise<void>;
  /** How often each warning was logged since the last call, the most frequent first. */
  readonly warnings: () => readonly (readonly [message: string, times: number])[];
  /** Transactions that the worker has begun so far. */
  readonly transactions: () => number;
  readonly close: () => Promise<void>;
};

type BenchOptions = {
  readonly debugMode?: boolean;
  /** True: Postgres keeps a commit also after a crash of the machine. */
  readonly isDurable?: boolean;
};

/** Starts a bench for that work. Its servers end with the work, also after an error. */
export async function withBench<T>(
  options: BenchOptions,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const bench = await createBench(options);
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

/** Counts each warning instead of writing it, because a crowded machine has thousands. */
function countWarnings(): Bench['warnings'] {
  const warned = new Map<string, number>();
  const logger = new DefaultLogger('WARN', ({ level, message }) => {
    warned.set(message, (warned.get(message) ?? 0) + 1);
    if (level === 'ERROR') process.stderr.write(`${message}\n`);
  });
  Runtime.install({ logger });
  return () => {
    const found = [...warned].toSorted((a, b) => b[1] - a[1]);
    warned.clear();
    return found;
  };
}

async function createBench({ isDurable = false, ...options }: BenchOptions): Promise<Bench> {
  const warnings = countWarnings();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'safeband-bench-'));
  await chmod(dataDir, 0o755); // as root, Postgres runs as another user
  const stack = await startStack({
    projectDir: at('..'),
    dataDir,
    cacheDir: path.join(at('..'), '.safeband', 'cache'),
    isForTests: true,
    isDurable,
    print: (line) => process.stderr.write(`${line}\n`),
  });
  const stop = async (): Promise<void> => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return onStack(stack, { ...options, warnings }, stop).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
}

async function onStack(
  stack: Stack,
  { warnings, ...options }: Pick<BenchOptions, 'debugMode'> & Pick<Bench, 'warnings'>,
  stop: () => Promise<void>,
): Promise<Bench> {
  await migrate(stack.databaseUrl);
  const pool = createPool(stack.databaseUrl);
  let transactions = 0;
  pool.on('acquire', () => {
    transactions += 1;
  });
  const native = await NativeConnection.connect({ address: stack.temporalAddress });
  keepStacksShort();
  const worker = await Worker.create({
    connection: native,
    taskQueue: TASK_QUEUE,
    workflowsPath: files.workflows,
    interceptors: { workflowModules: [files.interceptors] },
    dataConverter: { payloadConverterPath: files.payloadConverter },
    sinks: NO_GROUP_DECISIONS,
    activities: { ...createActivities({ pool }) },
    maxCachedWorkflows: sizesFrom(process.env).cachedAccounts,
    bundlerOptions: sharedBundle(files),
    ...options,
  });
  const running = worker.run();
  const connection = await Connection.connect({ address: stack.temporalAddress });
  const client = new Client({ connection });
  return {
    client,
    taskQueue: TASK_QUEUE,
    account: () => hotAccount(client),
    bare: async () => {
      const handle = await client.workflow.start('bare', {
        workflowId: `bare-${randomUUID()}`,
        taskQueue: TASK_QUEUE,
      });
      await handle.executeUpdate('noop', { args: [{}] });
      return handle;
    },
    databaseUrl: stack.databaseUrl,
    loseTemporal: stack.loseTemporal,
    warnings,
    transactions: () => transactions,
    idOf: (account) => account.workflowId.slice(workflowIdOf('').length),
    close: async () => {
      try {
        worker.shutdown();
        await running;
        await native.close();
        await connection.close();
        await pool.end();
      } finally {
        await stop();
      }
    },
  };
}

/** Connects an account with a slot in flight. */
async function hotAccount(client: Client): Promise<WorkflowHandle> {
  const accountId = `bench-${randomUUID()}`;
  const start = { accountId, tier: 'recruiter' };
  await client.workflow.executeUpdateWithStart('connect', {
    args: [start],
    startWorkflowOperation: new WithStartWorkflowOperation(WORKFLOW_TYPE, {
      workflowId: workflowIdOf(accountId),
      taskQueue: TASK_QUEUE,
      args: [start],
      workflowIdConflictPolicy: 'USE_EXISTING',
    }),
  });
  const handle = client.workflow.getHandle(workflowIdOf(accountId));
  await handle.executeUpdate('sendReserve', { args: [{ reservationId: 'hot' }] });
  return handle;
}

export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
};

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);
