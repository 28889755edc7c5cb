/**
 * LinkedIn's ids of 512 characters of three bytes: an account keeps their fingerprints, its rows
 * keep them in full, and every message, run and start treats them as it treats short ids (R4, R15).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { all, ask, query, run, update, statusOf } from '../../support/account.js';
import { failureTypeOf } from '../../support/failure.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** Returns a different id of 512 three-byte characters for each name; the test also has short ids. */
const longest = (name: string): string => `${name}${'中'.repeat(512 - name.length)}`;
const LENGTHS = [
  { ids: 'of two bytes', long: (name: string): string => name },
  { ids: 'of 1,532 bytes', long: longest },
];
const now = (): string => new Date().toISOString();

const RESERVATIONS = `select reservation_id, recipient_id, chat_id, message_id
  from safeband.reservations where account_id = $1 order by reservation_id`;
const LOG = `select reservation_id, chat_id, message_id from safeband.inmail_events
  where account_id = $1 order by chat_id`;

it.each(LENGTHS)(
  'an account counts, pairs, repeats and restarts with ids $ids',
  async ({ long }) => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    const first = { recipientId: long('p1'), journaled: true };
    expect(await ask(account, 'r1', first)).toMatchObject({ granted: true, repeated: false });
    expect(await ask(account, 'r1', first)).toMatchObject({ granted: true, repeated: true });
    const other = () => ask(account, 'r1', { ...first, recipientId: long('p2') });
    expect(await failureTypeOf(other)).toBe('ReservationConflict');

    const observed = { chatId: long('c1'), messageId: long('m1'), sentAt: now() };
    expect(await update(account, 'sendObserved', { ...observed, recipientId: long('p1') })).toEqual(
      {
        matched: 'r1',
        counted: false,
      },
    );
    const delivered = { reservationId: 'r1', chatId: long('c1'), messageId: long('m1') };
    expect(await update(account, 'sendDelivered', delivered)).toEqual({
      settled: 'already_delivered',
    });
    await ask(account, 'r2', { recipientId: long('p2') });
    expect(
      await failureTypeOf(() =>
        update(account, 'sendDelivered', { ...delivered, reservationId: 'r2' }),
      ),
    ).toBe('ChatIdTaken');

    // Sent manually: it counts once, and a delivery without a message id takes it.
    const manual = { chatId: long('c2'), messageId: long('m2'), sentAt: now() };
    expect(await update(account, 'sendObserved', manual)).toEqual({ matched: null, counted: true });
    expect(await update(account, 'sendObserved', manual)).toEqual({
      matched: null,
      counted: false,
    });
    await update(account, 'sendDelivered', { reservationId: 'r2', chatId: long('c2') });

    // A run reads outcomes that only the journal has.
    await ask(account, 'r3', { journaled: true });
    await stand.pool.query(
      `insert into safeband.send_attempts
       (account_id, reservation_id, quota_day, attempted_at, outcome, chat_id, message_id)
     values ($1, 'r3', current_date, now(), 'delivered', $2, $3)`,
      [id, long('c3'), long('m3')],
    );
    expect(await run(account)).toMatchObject({ healed: true });
    expect(await run(account)).toMatchObject({ drift: 0, healed: false });
    const counted = { counter: 3, delivered: 3, external: 0, unexplained: 0 };
    expect(await statusOf(account)).toMatchObject(counted);

    const reservations = [
      {
        reservation_id: 'r1',
        recipient_id: long('p1'),
        chat_id: long('c1'),
        message_id: long('m1'),
      },
      {
        reservation_id: 'r2',
        recipient_id: long('p2'),
        chat_id: long('c2'),
        message_id: long('m2'),
      },
      { reservation_id: 'r3', recipient_id: null, chat_id: long('c3'), message_id: long('m3') },
    ];
    const log = [
      { reservation_id: 'r1', chat_id: long('c1'), message_id: long('m1') },
      { reservation_id: null, chat_id: long('c2'), message_id: long('m2') },
      { reservation_id: 'r3', chat_id: long('c3'), message_id: long('m3') },
    ];
    expect(await all(stand, RESERVATIONS, id)).toEqual(reservations);
    expect(await all(stand, LOG, id)).toEqual(log);

    // A deleted row is written again, with the full ids of the log.
    await stand.pool.query(
      `delete from safeband.reservations where account_id = $1 and reservation_id = 'r3'`,
      [id],
    );
    await run(account);
    await run(account);
    expect(await all(stand, RESERVATIONS, id)).toEqual(reservations);

    await account.terminate('the operator does so');
    const again = await stand.connect(id);
    await expect.poll(async () => (await statusOf(again)).verified).toBe(true);
    expect(await update(again, 'sendDelivered', delivered)).toEqual({
      settled: 'already_delivered',
    });
    expect(await update(again, 'sendObserved', manual)).toEqual({ matched: 'r2', counted: false });
    expect(await run(again)).toMatchObject({ drift: 0, healed: false });
    const status: StatusWire = await statusOf(again);
    expect(status).toMatchObject(counted);
    expect(await all(stand, RESERVATIONS, id)).toEqual(reservations);
    expect(await all(stand, LOG, id)).toEqual(log);
  },
);

it('peek, nextSlots and status answer about 32 days ahead, and refuse an instant beyond', async () => {
  const account = await stand.connect(stand.newAccount(), { dailyCap: 1 });
  const ahead = (days: number): { readonly at: string } => ({
    at: new Date(Date.now() + days * 86_400_000).toISOString(),
  });
  expect(await query(account, 'peek', ahead(31.9))).toMatchObject({ granted: true });
  for (const at of [ahead(32.1).at, '9999-12-31T23:59:59.999Z']) {
    for (const name of ['peek', 'status', 'nextSlots']) {
      const refused: unknown = await query(account, name, { at, count: 1 }).catch((error) => error);
      expect(String(refused)).toContain('at should be at most 32 days ahead, until ');
    }
  }
});
