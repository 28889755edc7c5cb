/**
 * Reads back what the last workflow of an account took and did not save (R13): an operator has
 * terminated it, or it failed, and Temporal keeps its history.
 */
import { log, workflowInfo } from '@temporalio/workflow';
import type { Activities, LastRunAsk, LastRunPortion } from '../../activities/ports.js';
import { bytesOf } from '../../domain/primitives/bytes.js';
import type { LastRun } from '../../domain/entity/endings.js';
import { nothingRecovered, recover } from '../../domain/entity/lastRun.js';
import { storedEntity, withCounters } from '../../domain/entity/restore.js';
import type { Start } from '../../domain/commands/administer.js';
import type { Place, ReadBack, StoredAccount } from '../../domain/records/snapshot.js';
import { ifHeavy } from './readParts.js';
import type { AccountRun } from '../accountRun.js';
import { sends } from './weight.js';
import { locally, readable, remotely } from '../activityProxies.js';

/** Updates are answered meanwhile; a Temporal that answers slowly is asked again for a minute. */
const sure = remotely({
  startToCloseTimeout: 20_000,
  scheduleToCloseTimeout: 60_000,
  retry: { initialInterval: 500, maximumInterval: 5_000 },
});
/** After a reset: reports wait for it, because they are about slots that only the rows know. */
const fast = locally({
  startToCloseTimeout: 4_000,
  scheduleToCloseTimeout: 4_000,
  retry: { maximumAttempts: 1 },
});

/**
 * Where this run's history stands as it writes the account's row. While messages wait, the row is
 * not as new as the history: then all orders of the run are applied again, in their order.
 */
export function placeOf(self: AccountRun, isWhole: boolean): Place {
  const { runId, historyLength } = workflowInfo();
  const events = self.inbox.length === 0 ? historyLength : 0;
  return { runId, events, isWhole };
}

const NOT_IN_TIME = 'the history of its last run could not be read in time';

/** The rows and the history of the last workflow; null: the rows alone say everything. */
export async function lastRunOf(
  self: AccountRun,
  start: Start,
  found: ReadBack,
): Promise<LastRun | null> {
  const { account: stored } = found;
  const { runId, firstExecutionRunId: firstRunId } = workflowInfo();
  const owner = firstRunId;
  if (!stored || !isToRead(self, stored)) return null;
  const { accountId } = start;
  const recount = (account: Parameters<typeof withCounters>[0]) => withCounters(account, found);
  let recovered = nothingRecovered(storedEntity(start, found, owner, Date.now()));
  const ask = {
    accountId,
    stored,
    own: { runId, firstRunId },
  };
  let flaw: string | null = null;
  for (let after = 0; ;) {
    const portion = await portionOf({ ...ask, after }, stored.owner === owner ? fast : sure);
    if (!portion) return { ...recovered, unread: NOT_IN_TIME, isClean: false };
    for (const one of portion.heard) {
      try {
        recovered = recover(recovered, one, recount);
      } catch (error) {
        // It must not keep the account from opening: what it said is not known, so it waits.
        flaw ??= `a message of its history cannot be applied: ${String(error)}`.slice(0, 500);
      }
    }
    after += portion.heard.length;
    sends(self, bytesOf(portion.heard));
    if (!portion.isLast) await ifHeavy(self); // after a reset all portions are sent with the task
    const { isLast, isClean } = portion;
    if (isLast || portion.heard.length === 0) {
      return { ...recovered, unread: portion.unread ?? flaw, isClean };
    }
  }
}

/**
 * Another workflow has written the row last, or before a reset another run of this one. Rows that
 * an older activity has read do not name the run, and recorded runs did not read its history.
 */
function isToRead({ wasReset }: AccountRun, { owner, runId: writer }: StoredAccount): boolean {
  if (writer === undefined) return false;
  // Not by this run's own id: where a run that was reset is replayed from a file, it has another.
  return wasReset || owner !== workflowInfo().firstExecutionRunId;
}

async function portionOf(
  ask: LastRunAsk,
  { readLastRun }: Pick<Activities, 'readLastRun'>,
): Promise<LastRunPortion | undefined> {
  try {
    return readable(await readLastRun(ask));
  } catch (error) {
    log.warn('history.unread', { error: String(error) });
    return undefined;
  }
}
