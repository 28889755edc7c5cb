/** What commands about many accounts read and order: the brake (R27), and orders (R30). */
import type { BrakeOrder, SafebandClient } from '../../client/index.js';
import type { Engaged, Released } from '../../domain/fleet/brake.js';
import { holdsOfBrake, type HoldOrder, type HoldsAsked } from '../../domain/fleet/brakeHolds.js';
import {
  listOrderAccounts,
  listOrders,
  type OrderAccountRow,
  type OrderRow,
  type OrdersAsked,
} from '../../postgres/fleet/orders.js';
import type { Pool } from '../../postgres/pool.js';
import { readBrakes, readHoldOrders, type BrakesRead } from '../../status/brakes.js';
import * as orderDesk from '../../status/orderDesk.js';
import { CliError, EXIT, usage } from '../errors.js';
import type { Temporal } from '../temporal.js';
import { having, pages } from './answers.js';
import type { Http } from './http.js';

/** `toHoldAccounts`: the order that holds the same accounts. */
export type EngagedJson = Engaged & { readonly toHoldAccounts: HoldsAsked };
/** `holdOrders`: what has held the same accounts, and holds them still; null: not known. */
export type ReleasedJson = Released & { readonly holdOrders: readonly HoldOrder[] | null };
export type Brakes = {
  readonly read: () => Promise<BrakesRead>;
  readonly engage: (order: BrakeOrder) => Promise<EngagedJson>;
  readonly release: (order: BrakeOrder) => Promise<ReleasedJson>;
};

type Reach = {
  readonly pool: () => Pool;
  readonly hasDatabase: () => boolean;
  readonly client: () => Promise<SafebandClient>;
};

/** Returns the brake by Temporal; without Postgres, who and why are not known. */
export function directBrakes({ pool, hasDatabase, client }: Reach): Brakes {
  const rows = () => ({ pool: hasDatabase() ? pool() : null, accounts: null });
  return {
    read: async () => readBrakes(await client(), rows()),
    engage: async (order) => ({
      ...(await (await client()).brake.engage(order)),
      toHoldAccounts: holdsOfBrake(order),
    }),
    release: async (order) => {
      const { released } = await (await client()).brake.release(order);
      return { released, holdOrders: released ? await readHoldOrders(released, rows()) : [] };
    },
  };
}

/** Returns the brake by the HTTP API. */
export const byKeyBrakes = (http: Http): Brakes => ({
  read: async () => {
    const found = having<BrakesRead>(await http.get('/v1/brake'), ['held', 'history']);
    // A server of an older version does not know of the orders.
    return {
      ...found,
      held: found.held.map((one) => ({ ...one, holdOrders: one.holdOrders ?? null })),
    };
  },
  // A server of an older version has put the brake on, too, so its answer is no error.
  engage: async (order) => {
    const answer = await http.post('/v1/brake', order);
    const engaged = having<Engaged>(answer, ['brakeId', 'since', 'heldBefore']);
    return { ...engaged, toHoldAccounts: holdsOfBrake(order) };
  },
  release: async (order) => {
    const answer = await http.post('/v1/brake/release', order);
    return { holdOrders: null, ...having<Released>(answer, ['released']) };
  },
});

type Outcome = Parameters<typeof listOrderAccounts>[1]['outcome'];
export type FleetOrders = {
  /** `raw`: the body of `POST /v1/orders`. */
  readonly preview: (raw: object) => Promise<orderDesk.Previewed>;
  readonly make: (raw: object) => Promise<OrderRow>;
  readonly list: (
    asked: Pick<OrdersAsked, 'group' | 'accountId' | 'limit'>,
  ) => Promise<{ readonly items: readonly OrderRow[]; readonly hasMore: boolean }>;
  readonly read: (orderId: string) => Promise<OrderRow>;
  readonly accounts: (asked: {
    readonly orderId: string;
    readonly outcome: Outcome;
    /** Infinity: all of them. */
    readonly limit: number;
  }) => Promise<readonly OrderAccountRow[]>;
  readonly stop: (orderId: string, by: orderDesk.By) => Promise<OrderRow>;
  readonly takeBack: (orderId: string, by: orderDesk.By) => Promise<OrderRow>;
};

