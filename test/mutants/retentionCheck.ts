/** The check of retention (R28): a row that a rule still needs is kept, whatever its age. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { dayOf, startOf } from '../../src/domain/primitives/time.js';
import { at } from '../support/scenario.js';
import type { DatabaseCheck } from './desk.js';

/**
 * Two InMails of 200 days before $2: one was delivered to a recipient, the other is uncertain. The
 * account looks back a year.
 */
const OLD_ROWS = `
  with slots as (
    insert into safeband.reservations (account_id, reservation_id, quota_day, state, recipient_id,
      recipient_key, reserved_at, lease_expires_at, settled_at, chat_id, number)
    select $1, state, safeband.day_at($2) - 200, state, 'ACoAAB1', 'acoaab1', now(), now(), now(),
           case when state = 'delivered' then 'c' end, 1
      from unnest(array['delivered', 'uncertain', 'released']) state
    returning account_id, reservation_id, quota_day)
  insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
  select account_id, reservation_id, quota_day, now() from slots`;

/** An order $2 of 500 days before $3, whose hold of the account is still in force. */
const HELD_ORDER = `
  with made as (
    insert into safeband.orders
      (order_id, kind, filter, reason, actor, per_second, accounts, made_at, ended_at)
    select $2, 'hold', '{"all": true}', 'check', 'ada', 50, 1, old, old
      from (select safeband.at_ms($3) - interval '500 days' as old) o),
  held as (
    update safeband.accounts set hold_reason = 'check (order ' || $2 || ')', hold_actor = 'ada',
      hold_since = now(), state = 'held', recorded_at = clock_timestamp() where account_id = $1)
  insert into safeband.order_accounts (order_id, account_id, outcome, decided_at)
  values ($2, $1, 'done', safeband.at_ms($3) - interval '500 days')`;

export const needed: DatabaseCheck = async (desk) => {
  const now = at('09:00');
  await desk.begin({ recipientMemoryDays: 365 });
  await desk.pool.query(OLD_ROWS, [desk.accountId, dayOf(now)]);
  for (const table of ['send_attempts', 'reservations']) {
    const values = [table, startOf(dayOf(now))];
    await desk.pool.query(`select safeband.prune_rows($1, safeband.at_ms($2), 180, false)`, values);
  }
  const ids = (table: string): Promise<readonly object[]> =>
    desk.all(`select reservation_id as id from safeband.${table} where account_id = $1 order by 1`);
  expect(await ids('reservations')).toEqual([{ id: 'delivered' }, { id: 'uncertain' }]);
  expect(await ids('send_attempts')).toEqual([{ id: 'uncertain' }]);
  await desk.pool.query(HELD_ORDER, [desk.accountId, randomBytes(8).toString('hex'), now]);
  await desk.pool.query(
    `select safeband.prune_rows('order_accounts', safeband.at_ms($1), 400, false)`,
    [now],
  );
  const kept = `select outcome from safeband.order_accounts where account_id = $1`;
  expect(await desk.all(kept)).toEqual([{ outcome: 'done' }]);
};
