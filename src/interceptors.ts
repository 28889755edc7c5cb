/**
 * A Signal whose name the SDK reserves throws inside the SDK, and would fail its task for ever.
 * Renamed before it is dispatched, it reaches the default handler and is counted (R18).
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';

const RESERVED = '__temporal_';

export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        for (const { signalWorkflow: signal } of input.activation.jobs ?? []) {
          const isReserved = signal?.signalName?.startsWith(RESERVED) ?? false;
          if (signal && isReserved) signal.signalName = `reserved:${signal.signalName}`;
        }
        next(input);
      },
    },
  ],
});
