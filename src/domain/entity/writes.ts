/**
 * Tries to write (R14). A try may be committed although its answer was lost, and a whole workflow
 * task may be lost after its commit: so each try has a number that only grows, and a mark of its
 * content, and the row keeps both.
 */
import type { Account } from '../account/account.js';
import { actorWith, isInDoubt, record, type Actor } from './entity.js';
import type { Event } from '../account/events.js';
import { accountRow } from '../records/toRecords.js';
import { applicable } from '../reconcile/merge.js';
import type { CommittedRun, ReadBack, Write } from '../records/snapshot.js';
import { hashOf, type Instant } from '../primitives/time.js';
import { portionOf } from './outbox.js';
import type { AccountRow, Entry } from '../records/records.js';
import type { Foreign } from '../account/manualEdit.js';

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

/** What one save carries. `isHot`: what it leaves behind needs a run; its silence would be told. */
export type Batch = {
  readonly row: AccountRow;
  readonly entries: readonly Entry[];
  readonly isHot: boolean;
  readonly handled: string | null;
};
/** What was committed of a batch, and under which number. */
export type Sent = Pick<Batch, 'row' | 'entries'> & { readonly write?: Pick<Write, 'number'> };

export const batchOf = (actor: Actor): Batch => ({
  row: accountRow(actor.account, actor.version),
  entries: portionOf(actor.outbox),
  isHot: isInDoubt(actor),
  handled: actor.handled,
});

/** Drops what a save confirmed: by number, because handlers ran meanwhile. */
export function saved(actor: Actor, sent: Sent, foreign: Foreign | null): Actor {
  const numbers = new Set(sent.entries.map(({ number }) => number));
  const outbox = actor.outbox.filter(({ number }) => !numbers.has(number));
  return actorWith(actor, {
    outbox,
    savedVersion: Math.max(actor.savedVersion, sent.row.version),
    answered: Math.max(actor.answered ?? 0, sent.write?.number ?? 0),
    foreign: foreign !== null && foreign.id !== actor.handled ? foreign : actor.foreign,
  });
}

/**
 * The actor after a run that succeeded: what it saved is saved, what it found is applied, and if it
 * found nothing and nothing came in meanwhile, all is equal (R8).
 */
export function reconciled(
  actor: Actor,
  sent: Sent,
  events: readonly Event[],
  foreign: Foreign | null,
  at: Instant,
): Actor {
  const kept = saved(actor, sent, null);
  const later = kept.foreign?.id === foreign?.id ? null : kept.foreign;
  const handled = foreign?.id ?? kept.handled;
  const heard = actorWith(kept, { foreign: later, handled, triedRun: null });
  const facts = applicable(actor.account, events);
  const isFailed = events.some(({ type }) => type === 'ReconcileFailed');
  const told = record(heard, isFailed ? facts : [...facts, { type: 'Reconciled', at }]);
  return events.length > 0 ? told : actorWith(told, { equalVersion: sent.row.version });
}
