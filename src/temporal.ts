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
