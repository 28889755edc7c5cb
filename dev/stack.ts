/** The development stack: Temporal and Postgres, found or fetched, started and stopped in order. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readDevConfig } from './devConfig.js';
import { findTemporalCli } from './temporalCli.js';
import { startPostgres, type PostgresServer } from './postgres.js';
import { startTemporal } from './temporal.js';

export type StackOptions = {
  /** The project's folder: where `temporal-dev.yml` is. */
  readonly projectDir: string;
  /** Where the data live; they survive a restart. */
  readonly dataDir: string;
  /** Where fetched pieces are kept. */
  readonly cacheDir: string;
  readonly say: (line: string) => void;
  /** `TEMPORAL_CLI_PATH`. */
  readonly temporalCliPath?: string | undefined;
  /** A server of the user's own: nothing is started in its place. */
  readonly databaseUrl?: string | undefined;
  /** Any free ports, nothing durable, timers at once: for tests. */
  readonly isForTests?: boolean;
};

export type Stack = {
  readonly temporalAddress: string;
  readonly uiUrl: string;
  readonly temporalCli: string;
  readonly databaseUrl: string;
  /** Undefined where `databaseUrl` was given. */
  readonly postgres: PostgresServer | undefined;
  readonly stop: () => Promise<void>;
};

/** Time skipping costs a second a skip unless timers are looked at this often; tests only. */
const TEST_ARGS = ['--dynamic-config-value=history.timerProcessorMaxTimeShift="1ms"'];

/** Starts both servers; what was started is stopped again when a later piece fails. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { projectDir, dataDir, cacheDir, say, temporalCliPath: cliPath, databaseUrl } = options;
  const isForTests = options.isForTests ?? false;
  const config = await readDevConfig(path.join(projectDir, 'temporal-dev.yml'));
  await mkdir(dataDir, { recursive: true });
  const cli = await findTemporalCli({ config: config.temporal, cacheDir, cliPath, say });
  const postgres = databaseUrl
    ? undefined
    : await startPostgres({
        config: config.postgres,
        dataDir: path.join(dataDir, 'postgres'),
        port: isForTests ? 0 : config.postgres.port,
        isDurable: !isForTests,
        say,
      });
  try {
    const temporal = await startTemporal({
      cli,
      config: config.temporal,
      dataDir,
      port: isForTests ? 0 : config.temporal.port,
      uiPort: isForTests ? 0 : config.temporal.uiPort,
      extraArgs: isForTests ? TEST_ARGS : [],
      say,
    });
    return {
      temporalAddress: temporal.address,
      uiUrl: temporal.uiUrl,
      temporalCli: cli,
      databaseUrl: databaseUrl ?? postgres?.url ?? '',
      postgres,
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
