/** `npm run server`: the HTTP server, with API, documents and dashboard. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import type { FastifyBaseLogger } from 'fastify';
import { attributesFlaw, readAttributes } from './temporal/attributes.js';
import { createClient } from './client/index.js';
import { connectClient } from './temporal/clientConnection.js';
import { createCodec, dataConverterFrom } from './temporal/codec.js';
import { configFrom, httpFrom, serverFrom } from './platform/config.js';
import { errorText } from './domain/primitives/errorText.js';
import { HOUR_MS, SECOND_MS } from './domain/primitives/time.js';
import { checkTemporal, type Temporal } from './doctor/temporal.js';
import { createApp } from './http/app.js';
import type { Needs } from './http/context.js';
import { reasonOf } from './http/operations/doctorRoute.js';
import { sizesFrom } from './platform/sizes.js';
import { createLogger } from './platform/logger.js';
import type { UnipileLink } from './http/providers/unipileOrders.js';
import type { Operations } from './http/operations/operations.js';
import { createMetrics, type Metrics } from './platform/metrics.js';
import { forgetOld } from './postgres/operations/idempotency.js';
import { makeFirstKey } from './postgres/access/keys.js';
import { isKnown } from './postgres/read/lists.js';
import { knownMigrations } from './postgres/migrate.js';
import { plaintextDatabase, plaintextTemporal } from './platform/plaintext.js';
import { unipileFrom, type UnipileConfig } from './platform/unipileConfig.js';
import { erasureKeyFrom, neededErasureKey } from './postgres/data/erasureKey.js';
import { serverDesk } from './postgres/groups/serverDesk.js';
import { createPool, poolOf, type Pool } from './postgres/pool.js';
import { checkListening, checkTable, reachDatabase } from './postgres/reach.js';
import { createUnipile } from './unipile/index.js';
import { TASK_QUEUE, workflowIdOf } from './temporal/protocol.js';
import { startOrder } from './temporal/orders.js';
import { flawsOfSchedules } from './temporal/schedules.js';
import { runEntry, START_WAIT_S, startWaitFrom, Waiting } from './platform/starting.js';
import { countPollers, hasEnded, reachTemporal, temporalSettings } from './temporal/connect.js';
import { ConfigError, type Environment } from './platform/environment.js';
import { payloadKeysFrom } from './temporal/payloadKeys.js';

/** How long one try to reach Temporal may take. */
const CONNECT_TIMEOUT_MS = 3 * SECOND_MS;
/** How long a stopping server waits for its open requests. */
const DRAIN_MS = 10 * SECOND_MS;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export type RunningServer = {
  /** Such as `http://127.0.0.1:8080`. */
  readonly address: string;
  /** The first key: shown only here, and only if there was no key and the server is on loopback. */
  readonly firstKey: string | undefined;
  /** Takes no new request, finishes the open ones, ends the streams; takes 10 s at most. */
  readonly close: () => Promise<void>;
};

const forgetter = (pool: Pool) => (): void => void forgetOld(pool).catch(() => undefined);

/** Connects, and listens. Throws a ConfigError that names the wrong setting and its fix. */
export async function startServer(
  environment: Environment,
  logger: FastifyBaseLogger,
): Promise<RunningServer> {
  const { host, port } = httpFrom(environment);
  const { requestsPerMinute, ...settings } = settingsFrom(environment);
  const keys = payloadKeysFrom(environment);
  const waiting = new Waiting(startWaitFrom(environment, START_WAIT_S), (why, leftSeconds) =>
    logger.warn({ why, leftSeconds }, 'server.waiting'),
  );
  warnOfPlaintext(environment, logger);
  const { pool, endPools, ...database } = await openDatabase(environment, waiting);
  const { connection, namespace } = await reachTemporal(
    environment,
    (options) => connectClient({ ...options, connectTimeout: CONNECT_TIMEOUT_MS }),
    waiting,
  ).catch(async (error: unknown) => {
    await endPools();
    throw error;
  });
  const client = new Client({ connection, namespace, dataConverter: dataConverterFrom(keys) });
  try {
    const firstKey = LOOPBACK.includes(host) ? await firstKeyOf(pool) : undefined;
    const metrics = createMetrics();
    const app = await createApp({
      client: createClient({
        client,
        onCall: ({ seconds, ...labels }) => metrics.called(labels, seconds),
        rememberDenialsMs: 0, // other servers and pipelines change the accounts, too
        isKnown: (accountId) => isKnown(pool, accountId),
        groups: serverDesk(pool, Date.now, erasureKeyFrom(environment)),
      }),
      pool,
      ...database,
      logger,
      now: Date.now,
      ...settings,
      ...workflowsOf(client),
      codec: keys.all.length > 0 ? createCodec(keys) : null,
      operations: await operationsOf(metrics, environment, {
        address: temporalSettings(environment).address,
        namespace,
        taskQueue: TASK_QUEUE,
        connection,
        client,
      }),
      limits: { requestsPerMinute },
    });
    const address = await app.listen({ host, port }).catch((error: unknown) => {
      const why = errorText(error);
      throw new ConfigError(`SAFEBAND_HTTP_HOST, SAFEBAND_HTTP_PORT: ${why}; use another port`);
    });
    const cleaning = setInterval(forgetter(pool), HOUR_MS).unref();
    const close = async (): Promise<void> => {
      clearInterval(cleaning);
      await app.close();
      await endPools();
      await connection.close();
    };
    return {
      address,
      firstKey,
      close: () => Promise.race([close(), sleep(DRAIN_MS, undefined, { ref: false })]),
    };
  } catch (error) {
    await endPools();
    await connection.close();
    throw error;
  }
}

