/**
 * The outbox of webhooks: rows that saves have written get their place in the order of what is
 * told, cooldowns that are over get theirs, and what is old is dropped.
 */
import { WEBHOOK_KEPT_MS } from '../../domain/primitives/limits.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Queryable } from '../pool.js';

/** Events that get their position in one statement. */
const PLACED = 500;
/** Rows that one statement drops for their age. */
const DROPPED = 5_000;

/**
 * Gives positions to what was written since, those of one account in the order of its saves; true:
 * there is more. In a transaction, after its lock, so that what is read is what stands. An identity
 * alone would not do: a transaction that commits late would be passed over.
 */
export async function placeEvents(db: Queryable): Promise<boolean> {
  // Two that give out positions wait for each other: positions ascend as they become visible.
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

/**
 * Writes down the cooldowns that are over by that instant: nothing is written when one ends (R9).
 * One that a save has told already, or a sender before this one, is told once.
 */
export async function endCooldowns(db: Queryable, at: Instant): Promise<void> {
  await db.query(
    `insert into safeband.webhook_events (account_id, type, key, at, data)
     select account_id, 'cooldown.ended', safeband.iso(cooldown_until), cooldown_until,
            jsonb_build_object('cause', cooldown_cause, 'until', safeband.iso(cooldown_until))
       from safeband.accounts a
      where cooldown_until <= safeband.at_ms($1) and not is_edited
        and cooldown_until > (select min(created_at) from safeband.webhook_endpoints)
        and cooldown_until > safeband.at_ms($1) - $2 * interval '1 millisecond'
        and not exists (select from safeband.webhook_events e
              where coalesce(e.account_id, e.endpoint_id) = a.account_id
                and e.type = 'cooldown.ended' and e.key = safeband.iso(a.cooldown_until))
      order by cooldown_until, account_id
     on conflict do nothing`,
    [at, WEBHOOK_KEPT_MS / 2],
  );
}

/** Drops events and tries of before that instant, some at a time. */
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
