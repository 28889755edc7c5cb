/**
 * `npm start`: everything on one machine. Starts Temporal, Postgres, a worker and the HTTP server,
 * plays the demonstration day, and stays up; `--exit` ends after the demonstration. `npm run dev` plays
 * no day, and builds and restarts worker and server after each change of their sources (`--watch`).
 */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { Command } from 'commander';
import colors from 'picocolors';
import { errorText } from '../src/domain/primitives/errorText.js';
import { connectClient } from '../src/temporal/clientConnection.js';
import { dataConverterFrom } from '../src/temporal/codec.js';
import { commonFrom, databaseUrlFrom, httpFrom, sentenceOf } from '../src/platform/config.js';
import { makeFirstKey } from '../src/postgres/access/keys.js';
import { migrate } from '../src/postgres/migrate.js';
import { createPool } from '../src/postgres/pool.js';
import { registerSchedules } from '../src/temporal/schedules.js';
import { forgetAddresses, keepAddresses } from './addresses.js';
import { freePort, run } from './child.js';
import { playDay, type DemoResult } from './demo.js';
import { readAccounts, readSends } from './day.js';
import { startRestartable, type Entry, type RestartableEntry } from './entry.js';
import { startLinkedIn, type LinkedIn } from './linkedin.js';
import { startUnipile, type SimulatedUnipile } from './unipile.js';
import { waitForMidnightMs } from './midnight.js';
import { linkTemporalCli, placesText } from './places.js';
import { flawsOf, tableOf } from './report.js';
import { startStack, type Stack } from './stack.js';
import { payloadKeysFrom } from '../src/temporal/payloadKeys.js';
import { watchFiles } from './watch.js';

