/** What workers read and write for an order on many accounts (R30). */
import type { KeptOrder, OrderOutcome } from '../../domain/fleet/order.js';
import type { OrderAccountRow } from './orders.js';
import { rowsOf, type Queryable } from '../pool.js';

/** Returns the orders that have not ended: those whose workflow should run. */
export const listUnended = (
  db: Queryable,
): Promise<readonly { readonly orderId: string; readonly isStopped: boolean }[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('orderId', order_id, 'isStopped', stopped_at is not null) as row
       from safeband.orders where ended_at is null`,
    [],
  );

/** What a worker does next for an order. */
export type OrderWork = {
  readonly order: KeptOrder;
  readonly perSecond: number;
  readonly isStopped: boolean;
  /** Accounts without an outcome, by id: those of a second, and `more`. */
  readonly next: readonly string[];
};

/**
 * Returns the next accounts of an order, `more` than those of one second; undefined: there is no
 * such order.
 */
export async function readOrderWork(
  db: Queryable,
  orderId: string,
  more: number,
): Promise<OrderWork | undefined> {
  const [found] = await rowsOf<OrderWork>(
    db,
    `select jsonb_build_object('order', jsonb_build_object('orderId', o.order_id, 'kind', o.kind,
         'reason', o.reason, 'actor', o.actor, 'change', o.change,
         'cooldown', o.filter ->> 'cooldown', 'takesBack',
         (select jsonb_build_object('orderId', h.order_id, 'reason', h.reason)
            from safeband.orders h where h.order_id = o.takes_back)),
       'perSecond', o.per_second, 'isStopped', o.stopped_at is not null, 'next', (
         select coalesce(jsonb_agg(account_id order by account_id), '[]') from (
           select account_id from safeband.order_accounts x
            where x.order_id = o.order_id and outcome is null
            order by account_id limit o.per_second + $2) f)) as row
     from safeband.orders o where o.order_id = $1`,
    [orderId, more],
  );
  return found;
}

/** Writes what became of an account; a second outcome changes nothing. */
export const noteOutcome = (
  db: Queryable,
  {
    orderId,
    accountId,
    outcome,
    error,
  }: Pick<OrderAccountRow, 'accountId' | 'error'> & {
    readonly orderId: string;
    readonly outcome: OrderOutcome;
  },
): Promise<unknown> =>
  db.query(
    `update safeband.order_accounts
        set outcome = $3, error = $4, decided_at = clock_timestamp()
      where order_id = $1 and account_id = $2 and outcome is null`,
    [orderId, accountId, outcome, error],
  );

/** Notes that no work is left for the order, or that it was stopped. */
export const endOrder = (db: Queryable, orderId: string): Promise<unknown> =>
  db.query(
    `update safeband.orders set ended_at = clock_timestamp()
      where order_id = $1 and ended_at is null`,
    [orderId],
  );
