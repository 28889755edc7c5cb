/**
 * A reset never gives a fresh cap, also at the first task of a continued run, and it loses no message
 * that was answered while the rows are read again (R2, R10, R13, R14).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../src/client/index.js';
import { ask, run, update, whenSaved } from '../support/account.js';
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
