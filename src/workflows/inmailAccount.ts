/**
 * The workflow of one LinkedIn account: it owns the counter while the account is connected. Its
 * loop sleeps until work is due. A run lasts at most a UTC day; the next run gets all its state.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  workflowInfo,
} from '@temporalio/workflow';
import { isDirty, pass } from '../domain/entity/entity.js';
import { disconnect } from '../domain/commands/administer.js';
import { lineOf } from '../domain/account/account.js';
import { hasFree, waitingOf } from '../domain/gate/line.js';
import { wantsCheck } from '../domain/gate/gate.js';
import { serveLine } from './messages/line.js';
import { DAY_MS, hashOf, startOf, dayOf } from '../domain/primitives/time.js';
import { failureOf } from '../temporal/protocol.js';
import {
  checkIdentity,
  learnIntervals,
  restoreFrom,
  restoreAfterReset,
  wantsIntervals,
} from './persistence/databaseWork.js';
import { raiseEarly } from './alerts.js';
import { hasNews, isEmpty, isLittle, isToTake } from './messages/inbox.js';
import { listen, take, whenAnswered } from './messages/messageHandlers.js';
import { asksAgain, catchUp, reconcile, save } from './persistence/saving.js';
import { isFirstRun } from './persistence/recovery.js';
import { inAnotherTask, isHeavy } from './persistence/weight.js';
import { check } from './activityProxies.js';
import { hasChanges, recordChanges } from './changes.js';
import { arm, isDue, isRunDue, refuseRuns, wantsArming } from './due.js';
import { areLookupsDone } from './messages/lookupState.js';
import { whenRung } from './messages/rings.js';
import { isCutShort, isTooLong } from './runLength.js';
import { AccountRun } from './accountRun.js';
import { hydrate, type HandedOver } from './persistence/handedOver.js';
import { isRefusal } from '../domain/account/refusals.js';

export async function inmailAccount(input: unknown, hint?: unknown): Promise<void> {
  recordChanges();
  const hydrated = hydrate(input);
  const self = new AccountRun(isRefusal(hydrated) ? REFUSED : hydrated);
  self.isFirstRun = isFirstRun(hint);
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
  await makeContinueAsNewFunc<(state: HandedOver) => Promise<void>>({
    workflowType,
    // Otherwise the next run would stay with this build, even after its workers have stopped.
    ...(isOtherCurrent ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {}),
  })(self.handedOver);
}

/** State for a refused start object: handlers answer with its flaw, not "no such handler". */
const REFUSED: HandedOver = {
  v: 1,
  start: null,
  actor: null,
  waiting: [],
  isCancelled: false,
  published: null,
};

/** Reads the account back; false: the run became too long before the read succeeded. */
async function open(self: AccountRun): Promise<boolean> {
  const spread = hashOf(workflowInfo().workflowId) % self.midnightSpreadMs;
  const start = self.now();
  // The account's own day counts: a run that became too long at midnight has not rolled it.
  const day = self.entity?.account.day ?? dayOf(start);
  self.midnight.arm(startOf(day) + DAY_MS - start + spread);
  const isRead = !self.entity && hasChanges();
  self.isOpening = isRead;
  while (!self.entity) {
    take(self);
    const opened = self.start && (await restoreFrom(self, self.start));
    if (opened) self.opened(pass(opened, Date.now()));
    else if (isTooLong(self) && isLittle(self)) return false;
  }
  raiseEarly(self);
  // Messages are answered after the first reconcile: the account is then verified (R12).
  self.isOpening = isRead;
  if (self.holdsMessages && isDue(self, self.now())) await run(self);
  self.isOpening = false;
  take(self);
  self.publish();
  await whenAnswered(self);
  return true;
}

/** Sleeps until work is due, does it, and arms the next timers. Midnight ends the run. */
async function live(self: AccountRun): Promise<void> {
  for (;;) {
    if (isToHandOver(self)) return;
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
    if (isDue(self, self.now())) {
      await run(self);
      continue;
    }
    if (self.midnight.hasRung && isLittle(self)) return;
    arm(self);
    await condition(wakes(self));
    await whenRung();
  }
}

