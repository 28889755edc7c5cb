/** `npm run worker`: runs the accounts' workflows and writes their rows. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  NativeConnection,
  Runtime,
  Worker,
  type WorkerDeploymentOptions,
} from '@temporalio/worker';
import type { DataConverter } from '@temporalio/common';
import { keepStacksShort, sharedBundle } from './temporal/bundling.js';
import { createActivities, type ActivityNeeds } from './activities/index.js';
import { named } from './temporal/answers.js';
import { dataConverterFrom } from './temporal/codec.js';
import {
  configFrom,
  metricsAddressFrom,
  pacingFrom,
  webhookNetworksFrom,
  type WorkerVersion,
} from './platform/config.js';
import { sizesFrom, type Sizes } from './platform/sizes.js';
import { groupDecisions } from './platform/groupDecisions.js';
import { createLogger } from './platform/logger.js';
import { retentionFrom } from './platform/retention.js';
import { plaintextDatabase, plaintextTemporal } from './platform/plaintext.js';
import { erasureKeyFrom } from './postgres/data/erasureKey.js';
import { readLargest } from './postgres/groups/members.js';
import { poolOf, type PoolMode } from './postgres/pool.js';
import { checkTable, reachDatabase } from './postgres/reach.js';
import { SECOND_MS } from './domain/primitives/time.js';
import { TASK_QUEUE } from './temporal/protocol.js';
import { runEntry, START_WAIT_S, startWaitFrom, Waiting } from './platform/starting.js';
import { installRuntime } from './temporal/runtime.js';
import { reachTemporal, temporalSettings, type Reached } from './temporal/connect.js';
import { NO_KEYS, type PayloadKeys } from './temporal/payloadKeys.js';

const extension = path.extname(fileURLToPath(import.meta.url)); // .js built, .ts under tsx
const pathOf = (name: string): string =>
  fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));

const files = {
  workflows: pathOf('workflows/index'),
  interceptors: pathOf('temporal/interceptors'),
  payloadConverter: pathOf('temporal/payloadConverter'),
};
/** The workflow code of a worker; the replay gate runs the same. */
export const workflowCode = {
  workflowsPath: files.workflows,
  bundlerOptions: sharedBundle(files),
  interceptors: { workflowModules: [files.interceptors] },
};
/** Returns how a worker reads and writes payloads. */
export const converterOf = (keys: PayloadKeys): DataConverter => ({
  ...dataConverterFrom(keys),
  payloadConverterPath: files.payloadConverter,
});

export type WorkerNeeds = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly poolMode?: PoolMode;
  readonly webhooks?: NonNullable<ActivityNeeds['webhooks']>;
  readonly payloadKeys?: PayloadKeys;
  readonly sizes: Sizes;
  readonly defaultPacing?: ActivityNeeds['defaultPacing'];
  readonly retention?: ActivityNeeds['retention'];
  readonly erasureKey?: ActivityNeeds['erasureKey'];
  readonly workerVersion?: WorkerVersion | undefined;
};

/** Makes a worker. `close` ends its database connections; call it after the worker has ended. */
export async function createWorker(
  needs: WorkerNeeds,
): Promise<{ readonly worker: Worker; readonly close: () => Promise<void> }> {
  const {
    connection,
    namespace,
    databaseUrl,
    poolMode,
    webhooks = {},
    payloadKeys = NO_KEYS,
    sizes,
    defaultPacing,
    retention,
    erasureKey,
    workerVersion,
  } = needs;
  keepStacksShort();
  const pool = poolOf(databaseUrl, sizes, poolMode);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    ...workflowCode,
    dataConverter: converterOf(payloadKeys),
    ...(workerVersion ? { workerDeploymentOptions: versioned(workerVersion) } : {}),
    sinks: groupDecisions({
      meter: Runtime.instance().metricMeter,
      readLargest: () => readLargest(pool),
      now: Date.now,
    }),
    activities: {
      ...named(createActivities({ pool, webhooks, defaultPacing, sizes, retention, erasureKey })),
    },
    maxCachedWorkflows: sizes.cachedAccounts,
    shutdownGraceTime: GRACE_MS,
    shutdownForceTime: '25s',
  });
  return { worker, close: () => pool.end() };
}

