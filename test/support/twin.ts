/**
 * The day of one account with an accident at noon. A test compares it with the day of a twin that
 * gets the same messages and has no accident (R13, R14).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { expect } from 'vitest';
import { all, update, statusOf, skipToSave } from './account.js';
import type { Stand } from './stand.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';

/**
 * Sends the messages of the morning: deliveries by Signal and Update, each failure after which the
 * account continues, and an observed send.
 */
export async function morning(account: WorkflowHandle): Promise<void> {
  const requests = Array.from({ length: 9 }, (_, n) => ({
    reservationId: `r${n}`,
    recipientId: `to-${n}`,
  }));
  await update(account, 'sendReserveBatch', { requests });
  const { asOf: sentAt } = await statusOf(account);
  await account.signal('sendDelivered', { reservationId: 'r0', chatId: 'c0', messageId: 'm0' });
  await update(account, 'sendDelivered', { reservationId: 'r1', chatId: 'c1' });
  await update(account, 'sendFailed', { reservationId: 'r2', kind: 'rejected' });
  await account.signal('sendFailed', { reservationId: 'r3', kind: 'not_attempted' });
  await account.signal('sendFailed', { reservationId: 'r4', kind: 'unknown' });
  await update(account, 'sendObserved', {
    chatId: 'c5',
    messageId: 'm5',
    recipientId: 'to-5',
    sentAt,
  });
  await update(account, 'sendObserved', { chatId: 'hand', messageId: 'm', sentAt });
}

/** Sends the messages of the afternoon, after the accident: reports that need no new grant. */
export async function afternoon(account: WorkflowHandle): Promise<void> {
  await account.signal('sendDelivered', { reservationId: 'r6', chatId: 'c6' });
  await update(account, 'sendFailed', { reservationId: 'r7', kind: 'unknown' });
  await account.signal('sendDelivered', { reservationId: 'r1', chatId: 'c1' });
}

/** Returns everything that must be equal: counts, event log, reservations and row. */
export async function countsOf(stand: Stand, id: string): Promise<object> {
  const account = stand.handle(id);
  const status = await statusOf(account);
  const { counter, delivered, external, uncertain, inFlight, unexplained } = status;
  return {
    numbers: [counter, delivered, external, uncertain, inFlight, unexplained],
    log: await all(
      stand,
      `select chat_id, count(*)::int from safeband.inmail_events
        where account_id = $1 group by 1 order by 1`,
      id,
    ),
    reservations: await all(
      stand,
      `select reservation_id, state from safeband.reservations
        where account_id = $1 order by 1`,
      id,
    ),
    row: await all(
      stand,
      `select inmails_sent_today, in_flight, uncertain from safeband.accounts
        where account_id = $1`,
      id,
    ),
  };
}

/** Plays the day of one account with an accident at noon. */
export async function day(
  stand: Stand,
  accident: (account: WorkflowHandle) => Promise<unknown>,
): Promise<string> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await morning(account);
  await skipToSave(account);
  await accident(account);
  await expect.poll(() => statusOf(account).then(() => true)).toBe(true);
  await afternoon(account);
  await skipToSave(account);
  return id;
}
/** Plays the twin's day, without an accident. */
export const untouched = async (stand: Stand): Promise<object> =>
  countsOf(stand, await day(stand, async () => undefined));

/** Expects a cooldown with that cause until midnight, which a person may or may not end. */
export async function expectWaiting(
  stand: Stand,
  id: string,
  { cause, isEndedByResume }: { readonly cause: string; readonly isEndedByResume: boolean },
): Promise<void> {
  const account = stand.handle(id);
  const { rows } = await stand.pool.query<{ kind: string }>(
    'select kind from safeband.alerts where account_id = $1',
    [id],
  );
  expect(rows.map(({ kind }) => kind)).toContain(cause);
  const denied = await update<DecisionWire>(account, 'sendReserve', { reservationId: 'new' });
  expect(denied).toMatchObject({ granted: false, reason: 'cooldown' });
  expect((await statusOf(account)).cooldown).toMatchObject({
    cause,
    until: expect.stringMatching(/T00:00:00\.000Z$/),
  });
  await update(account, 'resume', { reason: 'looked', actor: 'ada' });
  expect((await statusOf(account)).cooldown === null).toBe(isEndedByResume);
}
