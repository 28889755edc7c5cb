/** Starts the workflow of an order on many accounts (R30). */
import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { ORDER, orderWorkflowId } from './protocol.js';

const DEADLINE_MS = 5_000;

/**
 * Starts the workflow of an order; one that runs continues. `again`: whether an order whose workflow
 * has ended may run once more.
 */
export async function startOrder(
  client: Client,
  orderId: string,
  taskQueue: string,
  again: NonNullable<WorkflowStartOptions['workflowIdReusePolicy']> = 'ALLOW_DUPLICATE',
): Promise<void> {
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.start(ORDER.workflowType, {
        workflowId: orderWorkflowId(orderId),
        taskQueue,
        args: [{ orderId }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: again,
        staticSummary: 'An order on many accounts',
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
