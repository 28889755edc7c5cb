/**
 * `npm run cluster`: a real Temporal cluster runs the product while its processes are killed. It
 * prints what callers saw, and ends with exit code 1 if a check fails. With the word `builds`, the
 * current build of the workers changes instead, and changes back.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Connection } from '@temporalio/client';
import pg from 'pg';
import { pause, run } from '../../dev/child.js';
import { readDevConfig, SetupError } from '../../dev/devConfig.js';
import { startPostgres } from '../../dev/postgres.js';
import { findBinaries, type Binaries } from './binaries.js';
import { accountsOn, makeCurrent, settingsOf } from './builds.js';
import { checksOf, isEarlyEnough, phasesOf, type Act, type Check, type Rows } from './checks.js';
import { CONNECTIONS_MAX, PLACES, SHARDS } from './config.js';
import { startProduct } from './product.js';
import { checksTable, phasesTable } from './table.js';
import { startTemporalCluster, type TemporalCluster } from './temporalCluster.js';
import { connectAll, startTraffic, type Plan, type Traffic } from './traffic.js';

const PLAN: Plan = { accounts: 10, cap: 50, asksPerAccount: 90 };
/** After how many decided asks the lane acts. The caps are reached after 500 or more. */
const AFTER = { killHost: 120, startHost: 220, killAll: 320 } as const;
const DOWN_MS = 3_000;
/** With the word `builds`: the caps are reached after 100 or more. */
const BUILDS_PLAN: Plan = { accounts: 5, cap: 20, asksPerAccount: 40 };
const BUILDS_AFTER = { change: 30, back: 60 } as const;
const SAVED_WITHIN_MS = 60_000;
const POLL_MS = 250;
const ERROR_MAX = 2_000;

const projectDir = fileURLToPath(new URL('../..', import.meta.url));
const print = (line: string): void => void process.stderr.write(`${line}\n`);

let isOk = false;
/** Ends what was started, in the opposite order. */
const ends: (() => Promise<unknown>)[] = [];
async function endAll(): Promise<void> {
  for (const end of ends.splice(0).toReversed()) await end().catch((error) => print(String(error)));
}

async function main(): Promise<boolean> {
  const binaries = await findBinaries(process.env);
  if (!isEarlyEnough(new Date())) {
    throw new SetupError('it is less than 15 minutes before midnight UTC: run this after midnight');
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'safeband-cluster-'));
  ends.push(async () => {
    if (isOk) await rm(folder, { recursive: true, force: true });
    else print(`configurations and logs: ${folder}`);
  });
  await chmod(folder, 0o755); // as root, Postgres runs as another user
  const { postgres: config } = await readDevConfig(path.join(projectDir, 'temporal-dev.yml'));
  const postgres = await startPostgres({
    config,
    dataDir: path.join(folder, 'postgres'),
    port: 0,
    isDurable: true,
    settings: { max_connections: String(CONNECTIONS_MAX) },
    print,
  });
  ends.push(postgres.stop);
  const atEnd = (end: () => Promise<void>): void => void ends.push(end);
  const needs = { databaseUrl: postgres.url, folder, print, atEnd };
  const cluster = await startTemporalCluster({ ...needs, binaries });
  const isOfBuilds = process.argv[2] === 'builds';
  const plan = isOfBuilds ? BUILDS_PLAN : PLAN;
  const product = await startProduct({
    ...needs,
    temporalAddress: cluster.address,
    workers: isOfBuilds ? [settingsOf('b1'), settingsOf('b2')] : [{}, {}],
  });
  const connection = await Connection.connect({ address: cluster.address });
  atEnd(() => connection.close());
  if (isOfBuilds) await makeCurrent(connection, 'b1');
  await connectAll(product, plan);
  const asks = plan.accounts * plan.asksPerAccount;
  print(`asking ${asks} times (${plan.accounts} accounts, cap ${plan.cap})`);
  const traffic = startTraffic(product, plan);
  const { acts, moved } = isOfBuilds
    ? await changeBuilds(connection, traffic)
    : { acts: await disturb(cluster, traffic), moved: [] };
  await traffic.done;
  const rows = await savedRows(postgres.url, plan.accounts * plan.cap);
  const checks = [...checksOf(plan, traffic.answers, rows), ...moved];
  const text = [
    await versionsOf(binaries, postgres.url),
    phasesTable(phasesOf(acts, traffic.answers)),
    checksTable(checks),
    `processes of Safeband that ended by themselves and were started again: ${product.restarts()}`,
  ];
  process.stdout.write(`${text.join('\n')}\n`);
  isOk = checks.every((check) => check.isOk);
  return isOk;
}