/**
 * Returns the options of a versioned worker. A run stays on the build that began it, so no other
 * code replays it. It changes to the current build by continue-as-new (inmailAccount.ts).
 */
export const versioned = (version: WorkerVersion): WorkerDeploymentOptions => ({
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'PINNED',
});

/** Connects to Temporal with the connection that a Worker takes. */
export const reachNatively = (waiting: Waiting): Promise<Reached<NativeConnection>> =>
  reachTemporal(process.env, (options) => NativeConnection.connect(options), waiting);

/** How long activities may take after a stop. */
const GRACE_MS = 10 * SECOND_MS;
/**
 * Why a worker ends without a signal. Its supervisor starts it again, and the tasks of the account
 * then succeed.
 */
const TASK_LOST =
  'Temporal lost a task of an account in the memory of this worker, so the worker ends and has to' +
  ' be started again; more memory for accounts (SAFEBAND_CACHED_ACCOUNTS) makes this rare';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR2'] as const;

async function main(): Promise<void> {
  const config = configFrom(process.env);
  const logger = createLogger(config);
  const networks = webhookNetworksFrom(process.env);
  const waiting = new Waiting(startWaitFrom(process.env, START_WAIT_S), (why, leftSeconds) =>
    logger.warn({ why, leftSeconds }, 'worker.waiting'),
  );
  const { databaseUrl } = config;
  const { address, isEncrypted } = temporalSettings(process.env);
  for (const why of [
    plaintextDatabase('DATABASE_URL', databaseUrl, process.env),
    plaintextTemporal(address, isEncrypted),
  ]) {
    if (why !== undefined) logger.warn({ why }, 'connection.plaintext');
  }
  const sizes = sizesFrom(process.env);
  let isTaskLost = false;
  let stop = (): void => undefined;
  const giveUp = (): void => {
    logger.fatal({ why: TASK_LOST }, 'worker.failed');
    process.exit(1);
  };
  installRuntime(logger, metricsAddressFrom(process.env), () => {
    isTaskLost = true;
    stop();
    setTimeout(giveUp, GRACE_MS); // the core waits in vain for the place that it lost
  });
  const database = { setting: 'DATABASE_URL', url: databaseUrl };
  const poolMode = await reachDatabase(database, waiting);
  await checkTable(database, 'safeband.identity_locks');
  const { connection, namespace } = await reachNatively(waiting);
  const leaving = new AbortController(); // without it, the sender of webhooks would not end
  const { worker, close } = await createWorker({
    connection,
    namespace,
    databaseUrl,
    poolMode,
    webhooks: { networks, leaving: leaving.signal },
    payloadKeys: config.payloadKeys,
    sizes,
    defaultPacing: pacingFrom(process.env),
    retention: retentionFrom(process.env),
    erasureKey: erasureKeyFrom(process.env),
    workerVersion: config.workerVersion,
  });
  const running = worker.run();
  stop = () => {
    leaving.abort();
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  for (const signal of STOP_SIGNALS) process.once(signal, stop);
  const encryptsWith = config.payloadKeys.newest?.id ?? null;
  logger.info(
    { taskQueue: TASK_QUEUE, ...config.workerVersion, encryptsWith, poolMode },
    'worker.started',
  );
  try {
    await running;
  } finally {
    await connection.close();
    await close();
    logger.info({}, 'worker.stopped');
  }
  if (isTaskLost) giveUp();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  runEntry(main, (why, error) =>
    createLogger({ logLevel: 'info' }).fatal({ why, error }, 'worker.failed'),
  );
}
