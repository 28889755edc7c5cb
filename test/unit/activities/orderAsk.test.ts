/** An order asks an account again after an answer that decides nothing, and states a refusal (R30). */
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../../src/activities/orders/ask.js';

const HOLD = { orderId: '7c2e91d04ab35f68', kind: 'hold', reason: 'r', actor: 'a' } as const;
const order = { ...HOLD, change: null, takesBack: null };

const failed = (type: string): Error =>
  new WorkflowUpdateFailedError(
    'Workflow Update failed',
    ApplicationFailure.create({ type, message: 'why', nonRetryable: true }),
  );
const notFound = (text: string): Error => new WorkflowNotFoundError(text, 'inmail-account/a', 'r');
const away = new ServiceError('away', {
  cause: Object.assign(new Error('no connection'), { code: 14 }),
});

/** Runs `ask` in an activity whose Temporal gives these answers in turn; counts them by update id. */
async function asked(answers: readonly unknown[]) {
  const updateIds: string[] = [];
  const executeUpdate = async (_name: string, { updateId }: { updateId: string }) => {
    updateIds.push(updateId);
    const answer = answers[updateIds.length - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const client = {
    workflow: { getHandle: () => ({ executeUpdate }) },
    withDeadline: (_at: number, call: () => unknown) => call(),
  };
  const context = Object.create(Context.prototype, {
    client: { value: client },
    heartbeat: { value: () => undefined },
  });
  const result = asyncLocalStorage.run(context, () => ask(order, 'a'));
  await vi.runAllTimersAsync();
  return { ...(await result), updateIds };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('an account that an order asks', () => {
  it.each([
    ['its run has ended before it took the Update', notFound('aborted by closing workflow')],
    ['its next run does not know the Update', notFound('update "order-7c" not found')],
    ['its run has ended before the answer', failed('AcceptedUpdateCompletedWorkflow')],
    ['the Update was not processed', failed('UnprocessedUpdate')],
    ['the account cannot answer now', failed('Unavailable')],
    ['Temporal is away', away],
  ])('is asked again with the same id if %s', async (_, error) => {
    const found = await asked([error, {}]);
    const updateId = `order-${order.orderId}`;
    expect(found).toEqual({ outcome: 'done', error: null, updateIds: [updateId, updateId] });
  });

  it.each([
    [
      notFound('workflow execution already completed'),
      'AccountUnknown: the account is not connected',
    ],
    [notFound('workflow not found for ID: a'), 'AccountUnknown: the account is not connected'],
    [failed('CapAboveSafeBand'), 'CapAboveSafeBand: why'],
  ])('is not asked again after a refusal', async (error, text) => {
    expect(await asked([error])).toMatchObject({ outcome: 'failed', error: text });
  });

  it('is asked three times, and then its row has the last error', async () => {
    const found = await asked([away, away, notFound('update "order-7c" not found')]);
    expect(found).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/^Unavailable: /),
    });
    expect(found.updateIds.length).toBe(3);
  });
});
