/** Orders of commands that reach Temporal: a connect takes from its group what it leaves out. */
import type { SafebandClient } from '../../client/index.js';
import type { Pool } from '../../postgres/pool.js';
import { filledStart } from '../../postgres/groups/defaults.js';
import type { Orders } from './source.js';

type Reach = {
  readonly pool: () => Pool;
  readonly hasDatabase: () => boolean;
  readonly client: () => Promise<SafebandClient>;
};

/** Returns the orders of the client, with the policy of new accounts of a group (R26). */
export const filling =
  ({ pool, hasDatabase, client }: Reach) =>
  async (): Promise<Orders> => {
    const orders = await client();
    return {
      connect: async (start) =>
        orders.connect(hasDatabase() ? await filledStart(pool(), start) : start),
      configure: (id, change) => orders.configure(id, change),
      hold: (id, by) => orders.hold(id, by),
      resume: (id, by) => orders.resume(id, by),
      settle: (id, by) => orders.settle(id, by),
      credits: (id, report) => orders.credits(id, report),
      reconcileNow: (id) => orders.reconcileNow(id),
      disconnect: (id, by) => orders.disconnect(id, by),
      peek: (id, at, ask) => orders.peek(id, at, ask),
      nextSlots: (id, count, ask) => orders.nextSlots(id, count, ask),
      waiting: (id) => orders.waiting(id),
      status: (id) => orders.status(id),
    };
  };
