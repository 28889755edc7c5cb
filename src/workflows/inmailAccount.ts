/**
 * The workflow of one LinkedIn account: it owns the counter while the account is connected. Its
 * loop sleeps until something is due. A run lasts at most a UTC day; the next gets all its state.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  workflowInfo,
} from '@temporalio/workflow';
import { hasDelivery, isDirty, isHot, nextRunAt, pass } from '../domain/entity/entity.js';
import { disconnect } from '../domain/commands/administer.js';
import { DAY_MS, hashOf, SECOND_MS, startOf, dayOf } from '../domain/primitives/time.js';
import { failureOf } from '../temporal/protocol.js';
import {
  checkIdentity,
  learnIntervals,
  restoreFrom,
  restoreAfterReset,
  wantsIntervals,
} from './persistence/chores.js';
import { raiseEarly } from './alerts.js';
import { hasNews, isEmpty, isFull, isLittle } from './messages/inbox.js';
import { listen, take, whenAnswered } from './messages/messageHandlers.js';
import { hasReplyToSend } from './messages/replies.js';
import { asksAgain, catchUp, reconcile, save } from './persistence/saving.js';
import { inAnotherTask, isHeavy } from './persistence/weight.js';
import { check } from './activityProxies.js';
import { whenRung } from './messages/rings.js';
import { hydrate, AccountRun, type Carried } from './accountRun.js';
import { isRefusal } from '../domain/account/refusals.js';
import { cooldownAt } from '../domain/gate/cooldown.js';

/** A cold replay of a longer run would keep callers waiting. */
const EVENTS_MAX = 600;
/**
 * A run moves to another build after its first tasks only: were the server to say for ever that
 * there is one, runs that nobody speaks to would chase each other.
 */
const MOVES_AFTER_EVENTS = 8;
/** Half of what the server takes in one run. */
const SIGNALS_MAX = 5_000;
/** Idle accounts reset over this time after midnight, so that they do not all come at once (R7). */
const MIDNIGHT_SPREAD_MS = 90 * SECOND_MS;
/** A delivery is in Postgres within 3 s, anything else within 15 s (docs/contract.md, 4). */
const SAVE_SOON_MS = 2 * SECOND_MS;
const SAVE_LATER_MS = 10 * SECOND_MS;

export async function inmailAccount(input: unknown): Promise<void> {
  const hydrated = hydrate(input);
  const self = new AccountRun(isRefusal(hydrated) ? NOBODY : hydrated);
  listen(self);
  if (isRefusal(hydrated)) self.refusal = hydrated;
  await Promise.resolve(); // the messages of this first task come (interceptors.ts)
  if (isRefusal(hydrated)) {
    while (!allHandlersFinished()) {
      take(self);
      await condition(() => allHandlersFinished() || hasNews(self));
    }
    throw failureOf(hydrated);
  }
  CancellationScope.current().cancelRequested.catch(() => {
    self.isCancelled = true;
  });
  await CancellationScope.nonCancellable(async () => {
    const isOpen = await open(self);
    do {
      if (isOpen) await live(self);
      await settle(self);
    } while (!mayEnd(self));
  });
  if (isDone(self)) return;
  const { workflowType, targetWorkerDeploymentVersionChanged: isOtherCurrent } = workflowInfo();
  await makeContinueAsNewFunc<(carried: Carried) => Promise<void>>({
    workflowType,
    // Else the next run would stay with this build, also when its workers are gone.
    ...(isOtherCurrent ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {}),
  })(self.carried);
}

/** Handlers answer with the start object's flaw, not with "no such handler". */
const NOBODY: Carried = {
  v: 1,
  start: null,
  actor: null,
  waiting: [],
  isCancelled: false,
  published: null,
};

/** Reads the account back; false: the run became too long before that. */
async function open(self: AccountRun): Promise<boolean> {
  const spread = hashOf(workflowInfo().workflowId) % MIDNIGHT_SPREAD_MS;
  const start = self.now();
  // After the account's own day: a run that became too long as its midnight rang has not rolled it.
  const day = self.entity?.account.day ?? dayOf(start);
  self.midnight.arm(startOf(day) + DAY_MS - start + spread);
  while (!self.entity) {
    take(self);
    const opened = self.start && (await restoreFrom(self, self.start));
    if (opened) self.opened(pass(opened, Date.now()));
    else if (isTooLong(self) && isLittle(self)) return false;
  }
  raiseEarly(self);
  take(self);
  self.publish();
  await whenAnswered(self);
  return true;
}

