/**
 * A workflow is lost with its whole history. The next workflow reads the counts from the rows and
 * from the pipeline's journal, which has more than the rows. No send counts twice (R6, R13).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { all, ask, run, update, stateOf, statusOf, skipToSave } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** Deletes the execution, and waits until the server no longer has it. */
async function lose({ client, workflowId }: WorkflowHandle): Promise<void> {
  const workflowExecution = { workflowId };
  const { namespace } = client.options;
  await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
  const isKnown = () =>
    client
      .getHandle(workflowId)
      .describe()
      .then(() => true)
      .catch((error: unknown) => {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      });
  await expect.poll(isKnown).toBe(false);
}

const TODAY = `(now() at time zone 'UTC')::date`;

it('an account without its history is rebuilt from rows and journal, and waits for a person', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const slots = ['saved', 'sent', 'failed', 'silent', 'doubtful', 'proved'];
  const requests = slots.map((reservationId) => ({ reservationId, journaled: true }));
  await update(account, 'sendReserveBatch', { requests });
  await update(account, 'sendDelivered', { reservationId: 'saved', chatId: 'chat-saved' });
  for (const reservationId of ['doubtful', 'proved']) {
    await update(account, 'sendFailed', { reservationId, kind: 'unknown' });
  }
  await skipToSave(account);
  // A slot of yesterday, whose lease ran over midnight: it takes room of today (R7).
  await all(
    stand,
    `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
       lease_expires_at, journaled, carried_into, number)
     values ($1, 'eve', ${TODAY} - 1, 'in_flight', now() - interval '1 day',
       now() + interval '1 hour', true, ${TODAY}, 1)`,
    id,
  );
  // Only the journal has two outcomes of open slots, and an attempt without a known slot.
  await all(
    stand,
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at,
       outcome, chat_id, error_code, settled_at)
     values ($1, 'sent', ${TODAY}, now(), 'delivered', 'chat-sent', null, now()),
       ($1, 'proved', ${TODAY}, now(), 'delivered', 'chat-proved', null, now()),
       ($1, 'failed', ${TODAY}, now(), 'failed', null, 'rejected', now()),
       ($1, 'wild', ${TODAY}, now(), null, null, null, null)`,
    id,
  );
  await lose(account);

  const again = await stand.connect(id);
  const counts = { delivered: 3, inFlight: 0, uncertain: 3, external: 0, unexplained: 0 };
  await expect
    .poll(() => statusOf(again))
    .toMatchObject({
      ...counts,
      counter: 6,
      carried: 1,
      remaining: 43,
      state: 'cooldown',
      cooldown: { cause: 'unclean_end' },
    });
  const known = [...slots, 'wild', 'eve'];
  const states = await Promise.all(known.map((name) => stateOf(again, name)));
  expect(Object.fromEntries(known.map((name, i) => [name, states[i]]))).toEqual({
    saved: 'delivered',
    sent: 'delivered',
    proved: 'delivered',
    failed: 'released',
    silent: 'uncertain',
    doubtful: 'uncertain',
    wild: 'uncertain',
    eve: 'uncertain',
  });
  expect(await ask(again, 'new')).toMatchObject({ granted: false, reason: 'cooldown' });
  await update(again, 'resume', { reason: 'looked', actor: 'ada' });
  expect(await ask(again, 'new')).toMatchObject({ granted: true, remainingToday: 42 });

  // Late reports of lost sends find their slots, and change no correct number.
  await update(again, 'sendDelivered', { reservationId: 'sent', chatId: 'chat-sent' });
  await update(again, 'sendDelivered', { reservationId: 'silent', chatId: 'chat-silent' });
  await update(again, 'sendFailed', { reservationId: 'eve', kind: 'rejected' });
  expect(await run(again)).toMatchObject({ cooled: false });
  await skipToSave(again);
  const log = `select reservation_id as id, chat_id as chat from safeband.inmail_events
    where account_id = $1 order by 1`;
  const proofs = ['proved', 'saved', 'sent', 'silent'];
  expect(await all(stand, log, id)).toEqual(
    proofs.map((name) => ({ id: name, chat: `chat-${name}` })),
  );
  expect(await statusOf(again)).toMatchObject({
    counter: 7,
    delivered: 4,
    carried: 0,
    uncertain: 2,
  });
  const row = `select inmails_sent_today as counter, uncertain, carried
    from safeband.accounts where account_id = $1`;
  expect(await all(stand, row, id)).toEqual([{ counter: 7, uncertain: 2, carried: 0 }]);
});
