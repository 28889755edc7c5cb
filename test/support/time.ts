/** Skipped time on the real server: the clock of one workflow jumps ahead, but not Postgres's clock. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import Long from 'long';

const COMPLETED = 2;
const FAILED = 3;
/** How long a poll may wait: a longer poll can miss a continue-as-new. */
const POLL_MS = 500;
/** gRPC's "cancelled" and "deadline exceeded": the poll ended, or the run continued as new. */
const ASK_AGAIN: readonly unknown[] = [1, 4];

export async function fastForward(
  client: Pick<Client, 'workflowService' | 'withDeadline'>,
  workflowId: string,
  seconds: number,
): Promise<void> {
  const target = { namespace: 'default', workflowExecution: { workflowId } };
  const fastForwardId = `ff-${randomUUID()}`;
  await client.workflowService.updateWorkflowExecutionOptions({
    ...target,
    workflowExecutionOptions: {
      timeSkippingConfig: {
        enabled: true,
        maxSessionSkipCount: 1_000,
        fastForwardConfig: { id: fastForwardId, duration: { seconds: Long.fromNumber(seconds) } },
      },
    },
    updateMask: { paths: ['time_skipping_config'] },
  });
  for (;;) {
    const poll = client.withDeadline(Date.now() + POLL_MS, () =>
      client.workflowService.pollWorkflowExecutionTimeSkipping({ ...target, fastForwardId }),
    );
    const answer = await poll.catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (!ASK_AGAIN.includes(code)) throw error;
    });
    if (Number(answer?.fastForwardPollingResult) === COMPLETED) return;
    if (Number(answer?.fastForwardPollingResult) === FAILED) {
      throw new Error(`time was not skipped: ${answer?.failedReason}`);
    }
  }
}

/** Returns the seconds from that instant until shortly after the next midnight UTC. */
export const secondsToMidnight = (asOf: string): number =>
  Math.ceil((86_400_000 - (Date.parse(asOf) % 86_400_000)) / 1_000) + 100;
