/** Limits how long callers wait for the database: then `Unavailable` (docs/contract.md, 2). */
import { CancellationScope, condition } from '@temporalio/workflow';
import { hasChange } from '../changes.js';
import type { Refusal } from '../../domain/account/refusals.js';
import type { Findings } from '../../temporal/protocol.js';
import { PATIENCE_MS, type AccountRun } from '../accountRun.js';

/**
 * Waits until `isDone`, or until the database has not answered for about ten seconds. No timer is
 * cancelled. Reason: if a Query is answered at the moment when a local activity ends, Temporal's
 * SDK (1.24) records a timer that a replay starts and cancels in one task, and so does not record.
 * If no caller waits, a pending ring does not end the wait of the next caller (rings.ts). Older
 * workflow runs keep a timer for each caller.
 */
export async function whenOrLate(self: AccountRun, isDone: () => boolean): Promise<void> {
  if (!hasChange('callers-wait-without-timers')) {
    await CancellationScope.nonCancellable(() => condition(isDone, PATIENCE_MS));
    return;
  }
  const { late } = self;
  const known = late.rings + (self.patient === 0 && late.isPending ? 1 : 0);
  self.patient += 1;
  await condition(() => isDone() || late.rings > known);
  self.patient -= 1;
}

/** Waits for a reconcile that begins after this call; returns its findings once saved (R8). */
export async function reconciledNow(self: AccountRun): Promise<Findings | Refusal> {
  const mine = (self.runsAsked += 1);
  await whenOrLate(self, () => self.runsDone >= mine || self.isEnding);
  if (self.runsDone >= mine && self.found) return self.found;
  const message = 'no reconcile has succeeded in time; nothing was changed, and it is tried again';
  return { refused: 'Unavailable', message };
}
