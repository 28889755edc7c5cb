/** Reaching Temporal, as the SDK's environment configuration says; an entry's first step. */
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { ConfigError } from './config.js';

export type Reached = { readonly connection: NativeConnection; readonly namespace: string };

/** Connects, or says in one sentence what to mend. */
export async function reachTemporal(): Promise<Reached> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions).catch((error: unknown) => {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const address = connectionOptions.address ?? '127.0.0.1:7233';
    throw new ConfigError(
      `Temporal (TEMPORAL_ADDRESS) cannot be reached at ${address}: ${why}; ` +
        'start it, or mend the setting',
    );
  });
  return { connection, namespace: namespace ?? 'default' };
}

/**
 * How many workers poll the queue for workflow tasks. Temporal remembers one for five minutes after
 * it was last heard of. Throws where Temporal does not answer, or has no such namespace.
 */
export async function countPollers(
  { connection, namespace }: Pick<Reached, 'namespace'> & { readonly connection: Asked },
  taskQueue: string,
): Promise<number> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  return pollers?.length ?? 0;
}

/** Any connection: a worker's or a client's. */
type Asked = {
  readonly workflowService: Pick<NativeConnection['workflowService'], 'describeTaskQueue'>;
};