const projectDir = fileURLToPath(new URL('..', import.meta.url));
const inProject = (...names: string[]): string => path.join(projectDir, ...names);
const begin = Date.now();
const print = (line: string): void => {
  const seconds = ((Date.now() - begin) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${colors.dim(`${seconds} s`)}  ${line}\n`);
};

/** Our own processes, which a change of the sources restarts. */
const entries: RestartableEntry[] = [];
/** What was started; it is stopped in the opposite order. */
const running: { readonly name: string; readonly halt: () => Promise<void> }[] = [];
let stopping: Promise<void> | undefined;

/** Stops everything in order, once; a second call waits for the same stop. */
const stopAll = (): Promise<void> => (stopping ??= stopEach());

async function stopEach(): Promise<void> {
  for (const { name, halt } of running.toReversed()) {
    print(`stopping ${name}`);
    await halt().catch((error: unknown) => print(`${name}: ${String(error)}`));
  }
}

const entryOf = (name: string, { temporalAddress, databaseUrl }: Stack, more = {}): Entry => ({
  name,
  script: inProject('dist', `${name}.js`),
  dataDir: inProject('.safeband', 'data'),
  env: {
    TEMPORAL_ADDRESS: temporalAddress,
    DATABASE_URL: databaseUrl,
    SAFEBAND_DEPLOYMENT_NAME: '', // versions are for deploys: here no command sets the current one
    SAFEBAND_BUILD_ID: '',
    ...more,
  },
  readyWhen: `${name}.started`,
  print,
});

async function startOwn(name: string, entry: Entry): Promise<void> {
  const started = await startRestartable(entry);
  entries.push(started);
  running.push({ name, halt: started.halt });
}

async function startWorker(stack: Stack): Promise<void> {
  const networks = process.env['SAFEBAND_WEBHOOK_NETWORKS'] ?? '127.0.0.0/8,::1/128';
  const entry = entryOf('worker', stack, { SAFEBAND_WEBHOOK_NETWORKS: networks });
  await startOwn('the worker', entry);
}

/** The secret of the webhooks of the simulated Unipile. */
const UNIPILE_SECRET = `${randomUUID()}${randomUUID()}`;

/** Starts the HTTP server on a free port, and returns its address. */
async function startServer(stack: Stack): Promise<string> {
  const { host, port: wanted } = httpFrom(process.env);
  const port = await freePort(wanted, 'the HTTP server', print);
  const entry = entryOf('server', stack, {
    SAFEBAND_HTTP_PORT: String(port),
    SAFEBAND_TEMPORAL_UI_URL: `${stack.uiUrl}/namespaces/default`,
    SAFEBAND_UNIPILE_SECRET: UNIPILE_SECRET,
    SAFEBAND_UNIPILE_DSN: '',
    SAFEBAND_UNIPILE_KEY: '',
  });
  await startOwn('the HTTP server', entry);
  return `http://${host}:${port}`;
}

async function scheduleAudit({ temporalAddress: address }: Stack): Promise<void> {
  const connection = await connectClient({ address });
  try {
    const dataConverter = dataConverterFrom(payloadKeysFrom(process.env));
    await registerSchedules(new Client({ connection, dataConverter }));
  } finally {
    await connection.close();
  }
}

async function begun(isDemo: boolean): Promise<boolean> {
  const stack = await startStack({
    projectDir,
    dataDir: inProject('.safeband', 'data'),
    cacheDir: inProject('.safeband', 'cache'),
    databaseUrl: databaseUrlFrom(process.env),
    temporalCliPath: commonFrom(process.env).temporalCliPath,
    print,
  });
  running.push({ name: 'Temporal and Postgres', halt: stack.stop });
  await migrate(stack.databaseUrl, print);
  const firstKey = await firstKeyIn(stack.databaseUrl);
  await startWorker(stack);
  await scheduleAudit(stack);
  const dashboardUrl = await startServer(stack);
  await keepAddresses(stack);
  running.push({ name: 'the addresses for the command line', halt: () => forgetAddresses() });
  const linkedIn = await startLinkedIn();
  running.push({ name: 'the LinkedIn simulator', halt: linkedIn.close });
  const unipile = await startUnipile({ linkedIn });
  running.push({ name: 'the Unipile simulator', halt: unipile.close });
  unipile.webhookTo({ url: `${dashboardUrl}/v1/providers/unipile`, secret: UNIPILE_SECRET });
  print(
    'Temporal, Postgres, a worker, the HTTP server, and simulators of LinkedIn and Unipile are ready',
  );
  const { databaseUrl, temporalAddress } = stack;
  const places = placesText({
    dashboardUrl,
    firstKey,
    temporalUiUrl: stack.uiUrl,
    temporalAddress,
    databaseUrl,
    linkedInUrl: linkedIn.url,
  });
  await linkTemporalCli(projectDir, stack.temporalCli);
  if (options.watch) watchSources(stack);
  process.stdout.write(`${places}\n\n`);
  return isDemo ? demonstrate(stack, linkedIn, unipile) : true;
}

/** Builds after each change, applies new migrations, and restarts: the worker bundles workflows. */
function watchSources({ databaseUrl }: Stack): void {
  const ending = new AbortController();
  running.push({ name: 'the watch of the sources', halt: async () => ending.abort() });
  const onChange = async (): Promise<void> => {
    print('a source has changed: building');
    try {
      await run('npm', ['run', '--silent', 'build'], { cwd: projectDir });
      await migrate(databaseUrl, print);
      for (const entry of entries) await entry.restart();
      print('the worker and the HTTP server run with the change');
    } catch (error) {
      print(`not restarted, the next change tries again: ${textOf(error)}`);
    }
  };
  const folders = ['src', 'public', 'migrations'].map((name) => inProject(name));
  watchFiles({ folders, onChange, signal: ending.signal }).catch((error: unknown) =>
    print(`the sources are no longer watched: ${textOf(error)}`),
  );
}

/** Returns what a compiler printed, or an error's own sentence. */
function textOf(error: unknown): string {
  const { stdout } = error instanceof Error && 'stdout' in error ? error : { stdout: '' };
  const text = sentenceOf(error) ?? errorText(error);
  return typeof stdout === 'string' && stdout ? `\n${stdout.trimEnd()}` : text;
}

async function firstKeyIn(databaseUrl: string): Promise<string | undefined> {
  const pool = createPool(databaseUrl, 1);
  try {
    return await makeFirstKey(pool);
  } finally {
    await pool.end();
  }
}

async function demonstrate(
  stack: Stack,
  linkedIn: LinkedIn,
  unipile: SimulatedUnipile,
): Promise<boolean> {
  const waitMs = waitForMidnightMs(Date.now());
  if (waitMs > 0) {
    print(
      `counters restart at midnight UTC: the day is played then, in ${Math.ceil(waitMs / 1e3)} s`,
    );
    await sleep(waitMs);
  }
  const accounts = await readAccounts(inProject('examples', 'outreach-accounts.csv'), Date.now());
  const { results, end } = await playDay({
    places: {
      temporalAddress: stack.temporalAddress,
      databaseUrl: stack.databaseUrl,
      linkedInUrl: linkedIn.url,
      unipile: { dsn: unipile.url, apiKey: unipile.apiKey },
    },
    payloadKeys: payloadKeysFrom(process.env),
    linkedIn,
    unipile,
    accounts,
    sends: await readSends(inProject('examples', 'outreach-day.csv'), accounts),
    print,
  });
  running.push({ name: 'the asks that wait', halt: end });
  process.stdout.write(`\n${tableOf(results, linkedIn)}\n`);
  const flaws = results.flatMap((result: DemoResult) =>
    flawsOf(result, linkedIn).map((flaw) => `${result.start.accountId}: ${flaw}`),
  );
  for (const flaw of flaws) process.stdout.write(`${colors.red(flaw)}\n`);
  return flaws.length === 0;
}

const options = new Command('npm start --')
  .description(
    'Starts Temporal, Postgres, a worker and the HTTP server, and plays the demonstration day.',
  )
  .option('--exit', 'end after the demonstration; exit code 1 if a number is wrong')
  .option('--no-demo', 'only start everything, and stay up')
  .option('--watch', 'build, and restart the worker and the HTTP server, after each change in src')
  .parse()
  .opts<{ exit?: boolean; demo: boolean; watch?: boolean }>();

let stopNow = (): void => undefined;
const asked = new Promise<void>((resolve) => {
  stopNow = resolve;
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stopNow();
    void stopAll().then(() => process.exit(process.exitCode ?? 0));
  });
}

try {
  const isRight = await begun(options.demo);
  process.exitCode = isRight ? 0 : 1;
  if (!options.exit) {
    process.stdout.write('\nEverything stays up, at the addresses above; Ctrl-C stops it.\n');
    await asked;
  }
} catch (error) {
  if (!stopping) {
    const text = sentenceOf(error) ?? (error instanceof Error ? error.stack : String(error));
    process.stderr.write(`${colors.red(text ?? 'failed')}\n`);
    process.exitCode = 1;
  }
}
await stopAll();
process.exit();
