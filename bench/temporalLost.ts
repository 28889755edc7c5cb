/**
 * Measures the loss of Temporal with real workflows: the server is stopped, a new and empty one
 * starts at its address, and the audit starts all accounts again from their rows (R13). Then one
 * order resumes them. `npm run bench -- lost [accounts]`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { ORDER_RATE } from '../src/domain/fleet/order.js';
import { HOUR_MS, SECOND_MS } from '../src/domain/primitives/time.js';
import { readOrder } from '../src/postgres/fleet/orders.js';
import { makeOrder, preview, type Desk } from '../src/status/orderDesk.js';
import { startOrder } from '../src/temporal/orders.js';
import { startAudit } from '../src/temporal/schedules.js';
import { print, seconds, whole, type Fleet, type Step } from './fleetOf.js';
import type { Line } from './latency.js';
import { timed } from './stand.js';

const CROWD = 32;
const READ_MS = 500;
/** Reads between two printed lines. */
const PRINTED = 20;
const TARGET = '600 s at most';

/** What each account has before the loss: no slot may be free, and none may be added. */
const COUNTS = `select account_id as id, inmails_sent_today as counter, uncertain
  from safeband.accounts where account_id = any($1) order by 1`;

/** Waits until `count` is the number of the fleet; returns when the first and the last one came. */
async function until(
  what: string,
  { ids }: Fleet,
  count: () => Promise<number>,
): Promise<{ readonly first: number; readonly last: number }> {
  const begin = performance.now();
  const ms = (): number => performance.now() - begin;
  let first: number | null = null;
  for (let reads = 0; ms() < HOUR_MS; reads += 1) {
    const n = await count();
    if (n > 0) first ??= ms();
    if (reads % PRINTED === 0) print(`${what}: ${n} of ${ids.length} after ${seconds(ms())}`);
    if (n >= ids.length) return { first: first ?? 0, last: ms() };
    await sleep(READ_MS);
  }
  throw new Error(`${what}: not all accounts after an hour`);
}

const countOf = async ({ pool, ids }: Fleet, where: string, ...more: unknown[]): Promise<number> =>
  (
    await pool.query<{ n: number }>(
      `select count(*)::int as n from safeband.accounts where account_id = any($1) and ${where}`,
      [ids, ...more],
    )
  ).rows[0]?.n ?? 0;

async function lostAndBack(fleet: Fleet): Promise<readonly Line[]> {
  const { bench, ids, pool, safeband } = fleet;
  await pLimit(CROWD).map(ids, async (accountId) => {
    await safeband.reserve(accountId, { reservationId: 'before-the-loss' });
    await safeband.failed(accountId, { reservationId: 'before-the-loss', kind: 'unknown' });
  });
  await until('saved', fleet, () => countOf(fleet, 'uncertain > 0'));
  const { rows: before } = await pool.query(COUNTS, [ids]);

  const lostAt = new Date();
  const down = await timed(bench.loseTemporal);
  await startAudit(bench.client, bench.taskQueue);
  const back = await until('back', fleet, () => countOf(fleet, 'last_checked_at > $2', lostAt));
  const waiting = await countOf(fleet, `cooldown_cause = 'unclean_end' and state = 'cooldown'`);
  if (waiting !== ids.length) throw new Error(`${waiting} accounts wait after the loss`);

  const desk: Desk = {
    pool,
    startOrder: (orderId) => startOrder(bench.client, orderId, bench.taskQueue),
    now: Date.now,
    accounts: null,
  };
  const filter = { cooldown: 'unclean_end' };
  const body = { kind: 'resume', filter, reason: 'benchmark', actor: 'bench' };
  const { count: expected } = await preview(desk, body);
  const { orderId } = await makeOrder(desk, { ...body, expected });
  const ended = async (): Promise<number> => {
    const order = await readOrder(pool, orderId, null);
    if (order && order.failed > 0) throw new Error(`${order.failed} accounts were not resumed`);
    return order?.done ?? 0;
  };
  const resumed = await until('resumed', fleet, ended);
  await until('saved', fleet, () => countOf(fleet, `state = 'active'`));
  const { rows: after } = await pool.query(COUNTS, [ids]);
  const wrong = after.filter((row, i) => JSON.stringify(row) !== JSON.stringify(before[i]));
  if (wrong.length > 0) throw new Error(`other counts: ${JSON.stringify(wrong.slice(0, 3))}`);
  const name = `Temporal lost with ${whole(ids.length)} accounts`;
  return [
    [`${name}, until the new server answers`, seconds(down), ''],
    ['the same, then until the first account is back', seconds(back.first), ''],
    ['the same, until all are back and verified', seconds(back.last), TARGET],
    ['the same, accounts a second', `${((ids.length / back.last) * SECOND_MS).toFixed(1)} /s`, ''],
    [
      `one order that resumes all of them, ${ORDER_RATE.default} a second asked`,
      seconds(resumed.last),
      '',
    ],
    ['the same, accounts with another counter than before', whole(wrong.length), '0'],
  ];
}

export const LOST_STEP: Step = ['Temporal lost, and back', lostAndBack];
