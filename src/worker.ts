/** The worker: runs the accounts' workflows and writes their rows. `npm run worker`. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker, type WorkerDeploymentOptions } from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { keepStacksShort, webpackConfigHook } from './bundling.js';
import { createActivities, type ActivityNeeds } from './activities/index.js';
import { dataConverterFrom } from './codec.js';
import {
  ConfigError,
  configFrom,
  metricsAddressFrom,
  NO_KEYS,
  sentenceOf,
  webhookNetworksFrom,
  type Config,
  type PayloadKeys,
  type WorkerVersion,
} from './config.js';
import { createLogger } from './logger.js';
import { createPool } from './postgres/pool.js';
import { TASK_QUEUE } from './protocol.js';
import { installRuntime } from './telemetry.js';
import { reachTemporal, type Reached } from './temporal.js';

/**
 * Accounts that stay in memory between messages; a restarted worker replays what it is asked for.
 */
const CACHED_ACCOUNTS = 2_000;

const extension = path.extname(fileURLToPath(import.meta.url)); // .js built, .ts under tsx
const beside = (name: string): string =>
  fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));

/** What a worker runs; the replay gate runs the same. */
export const workflowCode = {
  workflowsPath: beside('workflows/index'),
  bundlerOptions: { webpackConfigHook },
  interceptors: { workflowModules: [beside('interceptors')] },
};
/** How it reads and writes payloads. */
export const converterOf = (keys: PayloadKeys): DataConverter => ({
  ...dataConverterFrom(keys),
  payloadConverterPath: beside('payloadConverter'),
});

export type WorkerNeeds = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly webhooks?: NonNullable<ActivityNeeds['webhooks']>;
  readonly payloadKeys?: PayloadKeys;
  readonly workerVersion?: WorkerVersion | undefined;
};

/** A worker and what has to be closed after it. */
export async function createWorker(
  needs: WorkerNeeds,
): Promise<{ readonly worker: Worker; readonly close: () => Promise<void> }> {
  const {
    connection,
    namespace,
    databaseUrl,
    webhooks = {},
    payloadKeys = NO_KEYS,
    workerVersion,
  } = needs;
  keepStacksShort();
  const pool = createPool(databaseUrl);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    ...workflowCode,
    dataConverter: converterOf(payloadKeys),
    ...(workerVersion ? { workerDeploymentOptions: versioned(workerVersion) } : {}),
    activities: { ...createActivities({ pool, webhooks }) },
    maxCachedWorkflows: CACHED_ACCOUNTS,
    shutdownGraceTime: '10s',
    shutdownForceTime: '25s',
  });
  return { worker, close: () => pool.end() };
}

/**
 * A run stays on the build that began it, so no run is ever replayed by other code; it moves on by
 * continue-as-new, as soon as it sees that another build is current (inmailAccount.ts).
 */
export const versioned = (version: WorkerVersion): WorkerDeploymentOptions => ({
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'PINNED',
});

/** By the connection that a Worker takes. */
export const reachNatively = (): Promise<Reached<NativeConnection>> =>
  reachTemporal(process.env, (options) => NativeConnection.connect(options));

async function main(): Promise<void> {
  const config = configFrom(process.env);
  const logger = createLogger(config);
  installRuntime(logger, metricsAddressFrom(process.env));
  const { connection, namespace } = await reachNatively();
  await checkDatabase(config);
  const leaving = new AbortController(); // the sender of webhooks would not end by itself
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => leaving.abort());
  const { worker, close } = await createWorker({
    connection,
    namespace,
    databaseUrl: config.databaseUrl,
    webhooks: { networks: webhookNetworksFrom(process.env), leaving: leaving.signal },
    payloadKeys: config.payloadKeys,
    workerVersion: config.workerVersion,
  });
  const encryptsWith = config.payloadKeys.newest?.id ?? null;
  logger.info({ taskQueue: TASK_QUEUE, ...config.workerVersion, encryptsWith }, 'worker.started');
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
