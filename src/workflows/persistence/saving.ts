/**
 * The writes of an account to Postgres: saves, and reconciles (R8, R14). A try may be committed
 * although its answer was lost, and a workflow task may be lost after its save: this file detects
 * both.
 */
import { log, workflowInfo } from '@temporalio/workflow';
import { pass, record, entityWith, hasSend, type Entity } from '../../domain/entity/entity.js';
import { caughtUp } from '../../domain/entity/catchUp.js';
import { alert } from '../../domain/account/events.js';
import { hasForgotten } from '../../domain/entity/lookup.js';
import { isOneSave } from '../../domain/entity/outbox.js';
import type { Place, Write } from '../../domain/records/snapshot.js';
import { MIDNIGHT_SPREAD_MS } from '../../domain/primitives/midnight.js';
import { dayOf, MINUTE_MS, startOf } from '../../domain/primitives/time.js';
import {
  reconciled,
  restoredTo,
  saved,
  recalled,
  sending,
  type Batch,
} from '../../domain/entity/writes.js';
import type { Saved } from '../../activities/ports.js';
import { attempt } from './databaseWork.js';
import { countWrite, type SaveOutcome } from '../metrics.js';
import { placeOf } from './recovery.js';
import { readParts } from './readParts.js';
import { factsBytes, runBytes, saveBytes, sends } from './weight.js';
import { reach, type Checks } from '../activityProxies.js';
import { cancelsTimers, hasChange, hasChanges } from '../changes.js';
import { isCutShort } from '../runLength.js';
import type { AccountRun } from '../accountRun.js';
import { accountWith } from '../../domain/account/update.js';
import { counterOf } from '../../domain/account/counter.js';
import { cooldownStarted } from '../../domain/gate/cooldown.js';

/** How long an account waits before it writes again to a row of another owner. */
const BLOCKED_MS = MINUTE_MS;
/** Maximum tries of a write that meets rows of a lost task; it reads them before each new try. */
const TRIES = 3;
/** True if this run asks for the outcome of a failed reconcile; older runs answered at once. */
export const asksAgain = (): boolean => hasChange('a-run-that-failed-is-asked-again');

/** Returns the place of a write; it is whole if this run's history has all that is not saved. */
const placeIn = (self: AccountRun, { entries }: Batch): Place =>
  placeOf(self, self.isRooted || entries.length === self.read().outbox.length);

/**
 * Records when a save began, because a replay may answer it one task earlier. The next deliveries
 * are collected from then on. A save that succeeds without a delivery does not delay the next one.
 */
function began(self: AccountRun, at: number, isSaved: boolean, entity: Entity): void {
  if (isSaved && cancelsTimers() && !hasSend(entity)) return;
  self.lastSaveAt = hasChanges() ? at : Date.now();
}

/** Saves the rows of the outbox, and drops the rows that the save confirmed. */
export async function save(self: AccountRun): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { entity, batch } = sending(pass(self.read(), Date.now()));
    self.entity = entity;
    const place = placeIn(self, batch);
    const ask = { owner: entity.owner, ...batch, place };
    const begunAt = Date.now();
    const done = await attempt(self, () => reach(self.isSlow).save(ask), saveBytes(self));
    began(self, begunAt, done?.saved === true, entity);
    countWrite(entity.outbox.length, wordOf(done));
    if (done) self.midnightSpreadMs = done.midnightSpreadMs ?? MIDNIGHT_SPREAD_MS;
    self.isRooted ||= done?.saved === true && place.isWhole;
    if (done?.saved) {
      self.entity = saved(self.read(), batch, done.foreign);
      // The computed slots of a line take more room than its asks: they serve one burst of asks.
      self.foreseen = null;
      // A forgotten send may have counted again: only a reconcile can decide, by the event log.
      if (done.known && hasForgotten(self.read().account)) self.runsAsked += 1;
    }
    if (!done || done.saved) return;
    if (isLearnt(self, done)) continue;
    outrun(self, done, batch.write);
    if (!self.isBehind || !(await catchUp(self))) return;
  }
}

/**
 * Does one reconcile (R8): it saves everything unsaved, and its findings are applied to the account
 * as it is at its end. False: the database did not answer, or the row has another owner.
 */
export async function reconcile(self: AccountRun, by?: Checks): Promise<boolean> {
  self.isRecalled = false;
  if (self.isBehind && !(await catchUp(self, by))) return false;
  const { triedRun } = self.read();
  if (triedRun) {
    const isFound = await recall(self, triedRun, by);
    if (isFound !== false) return isFound ?? false;
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    while (!isOneSave(self.read().outbox)) {
      const before = self.read().outbox.length;
      await save(self);
      if (self.read().outbox.length >= before || isCutShort(self)) return false;
    }
    const isDone = await runNow(self, by);
    if (isDone) return true;
    if (isDone === undefined) continue;
    if (!self.isBehind || !(await catchUp(self, by))) return false;
  }
  return false;
}

