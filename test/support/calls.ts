/**
 * Updates and Queries of tests, repeated as our client would repeat them. Temporal may lose one that
 * no task has taken yet, and a run may end before it answers.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  WithStartWorkflowOperation,
  type Client,
  type Workflow,
  type WorkflowHandle,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { isWorthRetrying } from '../../src/client/errors.js';

/** Maximum tries of one message: between two runs of an account the server cannot deliver it. */
const TRIES_MAX = 50;
const PAUSE_MS = 100;

/** After this time without an answer a message is sent again: an account answers within 10 s. */
const SILENT_MS = 20_000;

type Deadlines = Pick<Client, 'withDeadline'>;

/** Sends a message once. It fails if no answer comes: a lost message has no other end. */
export const once = <T>(client: Deadlines, message: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + SILENT_MS, message);

/** Repeats a message that was not answered, or whose answer decides nothing. */
async function persist<T>(client: Deadlines, message: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n += 1) {
    try {
      return await once(client, message);
    } catch (error) {
      if (n === TRIES_MAX || !isWorthRetrying(error)) throw error;
      await setTimeout(PAUSE_MS);
    }
  }
}

/** Sends an Update; each try has the same id, so it takes effect once. */
export function update<T>(
  account: WorkflowHandle,
  name: string,
  payload: unknown = {},
): Promise<T> {
  const updateId = randomUUID();
  const options: { args: [unknown]; updateId: string } = { args: [payload], updateId };
  return persist(account.client, () => account.executeUpdate<T, [unknown]>(name, options));
}

/**
 * Sends an Update to a workflow, which is started if it does not run. A repeat finds the workflow
 * that an earlier try has started.
 */
export function updateWithStart<T>(
  client: Client,
  name: string,
  workflowType: string,
  options: WorkflowStartOptions & { readonly args: [object] },
): Promise<T> {
  const updateId = randomUUID();
  const { args } = options;
  return persist(client, () =>
    client.workflow.executeUpdateWithStart<Workflow, T, [object]>(name, {
      args,
      updateId,
      startWorkflowOperation: new WithStartWorkflowOperation(workflowType, {
        ...options,
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    }),
  );
}

/** Sends a Query, with a payload or with none. */
export const query = <T>(
  account: WorkflowHandle,
  name: string,
  ...payload: readonly object[]
): Promise<T> => persist(account.client, () => account.query<T, object[]>(name, ...payload));
