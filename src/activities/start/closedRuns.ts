/** Finds the runs of an account whose history may contain more than its rows (R13). */
import type { Described, History } from '../history.js';
import { HISTORY_GONE, type FromBackup } from '../../domain/entity/endings.js';
import type { LastRunAsk } from '../ports.js';

export type Run = Described & {
  /** True if the run neither completed nor continued as another run. */
  readonly isToRead: boolean;
};
export type ClosedRuns = {
  /** In the order of their starts. */
  readonly runs: readonly Run[];
  /** Why the last run is not among them; null if it is. */
  readonly missing: string | null;
  /** The last workflow ended by itself: it was disconnected, and everything was saved. */
  readonly isClean: boolean;
  /** Undefined if the rows are as the last workflow left them. */
  readonly backup: FromBackup | undefined;
};

/**
 * Follows the runs from the run whose save left nothing unsaved: to the run that it continued as,
 * and to the run that a reset made. Another start may lie between: Temporal's index lists such
 * runs.
 */
export async function closedRuns(history: History, ask: LastRunAsk): Promise<ClosedRuns> {
  const { accountId, stored, own } = ask;
  const known = new Map<string, Described>();
  const follow = async (runId: string): Promise<void> => {
    for (let id: string | null = runId; id !== null && id !== own.runId && !known.has(id);) {
      const run: Described | null = await history.describe(accountId, id);
      if (!run) return;
      known.set(id, run);
      const { resetRunId } = run;
      if (resetRunId !== null && run.status === 'CONTINUED_AS_NEW') await follow(resetRunId);
      id = run.status === 'CONTINUED_AS_NEW' ? await history.next(accountId, id) : resetRunId;
    }
  };
  const written = new Set([stored.savedRunId, stored.runId]); // mostly one run
  for (const id of written) if (id !== undefined) await follow(id);
  if (!hasEnd(known, stored.owner)) await follow(stored.owner);
  const since = known.get(stored.savedRunId ?? stored.owner)?.startedAt ?? 0;
  for (const id of await history.listed(accountId)) {
    const run = known.has(id) || id === own.runId ? null : await history.describe(accountId, id);
    if (run && run.startedAt >= since && run.firstRunId !== own.firstRunId) await follow(id);
  }
  const runs = [...known.values()]
    .toSorted((one, other) => one.startedAt - other.startedAt)
    .map((run) => ({ ...run, isToRead: UNCLEAN.includes(run.status) }));
  const chain = runs.filter(({ firstRunId }) => firstRunId === stored.owner);
  const isFound = stored.owner === own.firstRunId || hasEnd(known, stored.owner);
  const isOld = runs.some((run) => isLacking(ask, run));
  return {
    runs,
    missing: isOld ? OLD : isFound ? null : HISTORY_GONE.unread,
    backup: isOld ? 'surely' : isFound ? undefined : HISTORY_GONE.backup,
    isClean: chain.at(-1)?.status === 'COMPLETED' && !runs.some(({ isToRead }) => isToRead),
  };
}

const OLD = 'its rows are older than the end of a workflow: Postgres was restored from a backup';

/**
 * True if the rows lack the end of that run. A workflow completes only after the row of its
 * disconnected account is written, and a run that completed has no messages to read.
 */
function isLacking({ stored, own }: LastRunAsk, { status, firstRunId, startedAt }: Run): boolean {
  if (status !== 'COMPLETED' || stored.owner === own.firstRunId) return false;
  if (firstRunId === stored.owner) return stored.state === 'connected';
  return stored.updatedAt !== undefined && startedAt > stored.updatedAt;
}

const UNCLEAN: readonly string[] = ['FAILED', 'TIMED_OUT', 'TERMINATED', 'CANCELLED'];

/** True if a known run is the end of that chain. */
const hasEnd = (known: ReadonlyMap<string, Described>, owner: string): boolean =>
  [...known.values()].some(
    ({ firstRunId, status, resetRunId }) =>
      firstRunId === owner &&
      (status === 'COMPLETED' || (UNCLEAN.includes(status) && resetRunId === null)),
  );
