/** The five processes of the cluster, and the configuration file of each. Pure. */
import { SetupError } from '../../dev/devConfig.js';

export const SHARDS = 64;
export const NAMESPACE = 'default';
export const DATABASES = { main: 'temporal', visibility: 'temporal_visibility' } as const;

export type Service = 'frontend' | 'history' | 'matching' | 'worker';
export type Place = { readonly name: string; readonly service: Service };
/** A process with its own two ports on loopback. */
export type Member = Place & { readonly grpcPort: number; readonly membershipPort: number };

/** In the order of the first start. The frontend is reached last of those that it needs. */
export const PLACES: readonly Place[] = [
  { name: 'history-1', service: 'history' },
  { name: 'history-2', service: 'history' },
  { name: 'matching', service: 'matching' },
  { name: 'frontend', service: 'frontend' },
  { name: 'worker', service: 'worker' },
];

/** Connections of each process to each database; Postgres has 200 for all processes together. */
const CONNECTIONS = { main: 12, visibility: 4 } as const;
export const CONNECTIONS_MAX = 200;

/** Returns the members with these ports, two for each. */
export const membersAt = (ports: readonly number[]): readonly Member[] =>
  PLACES.map((place, index) => ({
    ...place,
    grpcPort: ports[2 * index] ?? 0,
    membershipPort: ports[2 * index + 1] ?? 0,
  }));

/** Returns the address at which clients, workers and the other processes reach the cluster. */
export function addressOf(members: readonly Member[]): string {
  const frontend = members.find(({ service }) => service === 'frontend');
  if (!frontend) throw new SetupError('the cluster has no frontend');
  return `127.0.0.1:${frontend.grpcPort}`;
}

/** Returns the configuration of one process. It contains the password of the database. */
export function configOf(member: Member, members: readonly Member[], databaseUrl: string): object {
  const { hostname, port, username, password } = new URL(databaseUrl);
  const store = (kind: keyof typeof DATABASES): object => ({
    sql: {
      pluginName: 'postgres12',
      databaseName: DATABASES[kind],
      connectAddr: `${hostname}:${port}`,
      connectProtocol: 'tcp',
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      maxConns: CONNECTIONS[kind],
      maxIdleConns: CONNECTIONS[kind],
      maxConnLifetime: '1h',
    },
  });
  const rpcOf = (one: Member): object => ({
    rpc: {
      grpcPort: one.grpcPort,
      membershipPort: one.membershipPort,
      bindOnLocalHost: true,
    },
  });
  // A process knows only services that its file names, so the file names all; its own entry is last.
  const services = [...members.filter(({ service }) => service !== member.service), member].map(
    (one) => [one.service, rpcOf(one)] as const,
  );
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      datastores: { main: store('main'), visibility: store('visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: Object.fromEntries(services),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: addressOf(members),
        },
      },
    },
    publicClient: { hostPort: addressOf(members) },
    dcRedirectionPolicy: { policy: 'noop' },
    archival: { history: { state: 'disabled' }, visibility: { state: 'disabled' } },
  };
}

type Step = { readonly database: string; readonly args: readonly string[] };

/** Returns the commands of temporal-sql-tool that make both databases. It embeds the schemas. */
export const schemaSteps = (): readonly Step[] =>
  [
    { database: DATABASES.main, schema: 'postgresql/v12/temporal' },
    { database: DATABASES.visibility, schema: 'postgresql/v12/visibility' },
  ].flatMap(({ database, schema }) => [
    { database, args: ['create-database'] },
    { database, args: ['setup-schema', '--version', '0.0'] },
    { database, args: ['update-schema', '--schema-name', schema] },
  ]);
