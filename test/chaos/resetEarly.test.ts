/**
 * A reset never gives a fresh cap, also at the first task of a continued run, and it loses no message
 * that was answered while the rows are read again (R2, R10, R13, R14).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../src/client/index.js';
import { WORKFLOW_TYPE } from '../../src/temporal/protocol.js';
import { ask, run, update, whenSaved } from '../support/account.js';
import { failuresIn } from '../support/histories.js';
import { resetTo } from '../support/reset.js';
import { PATIENT } from '../support/patience.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward, secondsToMidnight } from '../support/time.js';

const fault = { isAway: false };
let stand: Stand;
beforeAll(async () => {
  stand = await createStand({
    activities: (real) => ({
      readBack: async (request) => {
        if (fault.isAway) throw new Error('the database is away');
        return real.readBack(request);
      },
    }),
  });
});
afterAll(() => stand.close());

/** Reads the status through the client, which asks again until a new run has begun. */
const statusOf = (id: string) => createClient({ client: stand.client, ...PATIENT }).status(id);

it('a reset to the first task of a continued run gives no second cap on that day', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { dailyCap: 3 });
  // A run shortly before midnight: the state of the next run counts as verified for half an hour.
  const early = secondsToMidnight((await statusOf(id)).asOf) - 15 * 60;
  if (early > 0) await fastForward(stand.client, account.workflowId, early);
  await run(account);
  const late = secondsToMidnight((await statusOf(id)).asOf);
  await fastForward(stand.client, account.workflowId, late);
  for (const reservationId of ['a', 'b', 'c']) {
    expect(await ask(account, reservationId)).toMatchObject({ granted: true });
    await update(account, 'sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  }
  await whenSaved(account);
  await resetTo(account, 1, 'nothing');
  for (const reservationId of ['d', 'e', 'f']) {
    expect(await ask(account, reservationId)).toMatchObject({ granted: false });
  }
  await expect
    .poll(() => statusOf(id))
    .toMatchObject({ counter: 3, delivered: 3, cooldown: { cause: 'two_owners' } });
});

it('a run that began without a history can be reset to any of its tasks', async () => {
  const id = stand.newAccount();
  const before = await stand.connect(id, { dailyCap: 3 });
  for (const reservationId of ['a', 'b']) await ask(before, reservationId);
  await run(before);
  await before.terminate('an accident');
  await stand.client.workflow.start(WORKFLOW_TYPE, {
    workflowId: before.workflowId,
    taskQueue: stand.taskQueue,
    args: [{ accountId: id, tier: 'sales_navigator' }, { isFirstRun: true }],
  });
  const account = stand.handle(id);
  const waits = { counter: 2, cooldown: { cause: 'unclean_end' } };
  await expect.poll(() => statusOf(id)).toMatchObject(waits);
  await run(account);
  const { events } = await account.fetchHistory();
  const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  expect(tasks.length).toBeGreaterThan(2);
  for (const { eventId } of tasks.toReversed()) {
    await resetTo(account, Number(eventId), 'nothing');
    await run(account);
    expect(await ask(account, 'c')).toMatchObject({ granted: false });
    expect(await statusOf(id)).toMatchObject({ counter: 2, inFlight: 2 });
    expect(failuresIn([await account.fetchHistory()])).toEqual(['a test']);
  }
});

it('messages that are answered while the rows are read again are kept', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const { historyLength } = await account.describe();
  await ask(account, 'a');
  await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'chat-a' });
  await whenSaved(account);
  fault.isAway = true;
  await resetTo(account, historyLength, 'nothing');
  expect(await update(account, 'configure', { dailyCap: 7, actor: 'ada' })).toMatchObject({
    dailyCap: 7,
  });
  await update(account, 'disconnect', { reason: 'moved on', actor: 'ada' });
  fault.isAway = false;
  await account.result();
  const { rows } = await stand.pool.query(
    `select state, daily_cap, inmails_sent_today as counter
       from safeband.accounts where account_id = $1`,
    [id],
  );
  expect(rows).toEqual([{ state: 'disconnected', daily_cap: 7, counter: 1 }]);
});
