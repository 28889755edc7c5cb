/**
 * What the SDK does before a handler runs. A Signal whose name the SDK reserves throws inside the
 * SDK, and would fail its task for ever: renamed before it is dispatched, it reaches the default
 * handler and is counted (R18). And a run that was reset is told so (R14).
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { RESERVED_PREFIX, RESET_SIGNAL } from './protocol.js';

export const interceptors = (): WorkflowInterceptors => {
  // As the run was made: a reset to its first task brings another seed with the start itself.
  let seed: unknown = getActivator().random;
  return {
    internals: [
      {
        activate(input, next) {
          const jobs = (input.activation.jobs ??= []);
          for (const { signalWorkflow: signal } of jobs) {
            if (signal && isReserved(signal)) signal.signalName = `reserved:${signal.signalName}`;
          }
          // A reset to an earlier event shows itself by a new random seed, and by nothing else.
          const { random } = getActivator();
          if (seed !== random) jobs.splice(startOf(jobs), 0, toldOfReset());
          seed = random;
          next(input);
        },
      },
    ],
  };
};

const isReserved = ({ signalName }: { signalName?: string | null }): boolean =>
  signalName === RESET_SIGNAL || (signalName?.startsWith(RESERVED_PREFIX) ?? false);

/** Before all that is said in the same task; the workflow's own start stays first. */
const startOf = (jobs: readonly { readonly initializeWorkflow?: unknown }[]): number =>
  jobs[0]?.initializeWorkflow ? 1 : 0;

const toldOfReset = () => ({
  variant: 'signalWorkflow' as const,
  signalWorkflow: { signalName: RESET_SIGNAL },
});
