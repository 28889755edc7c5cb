/** Starts and stops the development stack: Temporal and Postgres, found or downloaded. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readDevConfig } from './devConfig.js';
import { findTemporalCli } from './temporalCli.js';
import { startPostgres, type PostgresServer } from './postgres.js';
import { startTemporal } from './temporal.js';

export type StackOptions = {
  /** The project's folder, with `temporal-dev.yml`. */
  readonly projectDir: string;
  /** The folder of the data, which survive a restart. */
  readonly dataDir: string;
  /** The folder of downloads. */
  readonly cacheDir: string;
  readonly print: (line: string) => void;
  /** `TEMPORAL_CLI_PATH`. */
  readonly temporalCliPath?: string | undefined;
  /** The user's own server; no Postgres is started then. */
  readonly databaseUrl?: string | undefined;
  /** For tests: any free ports, no durable data, no delay of timers. */
  readonly isForTests?: boolean;
  /** True: Postgres keeps each commit after a crash of the machine, also for tests. */
  readonly isDurable?: boolean;
};

export type Stack = {
  readonly temporalAddress: string;
  readonly uiUrl: string;
  readonly temporalCli: string;
  readonly databaseUrl: string;
  /** Undefined if `databaseUrl` was given. */
  readonly postgres: PostgresServer | undefined;
  /** Replaces Temporal by a new and empty server at the same address. */
  readonly loseTemporal: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/**
 * For tests and benchmarks. Without the first setting, each time skip takes a second until Temporal
 * checks its timers. With it, Temporal reads the timers of one second often, and after three reads
 * it would keep the rest of that second for a slow reader: timers of ten seconds then fired minutes
 * late. The second setting prevents that. Without the next two, each queue has four partitions, and
 * three of them offer the tasks of a stopped worker to the fourth again and again. Without the last
 * one, the server keeps 8,096 workflows in its memory, and reads each other one from its database
 * for each message: a benchmark has 10,000 accounts.
 */
const TEST_ARGS = [
  'history.timerProcessorMaxTimeShift="1ms"',
  'history.queueReaderStuckCriticalAttempts=1000000',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'history.hostLevelCacheMaxSize=20000',
].map((setting) => `--dynamic-config-value=${setting}`);

/** Starts both servers. If the second start fails, the first server is stopped again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { projectDir, dataDir, cacheDir, print, temporalCliPath: cliPath, databaseUrl } = options;
  const isForTests = options.isForTests ?? false;
  const config = await readDevConfig(path.join(projectDir, 'temporal-dev.yml'));
  await mkdir(dataDir, { recursive: true });
  const cli = await findTemporalCli({ config: config.temporal, cacheDir, cliPath, print });
  const postgres = databaseUrl
    ? undefined
    : await startPostgres({
        config: config.postgres,
        dataDir: path.join(dataDir, 'postgres'),
        port: isForTests ? 0 : config.postgres.port,
        isDurable: options.isDurable ?? !isForTests,
        print,
      });
  try {
    const place = {
      cli,
      config: config.temporal,
      dataDir,
      port: isForTests ? 0 : config.temporal.port,
      uiPort: isForTests ? 0 : config.temporal.uiPort,
      extraArgs: isForTests ? TEST_ARGS : [],
      print,
    };
    let temporal = await startTemporal(place);
    return {
      temporalAddress: temporal.address,
      uiUrl: temporal.uiUrl,
      temporalCli: cli,
      databaseUrl: databaseUrl ?? postgres?.url ?? '',
      postgres,
      loseTemporal: async () => {
        const { address } = temporal;
        await temporal.stop();
        for (const end of ['', '-wal', '-shm']) {
          await rm(path.join(dataDir, `temporal.db${end}`), { force: true });
        }
        temporal = await startTemporal({ ...place, port: Number(address.split(':').at(-1)) });
      },
      stop: async () => {
        await temporal.stop();
        await postgres?.stop();
      },
    };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}
