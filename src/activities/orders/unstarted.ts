/**
 * Starts the workflows of orders that were kept and not started (R30): the process that made the
 * order ended before the start, a person terminated the workflow, or Temporal lost it.
 */
import { log } from '@temporalio/activity';
import { listUnended } from '../../postgres/fleet/orderWork.js';
import type { Queryable } from '../../postgres/pool.js';
import { eachOf } from '../eachOf.js';

/** Starts an order; `isStopped`: its workflow only ends it. */
export type StartOrder = (orderId: string, isStopped: boolean) => Promise<void>;

/** Makes sure that each order that has not ended has a workflow. Throws nothing. */
export async function startUnstarted(db: Queryable, start: StartOrder): Promise<void> {
  const orders = await listUnended(db).catch((error: unknown) => {
    log.warn('orders could not be read', { error: String(error) });
    return [];
  });
  const stopped = new Map(orders.map(({ orderId, isStopped }) => [orderId, isStopped]));
  await eachOf([...stopped.keys()], (orderId) =>
    start(orderId, stopped.get(orderId) === true).catch((error: unknown) => {
      log.warn('order.unstarted', { orderId, error: String(error) }); // the next audit tries again
    }),
  );
}
