/**
 * Measures midnight with real workflows: `npm run bench -- midnight [accounts]`. It waits for midnight
 * UTC, and counts each second how many rows have the new day. Run it shortly before midnight, or with
 * a shifted clock: `npm run at -- 2026-12-09T23:50:00Z UTC npm run bench -- midnight 10000`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MIDNIGHT_SPREAD_MS } from '../src/domain/primitives/midnight.js';
import {
  DAY_MS,
  dayOf,
  HOUR_MS,
  isoInstant,
  SECOND_MS,
  startOf,
} from '../src/domain/primitives/time.js';
import { print, whole, type Fleet, type Step } from './fleetOf.js';
import type { Line } from './latency.js';

/** Seconds over which the highest rate is measured. */
const WINDOW_S = 10;
/** How long the accounts may take after midnight before the benchmark gives up. */
const PATIENCE_MS = HOUR_MS;

/** How many rows have the day of that midnight. */
async function rolled({ pool, ids }: Fleet, midnight: number): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from safeband.accounts
      where account_id = any($2) and counter_day >= safeband.utc_day(safeband.at_ms($1))`,
    [midnight, ids],
  );
  return rows[0]?.n ?? 0;
}

/** Returns the next midnight UTC. Throws if it is more than an hour away. */
export function nearMidnight(): number {
  const midnight = startOf(dayOf(Date.now())) + DAY_MS;
  if (midnight - Date.now() <= HOUR_MS) return midnight;
  throw new Error(
    `midnight UTC is more than an hour away (it is ${isoInstant(Date.now())}): run ` +
      'npm run at -- 2026-12-09T23:50:00Z UTC npm run bench -- midnight',
  );
}

/** Follows the accounts over the next midnight UTC. */
async function overMidnight(fleet: Fleet): Promise<readonly Line[]> {
  const midnight = nearMidnight();
  const accounts = fleet.ids.length;
  print(`midnight: in ${Math.round((midnight - Date.now()) / SECOND_MS)} s`);
  await sleep(Math.max(0, midnight - Date.now()));
  const counts: number[] = [0];
  for (let done = 0; done < accounts;) {
    await sleep(midnight + counts.length * SECOND_MS - Date.now());
    done = await rolled(fleet, midnight);
    counts.push(done);
    if (counts.length % 10 === 1) print(`midnight: ${counts.length - 1} s, ${done} have rolled`);
    if (counts.length * SECOND_MS > PATIENCE_MS) throw new Error(`${done} rolled in an hour`);
  }
  const rates = counts.slice(WINDOW_S).map((count, i) => (count - (counts[i] ?? 0)) / WINDOW_S);
  const name = `midnight of ${whole(accounts)} accounts`;
  const spread = MIDNIGHT_SPREAD_MS / SECOND_MS;
  return [
    [`${name}, the last row`, `${counts.length - 1} s`, `${spread + 30} s at most`],
    [`${name}, most in ${WINDOW_S} s`, `${Math.max(...rates).toFixed(0)} /s`, ''],
    [`${name}, what the spread asks for`, `${(accounts / spread).toFixed(0)} /s`, ''],
  ];
}

export const MIDNIGHT_STEP: Step = ['midnight', overMidnight];
