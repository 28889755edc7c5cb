/**
 * Tries to write (R14). A try may be committed although its answer was lost, and a whole workflow
 * task may be lost after its commit. So each try has a number that only grows and a mark of its
 * content, and the row keeps both.
 */
import type { Account } from '../account/account.js';
import { entityWith, isInDoubt, record, type Entity } from './entity.js';
import type { Event } from '../account/events.js';
import { accountRow } from '../records/toRecords.js';
import { doubted } from '../reconcile/leases.js';
import { applicable } from '../reconcile/merge.js';
import type { CommittedRun, ReadBack, Write } from '../records/snapshot.js';
import { hashOf, type Instant } from '../primitives/time.js';
import { portionOf } from './outbox.js';
import type { AccountRow, Entry } from '../records/records.js';
import type { ManualEdit } from '../account/counter.js';

/** One try to write: its batch, and the number and mark under which it may be committed (R14). */
export type Sending = {
  readonly entity: Entity;
  readonly batch: Batch & { readonly write: Write };
};

/** Begins a write: each try has its own number and a mark of its content. */
export function sending(entity: Entity): Sending {
  const batch = batchOf(entity);
  const number = (entity.writes ?? 0) + 1;
  const mark = hashOf(JSON.stringify([batch.row, batch.entries])).toString(36);
  const sent = Math.max(entity.sent ?? 0, batch.entries.at(-1)?.number ?? 0);
  return {
    entity: entityWith(entity, { writes: number, sent }),
    batch: { ...batch, write: { number, mark, answered: entity.answered ?? 0 } },
  };
}

/**
 * Returns the entity after a write found a row of a backup (R14). The next write is accepted. No
 * slot in flight is released by its missing attempt: the backup may lack the attempt, too (R6).
 */
export function restoredTo(entity: Entity, lastWrite: number): Entity {
  const { slots, now } = entity.account;
  return record(
    entityWith(entity, { answered: lastWrite }),
    slots.flatMap((slot) => doubted(slot, now)),
  );
}

/**
 * Returns the entity after a reconcile that was committed while its answer was lost. That reconcile
 * saved the rows up to its number: later changes have higher numbers.
 */
export function recalled(entity: Entity, run: CommittedRun): Entity {
  const row = accountRow(entity.account, run.version);
  const entries = entity.outbox.filter(({ number }) => number <= run.through);
  const sent = { row, entries, write: run };
  return reconciled(entity, sent, run.answer.events, run.answer.foreign, run.at);
}

/** True if this start wrote the row, in a workflow task that was lost after its commit. */
export const isOfLostTask = (found: ReadBack, owner: string, isReset: boolean): boolean =>
  found.account?.owner === owner && found.lastWrite !== undefined && !isReset;

/**
 * Returns the findings of the lost task's reconcile that no save has written since. External sends
 * are left out: the start has counted them from the event log.
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

/**
 * One save. `isHot`: the account then needs a reconcile, and the fleet audit alerts if none
 * follows.
 */
export type Batch = {
  readonly row: AccountRow;
  readonly entries: readonly Entry[];
  readonly isHot: boolean;
  readonly handled: string | null;
  /** Only if the account compares recipients with its group: its claims are then decided (R20). */
  readonly isAll?: true;
};
/** The part of a batch that was committed, and its number. */
export type Sent = Pick<Batch, 'row' | 'entries'> & { readonly write?: Pick<Write, 'number'> };

export function batchOf(entity: Entity): Batch {
  const entries = portionOf(entity.outbox);
  const isAll = entries.length === entity.outbox.length;
  return {
    row: accountRow(entity.account, entity.version),
    entries,
    isHot: isInDoubt(entity),
    handled: entity.handled,
    ...(isAll && entity.account.policy.recipientScope === 'group' ? { isAll } : {}),
  };
}

/** Removes the rows that a save confirmed: by number, because handlers ran meanwhile. */
export function saved(entity: Entity, sent: Sent, foreign: ManualEdit | null): Entity {
  const numbers = new Set(sent.entries.map(({ number }) => number));
  const outbox = entity.outbox.filter(({ number }) => !numbers.has(number));
  return entityWith(entity, {
    outbox,
    savedVersion: Math.max(entity.savedVersion, sent.row.version),
    answered: Math.max(entity.answered ?? 0, sent.write?.number ?? 0),
    foreign: foreign !== null && foreign.id !== entity.handled ? foreign : entity.foreign,
  });
}

/**
 * Returns the entity after a successful reconcile: its rows are saved and its findings applied. If
 * it found nothing and no message came meanwhile, all is equal (R8).
 */
export function reconciled(
  entity: Entity,
  sent: Sent,
  events: readonly Event[],
  foreign: ManualEdit | null,
  at: Instant,
): Entity {
  const kept = saved(entity, sent, null);
  const later = kept.foreign?.id === foreign?.id ? null : kept.foreign;
  const handled = foreign?.id ?? kept.handled;
  const answered = entityWith(kept, { foreign: later, handled, triedRun: null });
  const facts = applicable(entity.account, events);
  const isFailed = events.some(({ type }) => type === 'ReconcileFailed');
  const applied = record(answered, isFailed ? facts : [...facts, { type: 'Reconciled', at }]);
  return events.length > 0 ? applied : entityWith(applied, { equalVersion: sent.row.version });
}
