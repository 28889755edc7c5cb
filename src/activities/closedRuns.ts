/** Finds the runs of an account whose history may say more than its rows (R13). */
import type { Described, History } from './history.js';
import type { LastRunAsk } from './ports.js';

export type Run = Described & {
  /** It ended without handing its state to another run, and not by itself. */
  readonly isToRead: boolean;
};
export type ClosedRuns = {
  /** In the order in which they began. */
  readonly runs: readonly Run[];
  /** Why the last run is not among them; null: it is. */
  readonly missing: string | null;
  /** The last workflow ended by itself: disconnected, and nothing was unsaved. */
  readonly isClean: boolean;
};

/**
 * Follows the runs from the one whose save left nothing unsaved: what it continued as, and what a
 * reset made of it. Another start may lie between: the index of Temporal knows those.
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
  for (const id of [stored.savedRunId, stored.runId]) if (id !== undefined) await follow(id);
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
  return {
    runs,
    missing: isFound ? null : 'Temporal does not have the history of its last run',
    isClean: chain.at(-1)?.status === 'COMPLETED' && !runs.some(({ isToRead }) => isToRead),
  };
}

const UNCLEAN: readonly string[] = ['FAILED', 'TIMED_OUT', 'TERMINATED', 'CANCELLED'];

/** Is a run known with which that chain ended. */
const hasEnd = (known: ReadonlyMap<string, Described>, owner: string): boolean =>
  [...known.values()].some(
    ({ firstRunId, status, resetRunId }) =>
      firstRunId === owner &&
      (status === 'COMPLETED' || (UNCLEAN.includes(status) && resetRunId === null)),
  );
