/**
 * Calls to the workflow of an account. Until its deadline, a call without an answer is sent again
 * with the same id: it may have taken effect, and a repeated call takes effect only once (R18).
 */
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES, WORKFLOW_TYPE, workflowIdOf } from '../temporal/protocol.js';
import { errorOf, isWorthRetrying, SafebandError } from './errors.js';
import { Gate } from './gate.js';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  type Workflow,
} from '@temporalio/common';

/** The calls to Temporal that the client needs. */
export interface Transport {
  update<O>(accountId: string, name: string, payload: object, deadline: number): Promise<O>;
  /** Sends a Signal. When this returns, Temporal has stored it, even if no worker runs. */
  signal(accountId: string, name: string, payload: object, deadline: number): Promise<void>;
  query<O>(accountId: string, name: string, payload: object, deadline: number): Promise<O>;
  /** Sends a message, and starts the account's workflow if it does not run. */
  updateWithStart<O>(
    start: StartObject,
    name: string,
    payload: object,
    deadline: number,
  ): Promise<O>;
  signalWithStart(
    start: StartObject,
    name: string,
    payload: object,
    deadline: number,
  ): Promise<void>;
}
export type StartObject = { readonly accountId: string; readonly tier?: string };

/** Less than the server's limit of 10 Updates in flight: an eleventh waits for a second or more. */
const UPDATES_IN_FLIGHT_MAX = 8;
const BACKOFF_MS = { first: 50, factor: 2, most: 1_000 } as const;
/** How long one attempt may take; an attempt without an answer is repeated with the same id. */
const ATTEMPT_MS = 5_000;

export function temporalTransport(client: Client, taskQueue: string): Transport {
  const gate = new Gate(UPDATES_IN_FLIGHT_MAX);
  const handle = (accountId: string) => client.workflow.getHandle(workflowIdOf(accountId));
  const options = (start: StartObject) => ({
    workflowId: workflowIdOf(start.accountId),
    taskQueue,
    args: [start],
    staticSummary: `InMail slots of ${start.accountId}`,
    ...(start.tier ? { typedSearchAttributes: tierAttribute(start.tier) } : {}),
  });
  const attempt = <T>(accountId: string, deadline: number, call: () => Promise<T>): Promise<T> =>
    persist(accountId, deadline, (until) => client.withDeadline(until, call));
  return {
    update: <O>(accountId: string, name: string, payload: object, deadline: number) => {
      const updateId = randomUUID();
      const call = () =>
        handle(accountId).executeUpdate<O, [object]>(name, { args: [payload], updateId });
      return gate.pass(accountId, () => attempt(accountId, deadline, call));
    },
    signal: (accountId, name, payload, deadline) =>
      attempt(accountId, deadline, () => handle(accountId).signal(name, payload)),
    query: <O>(accountId: string, name: string, payload: object, deadline: number) =>
      attempt(accountId, deadline, () => handle(accountId).query<O, [object]>(name, payload)),
    updateWithStart: <O>(start: StartObject, name: string, payload: object, deadline: number) => {
      const updateId = randomUUID();
      const call = () =>
        client.workflow.executeUpdateWithStart<Workflow, O, [object]>(name, {
          args: [payload],
          updateId,
          startWorkflowOperation: new WithStartWorkflowOperation(WORKFLOW_TYPE, {
            ...options(start),
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        });
      return gate.pass(start.accountId, () => attempt(start.accountId, deadline, call));
    },
    signalWithStart: async (start, name, payload, deadline) => {
      const send = () =>
        client.workflow.signalWithStart(WORKFLOW_TYPE, {
          ...options(start),
          signal: name,
          signalArgs: [payload],
        });
      await attempt(start.accountId, deadline, send);
    },
  };
}

const TIER = defineSearchAttributeKey(SEARCH_ATTRIBUTES.tier, SearchAttributeType.KEYWORD);
const tierAttribute = (tier: string): TypedSearchAttributes =>
  new TypedSearchAttributes([{ key: TIER, value: tier }]);

/** Repeats a call until it is answered or refused, or until the deadline (ms since 1970). */
export async function persist<T>(
  accountId: string,
  deadline: number,
  call: (attemptDeadline: number) => Promise<T>,
): Promise<T> {
  for (
    let wait: number = BACKOFF_MS.first;
    ;
    wait = Math.min(wait * BACKOFF_MS.factor, BACKOFF_MS.most)
  ) {
    try {
      return await call(Math.min(deadline, Date.now() + ATTEMPT_MS));
    } catch (error) {
      if (!isWorthRetrying(error)) throw errorOf(error, accountId);
      const pause = wait * (0.5 + Math.random());
      if (Date.now() + pause >= deadline) throw outOfTime(error, accountId);
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
      });
    }
  }
}

const outOfTime = (cause: unknown, accountId: string): SafebandError =>
  new SafebandError(
    'Unavailable',
    `account ${accountId} did not answer in time; the call may still be applied, ` +
      'and it is safe to repeat it with the same reservation id',
    { cause },
  );
