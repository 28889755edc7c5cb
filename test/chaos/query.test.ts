/**
 * A Query that comes before the worker has a workflow in memory: its task has the messages that
 * came after it was sent, and the worker may not take them with it. The run replays (R18).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, run, statusOf, update } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

const ACCOUNTS = 8;
/** Until a request that has no answer yet is at the server. Too short: the test shows nothing. */
const BRIEFLY_MS = 300;
let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

it('a Signal and an Update that come after a Query leave a run that replays', async () => {
  const accounts = await Promise.all(
    Array.from({ length: ACCOUNTS }, async () => {
      const account = await stand.connect(stand.newAccount());
      await run(account);
      return account;
    }),
  );
  await stand.stopWorker();
  const queries = accounts.map((account) => statusOf(account));
  await sleep(BRIEFLY_MS);
  for (const account of accounts) await account.signal('sendReserve', { reservationId: 'r1' });
  const updates = accounts.map((account) => update(account, 'hold', { reason: 'x', actor: 'ada' }));
  await sleep(BRIEFLY_MS);
  await stand.startWorker();
  await Promise.all(updates);
  for (const status of await Promise.all(queries)) expect(status.tier).toBe('sales_navigator');
  await stand.stopWorker();
  await stand.startWorker();
  for (const account of accounts) {
    expect(await ask(account, 'r2')).toMatchObject({ granted: false });
    const runs = await runsOf(stand, account);
    expect(failuresIn(runs)).toEqual([]);
    expect(await flawsOf(account.workflowId, runs)).toEqual([]);
  }
});