/** Sleeps until something is due, does it, and arms what comes next. Midnight ends the run. */
async function live(self: AccountRun): Promise<void> {
  for (;;) {
    await takeAll(self);
    if (isDone(self) || (isTooLong(self) && isLittle(self))) return;
    leaveIfCancelled(self);
    if (self.isReset) {
      await restoreAfterReset(self);
      continue;
    }
    if (self.isBehind) {
      await catchUp(self);
      continue;
    }
    if (isDue(self)) {
      await run(self);
      continue;
    }
    if (self.midnight.hasRung && isLittle(self)) return;
    arm(self);
    await condition(
      () => isToTake(self) || isDue(self) || wantsArming(self) || isDone(self) || isToEnd(self),
    );
    await whenRung();
  }
}

/** Takes what one task may take; a cold account looks at the database for those who ask (R12). */
async function takeAll(self: AccountRun): Promise<void> {
  take(self);
  while (self.isCheckWanted) {
    await reconcile(self, check);
    self.checked();
    take(self);
  }
  await whenAnswered(self);
}

const isToTake = (self: AccountRun): boolean => hasNews(self) || hasReplyToSend(self);

const isToEnd = (self: AccountRun): boolean => {
  if (wantsToLeave(self)) return true;
  return (self.midnight.hasRung || isTooLong(self)) && isLittle(self);
};

/** Waits until all are answered, and nothing is under way that would be lost with the run. */
async function settle(self: AccountRun): Promise<void> {
  // What it hands to the next goes to the server with the task.
  if (isHeavy(self)) await inAnotherTask(self);
  self.isEnding = true;
  await condition(() => isSettled(self) || hasNews(self));
  self.isEnding = false;
}

const isSettled = (self: AccountRun): boolean =>
  allHandlersFinished() && self.repliesUnderWay === 0;

/** The next run is given all that is left; or there is nothing left, and none follows. */
const mayEnd = (self: AccountRun): boolean => {
  if (!isSettled(self) || !isLittle(self)) return false;
  return isDone(self) || self.midnight.hasRung || isTooLong(self);
};

/** Does what is due, once; the loop asks again. */
async function run(self: AccountRun): Promise<void> {
  self.entity = pass(self.read(), Date.now());
  if (wantsIntervals(self.entity, self.now())) await learnIntervals(self);
  if (!self.read().account.isIdentityChecked) {
    await save(self); // a claim writes the whole row: what a hand has put there is kept by a save
    await checkIdentity(self);
  }
  if (isRunDue(self)) {
    await runDue(self);
  } else if (isDirty(self.read())) await save(self);
  for (const alarm of [self.saveSoon, self.saveLater, self.cooldownEnd, self.unblocked]) {
    alarm.reset();
  }
  self.publish();
}

/**
 * One run. Where the fast way failed, whoever asked for it waits for the sure way; a run whose
 * answer was lost answers those who had asked for it before it began.
 */
async function runDue(self: AccountRun): Promise<void> {
  const { runsAsked: asked, isSlow } = self;
  const { triedRun = null } = self.read();
  const isDone = await reconcile(self);
  if (isDone) {
    self.tick.reset();
    self.runsDone = self.isRecalled ? Math.max(self.runsDone, self.triedAsks) : asked;
    return;
  }
  if (self.read().triedRun !== triedRun) self.triedAsks = asked;
  if (self.isBehind || (asked > self.runsDone && !isSlow && asksAgain())) return;
  refuseRuns(self, asked);
}

/** Whoever has asked for these runs hears that none has succeeded. */
function refuseRuns(self: AccountRun, asked = self.runsAsked): void {
  self.found = null;
  self.runsDone = asked;
}

