/**
 * Prepares a run before the SDK delivers messages to it. Handlers are registered before the first
 * message, so that messages are taken in the order of their arrival. A run that was reset gets the
 * Signal of a reset before all other messages (R14). A Query that brings messages is refused.
 */
import type { WorkflowInterceptors } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { ASK_AGAIN, RESET_SIGNAL } from './protocol.js';

export const interceptors = (): WorkflowInterceptors => {
  // The seed with which the run was made: a reset to its first task starts it with another seed.
  let seed: unknown = getActivator().random;
  const refuseEarlyNews = earlyNews();
  return {
    internals: [
      {
        activate(input, next) {
          refuseEarlyNews(input.activation);
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

type Job = {
  readonly resolveActivity?: { readonly isLocal?: boolean | null } | null;
  readonly queryWorkflow?: unknown;
  readonly removeFromCache?: unknown;
  readonly notifyHasPatch?: unknown;
  readonly updateRandomSeed?: unknown;
};
type Activation = {
  readonly jobs?: readonly Job[] | null;
  readonly isReplaying?: boolean | null;
  readonly historyLength?: number | null;
  readonly historySizeBytes?: { toNumber(): number } | null;
};

/** True for a message, a timer, or the answer of an activity outside of the task. */
const isNews = (job: Job): boolean =>
  !job.resolveActivity?.isLocal &&
  !job.queryWorkflow &&
  !job.removeFromCache &&
  !job.notifyHasPatch &&
  !job.updateRandomSeed;

/**
 * Refuses messages that come with a Query before their own workflow task has begun. Example: a
 * worker starts and is asked for the status, and a Signal comes meanwhile. Temporal's server (1.32)
 * sends the Query with the whole history, and the SDK (1.24) delivers the Signal with it. The task
 * of the Signal then has an Update that comes later than the work of the Signal. A replay delivers
 * both at once, so the run could never be replayed again. Now the Query fails (`ASK_AGAIN`), the
 * worker forgets the run, and reads it again for the next task.
 * Such messages are recognised by the size of the history, which the start of each task states.
 */
function earlyNews(): (activation: Activation) => void {
  let last = { events: 0, bytes: 0 };
  return ({ jobs, isReplaying, historyLength, historySizeBytes }) => {
    if (!jobs?.some(isNews)) return;
    const present = { events: historyLength ?? 0, bytes: historySizeBytes?.toNumber() ?? 0 };
    const isEarly = present.events > last.events && present.bytes === last.bytes;
    if (!isReplaying && isEarly && present.bytes > 0) throw new Error(ASK_AGAIN);
    last = present;
  };
}