/** Returns the orders by Postgres, and by Temporal for their start. */
export function directOrders(
  { pool, temporal }: Reach & { readonly temporal: () => Promise<Temporal> },
  now: () => number,
): FleetOrders {
  const startOrder = async (orderId: string): Promise<void> => {
    const { client, taskQueue } = await temporal();
    const { startOrder: start } = await import('../../temporal/orders.js'); // heavy
    await start(client, orderId, taskQueue);
  };
  const desk = (): orderDesk.Desk => ({ pool: pool(), startOrder, now, accounts: null });
  return {
    preview: (raw) => refusing(orderDesk.preview(desk(), raw)),
    make: (raw) => refusing(orderDesk.makeOrder(desk(), raw)),
    list: async ({ limit, ...filters }) => {
      const asked = { accounts: null, after: null, limit: limit + 1, ...filters };
      const found = await listOrders(pool(), asked);
      const items = found.slice(0, limit).map(({ item }) => item);
      return { items, hasMore: found.length > limit };
    },
    read: (orderId) => refusing(orderDesk.known(desk(), orderId)),
    accounts: async (asked) => {
      await refusing(orderDesk.known(desk(), asked.orderId));
      const limit = Number.isFinite(asked.limit) ? asked.limit : null;
      return listOrderAccounts(pool(), { ...asked, limit, after: null });
    },
    stop: (orderId, by) => refusing(orderDesk.stop(desk(), orderId, by)),
    takeBack: (orderId, by) => refusing(orderDesk.takeBack(desk(), orderId, by)),
  };
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof orderDesk.OrderRefused)) throw error;
    const { kind, message } = error;
    if (kind === 'InvalidInput') throw usage(message, 'safeband order make --help');
    const isUnknown = kind === 'order-unknown';
    throw new CliError(isUnknown ? EXIT.unknown : EXIT.refused, kind, message, 'safeband order');
  }
}

const ORDER = [
  ...(['orderId', 'kind', 'reason', 'actor', 'accounts', 'done', 'unchanged'] as const),
  ...(['failed', 'left', 'madeAt', 'stopped', 'endedAt'] as const),
];

/** Returns the orders by the HTTP API. */
export function byKeyFleetOrders(http: Http): FleetOrders {
  const order = async (work: Promise<unknown>): Promise<OrderRow> =>
    having<OrderRow>(await work, ORDER);
  const of = (orderId: string): string => `/v1/orders/${encodeURIComponent(orderId)}`;
  return {
    preview: async (raw) =>
      having<orderDesk.Previewed>(await http.post('/v1/orders/preview', raw), [
        ...(['count', 'accounts', 'effect', 'missing', 'already', 'settings'] as const),
      ]),
    make: (raw) => order(http.post('/v1/orders', raw)),
    list: ({ group, accountId, limit }) => {
      const query = { group, accountId };
      return pages<OrderRow>(http, { path: '/v1/orders', query, limit, after: null, has: ORDER });
    },
    read: (orderId) => order(http.get(of(orderId))),
    accounts: async ({ orderId, outcome, limit }) => {
      const path = `${of(orderId)}/accounts`;
      const has = ['accountId', 'outcome', 'error', 'decidedAt'] as const;
      const asked = { path, query: { outcome }, limit, after: null, has };
      return (await pages<OrderAccountRow>(http, asked)).items;
    },
    stop: (orderId, by) => order(http.post(`${of(orderId)}/stop`, by)),
    takeBack: (orderId, by) => order(http.post(`${of(orderId)}/takeBack`, by)),
  };
}
