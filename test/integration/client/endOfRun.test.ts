/** Fifty deliveries during a continue-as-new: each is answered, counted and logged once. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../../src/client/index.js';
import { isNotFound, isWorthRetrying } from '../../../src/client/errors.js';
import type { Delivered } from '../../../src/temporal/protocol.js';
import { all, run, update, statusOf, whenSaved } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

type Report = { readonly reservationId: string; readonly chatId: string };
type Send = (id: string, report: Report) => Promise<Delivered>;

const DEADLINE_MS = 20_000;

/** Repeats the same Update with its id, as docs/http.md requires of callers of raw Updates. */
const raw: Send = async (id, report) => {
  const updateId = randomUUID();
  const send = (): Promise<Delivered> =>
    stand.handle(id).executeUpdate('sendDelivered', { args: [report], updateId });
  for (let pause = 50; ; pause = Math.min(2 * pause, 1_000)) {
    try {
      return await stand.client.withDeadline(Date.now() + DEADLINE_MS, send);
    } catch (error) {
      if (!isWorthRetrying(error)) throw error;
      await sleep(pause); // the documentation requires this pause
    }
  }
};
const byClient: Send = (id, report) =>
  createClient({ client: stand.client, taskQueue: stand.taskQueue, deadlineMs: 600_000 }).delivered(
    id,
    report,
  );

/**
 * Sends Signals without a known name, until a run has almost the maximum of events (600); returns
 * the id of that run. On a slow machine, the Signals themselves may end it.
 */
async function fill(account: WorkflowHandle): Promise<string> {
  for (;;) {
    const { historyLength, runId } = await account.describe();
    if (historyLength >= 560) return runId;
    await Promise.all(Array.from({ length: 20 }, () => account.signal('noise')));
  }
}

it('an Update that the present run does not know is sent again', async () => {
  const account = await stand.connect(stand.newAccount());
  // The SDK asks so for a late answer: at the run that is the present one by then.
  const late = account.getUpdateHandle('of-the-last-run').result();
  const error: unknown = await late.catch((failed: unknown) => failed);
  expect(isNotFound(error)).toBe(true);
  expect(isWorthRetrying(error)).toBe(true);
});

it.each([
  ['raw Updates', raw],
  ['the client', byClient],
])('all deliveries at the end of a run are answered, by %s', async (_way, send) => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const names = Array.from({ length: 50 }, (_, n) => `r${n}`);
  const requests = names.map((reservationId) => ({ reservationId }));
  await update(account, 'sendReserveBatch', { requests });
  for (const part of [names.slice(0, 25), names.slice(25)]) {
    const runId = await fill(account);
    const reports = part.map((reservationId) => ({ reservationId, chatId: `c-${reservationId}` }));
    // Each report twice: fifty Updates at once, of which half repeat the others.
    const answers = await Promise.all([...reports, ...reports].map((one) => send(id, one)));
    // If the first answer was lost with its run, the answer to the repeat marks it as known.
    const settled = new Set(answers.map((answer) => answer.settled));
    expect(answers).toHaveLength(50);
    expect([...settled].filter((what) => !what.endsWith('delivered'))).toEqual([]);
    await expect.poll(async () => (await account.describe()).runId).not.toBe(runId);
  }
  await run(account);
  await whenSaved(account);
  expect(await statusOf(account)).toMatchObject({ counter: 50, delivered: 50, external: 0 });
  const log = 'select count(*)::int as rows from safeband.inmail_events where account_id = $1';
  expect(await all(stand, log, id)).toEqual([{ rows: 50 }]);
});
