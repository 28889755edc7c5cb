/** Tests repeat their Updates and Queries as a caller of raw Updates has to (docs/http.md). */
import {
  Client,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { query, update, updateWithStart } from '../../support/calls.js';

type Sent = {
  readonly updateId?: string;
  readonly startWorkflowOperation?: { readonly options: { workflowIdConflictPolicy?: string } };
};

const silent = new WorkflowUpdateRPCTimeoutOrCancelledError('no answer in time');
const closing = new WorkflowNotFoundError('aborted by closing workflow', 'inmail-account/a', 'r');
const refused = new WorkflowUpdateFailedError(
  'Workflow Update failed',
  ApplicationFailure.create({ type: 'InvalidInput', message: 'why', nonRetryable: true }),
);

/** A client whose Temporal gives these answers in turn; it keeps what it was sent. */
function temporal(answers: readonly unknown[]) {
  const sent: Sent[] = [];
  const deadlines: number[] = [];
  const next = async (options: Sent): Promise<unknown> => {
    sent.push(options);
    const answer = answers[sent.length - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const client = new Client({ connection: Object.create(null) });
  const account = client.workflow.getHandle('inmail-account/a');
  const withDeadline = async <T>(at: number | Date, call: () => Promise<T>): Promise<T> => {
    deadlines.push(Number(at));
    return call();
  };
  Object.assign(client, { withDeadline });
  Object.assign(client.workflow, {
    withDeadline,
    executeUpdateWithStart: (_name: string, options: Sent) => next(options),
  });
  const executeUpdate = (_name: string, options: Sent) => next(options);
  Object.assign(account, { client: client.workflow, executeUpdate, query: () => next({}) });
  return { client, account, sent, deadlines };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
/** Returns the answer of a call that pauses between its tries. */
async function answerOf(call: Promise<unknown>): Promise<unknown> {
  const answer = call.catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  return answer;
}
function expectOneId(sent: readonly Sent[], tries: number): void {
  const ids = sent.map(({ updateId }) => updateId);
  expect(ids).toEqual(Array(tries).fill(expect.any(String)));
  expect(new Set(ids).size).toBe(1);
}
const start = { workflowId: 'inmail-account/a', taskQueue: 'q', args: [{}] as [object] };

describe('a test', () => {
  it('sends an Update again with its id after a lost one and after an ended run', async () => {
    const { account, sent, deadlines } = temporal([silent, closing, 'done']);
    expect(await answerOf(update(account, 'hold'))).toBe('done');
    expectOneId(sent, 3);
    expect(deadlines).toHaveLength(3);
  });

  it('sends an Update with a start again, with its id and a new start for each try', async () => {
    const { client, sent, deadlines } = temporal([silent, closing, 'done']);
    expect(await answerOf(updateWithStart(client, 'connect', 'inmailAccount', start))).toBe('done');
    expectOneId(sent, 3);
    const starts = sent.map(({ startWorkflowOperation }) => startWorkflowOperation);
    expect(new Set(starts).size).toBe(3);
    expect(starts.map((one) => one?.options.workflowIdConflictPolicy)).toEqual(
      Array(3).fill('USE_EXISTING'),
    );
    expect(deadlines).toHaveLength(3);
  });

  it('sends a Query again after a lost one', async () => {
    const { account, deadlines } = temporal([silent, 'active']);
    expect(await answerOf(query(account, 'status'))).toBe('active');
    expect(deadlines).toHaveLength(2);
  });

  it('sends nothing again after a refusal', async () => {
    const { account, sent } = temporal([refused, 'done']);
    expect(await answerOf(update(account, 'hold'))).toBe(refused);
    expect(sent).toHaveLength(1);
  });
});