/** The account's own tick, a start's first run, or somebody who asks (R8, R12). */
function isRunDue(self: AccountRun): boolean {
  const entity = self.read();
  if (self.runsAsked > self.runsDone) return true;
  const { reconciledAt, isDisconnected, isCrowded = false, runFailedAt } = entity.account;
  const isTried = isCrowded && runFailedAt !== null; // the tick tries it again
  if (reconciledAt === null && !isDisconnected && !isTried) return true;
  if (entity.account.isRunUnknown) return true;
  return self.tick.hasRung && isHot(entity);
}

function isDue(self: AccountRun): boolean {
  const entity = self.read();
  const at = self.now();
  if (self.isReset || self.isBehind) return true;
  if (at < self.blockedUntil) return self.cooldownEnd.hasRung || self.unblocked.hasRung;
  if (isRunDue(self) || isFull(self)) return true;
  if (self.saveSoon.hasRung || self.saveLater.hasRung || self.cooldownEnd.hasRung) return true;
  if (wantsIntervals(entity, at) || !entity.account.isIdentityChecked) return true;
  if (!isDirty(entity)) return self.midnight.hasRung && dayOf(Date.now()) > entity.account.day;
  const isEnd = self.midnight.hasRung || entity.account.isDisconnected;
  return isEnd || isUrgent(self);
}

/** A lone delivery is saved in its own task; of many, one save in two seconds carries all. */
const isUrgent = (self: AccountRun): boolean =>
  hasDelivery(self.read()) && Date.now() >= self.lastSaveAt + SAVE_SOON_MS;

/** Arms timers from the loop, not from handlers: each is armed again only after it rang. */
function arm(self: AccountRun): void {
  const entity = self.read();
  if (self.now() < self.blockedUntil) {
    self.unblocked.arm(self.blockedUntil - self.now());
    if (self.patient > 0) refuseRuns(self); // the row is another's: no run is tried for callers
  }
  if (isDirty(entity)) self.saveLater.arm(SAVE_LATER_MS);
  if (hasDelivery(entity)) self.saveSoon.arm(self.lastSaveAt + SAVE_SOON_MS - Date.now());
  if (!isHot(entity)) self.tick.reset();
  const next = nextRunAt(entity, self.now());
  if (next !== null) self.tick.arm(next - self.now());
  const cooling = cooldownAt(entity.account, self.now());
  if (cooling) self.cooldownEnd.arm(cooling.until - self.now());
}

function wantsArming(self: AccountRun): boolean {
  const entity = self.read();
  return (
    (isDirty(entity) && !self.saveLater.isArmed) ||
    (hasDelivery(entity) && !self.saveSoon.isArmed) ||
    (isHot(entity) ? !self.tick.isArmed : self.tick.hasRung) ||
    (!self.cooldownEnd.isArmed && cooldownAt(entity.account, self.now()) !== null)
  );
}

const wantsToLeave = (self: AccountRun): boolean =>
  self.isCancelled && !self.read().account.isDisconnected;

/** A Temporal cancel is a disconnect (R13). */
function leaveIfCancelled(self: AccountRun): void {
  if (!wantsToLeave(self)) return;
  self.isCancelled = false;
  self.execute(disconnect, { reason: 'the workflow was cancelled', actor: 'temporal' });
}

const isTooLong = (self: AccountRun): boolean =>
  self.signals > SIGNALS_MAX ||
  workflowInfo().continueAsNewSuggested ||
  workflowInfo().historyLength > EVENTS_MAX ||
  isToMove();

/** Another build of the worker is current: the run ends, and the next one begins there. */
function isToMove(): boolean {
  const { targetWorkerDeploymentVersionChanged, historyLength } = workflowInfo();
  return targetWorkerDeploymentVersionChanged && historyLength > MOVES_AFTER_EVENTS;
}

/** It is over, and all that came has been taken and answered. */
const isDone = (self: AccountRun): boolean =>
  isOver(self) && isEmpty(self) && self.replies.length === 0;

/** Disconnected, nothing in flight, nothing unsaved: the workflow ends (R13). */
function isOver({ entity }: AccountRun): boolean {
  if (!entity?.account.isDisconnected) return false;
  return !isDirty(entity) && !entity.account.slots.some(({ state }) => state === 'in_flight');
}
