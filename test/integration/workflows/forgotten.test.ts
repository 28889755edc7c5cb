/**
 * External sends that an account has forgotten, because it remembers 500 one by one. A repeated proof
 * counts once, whether its row is unsaved, was read back, or is in Postgres only (R15).
 */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../../src/activities/ports.js';
import type { Observed } from '../../../src/domain/commands/observe.js';
import { EXTERNALS_MAX } from '../../../src/domain/primitives/limits.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { all, run, update, statusOf, skipToSave } from '../../support/account.js';
import { flawsOf, runsOf } from '../../support/histories.js';
import { resetTo } from '../../support/reset.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
const outage = { isNow: false };
beforeAll(async () => {
  const whileUp = async <T>(work: () => Promise<T>): Promise<T> => {
    if (outage.isNow) throw ApplicationFailure.create({ message: 'the database is away' });
    return work();
  };
  stand = await createStand({
    activities: (real: Activities): Partial<Activities> => ({
      save: (ask) => whileUp(() => real.save(ask)),
      reconcile: (ask) => whileUp(() => real.reconcile(ask)),
    }),
  });
});
afterAll(() => stand.close());

const FORGOTTEN = 10;
const COUNT = EXTERNALS_MAX + FORGOTTEN;
const SEED = `insert into safeband.inmail_events
    (account_id, chat_id, message_id, source, quota_day, delivered_at)
  select $1, 'chat-' || n, 'message', 'external', (now() at time zone 'UTC')::date, now()
    from generate_series(1, ${COUNT}) n order by n`;
const CORRECTED = `select coalesce(sum(before - after), 0)::int as sends
  from safeband.corrections where account_id = $1`;
const LOGGED = 'select count(*)::int from safeband.inmail_events where account_id = $1';
const CLOSED = 'select external from safeband.account_days where account_id = $1';

it('a forgotten send counts once when it is observed again', async () => {
  const id = stand.newAccount();
  await all(stand, SEED, id);
  const account = await stand.connect(id);
  await run(account);
  /** Reports these sends one after the other, and returns which of them counted. */
  const observe = async (
    name: string,
    count: number,
    sentAt: Date,
  ): Promise<readonly boolean[]> => {
    const counted: boolean[] = [];
    for (let n = 1; n <= count; n += 1) {
      const report = { chatId: `${name}-${n}`, messageId: 'message', sentAt: sentAt.toISOString() };
      counted.push((await update<Observed>(account, 'sendObserved', report)).counted);
    }
    return counted;
  };

  // The sends of today replace those of yesterday at once, whose rows are not saved yet.
  const yesterday = new Date(Date.now() - DAY_MS);
  outage.isNow = true;
  expect(await observe('old', 3, yesterday)).toEqual([true, true, true]);
  expect(await observe('old', 3, yesterday)).toEqual([false, false, false]);
  outage.isNow = false;
  await skipToSave(account);
  expect(await all(stand, CLOSED, id)).toEqual([{ external: 3 }]);

  // Rows that are only in Postgres: the save that finds them asks for a run.
  expect(await observe('chat', FORGOTTEN, new Date())).not.toContain(false);
  await expect.poll(() => all(stand, CORRECTED, id)).toEqual([{ sends: FORGOTTEN }]);
  await expect.poll(async () => (await statusOf(account)).counter).toBe(COUNT);
  expect(await all(stand, LOGGED, id)).toEqual([{ count: COUNT + 3 }]);

  // Rows and history are read again: nothing is granted until a run has compared them.
  const { runId, historyLength } = await account.describe();
  await run(account);
  await resetTo(account, historyLength, 'nothing');
  await expect.poll(async () => (await account.describe()).runId).not.toBe(runId);
  await expect.poll(() => statusOf(account)).toMatchObject({ verified: true, counter: COUNT });
  await skipToSave(account);
  expect(await run(account)).toMatchObject({ drift: 0, healed: false });
  expect(await all(stand, CLOSED, id)).toEqual([{ external: 3 }]);
  expect(await all(stand, LOGGED, id)).toEqual([{ count: COUNT + 3 }]);
  expect(await flawsOf(account.workflowId, await runsOf(stand, account))).toEqual([]);
});
