/**
 * `npm run bench` compares the cost of Safeband with bare Temporal. With a word, such as
 * `npm run bench -- client`, it measures only the parts whose name contains the word.
 */
import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Table from 'cli-table3';
import { BRAKE_STEP } from './brake.js';
import { lifeOfData } from './data.js';
import { costOfTick, eventsOfBusyDay, eventsOfIdleDay, eventsOfSend } from './events.js';
import { auditOf } from './fleet.js';
import { onFleet } from './fleetOf.js';
import { largestState } from './full.js';
import { throughHttp } from './http.js';
import { askInLine, eventsOfTurn } from './line.js';
import { eightCallers, oneCaller, throughClient, type Line } from './latency.js';
import { MIDNIGHT_STEP, nearMidnight } from './midnight.js';
import { ORDER_STEP } from './orders.js';
import { rowsOfOrders } from './orderRows.js';
import { pagesOf } from './pages.js';
import { stepsPerSecond } from './simulator.js';
import { withBench, type Bench } from './stand.js';
import { LOST_STEP } from './temporalLost.js';

const print = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function heapOfAccount(): Promise<readonly Line[]> {
  const script = fileURLToPath(new URL('./heap.ts', import.meta.url));
  // Code that V8 drops and compiles again would look like memory of the accounts.
  const args = ['--expose-gc', '--no-flush-bytecode', '--import', 'tsx', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e8 });
  const { bareFresh, bareAfter, fresh, after, waiting }: Record<string, number> = JSON.parse(
    stdout.trim().split('\n').at(-1) ?? '',
  );
  const kib = (own = 0, bare = 0): string => `${own} (bare ${bare}, ${(own / bare).toFixed(1)} x)`;
  return [
    ['heap of a cached account, fresh, KiB', kib(fresh, bareFresh), ''],
    ['heap of a cached account, after 54 messages, KiB', kib(after, bareAfter), '128 at most'],
    ['heap of 100 asks that wait in an account, KiB', String(waiting), '64 at most'],
  ];
}

const parts: readonly (readonly [string, (bench: Bench) => Promise<readonly Line[]>])[] = [
  ['latency, one caller', (bench) => oneCaller(bench, 8)],
  ['rate, eight callers', (bench) => eightCallers(bench, 9)],
  ['rate through the client', (bench) => throughClient(bench, 9)],
  ['reserve by HTTP', (bench) => throughHttp(bench, 8)],
  ['events of a send', eventsOfSend],
  ['line of 500 asks', (bench) => askInLine(bench, 5)],
  ['line, events of a turn', eventsOfTurn],
  ['events of an idle day', eventsOfIdleDay],
  ['events of a busy day', eventsOfBusyDay],
  ['cost of a tick', costOfTick],
  ['audit of 10,000 accounts', (bench) => auditOf(bench, 10_000, '150 ms at most')],
  ['audit of 100,000 accounts', (bench) => auditOf(bench, 100_000, '1,500 ms at most')],
  ['pages of the dashboard', pagesOf],
  ['life of data', lifeOfData],
];

const table = new Table({
  head: ['what', 'measured', 'target'],
  style: { head: [], border: [] },
  colAligns: ['left', 'right', 'right'],
});
const add = (line: Line): void => {
  print(`  ${line.join('  ')}`);
  table.push([...line]);
};
const word = process.argv[2] ?? '';
/** Parts that run only if they are named: they need a machine of their own, or a time of day. */
const onRequest: typeof parts = [
  ['midnight', onFleet('midnight', [MIDNIGHT_STEP], nearMidnight)],
  ['orders', onFleet('orders', [ORDER_STEP])],
  ['order-rows', rowsOfOrders],
  ['brake', onFleet('brake', [BRAKE_STEP])],
  ['lost', onFleet('lost', [LOST_STEP])],
  ['fleet-life', onFleet('life', [MIDNIGHT_STEP, ORDER_STEP, BRAKE_STEP, LOST_STEP], nearMidnight)],
];
if ('simulator'.includes(word)) {
  print('measuring: simulator');
  for (const line of await stepsPerSecond()) add(line);
}
const wanted = [
  ...parts.filter(([name]) => name.includes(word)),
  ...onRequest.filter(([name]) => name === word),
];
if (wanted.length > 0) {
  await withBench({}, async (bench) => {
    for (const [name, part] of wanted) {
      print(`measuring: ${name}`);
      for (const line of await part(bench)) add(line);
    }
  });
}
if ('heap of cached accounts'.includes(word)) {
  print('measuring: heap of cached accounts (about five minutes)');
  for (const line of await heapOfAccount()) add(line);
}
if ('state of 1,000 full accounts'.includes(word)) {
  print('measuring: state of 1,000 full accounts (about twenty minutes on two cores)');
  for (const line of await largestState()) add(line);
}
const gib = Math.round(totalmem() / 2 ** 30);
process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ${gib} GiB, Node ${process.version}, ` +
    `server and worker on the same machine\n${table.toString()}\n`,
);
process.exit();
