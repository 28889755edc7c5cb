/** Orders on many accounts, and what became of each account (R30). */
import type {
  KeptOrder,
  OrderFilter,
  OrderOutcome,
  OrderRequest,
} from '../../domain/fleet/order.js';
import { inTransaction, rowsOf, type Pool, type Queryable } from '../pool.js';
import { fromMicros, micros } from '../read/lists.js';
import { MATCHES, valuesOf, type Seen } from './orderPreview.js';

class Changed extends Error {
  readonly count: number;

  constructor(count: number) {
    super('the accounts of the order have changed');
    this.count = count;
  }
}

/**
 * Keeps the order and its accounts, if their number is the expected one. Returns the number of
 * accounts; if it differs, nothing is kept.
 */
export async function keepOrder(
  pool: Pool,
  order: { readonly orderId: string; readonly expected: number } & OrderRequest,
  accounts: Seen['accounts'],
): Promise<number> {
  const { orderId, kind, filter, change, reason, actor, perSecond, expected } = order;
  const keep = inTransaction(pool, async (db) => {
    await db.query(
      `insert into safeband.orders
         (order_id, kind, filter, change, reason, actor, per_second, accounts)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [orderId, kind, filter, change, reason, actor, perSecond, expected],
    );
    const { rowCount } = await db.query(
      `insert into safeband.order_accounts (order_id, account_id)
       select $7, a.account_id from safeband.accounts a where ${MATCHES}`,
      [...valuesOf({ filter, accounts }), orderId],
    );
    if (rowCount !== expected) throw new Changed(rowCount ?? 0);
    return expected;
  });
  return keep.catch((error: unknown) => {
    if (error instanceof Changed) return error.count;
    throw error;
  });
}

/**
 * Keeps an order that resumes exactly the accounts that another order has held. Returns their
 * number; 0: none, and nothing is kept. Null: that order was taken back already.
 */
export async function keepTakeBack(
  pool: Pool,
  order: {
    readonly orderId: string;
    readonly takesBack: string;
    readonly reason: string;
    readonly actor: string;
    readonly perSecond: number;
  },
): Promise<number | null> {
  const { orderId, takesBack, reason, actor, perSecond } = order;
  return inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `insert into safeband.orders
         (order_id, kind, filter, reason, actor, per_second, accounts, takes_back)
       select $1, 'resume', '{}', $3, $4, $5, count(*), $2 from safeband.order_accounts
        where order_id = $2 and outcome = 'done' having count(*) > 0
       on conflict (takes_back) do nothing`,
      [orderId, takesBack, reason, actor, perSecond],
    );
    const added = await db.query(
      `insert into safeband.order_accounts (order_id, account_id)
       select $1, account_id from safeband.order_accounts
        where order_id = $2 and outcome = 'done' and exists (
          select from safeband.orders where order_id = $1)`,
      [orderId, takesBack],
    );
    if (rowCount === 1) return added.rowCount ?? 0;
    const { rowCount: before } = await db.query(
      `select from safeband.orders where takes_back = $1`,
      [takesBack],
    );
    return before === 0 ? 0 : null;
  });
}

/**
 * Stops and ends an order whose workflow could not be started. Its rows stay, because Temporal may
 * have started it without an answer. The order that it takes back can be taken back again.
 */
export const giveUpOrder = (
  db: Queryable,
  { orderId, reason }: Pick<KeptOrder, 'orderId' | 'reason'>,
): Promise<unknown> =>
  db.query(
    `update safeband.orders
        set stopped_at = clock_timestamp(), stopped_by = actor, stop_reason = $2,
            ended_at = clock_timestamp(), takes_back = null
      where order_id = $1 and ended_at is null`,
    [orderId, reason],
  );

/** An order with its progress. Instants are ISO 8601. */
export type OrderRow = Omit<KeptOrder, 'takesBack'> & {
  readonly filter: OrderFilter;
  readonly perSecond: number;
  readonly accounts: number;
  readonly takesBack: string | null;
  /** The order that took this one back; null: none. */
  readonly takenBackBy: string | null;
  readonly madeAt: string;
  readonly stopped: { readonly at: string; readonly actor: string; readonly reason: string } | null;
  readonly endedAt: string | null;
  /** When the rows of its accounts were deleted (R28); null: they are kept. */
  readonly accountsDeletedAt: string | null;
  readonly done: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly left: number;
};
const ORDER_ROW = `jsonb_build_object('orderId', o.order_id, 'kind', o.kind, 'filter', o.filter,
  'change', o.change, 'reason', o.reason, 'actor', o.actor, 'perSecond', o.per_second,
  'accounts', o.accounts, 'takesBack', o.takes_back,
  'takenBackBy', (select t.order_id from safeband.orders t where t.takes_back = o.order_id),
  'madeAt', safeband.iso(o.made_at), 'endedAt', safeband.iso(o.ended_at),
  'accountsDeletedAt', safeband.iso(o.accounts_deleted_at),
  'stopped', case when o.stopped_at is not null then jsonb_build_object(
    'at', safeband.iso(o.stopped_at), 'actor', o.stopped_by, 'reason', o.stop_reason) end,
  'done', x.done, 'unchanged', x.unchanged, 'failed', x.failed, 'left', x.unasked)`;
/** Triggers keep the counts: an order for the fleet has as many accounts. */
const WITH_COUNTS = `cross join lateral (
  select coalesce(sum(accounts) filter (where outcome = 'done'), 0) as done,
         coalesce(sum(accounts) filter (where outcome = 'unchanged'), 0) as unchanged,
         coalesce(sum(accounts) filter (where outcome = 'failed'), 0) as failed,
         coalesce(sum(accounts) filter (where outcome = 'left'), 0) as unasked
    from safeband.order_counts where order_id = o.order_id) x`;
/**
 * A limited key sees an order if it may see each of its accounts. After their rows are deleted,
 * it is not known which these were.
 */
export const SEEN = `($1::text[] is null or o.accounts_deleted_at is null and not exists (
  select from safeband.order_accounts y
   where y.order_id = o.order_id and not y.account_id = any($1)))`;

/** Reads one order; undefined: there is none, or the key may not see it. */
export async function readOrder(
  db: Queryable,
  orderId: string,
  accounts: Seen['accounts'],
): Promise<OrderRow | undefined> {
  const [found] = await rowsOf<OrderRow>(
    db,
    `select ${ORDER_ROW} as row from safeband.orders o ${WITH_COUNTS}
      where ${SEEN} and o.order_id = $2`,
    [accounts, orderId],
  );
  return found;
}

/** Which orders a list has; null: a filter that does not apply. */
export type OrdersAsked = {
  readonly accounts: Seen['accounts'];
  /** Orders whose filter names this group, and those that take them back. */
  readonly group: string | null;
  /** Orders that are for this account. */
  readonly accountId: string | null;
  /** The place of the last order of the page before. */
  readonly after: OrderPlace | null;
  readonly limit: number;
};
/** The instant of an order in microseconds, and its id. */
export type OrderPlace = readonly [madeAt: number, orderId: string];

/** Returns the orders that the key may see with their places, the newest first. */
export const listOrders = (
  db: Queryable,
  { accounts, group, accountId, after, limit }: OrdersAsked,
): Promise<readonly { readonly item: OrderRow; readonly place: [number, string] }[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('item', ${ORDER_ROW}, 'place',
         jsonb_build_array(${micros('o.made_at')}, o.order_id)) as row
       from (select * from safeband.orders o where ${SEEN}
          and ($3::text is null or $3 = coalesce(o.filter ->> 'group', (
            select b.filter ->> 'group' from safeband.orders b where b.order_id = o.takes_back)))
          and ($4::text is null or exists (select from safeband.order_accounts y
            where y.order_id = o.order_id and y.account_id = $4))
          and ($5::bigint is null or made_at <= ${fromMicros('$5')}
            and (made_at < ${fromMicros('$5')} or order_id > $6))
        order by made_at desc, order_id limit $2) o ${WITH_COUNTS}
      order by o.made_at desc, o.order_id`,
    [accounts, limit, group, accountId, after?.[0] ?? null, after?.[1] ?? null],
  );

/** What became of one account of an order. */
export type OrderAccountRow = {
  readonly accountId: string;
  readonly outcome: OrderOutcome | null;
  readonly error: string | null;
  readonly decidedAt: string | null;
};

/** Returns accounts of an order after that id, by id; `outcome`: only those, `left` without one. */
export const listOrderAccounts = (
  db: Queryable,
  asked: {
    readonly orderId: string;
    readonly after: string | null;
    /** Null: all of them. */
    readonly limit: number | null;
    readonly outcome: OrderOutcome | 'left' | null;
  },
): Promise<readonly OrderAccountRow[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('accountId', account_id, 'outcome', outcome, 'error', error,
       'decidedAt', safeband.iso(decided_at)) as row
     from safeband.order_accounts
     where order_id = $1 and ($2::text is null or account_id > $2)
       and ($4::text is null or coalesce(outcome, 'left') = $4)
     order by account_id limit $3`,
    [asked.orderId, asked.after, asked.limit, asked.outcome],
  );

/** Stops the order before its next accounts; false: it has ended, or was stopped before. */
export async function stopOrder(
  db: Queryable,
  { orderId, reason, actor }: Pick<KeptOrder, 'orderId' | 'reason' | 'actor'>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update safeband.orders
        set stopped_at = clock_timestamp(), stopped_by = $2, stop_reason = $3
      where order_id = $1 and stopped_at is null and ended_at is null`,
    [orderId, actor, reason],
  );
  return rowCount === 1;
}
