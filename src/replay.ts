/**
 * `npm run replay`: the gate of a deploy. Replays the recorded histories with the workflows of this
 * build, and with `--live` also the open runs in Temporal. Exits with code 1 on a refusal.
 */
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { Command, InvalidArgumentError } from 'commander';
import { dataConverterFrom } from './temporal/codec.js';
import { shown, shownLines } from './domain/primitives/text.js';
import {
  recordingsIn,
  replayed,
  runningIn,
  runningQuery,
  type Recording,
} from './temporal/replayGate.js';
import {
  reportPlainly,
  runEntry,
  startWaitFrom,
  printPlainly,
  Waiting,
} from './platform/starting.js';
import { NO_GROUP_DECISIONS } from './platform/groupDecisions.js';
import { converterOf, reachNatively, workflowCode } from './worker.js';
import { ConfigError } from './platform/environment.js';
import { payloadKeysFrom } from './temporal/payloadKeys.js';

const RECORDED = fileURLToPath(new URL('../test/histories', import.meta.url));
const LIVE_MAX = 500;

const print = (line: string): void => {
  process.stdout.write(`${shownLines(line)}\n`);
};
/** Shows progress on a terminal, in one line that is overwritten. */
const progress = (line: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${shown(line)}`);
};

const countFrom = (raw: string): number => {
  if (/^[1-9]\d{0,6}$/.test(raw)) return Number(raw);
  throw new InvalidArgumentError('it should be a number from 1 to 9999999');
};

type Tally = { readonly replayed: number; readonly refused: number };

/** Replays all of them. Prints each refusal, and with `isVerbose` each recording. */
async function gate(
  what: string,
  recordings: AsyncIterable<Recording>,
  isVerbose: boolean,
): Promise<Tally> {
  const options = {
    ...workflowCode,
    sinks: NO_GROUP_DECISIONS,
    dataConverter: converterOf(payloadKeysFrom(process.env)),
  };
  let [count, refused] = [0, 0];
  for await (const { name, events, refusal } of replayed(options, recordings)) {
    count += 1;
    if (refusal !== undefined) refused += 1;
    progress(`${what}: ${count} replayed, ${refused} refused`);
    if (refusal === undefined && !isVerbose) continue;
    progress('');
    print(`${refusal === undefined ? 'ok     ' : 'REFUSED'} ${name}, ${events} events`);
    if (refusal !== undefined) print(`        ${refusal}`);
  }
  progress('');
  print(`${what}: ${count} replayed, ${refused} refused`);
  return { replayed: count, refused };
}

async function live(limit: number, more: string | undefined): Promise<Tally> {
  const { connection, namespace } = await reachNatively(
    new Waiting(startWaitFrom(process.env, 0), reportPlainly),
  );
  try {
    const dataConverter = dataConverterFrom(payloadKeysFrom(process.env));
    const client = new Client({ connection, namespace, dataConverter });
    const query = runningQuery(more);
    const { count } = await client.workflow.count(query);
    if (count > limit) print(`${count} runs are open; the ${limit} most recent are replayed`);
    return await gate(`running in ${namespace}`, runningIn(client, { query, limit }), false);
  } finally {
    await connection.close();
  }
}

/** The SDK logs nothing: the gate itself prints why a history is refused. */
const SILENT = {
  shutdownSignals: [],
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { forward: {}, filter: 'OFF' } },
};

type Options = { readonly live?: boolean; readonly limit: number; readonly query?: string };

async function main(): Promise<void> {
  const command = new Command('npm run replay --')
    .description('Replays histories with the workflows of this build; exit code 1 on a refusal.')
    .argument('[folder]', 'the folder of the recorded histories', RECORDED)
    .option('--live', 'also replay the open runs in the Temporal at TEMPORAL_ADDRESS')
    .option('--limit <count>', 'at most that many open runs', countFrom, LIVE_MAX)
    .option('--query <query>', 'only open runs that match this Temporal list filter')
    .parse();
  const { live: isLive, limit, query } = command.opts<Options>();
  const [folder = RECORDED] = command.processedArgs.map(String);
  Runtime.install(SILENT);
  const tallies = [await gate('recorded', recordingsIn(folder), true)];
  if (isLive) tallies.push(await live(limit, query));
  if (tallies.every(({ replayed: count }) => count === 0)) {
    throw new ConfigError(`nothing is recorded in ${folder}: npm run histories records histories`);
  }
  if (tallies.every(({ refused }) => refused === 0)) return;
  print('This build must not take over: see docs/deploy.md, "When the gate refuses".');
  process.exitCode = 1;
}

runEntry(main, printPlainly);
