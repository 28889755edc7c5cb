/** Starts the workflow of an order on many accounts (R30). */
import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { ORDER, orderWorkflowId } from './protocol.js';

const DEADLINE_MS = 5_000;

/** Starts the workflow; a workflow that was started before continues. */
export async function startOrder(
  client: Client,
  orderId: string,
  taskQueue: string,
): Promise<void> {
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.start(ORDER.workflowType, {
        workflowId: orderWorkflowId(orderId),
        taskQueue,
        args: [{ orderId }],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: 'An order on many accounts',
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
