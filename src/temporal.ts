/** Reaching Temporal, as the SDK's environment configuration says; an entry's first step. */
import type { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ConfigError, type Environment } from './config.js';

/** What both kinds of connection take. */
type ConnectionOptions = ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
export type Reached<C> = { readonly connection: C; readonly namespace: string };
export type TemporalSettings = {
  readonly connectionOptions: ConnectionOptions;
  readonly address: string;
  readonly namespace: string;
};

/** Where Temporal is, as `TEMPORAL_…` and its profiles say. */
export function temporalSettings(environment: Environment): TemporalSettings {
  const set = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(set),
  });
  return {
    connectionOptions,
    address: connectionOptions.address ?? '127.0.0.1:7233',
    namespace,
  };
}

/**
 * Connects, or says in one sentence what to mend. `connect` is `NativeConnection.connect` where
 * workflows are run, and where a port that nobody listens on should be told at once;
 * `Connection.connect` loads nothing native.
 */
export async function reachTemporal<C>(
  environment: Environment,
  connect: (options: ConnectionOptions) => Promise<C>,
): Promise<Reached<C>> {
  const { connectionOptions, address, namespace } = temporalSettings(environment);
  const connection = await connect(connectionOptions).catch((error: unknown) => {
    throw new ConfigError(
      `Temporal (TEMPORAL_ADDRESS) cannot be reached at ${address}: ${firstLineOf(error)}; ` +
        'start it, or mend the setting',
    );
  });
  return { connection, namespace };
}

/** What a failed connection says of itself, without its stack. */
export const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? error.message.split('\n')[0] : String(error)) ?? '';

/**
 * How many workers poll the queue for workflow tasks. Temporal remembers one for five minutes after
 * it was last heard of. Throws where Temporal does not answer, or has no such namespace.
 */
export async function countPollers(
  { connection, namespace }: Reached<Asked>,
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
  readonly workflowService: Pick<Connection['workflowService'], 'describeTaskQueue'>;
};
