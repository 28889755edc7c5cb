/**
 * Reads whether the tasks of an account's workflow succeed. If they never will, the run is
 * terminated and the account is started again: the new run reads the history of the old one (R13).
 */
import {
  WorkflowExecutionAlreadyStartedError,
  type Client,
  type WorkflowIdReusePolicy,
} from '@temporalio/client';
import proto from '@temporalio/proto';
import type { TasksReading } from '../domain/reconcile/failingTasks.js';
import type { Instant } from '../domain/primitives/time.js';
import { grpcCodeOf } from './connect.js';
import { SEARCH_ATTRIBUTES, WORKFLOW_TYPE, workflowIdOf, type StartHint } from './protocol.js';

const {
  WorkflowExecutionStatus: Status,
  WorkflowTaskFailedCause: Cause,
  TimeoutType,
} = proto.temporal.api.enums.v1;
const CAUSE_PREFIX = 'WORKFLOW_TASK_FAILED_CAUSE_';
const NOT_FOUND = 5;
const DEADLINE_MS = 5_000;
/** Newest first: enough for the failures since the last task that succeeded. */
const EVENTS = 100;

type Service = Client['workflowService'];
type Page = Awaited<ReturnType<Service['getWorkflowExecutionHistoryReverse']>>;
type HistoryEvent = NonNullable<NonNullable<Page['history']>['events']>[number];

/**
 * Reads the pending task of a running workflow; null if the workflow does not run. Further failures
 * of the same task are only counted, not in the history. A new message starts the count again.
 */
export async function readTasks(client: Client, accountId: string): Promise<TasksReading | null> {
  const { namespace } = client.options;
  const execution = { workflowId: workflowIdOf(accountId) };
  const described = await client
    .withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflowService.describeWorkflowExecution({ namespace, execution }),
    )
    .catch((error: unknown) => {
      if (grpcCodeOf(error) === NOT_FOUND) return null;
      throw error;
    });
  const { workflowExecutionInfo: info, pendingWorkflowTask: pending } = described ?? {};
  const runId = info?.execution?.runId ?? '';
  if (info?.status !== Status.WORKFLOW_EXECUTION_STATUS_RUNNING) return null;
  const healthy = { failures: 0, since: null, cause: null, isReplayFailure: false, message: null };
  if (!pending) return { runId, ...healthy };
  const { history } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
    client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution: { ...execution, runId },
      maximumPageSize: EVENTS,
    }),
  );
  const failed = failedTries(history?.events ?? []);
  const [last] = failed;
  const recorded = failed.flatMap(({ cause }) => (cause === null ? [] : [cause]));
  return {
    runId,
    failures: Math.max(failed.length, (pending.attempt ?? 1) - 1),
    since: failed.at(-1)?.at ?? null,
    cause: last?.cause ?? recorded[0] ?? null,
    isReplayFailure: recorded.length > 0 && recorded.every((cause) => cause === NOT_REPLAYED),
    message: failed.find(({ message }) => message !== null)?.message ?? null,
  };
}

type Try = {
  readonly at: Instant;
  /** Null: the worker did not answer in time. */
  readonly cause: string | null;
  readonly message: string | null;
};

const nameOf = (cause: number): string => (Cause[cause] ?? '').replace(CAUSE_PREFIX, '');
const NOT_REPLAYED = nameOf(Cause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR);

/** Returns the failed tries since the last task that succeeded, newest first. */
function failedTries(events: readonly HistoryEvent[]): readonly Try[] {
  const tries: Try[] = [];
  for (const event of events) {
    if (event.workflowTaskCompletedEventAttributes) break;
    const failed = event.workflowTaskFailedEventAttributes;
    const late = event.workflowTaskTimedOutEventAttributes;
    const at = Number(event.eventTime?.seconds ?? 0) * 1_000;
    if (failed) {
      const message = failed.failure?.message || null;
      tries.push({ at, cause: nameOf(failed.cause ?? 0), message });
    } else if (late?.timeoutType === TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE) {
      tries.push({ at, cause: null, message: null });
    }
  }
  return tries;
}

const PAGE = 1_000;

/**
 * Returns the ids of the accounts whose workflows run, and whether each has read its rows: then it
 * has published its state.
 */
export async function listRunning(client: Client): Promise<ReadonlyMap<string, boolean>> {
  const prefix = workflowIdOf('');
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
  const found = new Map<string, boolean>();
  for await (const run of client.workflow.list({ query, pageSize: PAGE })) {
    const { workflowId, typedSearchAttributes } = run;
    if (!workflowId.startsWith(prefix)) continue;
    const accountId = workflowId.slice(prefix.length);
    // For a moment, the list may have a run that has ended and the next one.
    const published = typedSearchAttributes.getAll();
    const hasRead = published.some(({ key }) => key.name === SEARCH_ATTRIBUTES.state);
    found.set(accountId, hasRead && found.get(accountId) !== false);
  }
  return found;
}

/** Terminates that run, and no other. Throws `WorkflowNotFoundError` if it has ended. */
export async function terminateRun(
  client: Client,
  { accountId, runId }: { readonly accountId: string; readonly runId: string },
  reason: string,
): Promise<void> {
  await client.withDeadline(Date.now() + DEADLINE_MS, () =>
    client.workflow.getHandle(workflowIdOf(accountId), runId).terminate(reason),
  );
}

/**
 * Starts the account again; the start itself reads back policy, counts and open slots (R13). If
 * Temporal has no run of the account, because Temporal was lost, the new run learns it: it then
 * looks for no history, which would cost four calls of Temporal for each account.
 */
export async function startAgain(
  client: Client,
  account: { readonly accountId: string; readonly tier: string },
  taskQueue: string,
): Promise<void> {
  const start = (workflowIdReusePolicy: WorkflowIdReusePolicy, hint: StartHint) =>
    client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.start(WORKFLOW_TYPE, {
        workflowId: workflowIdOf(account.accountId),
        taskQueue,
        args: [account, hint],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy,
      }),
    );
  try {
    await start('REJECT_DUPLICATE', { isFirstRun: true });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await start('ALLOW_DUPLICATE', { isFirstRun: false });
  }
}
