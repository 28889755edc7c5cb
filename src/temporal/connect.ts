/** Connects to Temporal, by the SDK's environment configuration. */
import { createConnection } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { SECOND_MS } from '../domain/primitives/time.js';
import { Waiting } from '../platform/starting.js';
import { ConfigError, type Environment } from '../platform/environment.js';

/** The options of a client's connection and of a worker's. */
type ConnectionOptions = ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
export type Reached<C> = { readonly connection: C; readonly namespace: string };
export type TemporalSettings = {
  readonly connectionOptions: ConnectionOptions;
  readonly address: string;
  readonly namespace: string;
  readonly isEncrypted: boolean;
};

/** How long a server may take to accept a connection; after that it counts as away. */
const CONNECT_TIMEOUT_MS = 3 * SECOND_MS;

/** Reads where Temporal is from `TEMPORAL_…` and its profiles. */
export function temporalSettings(environment: Environment): TemporalSettings {
  const set = Object.entries(environment).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: Object.fromEntries(set),
    });
    const { address = '127.0.0.1:7233', tls, apiKey } = connectionOptions;
    const isEncrypted = Boolean(tls ?? apiKey);
    return { connectionOptions, address, namespace, isEncrypted };
  } catch (error) {
    const cure = 'correct the TEMPORAL_… setting or the file that it names';
    throw new ConfigError(`Temporal (TEMPORAL_…): ${firstLineOf(error)}; ${cure}`);
  }
}

/** The part of a connection that shows whether its namespace exists. */
type Connected = {
  readonly workflowService: Pick<Connection['workflowService'], 'describeNamespace'>;
  readonly close: () => Promise<void>;
  readonly withDeadline: <R>(deadline: number | Date, work: () => Promise<R>) => Promise<R>;
};

/**
 * Connects, and waits for a server that is starting. Throws a ConfigError with the fix. `connect`
 * is `NativeConnection.connect` where workflows are run; `Connection.connect` loads no native
 * module.
 */
export async function reachTemporal<C extends Connected>(
  environment: Environment,
  connect: (options: ConnectionOptions & { connectTimeout?: number }) => Promise<C>,
  waiting = new Waiting(0, () => undefined),
): Promise<Reached<C>> {
  const settings = temporalSettings(environment);
  const connection = await waiting.until(
    async () => {
      await knock(settings.address);
      await trust(settings);
      const made = await connect(settings.connectionOptions);
      try {
        await made.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
          made.workflowService.describeNamespace({ namespace: settings.namespace }),
        );
        return made;
      } catch (error) {
        await made.close();
        throw error;
      }
    },
    (error) => refusalOf(error, settings),
  );
  return { connection, namespace: settings.namespace };
}

/** Throws at once if no server listens on the port; a client would wait for its whole timeout. */
export function knock(address: string): Promise<void> {
  const place = placeOf(address);
  if (!place) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const socket = createConnection(place);
    const end = (error?: Error): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end(new Error('no answer in time')));
    socket.once('connect', () => end());
    socket.once('error', end);
  });
}
const placeOf = (address: string): { host: string; port: number } | undefined => {
  const [, host, port] = /^\[?([\w.:-]+?)\]?:(\d+)$/.exec(address) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
};

/** Throws what is wrong with a certificate; the clients report only that they cannot connect. */
function trust({ address, connectionOptions: { tls } }: TemporalSettings): Promise<void> {
  const place = placeOf(address);
  if (!place || typeof tls !== 'object' || tls === null) return Promise.resolve();
  const { serverRootCACertificate: ca, serverNameOverride: servername, clientCertPair } = tls;
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      ...place,
      ...(ca ? { ca: Buffer.from(ca) } : {}),
      ...(servername ? { servername } : {}),
      ...(clientCertPair
        ? { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }
        : {}),
      ALPNProtocols: ['h2'],
    });
    const end = (error?: Error): void => {
      socket.destroy();
      if (error) reject(new UntrustedError(error.message));
      else resolve();
    };
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => end(new Error('no answer to TLS in time')));
    socket.once('secureConnect', () => end());
    socket.once('error', end);
  });
}
class UntrustedError extends Error {
  override readonly name = 'UntrustedError';
}

const [INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, UNAUTHENTICATED] = [3, 5, 7, 16];

function refusalOf(
  error: unknown,
  { address, namespace }: TemporalSettings,
): { readonly sentence: string; readonly mayPass: boolean } {
  const code = grpcCodeOf(error);
  const never = (sentence: string) => ({ sentence, mayPass: false });
  if (code === NOT_FOUND || code === INVALID_ARGUMENT) {
    return never(
      `Temporal at ${address} has no namespace ${namespace} (TEMPORAL_NAMESPACE): correct it, ` +
        `or create it: temporal operator namespace create --namespace ${namespace}`,
    );
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    return never(
      `Temporal at ${address} refuses namespace ${namespace}: ${firstLineOf(error)}; correct ` +
        'TEMPORAL_API_KEY or the client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH), or give it ' +
        'the rights of that namespace',
    );
  }
  const why = firstLineOf(error);
  if (error instanceof UntrustedError || /certificate|UnknownIssuer|InvalidCert/i.test(why)) {
    return never(
      `Temporal (TEMPORAL_ADDRESS) at ${address} is not trusted: ${why}; set ` +
        "TEMPORAL_TLS_SERVER_CA_CERT_PATH to the CA's certificate, TEMPORAL_TLS_SERVER_NAME to " +
        'the name in it, or TEMPORAL_TLS=false if the server has no TLS',
    );
  }
  return {
    sentence:
      `Temporal (TEMPORAL_ADDRESS) cannot be reached at ${address}: ${why}; ` +
      'start it, or correct the setting',
    mayPass: true,
  };
}

/** Returns the gRPC status of an error or of its cause. */
export function grpcCodeOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return grpcCodeOf(error.cause);
}

/** Returns the first line of an error's message. */
export const firstLineOf = (error: unknown): string =>
  (error instanceof Error ? error.message.split('\n')[0] : String(error)) ?? '';

/**
 * Counts the workers that poll the queue for workflow tasks. Temporal remembers a worker for five
 * minutes after its last poll. Throws if Temporal does not answer, or has no such namespace.
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

const ENDED: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'];

/** True if the latest run of the workflow has ended; it then still answers with its last state. */
export async function hasEnded(
  { workflow }: Pick<Client, 'workflow'>,
  workflowId: string,
): Promise<boolean> {
  const { status } = await workflow.getHandle(workflowId).describe();
  return ENDED.includes(status.name);
}