/** Does one reconcile; undefined: it found a row of a backup, and is to be tried again. */
async function runNow(self: AccountRun, by?: Checks): Promise<boolean | undefined> {
  const { entity, batch } = sending(pass(self.read(), Date.now()));
  self.entity = entity;
  const { owner, account, outbox } = entity;
  const at = account.now;
  const { number, mark } = batch.write;
  const runId = `${workflowInfo().runId}/${number}.${mark}`;
  const place = placeIn(self, batch);
  // A reconcile needs no ask that waits.
  const ask = { owner, ...batch, place, runId, account: accountWith(account, { line: [] }), at };
  const work = () => (by ?? reach(self.isSlow)).reconcile(ask);
  const ran = await attempt(self, work, runBytes(self));
  if (ran?.saved) sends(self, factsBytes(ran.events));
  began(self, at, ran?.saved === true, entity);
  countWrite(outbox.length, wordOf(ran));
  if (ran) self.midnightSpreadMs = ran.midnightSpreadMs ?? MIDNIGHT_SPREAD_MS;
  if (!ran?.saved) {
    if (ran && isLearnt(self, ran)) return undefined;
    if (ran) outrun(self, ran, batch.write);
    if (!self.isBehind) fail(self, ran === undefined ? runId : null);
    return false;
  }
  self.isRooted ||= place.isWhole;
  self.entity = reconciled(self.read(), batch, ran.events, ran.foreign, at);
  const { drift, healed, alerted, cooled } = ran;
  self.found = { runId, drift, healed, alerted, cooled };
  return true;
}

/**
 * Records that a reconcile failed. If it may be committed, `recall` checks it before the next
 * begins. If its outcome is unknown, nothing is granted until a reconcile succeeds (R12).
 */
function fail(self: AccountRun, runId: string | null): void {
  const at = self.now();
  const isTried = runId !== null && self.outcome !== 'not committed' && asksAgain();
  const isUnknown = isTried && self.outcome === 'unknown';
  const entity = isTried ? entityWith(self.read(), { triedRun: runId }) : self.read();
  self.entity = record(entity, [{ type: 'ReconcileFailed', at, isUnknown }]);
}

/** Asks if a reconcile was committed; false: it never will be; undefined: no answer. */
async function recall(self: AccountRun, runId: string, by?: Checks): Promise<boolean | undefined> {
  const { entity, batch } = sending(self.read());
  self.entity = entity;
  const { write } = batch;
  const { accountId } = entity.account;
  const ask = { owner: entity.owner, accountId, runId, write };
  const { isSlow } = self;
  const answer = await attempt(self, () => (by ?? reach(isSlow)).recall(ask));
  if (answer === undefined) {
    fail(self, null);
    return undefined;
  }
  self.isSlow = isSlow; // a row that Postgres found is no proof that a whole reconcile succeeds
  if (!answer.saved) {
    if (isLearnt(self, answer)) return recall(self, runId, by);
    outrun(self, answer, write);
    return self.isBehind && (await catchUp(self, by)) ? false : undefined;
  }
  if (!answer.run) return false;
  log.info('run.recalled', { runId });
  self.entity = recalled(self.read(), answer.run);
  const { drift, healed, alerted, cooled } = answer.run.answer;
  self.found = { runId, drift, healed, alerted, cooled };
  self.isRecalled = true;
  return true;
}

const wordOf = (done: { readonly saved: boolean } | undefined): SaveOutcome => {
  if (!done) return 'unanswered';
  return done.saved ? 'saved' : 'other_owner';
};

/** Records that the row is of a backup, because Postgres was restored (R14); false: it is not. */
function isLearnt(self: AccountRun, { isRestored, lastWrite }: NotSaved): boolean {
  if (isRestored !== true || lastWrite === undefined) return false;
  log.warn('account.restored', { lastWrite, answered: self.read().answered });
  self.entity = restoredTo(self.read(), lastWrite);
  return true;
}
type NotSaved = Extract<Saved, { saved: false }>;

/**
 * Handles a row that has another owner, or that is newer than this run's state (R14). Another
 * workflow writes it, or this run was reset, or a lost task of this workflow wrote it.
 */
function outrun(self: AccountRun, found: NotSaved, write: Write): void {
  const entity = self.read();
  const isOwn = found.owner === entity.owner;
  if (isOwn && (found.lastWrite ?? -1) >= write.number) {
    log.warn('account.behind', { lastWrite: found.lastWrite, write: write.number });
    self.isBehind = true;
    return;
  }
  if (isOwn && found.version <= entity.version) return; // a late save of this workflow
  log.warn('account.outrun', { version: found.version });
  if (isOwn) {
    self.reset(); // nothing is granted until the loop has read the rows again
    return;
  }
  self.blockedUntil = Date.now() + BLOCKED_MS;
  const { account } = entity;
  const message = 'the row belongs to another workflow';
  const until = startOf(account.day + 1);
  if (account.cooldowns.some((one) => one.cause === 'two_owners' && account.now < one.until))
    return;
  self.entity = record(entity, [
    cooldownStarted('two_owners', until, counterOf(account, account.day), message),
    alert('two_owners', 'critical', { message, owner: found.owner, version: found.version }),
  ]);
}

/** Reads the rows that a lost task wrote, and adds them to the account; false: no answer. */
export async function catchUp(self: AccountRun, by?: Checks): Promise<boolean> {
  const { owner, account, savedVersion: after } = self.read();
  const ask = { accountId: account.accountId, day: dayOf(self.now()), after };
  const found = await attempt(self, () => readParts(self, ask, by ?? reach(self.isSlow)));
  if (!found) return false;
  self.isBehind = false;
  const stored = found.account;
  // If the row has another owner by now, the next save finds out.
  if (stored?.owner === owner) {
    self.entity = pass(caughtUp(self.read(), found, stored), Date.now());
  }
  return true;
}
