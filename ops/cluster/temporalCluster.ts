/** Starts, kills and stops the processes of the Temporal cluster: only its own, by their ids. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import Long from 'long';
import { stringify } from 'yaml';
import { freePort, pause, ready, run, start, stop, type Child } from '../../dev/child.js';
import type { Binaries } from './binaries.js';
import {
  addressOf,
  configOf,
  DATABASES,
  membersAt,
  NAMESPACE,
  PLACES,
  schemaSteps,
  type Member,
} from './config.js';

const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 250;
/** The table of members has ports as smallint, so a port is 32,767 at most. */
const FIRST_PORT = 17_233;
const RETENTION_SECONDS = 86_400;

export type TemporalCluster = {
  readonly address: string;
  /** Ends one process as a crash does. */
  readonly kill: (name: string) => Promise<void>;
  readonly killAll: () => Promise<void>;
  /** Starts the processes that do not run, all at the same time. */
  readonly startAgain: () => Promise<void>;
};

type Needs = {
  readonly binaries: Binaries;
  readonly databaseUrl: string;
  /** The folder of configurations and logs. */
  readonly folder: string;
  readonly print: (line: string) => void;
  /** Takes what ends the processes, before the first of them starts. */
  readonly atEnd: (end: () => Promise<void>) => void;
};

/** Makes the databases and starts all processes, one at a time, on new data. */
export async function startTemporalCluster(needs: Needs): Promise<TemporalCluster> {
  const { binaries, databaseUrl, folder, print, atEnd } = needs;
  await mkdir(folder, { recursive: true });
  await makeDatabases(binaries.sqlTool, databaseUrl, print);
  const members = membersAt(await freePorts(2 * PLACES.length));
  for (const member of members) {
    const text = stringify(configOf(member, members, databaseUrl));
    await writeFile(fileOf(folder, member, 'yaml'), text, { mode: 0o600 });
  }
  const running = new Map<string, Child>();
  const launch = async (member: Member): Promise<void> => {
    const args = ['--config-file', fileOf(folder, member, 'yaml'), '--allow-no-auth'];
    const child = start(binaries.server, [...args, 'start', '--service', member.service]);
    const log = (chunk: Buffer): void => void appendFile(fileOf(folder, member, 'log'), chunk);
    child.process.stdout?.on('data', log);
    child.process.stderr?.on('data', log);
    running.set(member.name, child);
    // The worker service answers no requests, so it has only the port of the membership.
    const port = member.service === 'worker' ? member.membershipPort : member.grpcPort;
    await ready(child, member.name, () => isListening(port), READY_TIMEOUT_MS);
  };
  const end = async (name: string, signal: NodeJS.Signals): Promise<void> => {
    const child = running.get(name);
    running.delete(name);
    if (child) await stop(child.pid, signal);
  };
  const endAll = async (signal: NodeJS.Signals): Promise<void> => {
    await Promise.all([...running.keys()].map((name) => end(name, signal)));
  };
  const address = addressOf(members);
  atEnd(() => endAll('SIGTERM'));
  for (const member of members) {
    print(`starting ${member.name}`);
    // Two processes that start at once on a new database both try to initialise it.
    await launch(member);
  }
  await registerNamespace(address);
  return {
    address,
    kill: (name) => end(name, 'SIGKILL'),
    killAll: () => endAll('SIGKILL'),
    startAgain: async () => {
      await Promise.all(members.filter(({ name }) => !running.has(name)).map(launch));
    },
  };
}

/** True if a process accepts connections. It does not take the port, which the process still needs. */
const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1');
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });

const fileOf = (folder: string, member: Member, ending: string): string =>
  path.join(folder, `${member.name}.${ending}`);

async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const wanted = (ports.at(-1) ?? FIRST_PORT - 1) + 1;
    ports.push(await freePort(wanted, 'Temporal', () => undefined));
  }
  return ports;
}

async function makeDatabases(
  sqlTool: string,
  databaseUrl: string,
  print: (line: string) => void,
): Promise<void> {
  const { hostname, port, username, password } = new URL(databaseUrl);
  print(`creating the databases ${Object.values(DATABASES).join(' and ')}`);
  for (const { database, args } of schemaSteps()) {
    const env = {
      ...process.env,
      SQL_PLUGIN: 'postgres12',
      SQL_HOST: hostname,
      SQL_PORT: port,
      SQL_USER: decodeURIComponent(username),
      SQL_PASSWORD: decodeURIComponent(password),
      SQL_DATABASE: database,
    };
    await run(sqlTool, [...args], { env, maxBuffer: 1e8 });
  }
}

/** Registers the namespace, and waits until every process knows it. */
async function registerNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '60s' });
  const { workflowService } = connection;
  const register = (): Promise<unknown> =>
    workflowService.registerNamespace({
      namespace: NAMESPACE,
      workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(RETENTION_SECONDS) },
    });
  const count = (): Promise<unknown> =>
    workflowService.countWorkflowExecutions({ namespace: NAMESPACE, query: '' });
  try {
    await untilDone('the namespace is registered', register);
    await untilDone('the namespace is known', count);
  } finally {
    await connection.close();
  }
}

async function untilDone(what: string, work: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`not in time: ${what}`, { cause: error });
      await pause(POLL_MS);
    }
  }
}
