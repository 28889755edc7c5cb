/**
 * An account with its unsaved rows: the state that one workflow run hands to the next. Each
 * change gets a number that only grows, across runs and restarts; its rows have it (R14).
 */
import { type Account, lineOf, type WaitingAsk } from '../account/account.js';
import { accountWith, changedOr } from '../account/update.js';
import type { Event } from '../account/events.js';
import { evolve } from '../account/evolve.js';
import { rowsOf } from '../records/toRecords.js';
import { runAfter } from '../days/forecast.js';
import { viewAt } from '../days/slotTimes.js';
import { enqueue } from './outbox.js';
import { roll } from '../days/rollover.js';
import type { Entry, Row, WaitingRow } from '../records/records.js';
import type { Instant } from '../primitives/time.js';
import type { Command, Refusal } from '../account/refusals.js';
import type { ManualEdit } from '../account/counter.js';
import { isCooling, isCooldownDue } from '../gate/cooldown.js';

export type Entity = {
  readonly v: 1;
  /** The first run id of the chain: the owner that may write the account's rows (R14). */
  readonly owner: string;
  readonly account: Account;
  /** Rows that Postgres has not confirmed, by ascending number. */
  readonly outbox: readonly Entry[];
  /** The number of the last change. */
  readonly version: number;
  readonly savedVersion: number;
  /** The version at which the last reconcile found everything equal (R8). */
  readonly equalVersion: number;
  /** A manual edit of the row was found: the row keeps it for the next reconcile (R14). */
  readonly foreign: ManualEdit | null;
  /** The manual edit that a reconcile has reported: the row may forget it. */
  readonly handled: string | null;
  /** The number of the last write that was tried; it only grows (R14). Absent if none was. */
  readonly writes?: number;
  /**
   * A reconcile that was tried and not answered: its outcome is read before another reconcile
   * begins.
   */
  readonly triedRun?: string | null;
  /** The number of the last write whose answer is known. */
  readonly answered?: number;
  /** Entries up to this number were sent: they may be in Postgres, also without an answer. */
  readonly sent?: number;
};
export type Executed<A> = { readonly entity: Entity; readonly answer: A | Refusal };

/** Executes one command, at an instant that never runs backwards; rolls the day first. */
export function execute<I, A>(
  entity: Entity,
  command: Command<I, A>,
  input: I,
  at: Instant,
): Executed<A> {
  const rolled = pass(entity, at);
  const { now } = rolled.account;
  const { events, answer } = command(rolled.account, input, now);
  return { entity: record(rolled, events), answer };
}

/** Moves the account to an instant: the day rolls if it has ended (R7). */
export function pass(entity: Entity, at: Instant): Entity {
  const now = Math.max(at, entity.account.now);
  const clocked =
    now === entity.account.now
      ? entity
      : entityWith(entity, { account: accountWith(entity.account, { now }) });
  const rolled = record(clocked, roll(entity.account, now));
  // A midnight alone leaves a cold account with nothing to check.
  return entity.equalVersion === entity.version && rolled.version !== entity.version
    ? entityWith(rolled, { equalVersion: rolled.version })
    : rolled;
}

/** Applies facts to the account, and adds their rows to the outbox. */
export function record(entity: Entity, events: readonly Event[]): Entity {
  return events.reduce((before, event) => {
    const account = evolve(before.account, event);
    const rows = rowsOf(event, before.account, account);
    return post(entityWith(before, { account }), rows, isSilent(event));
  }, entity);
}

/** Facts without a row: a denial is not remembered (R1), the others are computed again. */
const isSilent = (event: Event): boolean =>
  event.type === 'SlotDenied' ||
  event.type === 'AskAnswered' ||
  event.type === 'OpeningsLearnt' ||
  event.type === 'IdentityChecked' ||
  event.type === 'Reconciled' ||
  event.type === 'ReconcileFailed';

