/** Measures the statements of orders for 100,000 accounts (R30), without workflows. */
import { randomBytes } from 'node:crypto';
import { endOrder, readOrderWork } from '../src/postgres/fleet/orderWork.js';
import {
  keepOrder,
  keepTakeBack,
  listOrderAccounts,
  listOrders,
  readOrder,
} from '../src/postgres/fleet/orders.js';
import { countAlike, previewOrder } from '../src/postgres/fleet/orderPreview.js';
import { HOUR_MS } from '../src/domain/primitives/time.js';
import { createPool } from '../src/postgres/pool.js';
import { freshDatabase } from './fleet.js';
import { whole } from './fleetOf.js';
import type { Line } from './latency.js';
import { timed, type Bench } from './stand.js';

const ACCOUNTS = 100_000;
/** Orders for the whole fleet; the page shows the last 50. */
const ORDERS = 10;
const FILL = `
  insert into safeband.accounts
    (account_id, tier, counter_day, state, owner, owner_version, version, updated_at)
  select 'a' || lpad(n::text, 6, '0'), 'recruiter', safeband.utc_day(now()), 'active', 'chain', 1,
         1, now() from generate_series(1, $1::int) n`;
const BY = { reason: 'benchmark', actor: 'bench', perSecond: 500 };
const newId = (): string => randomBytes(8).toString('hex');

export async function rowsOfOrders(bench: Bench): Promise<readonly Line[]> {
  const { url, pool, drop } = await freshDatabase(bench);
  const filler = createPool(url, 1, 'session', HOUR_MS);
  await filler.query(FILL, [ACCOUNTS]);
  await filler.query('analyze safeband.accounts');
  const lines: Line[] = [];
  const measure = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    lines.push([
      `orders for ${whole(ACCOUNTS)} accounts: ${name}`,
      `${whole(await timed(work))} ms`,
      '',
    ]);
  };
  const others = {
    group: undefined,
    tier: undefined,
    state: undefined,
    cooldown: undefined,
    accountIds: undefined,
  };
  const filter = { all: true, ...others };
  const make = async (): Promise<string> => {
    const orderId = newId();
    const order = {
      ...BY,
      orderId,
      kind: 'hold',
      filter,
      change: null,
      expected: ACCOUNTS,
    } as const;
    const count = await keepOrder(pool, order, null);
    if (count !== ACCOUNTS) throw new Error(`the order has ${count} accounts`);
    return orderId;
  };
  const seen = { filter, accounts: null };
  await measure('preview', () => previewOrder(pool, { ...seen, kind: 'hold' }));
  const fields = ['tier', 'dailyCap'];
  await measure('settings before a configure', () => countAlike(pool, { ...seen, fields }));
  let orderId = '';
  await measure('make', async () => {
    orderId = await make();
  });
  for (let more = 1; more < ORDERS; more += 1) await make();
  await measure('next accounts', () => readOrderWork(pool, orderId, 64));
  await filler.query(
    `update safeband.order_accounts set outcome = 'done', decided_at = now() where order_id = $1`,
    [orderId],
  );
  await filler.query('vacuum analyze safeband.order_accounts');
  await measure('progress of one', () => readOrder(pool, orderId, null));
  const newest = { accounts: null, group: null, accountId: null, after: null, limit: 50 };
  await measure(`list of ${ORDERS}`, () => listOrders(pool, newest));
  const asked = { orderId, after: 'a050000', limit: 1_000, outcome: 'failed' } as const;
  await measure('failed accounts, none', () => listOrderAccounts(pool, asked));
  await endOrder(pool, orderId);
  await measure('take-back', () =>
    keepTakeBack(pool, { ...BY, orderId: newId(), takesBack: orderId }),
  );
  await filler.end();
  await drop();
  return lines;
}
