/**
 * Orders that an account takes between the claim of its row and its first save (R13, R14): the next
 * start, or the next run after a reset, applies them.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKFLOW_TYPE, workflowIdOf } from '../../src/temporal/protocol.js';
import { all, statusOf, update } from '../support/account.js';
import { resetTo } from '../support/reset.js';
import { createStand, type Stand } from '../support/stand.js';

const fault = { isAway: false };
const unlessAway = <A, O>(write: (ask: A) => Promise<O>) => {
  return async (ask: A): Promise<O> => {
    if (fault.isAway) throw new Error('the database takes no write');
    return write(ask);
  };
};
let stand: Stand;
beforeAll(async () => {
  stand = await createStand({
    activities: (real) => ({
      save: unlessAway((ask) => real.save(ask)),
      reconcile: unlessAway((ask) => real.reconcile(ask)),
    }),
  });
});
afterAll(() => stand.close());

const HOLD = { reason: 'wait', actor: 'ada' };
const held = { hold: HOLD };

it('a Signal that waited while the row was claimed is applied by the next start', async () => {
  const id = stand.newAccount();
  fault.isAway = true;
  const account = await stand.client.workflow.signalWithStart(WORKFLOW_TYPE, {
    workflowId: workflowIdOf(id),
    taskQueue: stand.taskQueue,
    args: [{ accountId: id, tier: 'sales_navigator' }],
    signal: 'hold',
    signalArgs: [HOLD],
  });
  await expect.poll(() => statusOf(account)).toMatchObject(held);
  await account.terminate('an accident');
  fault.isAway = false;
  const again = await stand.connect(id);
  await expect.poll(() => statusOf(again)).toMatchObject({ ...held, verified: true });
});

it('a reset to the task of the claim keeps the orders that were answered since', async () => {
  const id = stand.newAccount();
  fault.isAway = true;
  const account = await stand.connect(id);
  await update(account, 'hold', HOLD);
  const { events } = await account.fetchHistory();
  const read = events?.find((event) => event.activityTaskCompletedEventAttributes);
  await resetTo(account, Number(read?.eventId), 'nothing');
  fault.isAway = false;
  await expect.poll(() => statusOf(account)).toMatchObject({ ...held, verified: true });
  const owners = `select kind from safeband.alerts where account_id = $1 and severity <> 'info'`;
  expect(await all(stand, owners, id)).toEqual([]);
});
