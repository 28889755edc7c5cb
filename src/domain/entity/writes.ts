/**
 * Tries to write (R14). A try may be committed although its answer was lost, and a whole workflow
 * task may be lost after its commit: so each try has a number that only grows, and a mark of its
 * content, and the row keeps both.
 */
import type { Account } from '../account/account.js';
import { batchOf, reconciled, actorWith, type Actor, type Batch } from './entity.js';
import type { Event } from '../account/events.js';
import { accountRow } from '../records/toRecords.js';
import { applicable } from '../reconcile/merge.js';
import type { CommittedRun, ReadBack, Write } from '../records/snapshot.js';
import { hashOf } from '../primitives/time.js';

/** One try to write: its batch, and the number and mark under which it may be committed (R14). */
export type Sending = { readonly actor: Actor; readonly batch: Batch & { readonly write: Write } };

/** Begins a write: each try has a number of its own, and a mark of what it carries. */
export function sending(actor: Actor): Sending {
  const batch = batchOf(actor);
  const number = (actor.writes ?? 0) + 1;
  const mark = hashOf(JSON.stringify([batch.row, batch.entries])).toString(36);
  const sent = Math.max(actor.sent ?? 0, batch.entries.at(-1)?.number ?? 0);
  return {
    actor: actorWith(actor, { writes: number, sent }),
    batch: { ...batch, write: { number, mark } },
  };
}

/**
 * The actor after it learns of a run that was committed while its answer was lost. What waits up to
 * the number that the run saved was saved by it: what changed since has a higher one.
 */
export function recalled(actor: Actor, run: CommittedRun): Actor {
  const row = accountRow(actor.account, run.version);
  const entries = actor.outbox.filter(({ number }) => number <= run.through);
  const sent = { row, entries, write: run };
  return reconciled(actor, sent, run.answer.events, run.answer.foreign, run.at);
}

/** This very start has written the row, in a workflow task that was lost after its commit. */
export const isOfLostTask = (found: ReadBack, owner: string, isReset: boolean): boolean =>
  found.account?.owner === owner && found.lastWrite !== undefined && !isReset;

/**
 * What the run of that task found, and no save has written since. External sends are left out: a
 * start has counted them from the event log itself.
 */
export function foundBy(
  { account: stored, lastRun, lastWrite }: ReadBack,
  account: Account,
): readonly Event[] {
  const isIts = lastRun?.runId.startsWith(`${stored?.owner}/`) ?? false;
  if (!lastRun || !isIts || lastRun.number !== lastWrite) return [];
  return applicable(account, lastRun.answer.events).map((event) =>
    event.type === 'BookCorrected' ? { ...event, external: 0 } : event,
  );
}
