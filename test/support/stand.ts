/** The stand of a test file on the servers: its own database, worker and client. */
import { randomUUID } from 'node:crypto';
import { Client, type Connection, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import pg from 'pg';
import { inject } from 'vitest';
import { USUAL_SIZES, type Sizes } from '../../src/platform/sizes.js';
import type { Pacing } from '../../src/domain/account/policy.js';
import { createActivities } from '../../src/activities/index.js';
import { NO_GROUP_DECISIONS } from '../../src/platform/groupDecisions.js';
import { named } from '../../src/temporal/answers.js';
import { runAfter } from '../../src/domain/days/forecast.js';
import { isAccountId } from '../../src/domain/primitives/ids.js';
import { MINUTE_MS } from '../../src/domain/primitives/time.js';
import { connectClient } from '../../src/temporal/clientConnection.js';
import { dataConverterFrom } from '../../src/temporal/codec.js';
import type { Activities } from '../../src/activities/ports.js';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import { WORKFLOW_TYPE, workflowIdOf } from '../../src/temporal/protocol.js';
import { NO_KEYS, type PayloadKeys } from '../../src/temporal/payloadKeys.js';
import { updateWithStart } from './calls.js';

/** So long no account reconciles by itself: a test sees what it did, at any time of the day. */
const UNDISTURBED_MS = 3 * MINUTE_MS;

export type Stand = {
  readonly client: Client;
  readonly connection: Connection;
  readonly pool: Pool;
  readonly databaseUrl: string;
  readonly taskQueue: string;
  /** Returns an account id that no other test has, and whose next reconcile is minutes away. */
  readonly newAccount: (name?: string) => string;
  readonly handle: (accountId: string) => WorkflowHandle;
  /** Starts the account's workflow and waits until it is connected. */
  readonly connect: (accountId: string, start?: object) => Promise<WorkflowHandle>;
  /** Stops the worker as a kill would, so that its tasks are lost. */
  readonly stopWorker: () => Promise<void>;
  /** Starts a worker, with the given keys or with those of the client. */
  readonly startWorker: (payloadKeys?: PayloadKeys) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Makes a database, by default a clone of the migrated template. */
export async function freshDatabase(
  template = inject('postgresTemplate'),
): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const admin = async (sql: string): Promise<void> => {
    const db = new pg.Client({ connectionString: inject('postgresUrl') });
    await db.connect();
    try {
      await db.query(sql);
    } finally {
      await db.end();
    }
  };
  await admin(`create database ${name} template ${template}`);
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => admin(`drop database if exists ${name} with (force)`) };
}

/**
 * Opens a pool to a database of its own. Its sessions have a zone far from UTC, where midnight is
 * at 15:00 UTC, so that a date that depends on the zone of the session fails a test.
 */
export async function distantPool(): Promise<{ pool: Pool; close: () => Promise<void> }> {
  const { url, drop } = await freshDatabase();
  const pool = createPool(`${url}?options=-c%20TimeZone%3DAsia%2FTokyo`);
  const close = async (): Promise<void> => {
    await pool.end();
    await drop();
  };
  return { pool, close };
}

export type StandOptions = {
  /** Activities that replace real ones, for faults. */
  readonly activities?: (real: Activities) => Partial<Activities>;
  readonly maxCachedWorkflows?: number;
  /** The database of the test, instead of a clone of the template. */
  readonly databaseUrl?: string;
  /** Workflows from other sources than the project's. */
  readonly workflowBundlePath?: string;
  /** The codec of client and worker. */
  readonly payloadKeys?: PayloadKeys;
  /** The pace of new accounts that name none (R19). */
  readonly defaultPacing?: Pacing;
  /** The settings of the fleet's size, instead of the usual ones. */
  readonly sizes?: Sizes;
  /** The queue of a worker that the test starts itself, so that the stand starts none. */
  readonly taskQueue?: string;
};

export async function createStand(options: StandOptions = {}): Promise<Stand> {
  const { databaseUrl, defaultPacing, sizes = USUAL_SIZES } = options;
  const database = databaseUrl
    ? { url: databaseUrl, drop: async () => undefined }
    : await freshDatabase();
  const pool = createPool(database.url);
  const networks = [{ address: '127.0.0.1', prefix: 32 }]; // receivers of webhooks are tests
  const real = named(createActivities({ pool, webhooks: { networks }, defaultPacing, sizes }));
  const activities = { ...real, ...options.activities?.(real) };
  const connection = await connectClient({
    address: inject('temporalAddress'),
    // A test may read the history of a full account as a whole.
    channelArgs: { 'grpc.max_receive_message_length': 64 * 1024 * 1024 },
  });
  const native = await NativeConnection.connect({ address: inject('temporalAddress') });
  const dataConverter = dataConverterFrom(options.payloadKeys ?? NO_KEYS);
  const client = new Client({ connection, dataConverter });
  const codePath = options.workflowBundlePath ?? inject('workflowBundlePath');
  const taskQueue = options.taskQueue ?? `test-${randomUUID()}`;
  const prefix = `t${randomUUID().slice(0, 8)}`;
  let count = 0;
  const started = new Set<string>();
  let running: { worker: Worker; done: Promise<void> } | undefined;
  const startWorker = async (payloadKeys?: PayloadKeys): Promise<void> => {
    const worker = await Worker.create({
      connection: native,
      taskQueue,
      workflowBundle: { codePath },
      dataConverter: payloadKeys ? dataConverterFrom(payloadKeys) : dataConverter,
      sinks: NO_GROUP_DECISIONS,
      activities,
      maxCachedWorkflows: options.maxCachedWorkflows ?? 200,
      // If each task is a replay, contexts overlap in time, so they must not be shared.
      reuseV8Context: options.maxCachedWorkflows !== 0,
      shutdownForceTime: '5s',
    });
    running = { worker, done: worker.run() };
  };
  const stopWorker = async (): Promise<void> => {
    if (!running) return;
    const { worker, done } = running;
    running = undefined;
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await done;
  };
  if (!options.taskQueue) await startWorker();
  const handle = (accountId: string): WorkflowHandle =>
    client.workflow.getHandle(workflowIdOf(accountId));
  return {
    client,
    connection,
    pool,
    databaseUrl: database.url,
    taskQueue,
    newAccount: (name = 'a') => {
      for (;;) {
        const id = `${prefix}-${name}-${(count += 1)}`;
        const now = Date.now();
        if (!isAccountId(id) || runAfter(id, now) > now + UNDISTURBED_MS) return id;
      }
    },
    handle,
    connect: async (accountId, more = {}) => {
      started.add(accountId);
      const start = { accountId, tier: 'sales_navigator', ...more };
      const workflowId = workflowIdOf(accountId);
      await updateWithStart(client, 'connect', WORKFLOW_TYPE, {
        workflowId,
        taskQueue,
        args: [start],
      });
      return handle(accountId);
    },
    startWorker,
    stopWorker,
    close: async () => {
      await stopWorker();
      // Otherwise the worker of the next test file on this queue would continue them, in another database.
      const end = (accountId: string): Promise<unknown> =>
        handle(accountId)
          .terminate('the test file has ended')
          .catch(() => undefined); // it has ended
      if (options.taskQueue) await Promise.all([...started].map(end));
      await native.close();
      await connection.close();
      await pool.end();
      await database.drop();
    },
  };
}
