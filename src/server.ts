/** The HTTP server: API, documents and dashboard. `npm run server`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { FastifyBaseLogger } from 'fastify';
import { createClient } from './client/index.js';
import { createCodec, dataConverterFrom } from './codec.js';
import {
  ConfigError,
  configFrom,
  httpFrom,
  payloadKeysFrom,
  sentenceOf,
  serverFrom,
  type Environment,
} from './config.js';
import { HOUR_MS, SECOND_MS } from './domain/time.js';
import { createApp } from './http/app.js';
import { createLogger } from './logger.js';
import { createMetrics } from './metrics.js';
import { forgetOld } from './postgres/idempotency.js';
import { makeFirstKey } from './postgres/keys.js';
import { isKnown } from './postgres/lists.js';
import { knownMigrations } from './postgres/migrate.js';
import { createPool, type Pool } from './postgres/pool.js';
import { TASK_QUEUE } from './protocol.js';
import { flawsOfSchedules } from './schedule.js';
import { countPollers, reachTemporal } from './temporal.js';

/** Answers that are under way get this long; then the process ends without them. */
const DRAIN_MS = 10 * SECOND_MS;
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export type RunningServer = {
  /** Such as `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Told here only, and only where there was no key and it listens on loopback. */
  readonly firstKey: string | undefined;
  /** Takes nothing new, finishes what it has, ends the streams; 10 s at most. */
  readonly close: () => Promise<void>;
};

/** Connects, and listens. Throws a ConfigError that names what to mend. */
export async function startServer(
  environment: Environment,
  logger: FastifyBaseLogger,
): Promise<RunningServer> {
  const { databaseUrl } = configFrom(environment);
  const { host, port } = httpFrom(environment);
  const { requestsPerMinute, ...settings } = serverFrom(environment);
  const keys = payloadKeysFrom(environment);
  const { connection, namespace } = await reachTemporal(environment, (options) =>
    Connection.connect(options),
  );
  const client = new Client({ connection, namespace, dataConverter: dataConverterFrom(keys) });
  const pool = createPool(databaseUrl);
  try {
    await checkTables(pool);
    const firstKey = LOOPBACK.includes(host) ? await firstKeyOf(pool) : undefined;
    const metrics = createMetrics();
    const app = await createApp({
      client: createClient({
        client,
        onCall: ({ seconds, ...labels }) => metrics.called(labels, seconds),
        rememberDenialsMs: 0, // other servers and pipelines change the accounts, too
        isKnown: (accountId) => isKnown(pool, accountId),
      }),
      pool,
      logger,
      now: Date.now,
      ...settings,
      codec: keys.all.length > 0 ? createCodec(keys) : null,
      operations: {
        metrics,
        countPollers: () => countPollers({ connection, namespace }, TASK_QUEUE),
        readSchedules: () => flawsOfSchedules(client, Date.now()),
        migrations: await knownMigrations(),
      },
      limits: { requestsPerMinute },
    });
    const address = await app.listen({ host, port }).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`SAFEBAND_HTTP_HOST, SAFEBAND_HTTP_PORT: ${why}; use another port`);
    });
    const forget = (): void => void forgetOld(pool).catch(() => undefined);
    const cleaning = setInterval(forget, HOUR_MS).unref();
    const close = async (): Promise<void> => {
      clearInterval(cleaning);
      await app.close();
      await pool.end();
      await connection.close();
    };
    return {
      address,
      firstKey,
      close: () => Promise.race([close(), sleep(DRAIN_MS, undefined, { ref: false })]),
    };
  } catch (error) {
    await pool.end();
    await connection.close();
    throw error;
  }
}

/** Each release of the server needs its own tables. */
async function checkTables(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string | null }>(
    "select to_regclass('safeband.api_keys')::text as name",
  );
  if (!rows[0]?.name) {
    throw new ConfigError('the database lacks tables of this version: run npm run migrate');
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * On a new database nobody could ask: the first one who starts the server gets a key. One that runs
 * with the rights of `safeband_server` may make none: then `safeband keys` does, as the owner.
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
  main().catch((error: unknown) => {
    createLogger({ logLevel: 'info' }).fatal({ why: sentenceOf(error), error }, 'server.failed');
    process.exitCode = 1;
  });
}
