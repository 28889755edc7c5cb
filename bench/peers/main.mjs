/**
 * Compares Safeband with what a user could take instead: reserve and deliver, durable, on one
 * machine. All take turns in one run. `npm run bench:peers`.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import pLimit from 'p-limit';
import { quantile, withBench } from '../stand.ts';
import { openDbos } from './dbos.mjs';
import { openRestate } from './restate.mjs';
import { openRow } from './row.mjs';
import { openSafeband } from './safeband.mjs';

const CAP = 50;
const CALLERS = 16;
const ROUNDS = Number(process.argv[2] ?? 5);
/** One account with a whole day of sends, and many accounts with a few sends each. */
const LOADS = [
  { name: 'one hot account', accounts: 1, sends: CAP },
  { name: '100 accounts', accounts: 100, sends: 5 },
];

const print = (line) => process.stderr.write(`${line}\n`);

async function timed(into, work) {
  const begin = performance.now();
  const done = await work();
  into.push(performance.now() - begin);
  return done;
}

/** Sends to new accounts; one more ask than the cap must be denied. */
async function round(peer, { accounts, sends }, result) {
  const ids = Array.from({ length: accounts }, () => `peer-${randomUUID()}`);
  await pLimit(CALLERS).map(ids, (id) => peer.connect(id, CAP));
  const all = ids.flatMap((id) => Array.from({ length: sends }, (_, n) => [id, `s${n}`]));
  const begin = performance.now();
  await pLimit(CALLERS).map(all, async ([id, send]) => {
    const isGranted = await timed(result.reserves, () => peer.reserve(id, send));
    if (!isGranted) throw new Error(`${peer.name} denied a send below the cap`);
    await timed(result.delivers, () => peer.deliver(id, send));
  });
  result.rates.push((all.length / (performance.now() - begin)) * 1_000);
  if (sends === CAP && (await peer.reserve(ids[0], 'one-too-many'))) {
    throw new Error(`${peer.name} granted more than the cap`);
  }
}

const table = new Table({
  head: ['load', 'what', 'sends/s', 'reserve p50', 'p99', 'deliver p50', 'p99 ms'],
  style: { head: [], border: [] },
});
const ms = (values, q) => quantile(values, q).toFixed(1);
/** Starts the others one after the other. They end with the work, also after an error. */
async function withPeers(bench, work) {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'safeband-peers-'));
  const place = { databaseUrl: bench.databaseUrl, dataDir, bench };
  const peers = [];
  try {
    for (const open of [openRow, openDbos, openRestate, openSafeband]) {
      peers.push(await open(place));
      print(`started: ${peers.at(-1).name}`);
    }
    await work(peers);
  } finally {
    await Promise.allSettled(peers.map((peer) => peer.close()));
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function compare(peers) {
  for (const load of LOADS) {
    const results = new Map(peers.map((peer) => [peer, { rates: [], reserves: [], delivers: [] }]));
    const unused = { rates: [], reserves: [], delivers: [] };
    for (const peer of peers) await round(peer, load, unused); // warms up
    for (let n = 0; n < ROUNDS; n += 1) {
      const inTurn = n % 2 === 0 ? peers : peers.toReversed();
      for (const peer of inTurn) await round(peer, load, results.get(peer));
      print(`${load.name}: round ${n + 1} of ${ROUNDS}`);
    }
    for (const [{ name }, { rates, reserves, delivers }] of results) {
      table.push([
        load.name,
        name,
        quantile(rates, 0.5).toFixed(0),
        ms(reserves, 0.5),
        ms(reserves, 0.99),
        ms(delivers, 0.5),
        ms(delivers, 0.99),
      ]);
    }
  }
}

await withBench({ isDurable: true }, (bench) => withPeers(bench, compare));
process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), ` +
    `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ` +
    `${CALLERS} callers, ${ROUNDS} rounds in turns\n${table.toString()}\n`,
);
process.exit();
