/**
 * An account with more rows than it may have: it is held, an alert names the table, and the other
 * accounts of the worker answer meanwhile (R8).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  EXTERNAL_ROWS_MAX,
  RUN_FACTS_BYTES_MAX,
  SLOTS_MAX,
} from '../../../src/domain/primitives/limits.js';
import { all, ask, run, update, sent, statusOf } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const JOURNAL = `insert into safeband.send_attempts
    (account_id, reservation_id, quota_day, attempted_at, outcome, chat_id)
  select $1, 'stray-' || n, (now() at time zone 'utc')::date, now() - interval '2 minutes',
         'delivered', 'chat-' || n
    from generate_series(1, $2::int) n`;
const ALERTS = `select severity, resolved_at is null as open, details from safeband.alerts
  where account_id = $1 and kind = 'too_many_rows'`;
const ROWS = 12_000;
/** Rows that another program writes into the account's tables. */
const STRAYS: readonly (readonly [table: string, rows: number, limit: number, sql: string])[] = [
  [
    'reservations',
    SLOTS_MAX + 20,
    SLOTS_MAX,
    `insert into safeband.reservations
       (account_id, reservation_id, quota_day, state, reserved_at, lease_expires_at, settled_at,
        chat_id, number)
     select $1, 'stray-' || n, (now() at time zone 'utc')::date, 'delivered', now(), now(), now(),
            'chat-' || n, 0
       from generate_series(1, $2::int) n`,
  ],
  [
    'inmail_events',
    SLOTS_MAX + 20,
    SLOTS_MAX,
    `insert into safeband.inmail_events
       (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
     select $1, 'stray-' || n, 'chat-' || n, 'pipeline', (now() at time zone 'utc')::date, now()
       from generate_series(1, $2::int) n`,
  ],
  [
    'inmail_events',
    EXTERNAL_ROWS_MAX + SLOTS_MAX + 20,
    EXTERNAL_ROWS_MAX + SLOTS_MAX,
    `insert into safeband.inmail_events
       (account_id, chat_id, message_id, source, quota_day, delivered_at)
     select $1, 'chat-' || n, 'm', 'external', (now() at time zone 'utc')::date, now()
       from generate_series(1, $2::int) n`,
  ],
];

it('an account is held if one reconcile would return more bytes than an answer may have', async () => {
  const { id, account } = await sent(stand, 1);
  const insert = `insert into safeband.reservations
      (account_id, reservation_id, campaign_id, recipient_id, quota_day, state, reserved_at,
       lease_expires_at, settled_at, chat_id, message_id, number)
    select $1, rpad(n || '-', 128, 'r'), repeat('c', 128), rpad(n || '-', 64, 'p'),
           (now() at time zone 'utc')::date, 'delivered', now(), now(), now(),
           rpad(n || '-', 64, 'q'), rpad(n || '-', 64, 'm'), 0
      from generate_series(1, $2::int) n`;
  await stand.pool.query(insert, [id, SLOTS_MAX - 10]);
  expect(await run(account)).toMatchObject({ alerted: true, healed: false });
  expect(await statusOf(account)).toMatchObject({ state: 'held', counter: 1 });
  const [alert] = await all(stand, ALERTS, id);
  const limits = { table: 'reservations', limit: RUN_FACTS_BYTES_MAX, unit: 'bytes' };
  expect(alert).toMatchObject({ severity: 'critical', open: true, details: limits });

  await stand.pool.query(`delete from safeband.reservations where account_id = $1 and number = 0`, [
    id,
  ]);
  expect(await run(account)).toMatchObject({ alerted: false, drift: 0 });
  const after = await all(stand, ALERTS, id);
  expect(after).toMatchObject([{ open: false }]);
});

it('an account with too many journal rows is held, and opens again when they are gone', async () => {
  const { id, account } = await sent(stand, 3);
  const other = await sent(stand, 1);
  await stand.pool.query(JOURNAL, [id, ROWS]);
  const [found, decision] = await Promise.all([run(account), ask(other.account, 'beside')]);
  expect(decision).toMatchObject({ granted: true });
  expect(found).toMatchObject({ alerted: true, healed: false });
  expect(await statusOf(account)).toMatchObject({ state: 'held', counter: 3 });
  expect(await ask(account, 'one-more')).toMatchObject({ granted: false, reason: 'held' });
  const [alert] = await all(stand, ALERTS, id);
  const limits = { table: 'send_attempts', rows: ROWS, limit: SLOTS_MAX };
  expect(alert).toMatchObject({ severity: 'critical', open: true, details: limits });
  expect(JSON.stringify(alert)).toContain('Find out which program wrote them');

  // An account that is resumed too early grants nothing, because no run has succeeded.
  await update(account, 'resume', { reason: 'looked', actor: 'ada' });
  expect(await ask(account, 'too-early')).toMatchObject({ granted: false });

  // A start also reads no more than an account may have, and holds it.
  await account.terminate('the operator does so');
  const again = await stand.connect(id);
  await expect.poll(() => statusOf(again)).toMatchObject({ state: 'held', counter: 3 });

  await stand.pool.query(
    `delete from safeband.send_attempts where account_id = $1 and reservation_id like 'stray-%'`,
    [id],
  );
  await run(again);
  await update(again, 'resume', { reason: 'removed', actor: 'ada' });
  expect(await ask(again, 'now')).toMatchObject({ granted: true });
  expect(await all(stand, ALERTS, id)).toMatchObject([{ open: false }]);
});

it.each(STRAYS)(
  'an account with too many rows of %s (%i) is held, and so is its next start',
  async (...stray) => {
    const [table, rows, limit, sql] = stray;
    const { id, account } = await sent(stand, 1);
    await stand.pool.query(sql, [id, rows]);
    expect(await run(account)).toMatchObject({ alerted: true, healed: false });
    expect(await statusOf(account)).toMatchObject({ state: 'held' });
    const [alert] = await all(stand, ALERTS, id);
    expect(alert).toMatchObject({ severity: 'critical', open: true, details: { table, limit } });
    await account.terminate('the operator does so');
    const again = await stand.connect(id);
    await expect.poll(() => statusOf(again)).toMatchObject({ state: 'held', verified: false });
    expect(await ask(again, 'one-more')).toMatchObject({ granted: false });
  },
);
