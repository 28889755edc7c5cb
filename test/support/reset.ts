/** Resets a workflow to an earlier event, as an operator may do with `temporal workflow reset`. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { EventType, ResetReapplyExcludeType } = temporal.api.enums.v1;

/** Whether the server applies the messages after that event again, or leaves them out. */
export type Reapply = 'all' | 'nothing';

/**
 * Resets to the first task that ended at `eventId` or later. The history up to it is kept, and
 * later messages are applied again.
 */
export async function resetTo(
  { client, workflowId }: WorkflowHandle,
  eventId: number,
  reapply: Reapply,
): Promise<string> {
  const { events } = await client.getHandle(workflowId).fetchHistory();
  const task = events?.find(
    (event) =>
      Number(event.eventId) >= eventId &&
      event.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  );
  if (!task?.eventId) throw new Error(`no task ended at event ${eventId} or later`);
  const { SIGNAL, UPDATE } = {
    SIGNAL: ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
    UPDATE: ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
  };
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    reason: 'a test',
    workflowTaskFinishEventId: task.eventId,
    requestId: randomUUID(),
    resetReapplyExcludeTypes: reapply === 'nothing' ? [SIGNAL, UPDATE] : [],
  });
  return runId;
}
