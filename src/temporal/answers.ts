/**
 * Each answer of an activity contains the activity's name, and the workflow takes no answer with
 * another name. Reason: Temporal's SDK resolves an activity by its number, and when a task is tried
 * again, a number may belong to another activity. The workflow then asks its activity again.
 */
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../activities/ports.js';
import { COMMIT_UNKNOWN } from './protocol.js';

/** The field of an answer, or of a failure's details, that names the activity. */
type Named = { readonly answerOf: string };
/** Maximum tries of one activity before its call has failed. */
const TRIES = 3;

/** Wraps the activities for a worker: each answer gets a name. A plain number cannot. */
export const named = (all: Activities): Activities =>
  each(all, (answerOf, activity) => async (...ask) => {
    const answer = await activity(...ask);
    return typeof answer === 'object' && answer !== null ? { ...answer, answerOf } : answer;
  });

/** Returns the details of a failure, which name its activity; empty outside of a worker. */
export const namedDetails = (answerOf: string | undefined): Named[] =>
  answerOf === undefined ? [] : [{ answerOf }];

/**
 * Wraps the activities for a workflow: only their own answers count. Older answers have no name.
 */
export const checkingAnswers = (
  all: Activities,
  report: (name: string, answerOf: string) => void,
) =>
  each(all, (name, activity) => async (...ask) => {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { answerOf, take } = await answerFrom(activity(...ask));
      if (answerOf === undefined || answerOf === name) return take();
      report(name, answerOf);
    }
    // The activity may have been done: its outcome is unknown.
    throw ApplicationFailure.create({
      type: COMMIT_UNKNOWN,
      message: `${name} had the answer of another activity ${TRIES} times`,
    });
  });

/** A wrapper around each activity. */
type Wrap = <A extends unknown[], O>(
  name: string,
  activity: (...ask: A) => Promise<O>,
) => (...ask: A) => Promise<O>;
const each = (all: Activities, wrap: Wrap): Activities => ({
  readBack: wrap('readBack', (ask) => all.readBack(ask)),
  claim: wrap('claim', (ask) => all.claim(ask)),
  save: wrap('save', (ask) => all.save(ask)),
  reconcile: wrap('reconcile', (ask) => all.reconcile(ask)),
  recall: wrap('recall', (ask) => all.recall(ask)),
  readLastRun: wrap('readLastRun', (ask) => all.readLastRun(ask)),
  readClock: wrap('readClock', () => all.readClock()),
  auditFleet: wrap('auditFleet', (ask) => all.auditFleet(ask)),
  sendWebhooks: wrap('sendWebhooks', (ask) => all.sendWebhooks(ask)),
  awaitEndpoint: wrap('awaitEndpoint', (ask) => all.awaitEndpoint(ask)),
  noteBrake: wrap('noteBrake', (ask) => all.noteBrake(ask)),
  runOrder: wrap('runOrder', (ask) => all.runOrder(ask)),
  findContacts: wrap('findContacts', (ask) => all.findContacts(ask)),
  claimContacts: wrap('claimContacts', (ask) => all.claimContacts(ask)),
  leaveContacts: wrap('leaveContacts', (ask) => all.leaveContacts(ask)),
  findReplies: wrap('findReplies', (ask) => all.findReplies(ask)),
  expandWindow: wrap('expandWindow', (ask) => all.expandWindow(ask)),
});

type Answer<O> = { readonly answerOf: string | undefined; readonly take: () => O };

const answerFrom = <O>(asked: Promise<O>): Promise<Answer<O>> =>
  asked.then(
    (answer) => ({ answerOf: nameIn(answer), take: () => unnamed(answer) }),
    (error: unknown) => ({
      answerOf: nameIn(detailsOf(error)),
      take: () => {
        throw error;
      },
    }),
  );

const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' &&
  value !== null &&
  'answerOf' in value &&
  typeof value.answerOf === 'string';

const nameIn = (value: unknown): string | undefined =>
  isNamed(value) ? value.answerOf : undefined;

/** Removes the name, so that it is not kept in the account's state. */
function unnamed<O>(answer: O): O {
  // No other code uses this object, because it was decoded for this call.
  if (isNamed(answer)) Reflect.deleteProperty(answer, 'answerOf');
  return answer;
}

function detailsOf(error: unknown): unknown {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
}
