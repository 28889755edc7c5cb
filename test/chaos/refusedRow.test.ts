/** A row that Postgres refuses because of its content delays nothing, on the real servers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { all, ask, run, update, stateOf, statusOf, whenSaved } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
  await stand.pool.query(
    `alter table safeband.reservations
       add constraint a_rule_of_this_test check (reservation_id not like 'bad%')`,
  );
});
afterAll(() => stand.close());

const ALERTS = `select kind, jsonb_array_length(details -> 'rows') as rows
  from safeband.alerts where account_id = $1`;

it('a refused row is kept whole in an alert, all other rows are saved, and the account continues', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const requests = ['good-1', 'bad', 'good-2'].map((reservationId) => ({ reservationId }));
  await update(account, 'sendReserveBatch', { requests });
  await account.signal('sendDelivered', { reservationId: 'good-1', chatId: 'chat-1' });
  await whenSaved(account);
  const reservations = `select reservation_id as id, state from safeband.reservations
    where account_id = $1 order by 1`;
  expect(await all(stand, reservations, id)).toEqual([
    { id: 'good-1', state: 'delivered' },
    { id: 'good-2', state: 'in_flight' },
  ]);
  const counts = `select inmails_sent_today as counter, in_flight as flying
    from safeband.accounts where account_id = $1`;
  expect(await all(stand, counts, id)).toEqual([{ counter: 3, flying: 2 }]);
  const kept = `select details ->> 'reason' as reason, details #>> '{rows,0}' as row
    from safeband.alerts where account_id = $1 and kind = 'refused_row'`;
  const row = expect.stringMatching(
    /"reservationId":"bad","quotaDay":\d+,"state":"in_flight".*"reservedAt":\d+/,
  );
  const reason = expect.stringContaining('a_rule_of_this_test');
  expect(await all(stand, kept, id)).toEqual([{ reason, row }]);

  expect(await ask(account, 'good-3')).toMatchObject({ granted: true });
  // The slot continues: its delivery is proved, counted and logged.
  await update(account, 'sendDelivered', { reservationId: 'bad', chatId: 'chat-bad' });
  await whenSaved(account);
  expect(await stateOf(account, 'bad')).toBe('delivered');
  const log = `select reservation_id as id, chat_id as chat from safeband.inmail_events
    where account_id = $1 order by event_id`;
  expect(await all(stand, log, id)).toEqual([
    { id: 'good-1', chat: 'chat-1' },
    { id: 'bad', chat: 'chat-bad' },
  ]);
  expect(await statusOf(account)).toMatchObject({ state: 'active', counter: 4, delivered: 2 });
});

it('a refused row raises one alert, however often runs try to write the row again', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await ask(account, 'bad');
  await update(account, 'sendDelivered', { reservationId: 'bad', chatId: 'chat-bad' });
  await run(account);
  const alerts = await all(stand, ALERTS, id);
  expect(alerts).toEqual([{ kind: 'refused_row', rows: 1 }]);
  for (let i = 0; i < 5; i += 1) await run(account);
  expect(await all(stand, ALERTS, id)).toEqual(alerts);
  expect(await statusOf(account)).toMatchObject({ state: 'active', counter: 1, unexplained: 0 });
});
