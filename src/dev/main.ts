/**
 * `npm start`: everything on one machine. Starts Temporal, Postgres and a worker, plays the
 * demonstration day, and stays up; `--exit` ends after the demonstration.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Command } from 'commander';
import colors from 'picocolors';
import { commonFrom, databaseUrlFrom, sentenceOf } from '../config.js';
import { migrate } from '../postgres/migrate.js';
import { registerSchedules } from '../schedule.js';
import { forgetAddresses, keepAddresses } from './addresses.js';
import { isOurs, stop } from './child.js';
import { playDay, type DemoResult } from './demo.js';
import { readAccounts, readSends } from './day.js';
import { SetupError } from './devConfig.js';
import { startLinkedIn, type LinkedIn } from './linkedin.js';
import { flawsOf, tableOf } from './report.js';
import { startStack, type Stack } from './stack.js';

const projectDir = fileURLToPath(new URL('../..', import.meta.url));
const inProject = (...names: string[]): string => path.join(projectDir, ...names);
const begin = Date.now();
const say = (line: string): void => {
  const seconds = ((Date.now() - begin) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${colors.dim(`${seconds} s`)}  ${line}\n`);
};

/** What was started, to be stopped in the opposite order. */
const running: { readonly name: string; readonly halt: () => Promise<void> }[] = [];
let stopping: Promise<void> | undefined;

/** Stops everything in order, once; whoever asks again waits for the same stop. */
const stopAll = (): Promise<void> => (stopping ??= stopEach());

async function stopEach(): Promise<void> {
  await forgetAddresses();
  for (const { name, halt } of running.toReversed()) {
    say(`stopping ${name}`);
    await halt().catch((error: unknown) => say(`${name}: ${String(error)}`));
  }
}

async function startWorker({ temporalAddress, databaseUrl }: Stack): Promise<ChildProcess> {
  const env = {
    ...process.env,
    TZ: 'UTC',
    TEMPORAL_ADDRESS: temporalAddress,
    DATABASE_URL: databaseUrl,
    SAFEBAND_WEBHOOK_NETWORKS: process.env['SAFEBAND_WEBHOOK_NETWORKS'] ?? '127.0.0.0/8,::1/128',
  };
  const script = inProject('dist', 'worker.js');
  const pidFile = inProject('.safeband', 'data', 'worker.pid');
  const leftover = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
  if (await isOurs(leftover, script)) {
    say(`ending the worker that the last start left behind (process ${leftover})`);
    await stop(leftover, 'SIGTERM');
  }
  const child = spawn(process.execPath, [script], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  await writeFile(pidFile, String(child.pid));
  running.push({ name: 'the worker', halt: () => stop(child.pid ?? 0, 'SIGTERM') });
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      if (text.includes('worker.started')) resolve();
      else if (!stopping) process.stderr.write(text);
    });
    child.once('exit', (code) => {
      reject(new SetupError(`the worker ended with exit code ${code}; what it said is above`));
    });
  });
  return child;
}

async function scheduleAudit({ temporalAddress: address }: Stack): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await registerSchedules(new Client({ connection }));
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
    say,
  });
  running.push({ name: 'Temporal and Postgres', halt: stack.stop });
  await migrate(stack.databaseUrl, say);
  await startWorker(stack);
  await scheduleAudit(stack);
  await keepAddresses(stack);
  const linkedIn = await startLinkedIn();
  running.push({ name: 'the LinkedIn simulator', halt: linkedIn.close });
  say('Temporal, Postgres, a worker and a LinkedIn simulator are ready');
  const isRight = isDemo ? await demonstrate(stack, linkedIn) : true;
  process.stdout.write(`${placesOf(stack, linkedIn)}\n`);
  return isRight;
}

async function demonstrate(stack: Stack, linkedIn: LinkedIn): Promise<boolean> {
  const accounts = await readAccounts(inProject('examples', 'outreach-accounts.csv'), Date.now());
  const results = await playDay({
    places: {
      temporalAddress: stack.temporalAddress,
      databaseUrl: stack.databaseUrl,
      linkedInUrl: linkedIn.url,
    },
    linkedIn,
    accounts,
    sends: await readSends(inProject('examples', 'outreach-day.csv'), accounts),
    say,
  });
  process.stdout.write(`\n${tableOf(results, linkedIn)}\n`);
  const flaws = results.flatMap((result: DemoResult) =>
    flawsOf(result, linkedIn).map((flaw) => `${result.start.accountId}: ${flaw}`),
  );
  for (const flaw of flaws) process.stdout.write(`${colors.red(flaw)}\n`);
  return flaws.length === 0;
}

const placesOf = (stack: Stack, linkedIn: LinkedIn): string =>
  [
    '',
    `Temporal UI        ${stack.uiUrl}/namespaces/default/workflows`,
    `Temporal           ${stack.temporalAddress}`,
    `Postgres           ${stack.databaseUrl}  (select * from safeband.account_status)`,
    `LinkedIn simulator ${linkedIn.url}`,
  ].join('\n');

const options = new Command('npm start --')
  .description('Starts Temporal, Postgres and a worker, and plays the demonstration day.')
  .option('--exit', 'end after the demonstration; exit code 1 if a number is wrong')
  .option('--no-demo', 'only start everything, and stay up')
  .parse()
  .opts<{ exit?: boolean; demo: boolean }>();

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
    process.stdout.write('\nEverything stays up; Ctrl-C stops it.\n');
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
