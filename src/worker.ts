/** The worker: runs the accounts' workflows and writes their rows. `npm run worker`. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, type NativeConnection } from '@temporalio/worker';
import { keepStacksShort, webpackConfigHook } from './bundling.js';
import { createActivities, type ActivityNeeds } from './activities/index.js';
import {
  ConfigError,
  configFrom,
  metricsAddressFrom,
  sentenceOf,
  webhookNetworksFrom,
  type Config,
} from './config.js';
import { createLogger } from './logger.js';
import { createPool } from './postgres/pool.js';
import { TASK_QUEUE } from './protocol.js';
import { installRuntime } from './telemetry.js';
import { reachTemporal } from './temporal.js';

/**
 * Accounts that stay in memory between messages; a restarted worker replays what it is asked for.
 */
const CACHED_ACCOUNTS = 2_000;

const extension = path.extname(fileURLToPath(import.meta.url)); // .js built, .ts under tsx
const beside = (name: string): string =>
  fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));

export type WorkerNeeds = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly webhooks?: NonNullable<ActivityNeeds['webhooks']>;
};

/** A worker and what has to be closed after it. */
export async function createWorker(
  needs: WorkerNeeds,
): Promise<{ readonly worker: Worker; readonly close: () => Promise<void> }> {
  const { connection, namespace, databaseUrl, webhooks = {} } = needs;
  keepStacksShort();
  const pool = createPool(databaseUrl);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: beside('workflows/index'),
    bundlerOptions: { webpackConfigHook },
    interceptors: { workflowModules: [beside('interceptors')] },
    dataConverter: { payloadConverterPath: beside('payloadConverter') },
    activities: { ...createActivities({ pool, webhooks }) },
    maxCachedWorkflows: CACHED_ACCOUNTS,
    shutdownGraceTime: '10s',
    shutdownForceTime: '25s',
  });
  return { worker, close: () => pool.end() };
}

async function main(): Promise<void> {
  const config = configFrom(process.env);
  const logger = createLogger(config);
  installRuntime(logger, metricsAddressFrom(process.env));
  const { connection, namespace } = await reachTemporal();
  await checkDatabase(config);
  const leaving = new AbortController(); // the sender of webhooks would not end by itself
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leaving.abort());
  const { worker, close } = await createWorker({
    connection,
    namespace,
    databaseUrl: config.databaseUrl,
    webhooks: { networks: webhookNetworksFrom(process.env), leaving: leaving.signal },
  });
  logger.info({ taskQueue: TASK_QUEUE }, 'worker.started');
  try {
    await worker.run(); // ends by itself on SIGINT and SIGTERM
  } finally {
    await connection.close();
    await close();
    logger.info({}, 'worker.stopped');
  }
}

/** A worker without its tables would take messages and could save none. */
async function checkDatabase({ databaseUrl }: Config): Promise<void> {
  const pool = createPool(databaseUrl, 1);
  try {
    const { rows } = await pool.query<{ name: string | null }>(
      "select to_regclass('safeband.accounts')::text as name",
    );
    if (!rows[0]?.name)
      throw new ConfigError('the database has no tables yet: run npm run migrate');
  } finally {
    await pool.end();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    createLogger({ logLevel: 'info' }).fatal({ why: sentenceOf(error), error }, 'worker.failed');
    process.exitCode = 1;
  });
}
