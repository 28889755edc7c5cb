/**
 * Reads back the messages that the last workflow of an account took and did not save (R13). An
 * operator has terminated that workflow, or it failed; Temporal keeps its history.
 */
import { log, workflowInfo } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import type { Activities, LastRunAsk, LastRunPortion } from '../../activities/ports.js';
import { bytesOf } from '../../domain/primitives/bytes.js';
import type { LastRun } from '../../domain/entity/endings.js';
import { nothingRecovered, recover } from '../../domain/entity/lastRun.js';
import {
  isOfAnother,
  storedEntity,
  withCounters,
  withoutHistory,
} from '../../domain/entity/restore.js';
import type { Start } from '../../domain/commands/administer.js';
import type { Place, ReadBack, StoredAccount } from '../../domain/records/snapshot.js';
import { ifHeavy } from './readParts.js';
import type { AccountRun } from '../accountRun.js';
import { sends } from './weight.js';
import { quick, readable, remotely } from '../activityProxies.js';
import { knowsFirstRuns } from '../changes.js';

/** Asks a slow Temporal again for up to a minute; Updates are answered in the meantime. */
const sure = remotely({
  startToCloseTimeout: 20_000,
  scheduleToCloseTimeout: 60_000,
  retry: { initialInterval: 500, maximumInterval: 5_000 },
});
/** Used after a reset: reports wait for it, because only the rows know their slots. */
const fast = quick(4_000);

/**
 * Returns the place in this run's history at which it writes the account's row. While messages
 * wait, the row is older than the history: then all orders of the run are applied again, in order.
 */
export function placeOf(self: AccountRun, isWhole: boolean): Place {
  const { runId, historyLength } = workflowInfo();
  const waits = getActivator().bufferedSignals.length + self.inbox.length + self.waiting.length;
  const events = waits === 0 ? historyLength : 0;
  return { runId, events, isWhole };
}

const NOT_IN_TIME = 'the history of its last run could not be read in time';

/** Reads the history of the last workflow; null: the rows alone are complete. */
export async function lastRunOf(
  self: AccountRun,
  start: Start,
  found: ReadBack,
): Promise<LastRun | null> {
  const { account: stored } = found;
  const { runId, firstExecutionRunId: firstRunId } = workflowInfo();
  const owner = firstRunId;
  if (!stored || !isToRead(self, stored)) return null;
  if (self.isFirstRun && !self.wasReset) return withoutHistory(start, found, owner, Date.now());
  const { accountId } = start;
  const recount = (account: Parameters<typeof withCounters>[0]) => withCounters(account, found);
  let recovered = nothingRecovered(storedEntity(start, found, owner, Date.now()));
  const ask = {
    accountId,
    stored,
    own: { runId, firstRunId },
  };
  let flaw: string | null = null;
  if (stored.owner !== owner) self.isOpening = false; // the history of an old run may take minutes
  for (let after = 0; ;) {
    const portion = await portionOf({ ...ask, after }, stored.owner === owner ? fast() : sure);
    if (!portion) return { ...recovered, unread: NOT_IN_TIME, isClean: false };
    for (const one of portion.heard) {
      try {
        recovered = recover(recovered, one, recount);
      } catch (error) {
        // The account must still start. The message's content is unknown, so it waits.
        flaw ??= `a message of its history cannot be applied: ${String(error)}`.slice(0, 500);
      }
    }
    after += portion.heard.length;
    sends(self, bytesOf(portion.heard));
    if (!portion.isLast) await ifHeavy(self); // after a reset, one task sends all portions
    const { isLast, isClean, backup } = portion;
    if (isLast || portion.heard.length === 0) {
      return { ...recovered, unread: portion.unread ?? flaw, isClean, backup };
    }
  }
}

/** True if another workflow wrote the row last, or, before a reset, another run of this one. */
function isToRead({ wasReset }: AccountRun, stored: StoredAccount): boolean {
  // This run's own id is no criterion: a reset run that is replayed from a file has another id.
  if (wasReset) return stored.runId !== undefined;
  return isOfAnother(stored, workflowInfo().firstExecutionRunId);
}

/**
 * True if Temporal had no run of this account when this one started, so there is no history to look
 * for. The starter states it, because it asked for a start that an older run refuses. Later runs of
 * the chain have no hint. A run that was reset has it, and reads the history from then on.
 */
export function isFirstRun(hint: unknown): boolean {
  const isNamed = typeof hint === 'object' && hint !== null && 'isFirstRun' in hint;
  return isNamed && hint.isFirstRun === true && knowsFirstRuns();
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
