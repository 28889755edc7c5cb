/**
 * A fleet of real accounts that several measurements share, because connecting it takes most of the
 * time. A step measures one thing and leaves the fleet as it found it.
 */
import pLimit from 'p-limit';
import { createClient, type SafebandClient } from '../src/client/index.js';
import { SECOND_MS } from '../src/domain/primitives/time.js';
import { createPool, type Pool } from '../src/postgres/pool.js';
import type { Line } from './latency.js';
import { timed, type Bench } from './stand.js';

const ACCOUNTS = 10_000;
/** Accounts that are connected at the same time. */
const CROWD = 32;
const DEADLINE_MS = 300 * SECOND_MS;

export type Fleet = {
  readonly bench: Bench;
  readonly ids: readonly string[];
  /** The half of the fleet that has the group `half`. */
  readonly half: readonly string[];
  readonly safeband: SafebandClient;
  readonly pool: Pool;
};
/** One measurement. It throws if the fleet is not as it should be. */
export type Step = readonly [name: string, measure: (fleet: Fleet) => Promise<readonly Line[]>];

/** The number of accounts of the command line, as in `npm run bench -- midnight 3000`. */
export const wantedAccounts = (): number => Number(process.argv[3] ?? ACCOUNTS);
export const whole = (n: number): string => Math.round(n).toLocaleString('en');
export const seconds = (ms: number): string => `${(ms / SECOND_MS).toFixed(1)} s`;
export const print = (line: string): void => {
  process.stderr.write(`  ${line}\n`);
};

/** The group of every second account, so that an order can choose a half. */
export const HALF = 'half';

/** Connects the accounts, and returns the fleet and how many accounts a second that was. */
export async function connectFleet(
  bench: Bench,
  name: string,
  accounts = wantedAccounts(),
): Promise<{ readonly fleet: Fleet; readonly line: Line }> {
  const { client, taskQueue, databaseUrl } = bench;
  const safeband = createClient({ client, taskQueue, deadlineMs: DEADLINE_MS });
  const ids = Array.from({ length: accounts }, (_, n) => `${name}-${n}`);
  const half = ids.filter((_, n) => n % 2 === 0);
  const inHalf = new Set(half);
  let done = 0;
  const connect = async (accountId: string): Promise<void> => {
    const group = inHalf.has(accountId) ? HALF : null;
    await safeband.connect({ accountId, tier: 'recruiter', group });
    done += 1;
    if (done % 500 === 0) print(`${name}: ${done} of ${accounts} accounts are connected`);
  };
  const took = await timed(() => pLimit(CROWD).map(ids, connect));
  const rate = `${((accounts / took) * SECOND_MS).toFixed(0)} /s`;
  return {
    fleet: { bench, ids, half, safeband, pool: createPool(databaseUrl, 4) },
    line: [`connecting ${whole(accounts)} accounts`, rate, ''],
  };
}

/** Prints what the worker warned of: `database.silent` is a save that got no answer in time. */
function printWarnings({ warnings }: Bench): void {
  for (const [message, times] of warnings()) print(`warned ${whole(times)} times: ${message}`);
}

/**
 * Connects one fleet and measures the steps on it, one after the other. `check` throws if it is a
 * wrong time for the steps, before the accounts are connected.
 */
export const onFleet =
  (name: string, steps: readonly Step[], check: () => unknown = () => undefined) =>
  async (bench: Bench): Promise<readonly Line[]> => {
    check();
    const { fleet, line } = await connectFleet(bench, name);
    printWarnings(bench);
    const lines = [line];
    for (const [what, measure] of steps) {
      print(`${name}: ${what}`);
      for (const one of await measure(fleet)) {
        print(one.join('  '));
        lines.push(one);
      }
      printWarnings(bench);
    }
    await fleet.pool.end();
    return lines;
  };
