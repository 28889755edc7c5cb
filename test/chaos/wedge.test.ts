/**
 * One task saves a delivery and gets a reserve for a cold account, so it needs two activities. On
 * replay their results may come in other groups than live. So only the loop begins them, one after
 * the other. Otherwise the run would never continue after a restart of its worker.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, update, skipToSave } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

const ACCOUNTS = 8;
let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** Returns an account with an uncertain send and without a check for 35 minutes. */
async function uncertain(): Promise<string> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await update(account, 'reconcileNow');
  await ask(account, 'r0', { recipientId: 'anna', journaled: true });
  await stand.pool.query(
    `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
     values ($1, 'r0', (now() at time zone 'UTC')::date, now())`,
    [id],
  );
  await update(account, 'sendFailed', { reservationId: 'r0', kind: 'unknown' });
  await skipToSave(account);
  await fastForward(stand.client, account.workflowId, 35 * 60);
  return id;
}

it('a save and a check in one task are replayed as they were', async () => {
  const ids = await Promise.all(Array.from({ length: ACCOUNTS }, uncertain));
  await stand.stopWorker();
  await stand.pool.query(
    `update safeband.send_attempts set outcome = 'delivered', chat_id = 'late', settled_at = now()
      where account_id = any($1)`,
    [ids],
  );
  const asked = await Promise.all(
    ids.map(async (id) => {
      const account = stand.handle(id);
      const sentAt = new Date().toISOString();
      await account.signal('sendObserved', { chatId: `c-${id}`, messageId: 'm', sentAt });
      return { answer: ask(account, 'r1') };
    }),
  );
  await stand.startWorker();
  for (const { answer } of asked) {
    const decision = await answer;
    // The check of a cold account takes at most five seconds; a slow machine may need longer.
    expect(decision.granted ? 'granted' : decision.reason).toMatch(/^(granted|unverified)$/);
  }
  await stand.stopWorker();
  await stand.startWorker();
  for (const id of ids) {
    const account = stand.handle(id);
    await expect.poll(async () => (await ask(account, 'r2')).granted).toBe(true);
    const runs = await runsOf(stand, account);
    expect(failuresIn(runs)).toEqual([]);
    expect(await flawsOf(account.workflowId, runs)).toEqual([]);
  }
});