function post(entity: Entity, rows: readonly Row[], isQuiet = false): Entity {
  if (rows.length === 0)
    return isQuiet ? entity : entityWith(entity, { version: entity.version + 1 });
  let { version } = entity;
  const entries: Entry[] = [];
  for (const row of rows) entries.push({ number: (version += 1), row });
  const { sent = 0 } = entity;
  const outbox = entries.reduce((waiting, entry) => enqueue(waiting, entry, sent), entity.outbox);
  return entityWith(entity, { version, outbox });
}

/** Returns the entity of an account read from its rows; `base` is their highest number. */
export const entityOf = (account: Account, owner: string, base: number): Entity => ({
  v: 1,
  owner,
  account,
  outbox: [],
  version: base,
  savedVersion: base,
  equalVersion: -1,
  foreign: null,
  handled: null,
  writes: 0,
  answered: 0,
  sent: base,
});

export const isDirty = (entity: Entity): boolean =>
  entity.version > entity.savedVersion || entity.outbox.length > 0;

/** True if a send that counts waits to be saved. */
export const hasSend = ({ outbox }: Entity): boolean =>
  outbox.some(({ row }) => row.table === 'inmail_events');

/** How long a row may wait: a delivery 3 s, any other row 15 s (docs/contract.md, 4). */
export const hasDelivery = (entity: Entity): boolean =>
  hasSend(entity) || entity.outbox.some(({ row }) => isDecision(row));

/** True if a caller waits for this row to be saved, because it decides an ask that waited (R21). */
const isDecision = (row: Row): row is WaitingRow =>
  row.table === 'waiting' && row.state !== 'waiting';

/** Returns the asks whose decision is saved, and that have no answer yet (R21). */
export const answerable = ({ account, outbox }: Entity): readonly WaitingAsk[] =>
  lineOf(account).filter(
    ({ decided, reservationId }) =>
      decided !== null &&
      !outbox.some(({ row }) => isDecision(row) && row.reservationId === reservationId),
  );

/**
 * True if slots are in flight, something changed since the last equal reconcile, or that reconcile
 * failed.
 */
export const isInDoubt = (entity: Entity): boolean =>
  entity.foreign !== null ||
  entity.version !== entity.equalVersion ||
  entity.account.runFailedAt !== null ||
  isOvershooting(entity.account) ||
  entity.account.slots.some(({ state }) => state === 'in_flight');

/** True if an overshoot still needs its cooldown, because another one held (R8, R9). */
const isOvershooting = (account: Account): boolean =>
  isCooldownDue(account) && !isCooling(account, account.now);

/** True if the account needs reconciles of its own (R8); the fleet audit checks a cold one. */
export const isHot = (entity: Entity): boolean => isDirty(entity) || isInDoubt(entity);

/** Returns when the account's next reconcile is due; null for a cold account (R8). */
export const nextRunAt = (entity: Entity, at: Instant): Instant | null =>
  isHot(entity) ? runAfter(entity.account.accountId, at + 1) : null;

/** Returns the account for a query: now, or later if no message comes until then (R17). */
export function viewOf(entity: Entity, now: Instant, at: Instant): Account {
  const { account } = pass(entity, now);
  return at <= account.now ? account : viewAt(account, at);
}

export const entityWith = (old: Entity, change: Partial<Entity>): Entity => ({
  v: old.v,
  owner: old.owner,
  account: changedOr(change.account, old.account),
  outbox: changedOr(change.outbox, old.outbox),
  version: changedOr(change.version, old.version),
  savedVersion: changedOr(change.savedVersion, old.savedVersion),
  equalVersion: changedOr(change.equalVersion, old.equalVersion),
  foreign: changedOr(change.foreign, old.foreign),
  handled: changedOr(change.handled, old.handled),
  writes: changedOr(change.writes, old.writes ?? 0),
  answered: changedOr(change.answered, old.answered ?? 0),
  sent: changedOr(change.sent, old.sent ?? 0),
  triedRun: changedOr(change.triedRun, old.triedRun ?? null),
});
