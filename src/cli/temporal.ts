/** Connects to Temporal by the SDK's environment configuration, in pure JavaScript. */
import { Client, type Connection } from '@temporalio/client';
import { createClient, payloadEncryption, type SafebandClient } from '../client/index.js';
import { connectClient } from '../temporal/clientConnection.js';
import { TASK_QUEUE } from '../temporal/protocol.js';
import { firstLineOf, knock, temporalSettings } from '../temporal/connect.js';
import { CliError, EXIT } from './errors.js';
import type { Io } from './io.js';
import type { Environment } from '../platform/environment.js';

export type Temporal = {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly connection: Connection;
  readonly client: Client;
  readonly safeband: SafebandClient;
  readonly close: () => Promise<void>;
};

const CONNECT_TIMEOUT_MS = 3_000;

/** Connects; the error names the setting to correct. */
export async function reachTemporal(
  env: Environment,
  { taskQueue = TASK_QUEUE, deadlineMs }: Pick<Io, 'taskQueue' | 'deadlineMs'> = {},
): Promise<Temporal> {
  const { connectionOptions, address, namespace } = temporalSettings(env);
  const options = { ...connectionOptions, address, connectTimeout: CONNECT_TIMEOUT_MS };
  const connect = async (): Promise<Connection> => {
    await knock(address);
    return connectClient(options);
  };
  const connection = await connect().catch((error: unknown) => {
    throw new CliError(
      EXIT.unreachable,
      'Unavailable',
      `Temporal (TEMPORAL_ADDRESS) cannot be reached at ${address}: ${firstLineOf(error)}`,
      'safeband doctor',
    );
  });
  const limit = deadlineMs === undefined ? {} : { deadlineMs };
  const client = new Client({ connection, namespace, dataConverter: payloadEncryption(env) });
  return {
    address,
    namespace,
    taskQueue,
    connection,
    client,
    safeband: createClient({ client, taskQueue, rememberDenialsMs: 0, ...limit }),
    close: () => connection.close(),
  };
}
