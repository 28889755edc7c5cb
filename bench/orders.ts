/**
 * Measures an order on many accounts (R30) with real workflows: it holds half of the fleet, and a
 * second order takes exactly these holds back. `npm run bench -- orders [accounts] [a second]`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ORDER_RATE } from '../src/domain/fleet/order.js';
import { SECOND_MS } from '../src/domain/primitives/time.js';
import { readOrder, type OrderRow } from '../src/postgres/fleet/orders.js';
import type { Pool } from '../src/postgres/pool.js';
import { makeOrder, preview, takeBack, type Desk } from '../src/status/orderDesk.js';
import { startOrder } from '../src/temporal/orders.js';
import { HALF, print, seconds, whole, type Fleet, type Step } from './fleetOf.js';
import type { Line } from './latency.js';
import { timed } from './stand.js';

const BY = { reason: 'benchmark', actor: 'bench' };
/** How often the progress is read, and how many reads are between two printed lines. */
const READ_MS = 250;
const PRINTED = 40;
/** How long the rows of accounts may take after the answer of the last account. */
const SAVED_MS = 300 * SECOND_MS;

/** The rate of the orders: that of the command line, or the default. */
const perSecond = (): number => Number(process.argv[4] ?? ORDER_RATE.default);

const deskOf = ({ bench: { client, taskQueue }, pool }: Fleet): Desk => ({
  pool,
  startOrder: (orderId) => startOrder(client, orderId, taskQueue),
  now: Date.now,
  accounts: null,
});

/** Waits until the order has ended. */
async function ended(pool: Pool, orderId: string): Promise<OrderRow> {
  for (let reads = 1; ; reads += 1) {
    await sleep(READ_MS);
    const order = await readOrder(pool, orderId, null);
    if (!order) throw new Error(`the order ${orderId} has no row`);
    const { kind, accounts, left, endedAt } = order;
    if (reads % PRINTED === 0) print(`${kind}: ${accounts - left} of ${accounts} accounts`);
    if (endedAt !== null) return order;
  }
}

/** Throws unless the order has exactly the rows of these accounts, and each has its own change. */
async function check({ pool }: Fleet, orderId: string, ids: readonly string[]): Promise<void> {
  const { rows } = await pool.query<{ wrong: number; changes: number; accounts: number }>(
    `select (select count(*)::int from unnest($2::text[]) u (account_id)
              full join (select * from safeband.order_accounts where order_id = $1) x
                using (account_id)
              where x.outcome is distinct from 'done') as wrong,
            count(*)::int as changes, count(distinct account_id)::int as accounts
       from safeband.account_changes
      where reason like '%(order ' || $1 || ')' and account_id = any($2)`,
    [orderId, ids],
  );
  const [found] = rows;
  if (found?.wrong !== 0 || found.changes !== ids.length || found.accounts !== ids.length) {
    throw new Error(`the rows of the order ${orderId} are wrong: ${JSON.stringify(found)}`);
  }
}

/** Waits until so many accounts of the fleet are held in their rows; returns the milliseconds. */
const untilHeld = ({ pool, ids }: Fleet, wanted: number): Promise<number> =>
  timed(async () => {
    for (const end = Date.now() + SAVED_MS; ; await sleep(READ_MS)) {
      const { rows } = await pool.query<{ n: number }>(
        `select count(*)::int as n from safeband.accounts
          where account_id = any($1) and state = 'held'`,
        [ids],
      );
      if (rows[0]?.n === wanted) return;
      if (Date.now() > end) throw new Error(`${rows[0]?.n} rows are held, not ${wanted}`);
    }
  });

/** Runs an order until its last account has an outcome, and checks what it left. */
async function run(
  fleet: Fleet,
  make: () => Promise<OrderRow>,
): Promise<{ readonly order: OrderRow; readonly ms: number }> {
  const begin = performance.now();
  const { orderId, kind, accounts, perSecond: rate } = await make();
  print(`${kind}: order ${orderId} for ${accounts} accounts, ${rate} a second`);
  const order = await ended(fleet.pool, orderId);
  return { order, ms: performance.now() - begin };
}

const linesOf = (what: string, accounts: number, ms: number, saved: number): readonly Line[] => [
  [`${what} ${whole(accounts)} accounts, ${perSecond()} a second asked`, seconds(ms), ''],
  ['the same, accounts a second', `${((accounts / ms) * SECOND_MS).toFixed(1)} /s`, ''],
  ['the same, from its end until the last row of an account', seconds(saved), ''],
];

async function holdAndTakeBack(fleet: Fleet): Promise<readonly Line[]> {
  const desk = deskOf(fleet);
  const { half } = fleet;
  const body = { kind: 'hold', filter: { group: HALF }, perSecond: perSecond(), ...BY };
  let count = 0;
  const previewed = await timed(async () => {
    ({ count } = await preview(desk, body));
  });
  if (count !== half.length) throw new Error(`the preview shows ${count}, not ${half.length}`);
  const held = await run(fleet, () => makeOrder(desk, { ...body, expected: count }));
  const { orderId } = held.order;
  const heldSaved = await untilHeld(fleet, half.length);
  await check(fleet, orderId, half);
  const back = await run(fleet, () => takeBack(desk, orderId, BY));
  const backSaved = await untilHeld(fleet, 0);
  await check(fleet, back.order.orderId, half);
  return [
    [`preview of ${whole(count)} accounts`, `${previewed.toFixed(0)} ms`, ''],
    ...linesOf('an order that holds', count, held.ms, heldSaved),
    ...linesOf('an order that takes it back,', count, back.ms, backSaved),
  ];
}

export const ORDER_STEP: Step = ['an order that holds half, and its take-back', holdAndTakeBack];
