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
import { recordChanges } from './changes.js';
import { whenRung } from './messages/rings.js';
import { isCutShort, isTooLong } from './runLength.js';
import { hydrate, AccountRun, type Carried } from './accountRun.js';
import { isRefusal } from '../domain/account/refusals.js';
import { cooldownAt } from '../domain/gate/cooldown.js';

/** How long after midnight idle accounts spread their resets, to avoid a peak of load (R7). */
const MIDNIGHT_SPREAD_MS = 90 * SECOND_MS;
/** How long saves wait: deliveries are saved within 3 s, the rest in 15 s (docs/contract.md, 4). */
const SAVE_SOON_MS = 2 * SECOND_MS;
const SAVE_LATER_MS = 10 * SECOND_MS;

export async function inmailAccount(input: unknown): Promise<void> {
  recordChanges();
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
    // Otherwise the next run would stay with this build, even after its workers have stopped.
    ...(isOtherCurrent ? { initialVersioningBehavior: 'AUTO_UPGRADE' } : {}),
  })(self.carried);
}

/** State for a refused start object: handlers answer with its flaw, not "no such handler". */
const NOBODY: Carried = {
  v: 1,
  start: null,
  actor: null,
  waiting: [],
  isCancelled: false,
  published: null,
};

/** Reads the account back; false: the run became too long before the read succeeded. */
async function open(self: AccountRun): Promise<boolean> {
  const spread = hashOf(workflowInfo().workflowId) % MIDNIGHT_SPREAD_MS;
  const start = self.now();
  // The account's own day counts: a run that became too long at midnight has not rolled it.
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

const isToTake = (self: AccountRun): boolean => hasNews(self) || hasReplyToSend(self);

const isToEnd = (self: AccountRun): boolean => {
  if (wantsToLeave(self)) return true;
  return (self.midnight.hasRung || isTooLong(self)) && isLittle(self);
};

/** Waits until all callers are answered and no reply is under way, which the end would lose. */
async function settle(self: AccountRun): Promise<void> {
  // The state for the next run goes to the server with the task.
  if (isHeavy(self)) await inAnotherTask(self);
  self.isEnding = true;
  await condition(() => isSettled(self) || hasNews(self));
  self.isEnding = false;
}

const isSettled = (self: AccountRun): boolean =>
  allHandlersFinished() && self.repliesUnderWay === 0;

/** True if the next run can receive all that is left, or if no run needs to follow. */
const mayEnd = (self: AccountRun): boolean => {
  if (!isSettled(self) || !isLittle(self)) return false;
  return isDone(self) || self.midnight.hasRung || isTooLong(self);
};

/** Does the due work once; then the loop checks again. */
async function run(self: AccountRun): Promise<void> {
  self.entity = pass(self.read(), Date.now());
  if (wantsIntervals(self.entity, self.now())) await learnIntervals(self);
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

/** Notifies the callers of these reconciles that none has succeeded. */
function refuseRuns(self: AccountRun, asked = self.runsAsked): void {
  self.found = null;
  self.runsDone = asked;
}

/** True if the account's tick, its start or a caller requires a reconcile (R8, R12). */
function isRunDue(self: AccountRun): boolean {
  const entity = self.read();
  if (self.runsAsked > self.runsDone) return true;
  const { reconciledAt, isDisconnected, isCrowded = false, runFailedAt } = entity.account;
  const isTried = isCrowded && runFailedAt !== null; // the tick retries it
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

/** True if a delivery is saved in its own task: many deliveries share one save in two seconds. */
const isUrgent = (self: AccountRun): boolean =>
  hasDelivery(self.read()) && Date.now() >= self.lastSaveAt + SAVE_SOON_MS;

/** Arms timers from the loop, not from handlers; a timer is armed again only after it rang. */
function arm(self: AccountRun): void {
  const entity = self.read();
  if (self.now() < self.blockedUntil) {
    self.unblocked.arm(self.blockedUntil - self.now());
    if (self.patient > 0) refuseRuns(self); // another owner's row: no caller waits for a reconcile
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
  return !isDirty(entity) && !entity.account.slots.some(({ state }) => state === 'in_flight');
}
