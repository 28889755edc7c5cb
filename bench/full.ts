/**
 * Measures the largest state of 1,000 accounts with the most data that an account can have, as the
 * workflow hands it to its next run. Needs no server; each core fills its share.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bytesOf } from '../src/domain/primitives/bytes.js';
import { STATE_BYTES_MAX } from '../src/domain/primitives/limits.js';
import { fullState } from '../test/support/fullAccount.js';
import type { Line } from './latency.js';

const ACCOUNTS = 1_000;
const SCRIPT = fileURLToPath(import.meta.url);
const KIB = 1_024;

/** Fills the accounts and returns the largest state, without and with what waits. */
export async function largestState(): Promise<readonly Line[]> {
  const processes = availableParallelism();
  let filled = 0;
  let largest: Largest = { account: 0, handed: 0 };
  const shares = Array.from({ length: processes }, async (_, n) => {
    const child = fork(SCRIPT, [String(n), String(processes)], { execArgv: ['--import', 'tsx'] });
    child.on('message', (state: Largest) => {
      largest = larger(largest, state);
      filled += 1;
      if (filled % REPORTED_EACH === 0) report(filled);
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`filling the accounts ended with exit code ${String(code)}`);
  });
  await Promise.all(shares);
  const kib = (bytes: number): string => String(Math.ceil(bytes / KIB));
  return [
    ['largest state of 1,000 full accounts, KiB', kib(largest.account), ''],
    [
      'the same with all that may wait, KiB',
      kib(largest.handed),
      `${kib(STATE_BYTES_MAX)} at most`,
    ],
  ];
}

type Largest = { readonly account: number; readonly handed: number };
const larger = (one: Largest, other: Largest): Largest => ({
  account: Math.max(one.account, other.account),
  handed: Math.max(one.handed, other.handed),
});

const REPORTED_EACH = 50;
const report = (filled: number): void => {
  process.stderr.write(`  ${filled} of ${ACCOUNTS} accounts are full\n`);
};

/** Fills every `step`-th account from `first` on, and sends the parent the size of each. */
function fill(first: number, step: number): void {
  for (let seed = first; seed < ACCOUNTS; seed += step) {
    const state = fullState(seed);
    process.send?.({ account: bytesOf(state.actor?.account), handed: bytesOf(state) });
  }
}

const [, script, first, step] = process.argv;
if (script && first && step && import.meta.url === pathToFileURL(script).href) {
  fill(Number(first), Number(step));
}