/**
 * Returns the condition that ends the loop's sleep. It knows no later time than the begin of the
 * sleep: what becomes due later has a timer. Reason: an Update that its validator refuses leaves no
 * event, so a replay does not see its task. Runs of older code use the present time.
 */
function wakes(self: AccountRun): () => boolean {
  const begin = { at: self.now(), isLong: isTooLong(self) };
  return () => {
    const { at, isLong } = hasChanges() ? begin : { at: self.now(), isLong: isTooLong(self) };
    if (isToTake(self) || isDue(self, at) || wantsArming(self, at) || isDone(self)) return true;
    return isToEnd(self, isLong);
  };
}

/** Takes messages up to the limit of a task; a cold account reconciles first for asks (R12). */
async function takeAll(self: AccountRun): Promise<void> {
  take(self);
  while (self.isCheckWanted) {
    await reconcile(self, check());
    self.checked();
    take(self);
  }
  await whenAnswered(self);
}

/** True if the next run takes all messages that wait: the task that ends a pressed run is short. */
const isToHandOver = (self: AccountRun): boolean =>
  isCutShort(self) && isSettled(self) && isLittle(self);

const isToEnd = (self: AccountRun, isLong: boolean): boolean => {
  if (wantsToLeave(self)) return true;
  return (self.midnight.hasRung || isLong) && isLittle(self);
};

/** Waits until all callers are answered and no reply is being sent, which the end would lose. */
async function settle(self: AccountRun): Promise<void> {
  // The state for the next run goes to the server with the task.
  if (isHeavy(self)) await inAnotherTask(self);
  self.isEnding = true;
  await condition(() => isSettled(self) || hasNews(self));
  self.isEnding = false;
}

const isSettled = (self: AccountRun): boolean =>
  allHandlersFinished() && self.repliesUnderWay === 0 && areLookupsDone(self);

/** True if the next run can receive all that is left, or if no run needs to follow. */
const mayEnd = (self: AccountRun): boolean => {
  if (!isSettled(self) || !isLittle(self)) return false;
  return isDone(self) || self.midnight.hasRung || isTooLong(self);
};

/** Does the due work once; then the loop checks again. */
async function run(self: AccountRun): Promise<void> {
  self.entity = pass(self.read(), Date.now());
  if (wantsIntervals(self.entity, self.now())) await learnIntervals(self);
  if (self.turn.hasRung) await takeTurn(self);
  if (!self.read().account.isIdentityChecked) {
    await save(self); // before the claim, which writes the whole row: a save keeps a manual edit
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

/** Serves the line; a cold account reconciles first, as for an ask that comes now (R12, R21). */
async function takeTurn(self: AccountRun): Promise<void> {
  self.turn.reset();
  const { account } = self.read();
  if (waitingOf(account).length > 0 && wantsCheck(account, account.now, hasFree(account))) {
    await reconcile(self, check());
  }
  serveLine(self);
}

/**
 * Does one reconcile. If the fast way failed, its callers wait for the sure way. A reconcile whose
 * answer was lost answers the callers that asked before it began.
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
  if (isCutShort(self) && !self.isSlow) return; // the next Temporal run tries it
  refuseRuns(self, asked);
}

const wantsToLeave = (self: AccountRun): boolean =>
  self.isCancelled && !self.read().account.isDisconnected;

/** Disconnects an account whose workflow was cancelled in Temporal (R13). */
function leaveIfCancelled(self: AccountRun): void {
  if (!wantsToLeave(self)) return;
  self.isCancelled = false;
  self.execute(disconnect, { reason: 'the workflow was cancelled', actor: 'temporal' });
}

/** True if the account has ended, and all messages are taken and answered. */
const isDone = (self: AccountRun): boolean =>
  isOver(self) && isEmpty(self) && self.replies.length === 0;

/** True if the account is disconnected, with nothing in flight and nothing unsaved (R13). */
function isOver({ entity }: AccountRun): boolean {
  if (!entity?.account.isDisconnected) return false;
  if (isDirty(entity) || lineOf(entity.account).length > 0) return false;
  return !entity.account.slots.some(({ state }) => state === 'in_flight');
}
