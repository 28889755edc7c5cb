/** A life for data (R28): its checks on a real database, and the mutants that fail them. */
import { expect } from 'vitest';
import { dayOf, startOf } from '../../src/domain/primitives/time.js';
import { at } from '../support/scenario.js';
import type { DatabaseCheck } from './desk.js';
import type { Mutant } from './mutant.js';

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

const needed: DatabaseCheck = async (desk) => {
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
};

export const DATA_CHECKS = {
  'a row that a rule still needs is kept': needed,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type DataCheckName = keyof typeof DATA_CHECKS;

const RETENTION = 'migrations/0051_retention.sql';
export const DATA_MUTANTS: readonly Mutant<DataCheckName>[] = [
  {
    rule: 'R28',
    what: 'recipients that the memory needs are deleted',
    file: RETENTION,
    old: 'or c.quota_day < today - safeband.contact_days(a))',
    mutated: 'or true)',
    by: 'a row that a rule still needs is kept',
  },
  {
    rule: 'R28',
    what: 'the attempt of an uncertain slot is deleted',
    file: RETENTION,
    old: `r.state in ('delivered', 'released') and r.quota_day < account_day - 35`,
    mutated: 'r.quota_day < account_day - 35',
    by: 'a row that a rule still needs is kept',
  },
];
