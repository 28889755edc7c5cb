/**
 * Prepares a run before the SDK delivers messages to it. Handlers are registered before the first
 * message, so that messages are taken in the order of their arrival. A run that was reset gets the
 * Signal of a reset before all other messages (R14).
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { RESET_SIGNAL } from './protocol.js';

export const interceptors = (): WorkflowInterceptors => {
  // The seed with which the run was made: a reset to its first task starts it with another seed.
  let seed: unknown = getActivator().random;
  return {
    internals: [
      {
        activate(input, next) {
          const jobs = (input.activation.jobs ??= []);
          for (const { signalWorkflow: signal } of jobs) {
            if (signal?.signalName === RESET_SIGNAL)
              signal.signalName = `from outside: ${RESET_SIGNAL}`;
          }
          // The workflow registers its handlers before the messages of its first task come.
          // Otherwise the SDK would deliver the messages in the order of the registrations.
          const [first] = jobs;
          if (first?.initializeWorkflow) {
            jobs.shift();
            next({ ...input, activation: { ...input.activation, jobs: [first] } });
          }
          // A new random seed is the only sign of a reset to an earlier event.
          const { random } = getActivator();
          if (seed !== random) jobs.unshift(resetJob());
          seed = random;
          next(input);
        },
      },
    ],
  };
};

const resetJob = () => ({
  variant: 'signalWorkflow' as const,
  signalWorkflow: { signalName: RESET_SIGNAL },
});
