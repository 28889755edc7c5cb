/**
 * Signals without a pause while saves are slow: workflow runs end again and again. So no Signal meets
 * the server's limit of 10,000 in one run, and each Signal counts once (R18).
 */
import { setTimeout } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { all, ask, run, sent, statusOf } from '../support/account.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

/** SAFEBAND_STREAM=12000 is more than the server accepts in one run. */
const SIGNALS = Number(process.env['SAFEBAND_STREAM'] ?? 1_500);
/** Number of callers. Each sends its next Signal as soon as the server has accepted its last. */
const CALLERS = 8;
/** During a save of this length, more Signals come than the server keeps for one task (100). */
const SAVE_MS = 500;
const { WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND: BUFFER_IS_FULL } =
  temporal.api.enums.v1.WorkflowTaskFailedCause;

let stand: Stand;
beforeAll(async () => {
  stand = await createStand({
    activities: (real: Activities): Partial<Activities> => ({
      save: async (batch) => {
        await setTimeout(SAVE_MS);
        return real.save(batch);
      },
    }),
  });
});
afterAll(() => stand.close());

async function stream(account: WorkflowHandle): Promise<void> {
  const sentAt = new Date().toISOString();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < SIGNALS) {
      const chatId = `c${next++}`;
      await account.signal('sendObserved', { chatId, messageId: 'm', sentAt });
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

it(`runs end while ${SIGNALS} Signals come without a pause, and each Signal counts once`, async () => {
  const { id, account } = await sent(stand, 1);
  await stream(account);
  const counter = SIGNALS + 1;
  await expect.poll(async () => (await statusOf(account)).counter).toBe(counter);
  expect(await ask(account, 'behind-all')).toMatchObject({ granted: false });
  await run(account);
  expect(await statusOf(account)).toMatchObject({ counter, external: SIGNALS, delivered: 1 });
  const log = 'select count(*)::int as rows from safeband.inmail_events where account_id = $1';
  expect(await all(stand, log, id)).toEqual([{ rows: counter }]);

  const runs = await runsOf(stand, account);
  const signalsIn = runs.map(
    ({ events }) =>
      (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes).length,
  );
  // A run that did not end during the stream would have almost all of them.
  expect(Math.max(...signalsIn)).toBeLessThan((2 * SIGNALS) / 3);
  expect(failuresIn(runs).filter((why) => why !== BUFFER_IS_FULL)).toEqual([]);
  expect(await flawsOf(account.workflowId, runs)).toEqual([]);
});
