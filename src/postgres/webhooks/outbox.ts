/**
 * The outbox of webhooks. Events that saves have written get their positions, states that
 * have ended by themselves get events, and old events are deleted.
 */
import { WEBHOOK_KEPT_MS } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';

/** Maximum events that get their position in one statement. */
const PLACED = 500;
/** Maximum old rows that one statement deletes. */
const DROPPED = 5_000;

/**
 * Gives positions to new events, in the order of saves for each account; true if there are more.
 * Call it in a transaction: the lock makes earlier positions visible. An identity column alone
 * would not do, because the events of a transaction that commits late would be skipped.
 */
export async function placeEvents(db: Queryable): Promise<boolean> {
  // Transactions that give positions wait for each other: positions ascend as they become visible.
  await db.query('lock table safeband.webhook_position_lock in exclusive mode');
  const { rowCount } = await db.query(
    `update safeband.webhook_events e set position = placed.position
       from (select number, nextval('safeband.webhook_positions') as position
               from (select number from safeband.webhook_events where position is null
                      order by number limit $1) fresh) placed
      where placed.number = e.number`,
    [PLACED],
  );
  return rowCount === PLACED;
}

/** States that end at an instant: the column with that instant, and the event and its data. */
const ENDS = [
  {
    column: 'cooldown_until',
    type: 'cooldown.ended',
    data: `jsonb_build_object('cause', cooldown_cause, 'until', safeband.iso(cooldown_until))`,
  },
  {
    column: 'breaker_until',
    type: 'credits.restored',
    data: `jsonb_build_object('until', safeband.iso(breaker_until))`,
  },
] as const;

/**
 * Writes an event for each cooldown that has ended and for each account whose credits are back,
 * because the account writes nothing at that time (R5, R9). Each end gets one event, also if a save
 * or an earlier sender has written it.
 */
export async function writeEnds(db: Queryable, at: Instant): Promise<void> {
  for (const { column, type, data } of ENDS) {
    await db.query(
      `insert into safeband.webhook_events (account_id, group_name, type, key, at, data)
       select account_id, group_name, '${type}', safeband.iso(${column}), ${column}, ${data}
         from safeband.accounts a
        where ${column} <= safeband.at_ms($1) and not is_edited
          and ${column} > (select min(created_at) from safeband.webhook_endpoints)
          and ${column} > safeband.at_ms($1) - $2 * interval '1 millisecond'
          and not exists (select from safeband.webhook_events e
                where coalesce(e.account_id, e.endpoint_id) = a.account_id
                  and e.type = '${type}' and e.key = safeband.iso(a.${column}))
        order by ${column}, account_id
       on conflict do nothing`,
      [at, WEBHOOK_KEPT_MS / 2],
    );
  }
}

/** Deletes events and tries from before that instant, a part at a time. */
export async function dropOld(db: Queryable, before: Instant): Promise<void> {
  await db.query(
    `delete from safeband.webhook_events where recorded_at < safeband.at_ms($1)
        and number in (select number from safeband.webhook_events order by number limit $2)`,
    [before, DROPPED],
  );
  await db.query(
    `delete from safeband.webhook_deliveries where recorded_at < safeband.at_ms($1)
        and delivery_id in (select delivery_id from safeband.webhook_deliveries
          order by delivery_id limit $2)`,
    [before, DROPPED],
  );
}
