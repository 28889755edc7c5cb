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
import { inQueryText } from '../temporal/protocol.js';
import { FAILURE_TYPES, type FailureType } from '../domain/account/refusals.js';

/** What went wrong, by the contract's name; the message is for people. */
export class SafebandError extends Error {
  override readonly name = 'SafebandError';
  readonly type: FailureType;

  constructor(type: FailureType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

const isFailureType = (raw: unknown): raw is FailureType =>
  FAILURE_TYPES.some((type) => type === raw);

/** gRPC's numbers for what the server says (guide, 4). */
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
 * What the server itself says of an Update that met the end of a run, such as a continue-as-new at
 * midnight: there is no answer. Whether it was done is not known, so a repeat is answered by what
 * the account knows (R3, R5).
 */
const ENDED_BENEATH: readonly unknown[] = ['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow'];

/** May the same ask be sent again, with its id: nothing is known of it, or it was not taken. */
export function isWorthRetrying(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    return ENDED_BENEATH.includes(error.cause.type);
  }
  // The next run of the chain has not begun; an account that has ended says so the next time.
  if (isNotFound(error)) return /aborted by closing workflow/i.test(textOf(error));
  const code = codeOf(error);
  if (code === RESOURCE_EXHAUSTED || code === UNAVAILABLE || code === DEADLINE_EXCEEDED)
    return true;
  // A continue-as-new was refused by new events, or its run has not begun: soon over. A failed
  // state or a pause is not.
  const isSoonOver = /unexpected workflow task failure|workflow task is not scheduled yet/i;
  return code === FAILED_PRECONDITION && isSoonOver.test(textOf(error));
}

export const isNotFound = (error: unknown): boolean => error instanceof WorkflowNotFoundError;

/** What the account's workflow said, as our error; anything else is `Unavailable`. */
export function errorOf(error: unknown, accountId: string): SafebandError {
  if (error instanceof SafebandError) return error;
  const said = error instanceof Error ? applicationFailureIn(error) : undefined;
  if (said && isFailureType(said.type)) {
    return new SafebandError(said.type, said.message, { cause: error });
  }
  const asked = error instanceof QueryNotRegisteredError ? inQueryText(error.message) : undefined;
  if (asked && isFailureType(asked.type)) {
    return new SafebandError(asked.type, asked.words, { cause: error });
  }
  if (isNotFound(error)) {
    const message = `account ${accountId} is not connected: connect it first`;
    return new SafebandError('AccountUnknown', message, { cause: error });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new SafebandError('Unavailable', `account ${accountId}: ${why}`, { cause: error });
}

function applicationFailureIn(error: Error): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  const isWrapper =
    error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError;
  return isWrapper && error.cause instanceof ApplicationFailure ? error.cause : undefined;
}
