/**
 * Prepares a run before the SDK delivers messages to it. Handlers are registered before the first
 * message, so that messages are taken in the order of their arrival. A run that was reset gets the
 * Signal of a reset before all other messages (R14). A Query that brings messages is refused. After
 * each task, the runs share the stacks that the SDK keeps for them.
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
        concludeActivation(input, next) {
          shareStacks();
          return next(input);
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

type Stacks = ReturnType<typeof getActivator>['promiseStackStore']['promiseToStack'];
type Stack = NonNullable<ReturnType<Stacks['get']>>;

/** Stacks by their text. No workflow reads them, so no decision depends on another account. */
const stacks: Map<string, Stack> = new Map();
/** Far more than there are lines of code at which an account waits. */
const STACKS_MAX = 1_000;

/**
 * Replaces the stacks of pending promises by copies that all accounts of the worker share: all of
 * them wait at the same lines of code. The SDK keeps them for its query `__stack_trace`.
 */
export function shareStacks(): void {
  const { promiseToStack } = getActivator().promiseStackStore;
  for (const [promise, stack] of promiseToStack) {
    const copy = sharedOf(stack);
    if (copy !== stack) promiseToStack.set(promise, copy);
  }
}

function sharedOf(stack: Stack): Stack {
  const known = stacks.get(stack.formatted);
  if (known) return known;
  if (stacks.size < STACKS_MAX) stacks.set(stack.formatted, stack);
  return stack;
}
