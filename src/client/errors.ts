/** Errors of the client: one class, with a type from the contract's closed list. */
import { ApplicationFailure } from '@temporalio/common';
import {
  QueryNotRegisteredError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ASK_AGAIN, inQueryText } from '../temporal/protocol.js';
import { FAILURE_TYPES, type FailureType } from '../domain/account/refusals.js';
import { errorText } from '../domain/primitives/errorText.js';

/** An error with a type of the contract; the message is for people. */
export class SafebandError extends Error {
  override readonly name = 'SafebandError';
  readonly type: FailureType;

  constructor(type: FailureType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** True if no such account is connected. */
export const isUnknownAccount = (error: unknown): boolean =>
  error instanceof SafebandError && error.type === 'AccountUnknown';

const isFailureType = (raw: unknown): raw is FailureType =>
  FAILURE_TYPES.some((type) => type === raw);

/** The gRPC codes of the server's answers. */
const [DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, UNAVAILABLE] = [4, 8, 9, 14];

const codeOf = (error: unknown): number | undefined => {
  const cause = error instanceof ServiceError ? error.cause : error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'number'
    ? cause.code
    : undefined;
};

const textOf = (error: unknown): string => {
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return [error, cause].map((one) => (one instanceof Error ? one.message : '')).join(' ');
};

/**
 * The server's error types for an Update of a run that ended before its answer, such as at
 * midnight. The Update may have taken effect. A repetition with the same id is safe, because the
 * account recognizes the ids in it (R3, R5).
 */
const ENDED_BENEATH: readonly unknown[] = ['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow'];

/**
 * The server's words for an Update that it does not have, although the account may run: the SDK
 * asks for a late answer at the current run, and that may be the next one.
 */
const ENDED_RUN = /aborted by closing workflow|\bupdate ".*" not found/i;

/** True if the same call should be sent again, with its id: it failed or its result is unknown. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    return ENDED_BENEATH.includes(error.cause.type);
  }
  // The run has ended: before it took the Update, or while the client waited for the answer. If the
  // account has ended, the next try fails for that.
  if (isNotFound(error)) return ENDED_RUN.test(textOf(error));
  if (error instanceof QueryNotRegisteredError && error.message.includes(ASK_AGAIN)) return true;
  const code = codeOf(error);
  if (code === RESOURCE_EXHAUSTED || code === UNAVAILABLE || code === DEADLINE_EXCEEDED)
    return true;
  // New events have refused a continue-as-new, or its run has not begun: both end soon. A failed
  // state or a pause does not.
  const isTemporary = /unexpected workflow task failure|workflow task is not scheduled yet/i;
  return code === FAILED_PRECONDITION && isTemporary.test(textOf(error));
}

export const isNotFound = (error: unknown): boolean => error instanceof WorkflowNotFoundError;

/** Returns the error of the account's workflow as ours; any other error is `Unavailable`. */
export function errorOf(error: unknown, accountId: string): SafebandError {
  if (error instanceof SafebandError) return error;
  const failure = error instanceof Error ? applicationFailureIn(error) : undefined;
  if (failure && isFailureType(failure.type)) {
    return new SafebandError(failure.type, failure.message, { cause: error });
  }
  const asked = error instanceof QueryNotRegisteredError ? inQueryText(error.message) : undefined;
  if (asked && isFailureType(asked.type)) {
    return new SafebandError(asked.type, asked.words, { cause: error });
  }
  if (isNotFound(error)) {
    const message = `account ${accountId} is not connected: connect it first`;
    return new SafebandError('AccountUnknown', message, { cause: error });
  }
  const why = errorText(error);
  return new SafebandError('Unavailable', `account ${accountId}: ${why}`, { cause: error });
}

function applicationFailureIn(error: Error): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  const isWrapper =
    error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError;
  return isWrapper && error.cause instanceof ApplicationFailure ? error.cause : undefined;
}
