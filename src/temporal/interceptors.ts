/**
 * What is done before the SDK brings messages to the workflow: handlers are there before the first
 * message, so that all are taken in the order in which they came; and a run that was reset is told
 * so, before anything else (R14).
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { RESET_SIGNAL } from './protocol.js';

export const interceptors = (): WorkflowInterceptors => {
  // As the run was made: a reset to its first task brings another seed with the start itself.
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
          // The workflow registers its handlers before the messages of its first task come: else
          // the SDK would bring them by name, in the order in which the handlers are registered.
          const [first] = jobs;
          if (first?.initializeWorkflow) {
            jobs.shift();
            next({ ...input, activation: { ...input.activation, jobs: [first] } });
          }
          // A reset to an earlier event shows itself by a new random seed, and by nothing else.
          const { random } = getActivator();
          if (seed !== random) jobs.unshift(toldOfReset());
          seed = random;
          next(input);
        },
      },
    ],
  };
};

const toldOfReset = () => ({
  variant: 'signalWorkflow' as const,
  signalWorkflow: { signalName: RESET_SIGNAL },
});
