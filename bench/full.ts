/**
 * The state of 1,000 accounts that are full to the brim, as the workflow hands it to its next run:
 * the largest of them. Needs no server; each core fills its share.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bytesOf } from '../src/domain/primitives/bytes.js';
import { PAYLOAD_BYTES_MAX } from '../src/domain/primitives/limits.js';
import { fullState } from '../test/support/brim.js';
import type { Line } from './latency.js';

const ACCOUNTS = 1_000;
const SCRIPT = fileURLToPath(import.meta.url);
const KIB = 1_024;

/** Fills the accounts and returns the largest state, without and with what waits. */
export async function largestState(): Promise<readonly Line[]> {
  const processes = availableParallelism();
  const shares = Array.from({ length: processes }, async (_, n): Promise<Largest> => {
    const args = ['--import', 'tsx', SCRIPT, String(n), String(processes)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  });
  const largest = (await Promise.all(shares)).reduce(larger);
  const kib = (bytes: number): string => String(Math.ceil(bytes / KIB));
  return [
    ['largest state of 1,000 full accounts, KiB', kib(largest.account), ''],
    [
      'the same with all that may wait, KiB',
      kib(largest.carried),
      `${kib(PAYLOAD_BYTES_MAX)} at most`,
    ],
  ];
}

type Largest = { readonly account: number; readonly carried: number };
const larger = (one: Largest, other: Largest): Largest => ({
  account: Math.max(one.account, other.account),
  carried: Math.max(one.carried, other.carried),
});

function fill(first: number, step: number): Largest {
  let largest: Largest = { account: 0, carried: 0 };
  for (let seed = first; seed < ACCOUNTS; seed += step) {
    const state = fullState(seed);
    const account = bytesOf(state.actor?.account);
    largest = larger(largest, { account, carried: bytesOf(state) });
  }
  return largest;
}

const [, script, first, step] = process.argv;
if (script && first && step && import.meta.url === pathToFileURL(script).href) {
  process.stdout.write(JSON.stringify(fill(Number(first), Number(step))));
}
