/**
 * The two kinds of failure of an attempt: Postgres surely committed nothing, or the outcome is
 * unknown. The workflow grants nothing while the outcome of a reconcile is unknown (R12). It
 * continues to grant while Postgres is surely away.
 */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { errorText } from '../domain/primitives/errorText.js';
import { namedDetails } from '../temporal/answers.js';
import { CommitUnknown } from '../postgres/pool.js';
import { COMMIT_UNKNOWN, NOT_COMMITTED } from '../temporal/protocol.js';

/**
 * The part of an attempt's time that it may wait for a connection. A longer wait would end by
 * Temporal's timeout, and the outcome would be unknown.
 */
const CONNECT_SHARE = 0.7;

const context = (): Context | undefined => asyncLocalStorage.getStore();

/** Returns how long this attempt may wait for a connection; undefined outside of a worker. */
export function connectMs(): number | undefined {
  const ms = context()?.info?.startToCloseTimeoutMs;
  return ms === undefined ? undefined : ms * CONNECT_SHARE;
}

/** Does the work. The type of its failure states whether the work may still be committed. */
export async function attempted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isSure = !(error instanceof CommitUnknown) && isFirstOrAfterSure();
    const message = errorText(error);
    const type = isSure ? NOT_COMMITTED : COMMIT_UNKNOWN;
    const details = namedDetails(context()?.info?.activityType);
    throw ApplicationFailure.create({ type, message, details, cause: causeOf(error) });
  }
}

const causeOf = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));

/**
 * True if no earlier attempt of this activity may be committed either. An attempt that surely
 * committed nothing leaves a heartbeat for the next attempt. An attempt that was killed leaves
 * none.
 */
function isFirstOrAfterSure(): boolean {
  const here = context();
  if (!here?.info || here.info.isLocal) return true;
  const { attempt, heartbeatDetails } = here.info;
  if (attempt > 1 && heartbeatDetails !== attempt - 1) return false;
  here.heartbeat(attempt);
  return true;
}
