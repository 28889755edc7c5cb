/** The client repeats a call after some answers of the server, and passes on the others (R18). */
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { expect, it } from 'vitest';
import { isWorthRetrying, SafebandError } from '../../../src/client/errors.js';
import { persist } from '../../../src/client/transport.js';

const updateFailed = (type: string): Error =>
  new WorkflowUpdateFailedError(
    'Workflow Update failed',
    ApplicationFailure.create({ type, message: type, nonRetryable: true }),
  );
const notFound = (text: string): Error => new WorkflowNotFoundError(text, 'inmail-account/a', 'r');
const service = (code: number, text: string): Error =>
  new ServiceError(text, { cause: Object.assign(new Error(text), { code }) });

const AGAIN: readonly (readonly [string, Error])[] = [
  ['an Update that was not processed', updateFailed('UnprocessedUpdate')],
  ['an Update whose run ended before the answer', updateFailed('AcceptedUpdateCompletedWorkflow')],
  ['a run that closes', notFound('workflow update was aborted by closing workflow')],
  ['an Update of the last run, which the next does not know', notFound('update "u1" not found')],
  ['too many Updates in flight', service(8, 'limit on number of concurrent in-flight updates')],
  ['a refused continue-as-new', service(9, 'due to unexpected workflow task failure.')],
  ['a run that has not begun', service(9, 'Workflow task is not scheduled yet.')],
  ['a server that is away', service(14, 'workflow update was aborted')],
];
const FINAL: readonly (readonly [string, Error])[] = [
  ['a refusal of the account', updateFailed('ChatIdTaken')],
  ['an account that has ended', notFound('workflow execution already completed')],
  ['a paused account', service(9, 'Workflow is paused')],
  ['a bug that is live', service(9, 'Workflow Task in failed state')],
];

it.each(AGAIN)('the client asks again after %s', async (_, error) => {
  expect(isWorthRetrying(error)).toBe(true);
  let asked = 0;
  const answer = await persist('a', Date.now() + 60_000, async () => {
    asked += 1;
    if (asked < 3) throw error;
    return 'answered';
  });
  expect([answer, asked]).toEqual(['answered', 3]);
});

it.each(FINAL)('the client passes on %s at once', async (_, error) => {
  let asked = 0;
  const call = persist('a', Date.now() + 60_000, () => {
    asked += 1;
    return Promise.reject(error);
  });
  await expect(call).rejects.toBeInstanceOf(SafebandError);
  expect(asked).toBe(1);
});
