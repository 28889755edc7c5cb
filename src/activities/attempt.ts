/**
 * What an attempt says when it fails: Postgres surely committed nothing of it, or nobody knows. The
 * workflow grants nothing while the outcome of a run is unknown (R12), and goes on while Postgres
 * is surely away.
 */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { namedDetails } from '../temporal/answers.js';
import { CommitUnknown } from '../postgres/pool.js';
import { COMMIT_UNKNOWN, NOT_COMMITTED } from '../temporal/protocol.js';

/** Of an attempt's time, what it may wait for a connection: else Temporal ends it, unknown. */
const CONNECT_SHARE = 0.7;

const context = (): Context | undefined => asyncLocalStorage.getStore();

/** How long this attempt may wait for a connection; undefined outside of a worker. */
export function connectMs(): number | undefined {
  const ms = context()?.info?.startToCloseTimeoutMs;
  return ms === undefined ? undefined : ms * CONNECT_SHARE;
}

/** Does the work; a failure says by its type whether the work may be committed all the same. */
export async function attempted<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isSure = !(error instanceof CommitUnknown) && isFirstOrAfterSure();
    const message = error instanceof Error ? error.message : String(error);
    const type = isSure ? NOT_COMMITTED : COMMIT_UNKNOWN;
    const details = namedDetails(context()?.info?.activityType);
    throw ApplicationFailure.create({ type, message, details, cause: causeOf(error) });
  }
}

const causeOf = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));

/**
 * True if no earlier attempt of this activity may be committed either. A sure failure tells the
 * next attempt so by its heartbeat; an attempt that was killed has told nothing.
 */
function isFirstOrAfterSure(): boolean {
  const here = context();
  if (!here?.info || here.info.isLocal) return true;
  const { attempt, heartbeatDetails } = here.info;
  if (attempt > 1 && heartbeatDetails !== attempt - 1) return false;
  here.heartbeat(attempt);
  return true;
}
