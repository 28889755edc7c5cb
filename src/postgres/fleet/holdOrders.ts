/** Orders that hold all accounts, or a group: those that may belong to a brake (R27, R30). */
import type { HoldOrder } from '../../domain/fleet/brakeHolds.js';
import { CLOCK_SKEW_MS } from '../../domain/primitives/limits.js';
import { rowsOf, type Queryable } from '../pool.js';
import { SEEN } from './orders.js';

const ORDERS_MAX = 200;

/** Returns such orders since an instant (ISO 8601) that were not taken back, the newest first. */
export const listHoldOrders = (
  db: Queryable,
  { since, accounts }: { readonly since: string; readonly accounts: readonly string[] | null },
): Promise<readonly HoldOrder[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('orderId', o.order_id, 'group', o.filter->>'group',
       'madeAt', safeband.iso(o.made_at), 'isRunning', o.ended_at is null,
       'done', (select coalesce(sum(c.accounts), 0) from safeband.order_counts c
                 where c.order_id = o.order_id and c.outcome = 'done')) as row
     from safeband.orders o
     where ${SEEN} and o.kind = 'hold'
       and o.made_at >= $2::timestamptz - $3::interval
       and jsonb_strip_nulls(o.filter) - 'group' in ('{}', '{"all": true}')
       and not exists (select from safeband.orders t where t.takes_back = o.order_id)
     order by o.made_at desc, o.order_id limit ${ORDERS_MAX}`,
    [accounts, since, `${CLOCK_SKEW_MS} milliseconds`],
  );