/** Returns what the server asks Temporal in addition to its accounts. */
const workflowsOf = (client: Client): Pick<Needs, 'hasEnded' | 'startOrder'> => ({
  hasEnded: (accountId) => hasEnded(client, workflowIdOf(accountId)),
  startOrder: (orderId) => startOrder(client, orderId, TASK_QUEUE),
});

const settingsFrom = (environment: Environment) => ({
  ...serverFrom(environment),
  unipile: unipileLinkOf(unipileFrom(environment)),
});

/** Returns the link to Unipile. Throws a ConfigError if the address or the key cannot be used. */
function unipileLinkOf(config: UnipileConfig | null): UnipileLink | null {
  if (config === null) return null;
  const { secrets, api } = config;
  if (api === null) return { secrets };
  try {
    return { secrets, status: createUnipile(api).status };
  } catch (error) {
    const why = errorText(error);
    throw new ConfigError(`SAFEBAND_UNIPILE_DSN, SAFEBAND_UNIPILE_KEY: ${why}`);
  }
}

/** Returns what readiness, metrics and the doctor read. */
const operationsOf = async (
  metrics: Metrics,
  environment: Environment,
  temporal: Temporal,
): Promise<Operations> => ({
  metrics,
  midnightSpreadSeconds: sizesFrom(environment).midnightSpreadSeconds,
  countPollers: () => countPollers(temporal, temporal.taskQueue),
  readAttributes: () => readFlaw(temporal),
  readSchedules: () => flawsOfSchedules(temporal.client, Date.now()),
  checkTemporal: () => checkTemporal(async () => temporal, Date.now(), reasonOf),
  migrations: await knownMigrations(),
});

const readFlaw = async (reached: Parameters<typeof readAttributes>[0]) =>
  attributesFlaw(await readAttributes(reached), reached.namespace);

/**
 * Opens the pools. The second one listens for changes, on a direct connection if there is a pooler.
 */
async function openDatabase(environment: Environment, waiting: Waiting) {
  const { databaseUrl, directUrl } = configFrom(environment);
  const database = { setting: 'DATABASE_URL', url: databaseUrl };
  const direct = directUrl ? { setting: 'DATABASE_DIRECT_URL', url: directUrl } : database;
  const poolMode = await reachDatabase(database, waiting);
  await checkTable(database, 'safeband.identity_locks');
  if (directUrl) await reachDatabase(direct, waiting);
  await checkListening(direct);
  const eraser = await erasureFrom(environment, waiting);
  const pool = poolOf(databaseUrl, sizesFrom(environment), poolMode);
  const listeningPool = directUrl ? createPool(directUrl, 1) : pool;
  const endPools = async (): Promise<void> => {
    await pool.end();
    await eraser?.end();
    if (listeningPool !== pool) await listeningPool.end();
  };
  return { pool, listeningPool, erasure: eraser, endPools };
}

const ERASE_URL = 'SAFEBAND_ERASE_DATABASE_URL';
/** Returns what erases persons, with a login of its own that owns the tables; null: not set. */
async function erasureFrom(environment: Environment, waiting: Waiting) {
  const url = environment[ERASE_URL];
  if (!url) return null;
  const key = neededErasureKey(environment);
  const mode = await reachDatabase({ setting: ERASE_URL, url }, waiting);
  const pool = createPool(url, 1, mode, HOUR_MS);
  return { pool: () => pool, key, end: () => pool.end() };
}

function warnOfPlaintext(environment: Environment, logger: FastifyBaseLogger): void {
  const { databaseUrl, directUrl } = configFrom(environment);
  const { address, isEncrypted } = temporalSettings(environment);
  const eraseUrl = environment[ERASE_URL];
  for (const why of [
    plaintextDatabase('DATABASE_URL', databaseUrl, environment),
    directUrl && plaintextDatabase('DATABASE_DIRECT_URL', directUrl, environment),
    eraseUrl && plaintextDatabase(ERASE_URL, eraseUrl, environment),
    plaintextTemporal(address, isEncrypted),
  ]) {
    if (why) logger.warn({ why }, 'connection.plaintext');
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Makes the first key of a new database, because without a key no caller could use the server. A
 * server that runs with the rights of `safeband_server` may not make one: then the owner of the
 * database runs `safeband keys`.
 */
async function firstKeyOf(pool: Pool): Promise<string | undefined> {
  try {
    return await makeFirstKey(pool);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== INSUFFICIENT_PRIVILEGE) throw error;
    return undefined;
  }
}

async function main(): Promise<void> {
  const logger = createLogger(configFrom(process.env));
  const server = await startServer(process.env, logger);
  logger.info({ address: server.address }, 'server.started');
  if (server.firstKey) {
    process.stdout.write(
      `The first key, an operator's, shown only now: ${server.firstKey}\n` +
        `curl -H "Authorization: Bearer ${server.firstKey}" ${server.address}/v1/accounts\n`,
    );
  }
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await server.close();
  logger.info({}, 'server.stopped');
  process.exit();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  runEntry(main, (why, error) =>
    createLogger({ logLevel: 'info' }).fatal({ why, error }, 'server.failed'),
  );
}