type Acting = (what: string, work: () => Promise<void>, mayDisturb?: boolean) => Promise<void>;

/** Returns what records the acts of a run, and waits for the progress of its traffic. */
function actsOf(traffic: Traffic, first: string) {
  const acts: Act[] = [{ at: 0, what: first, mayDisturb: true }];
  const act: Acting = async (what, work, mayDisturb = true) => {
    print(`${(traffic.now() / 1_000).toFixed(1)} s: ${what}`);
    acts.push({ at: traffic.now(), what, mayDisturb });
    await work();
  };
  const reached = async (count: number): Promise<void> => {
    while (traffic.decided() < count) await Promise.race([pause(POLL_MS), traffic.done]);
  };
  return { acts, act, reached };
}

/** Kills and starts processes while the traffic runs, and returns what it did and when. */
async function disturb(cluster: TemporalCluster, traffic: Traffic): Promise<readonly Act[]> {
  const { acts, act, reached } = actsOf(traffic, 'all processes run');
  await reached(AFTER.killHost);
  await act('history-2 killed', () => cluster.kill('history-2'));
  await reached(AFTER.startHost);
  await act('history-2 started again', cluster.startAgain);
  await reached(AFTER.killAll);
  await act(`all ${PLACES.length} processes killed`, cluster.killAll);
  await pause(DOWN_MS);
  await act('all started again, at once', cluster.startAgain, false);
  return acts;
}

/** Makes another build current while the traffic runs, and then the first one again. */
async function changeBuilds(
  connection: Connection,
  traffic: Traffic,
): Promise<{ readonly acts: readonly Act[]; readonly moved: readonly Check[] }> {
  const { acts, act, reached } = actsOf(traffic, 'b1 is current');
  const { accounts } = BUILDS_PLAN;
  const moved: Check[] = [];
  const move = async (buildId: string): Promise<void> => {
    await act(`${buildId} became current`, () => makeCurrent(connection, buildId));
    const count = await accountsOn(connection, buildId, accounts);
    moved.push({
      what: `accounts that moved to ${buildId}`,
      found: `${count} of ${accounts}`,
      isOk: count === accounts,
    });
  };
  await reached(BUILDS_AFTER.change);
  await move('b2');
  await reached(BUILDS_AFTER.back);
  await move('b1');
  return { acts, moved };
}

/** Reads the rows when all deliveries are saved, or when the time for it has ended. */
async function savedRows(databaseUrl: string, wanted: number): Promise<Rows> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const deadline = Date.now() + SAVED_WITHIN_MS;
  try {
    for (;;) {
      const { rows: events } = await client.query<{ accountId: string; id: string }>(
        `select account_id as "accountId", coalesce(reservation_id, 'none') as id
           from safeband.inmail_events`,
      );
      const { rows: counters } = await client.query<{ id: string; spent: number }>(
        'select account_id as id, inmails_sent_today as spent from safeband.accounts',
      );
      if (events.length >= wanted || Date.now() > deadline) {
        return { events, counters: new Map(counters.map(({ id, spent }) => [id, spent])) };
      }
      await pause(POLL_MS);
    }
  } finally {
    await client.end();
  }
}

async function versionsOf({ server }: Binaries, databaseUrl: string): Promise<string> {
  const { stdout } = await run(server, ['--version']);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  const gib = Math.round(totalmem() / 2 ** 30);
  return (
    `${stdout.trim()}, ${PLACES.length} processes, ${SHARDS} shards; Postgres ` +
    `${rows[0]?.server_version ?? 'unknown'}; Node ${process.version}; two workers and one server; ` +
    `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${gib} GiB, all on one machine`
  );
}

/** Temporal's errors have long stacks; the logs have all of them. */
const shortOf = (error: unknown): string =>
  String(error instanceof Error ? error.stack : error).slice(-ERROR_MAX);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    print('stopping');
    void endAll().then(() => process.exit(1));
  });
}
try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  print(error instanceof SetupError ? error.message : shortOf(error));
  process.exitCode = error instanceof SetupError ? 2 : 1;
}
await endAll();
process.exit();
