/** What the loop of an account does next, and the timers that wake it (docs/contract.md, 4). */
import { hasDelivery, isDirty, isHot, nextRunAt } from '../domain/entity/entity.js';
import { dayOf, SECOND_MS, type Instant } from '../domain/primitives/time.js';
import { cooldownAt } from '../domain/gate/cooldown.js';
import { wantsIntervals } from './persistence/databaseWork.js';
import { waitingOf } from '../domain/gate/line.js';
import { cancelsTimers } from './changes.js';
import { isFull } from './messages/inbox.js';
import { turnAt } from './messages/line.js';
import type { AccountRun } from './accountRun.js';

/** How long saves wait: deliveries are saved within 3 s, the rest in 15 s (docs/contract.md, 4). */
const SAVE_SOON_MS = 2 * SECOND_MS;
const SAVE_LATER_MS = 10 * SECOND_MS;

/** Notifies the callers of these reconciles that none has succeeded. */
export function refuseRuns(self: AccountRun, asked = self.runsAsked): void {
  self.found = null;
  self.runsDone = asked;
}

/** True if the account's tick, its start or a caller requires a reconcile (R8, R12). */
export function isRunDue(self: AccountRun): boolean {
  const entity = self.read();
  if (self.runsAsked > self.runsDone) return true;
  const { reconciledAt, isDisconnected, isCrowded = false, runFailedAt } = entity.account;
  const isTried = isCrowded && runFailedAt !== null; // the tick retries it
  if (reconciledAt === null && !isDisconnected && !isTried) return true;
  if (entity.account.isRunUnknown) return true;
  return self.tick.hasRung && isHot(entity);
}

/** True if the loop has work at that instant: a save, a reconcile, or a read of rows. */
export function isDue(self: AccountRun, at: Instant): boolean {
  const entity = self.read();
  if (self.isReset || self.isBehind) return true;
  if (at < self.blockedUntil) return self.cooldownEnd.hasRung || self.unblocked.hasRung;
  if (isRunDue(self) || isFull(self)) return true;
  if (self.turn.hasRung) return true;
  if (self.saveSoon.hasRung || self.saveLater.hasRung || self.cooldownEnd.hasRung) return true;
  if (wantsIntervals(entity, at) || !entity.account.isIdentityChecked) return true;
  if (!isDirty(entity)) return self.midnight.hasRung && dayOf(at) > entity.account.day;
  const isEnd = self.midnight.hasRung || entity.account.isDisconnected;
  return isEnd || isUrgent(self, at);
}

/** True if a delivery is saved in its own task: many deliveries share one save in two seconds. */
const isUrgent = (self: AccountRun, at: Instant): boolean =>
  hasDelivery(self.read()) && at >= self.lastSaveAt + SAVE_SOON_MS;

/** Cancels timers that have lost their work: a ring would cost a task. */
function cancelIdle(self: AccountRun): void {
  const entity = self.read();
  if (!isDirty(entity)) self.saveLater.cancel();
  if (!hasDelivery(entity)) self.saveSoon.cancel();
  if (!isHot(entity)) self.tick.cancel();
  if (waitingOf(entity.account).length === 0) self.turn.cancel();
}

/** Arms timers from the loop, not from handlers. */
export function arm(self: AccountRun): void {
  const entity = self.read();
  if (cancelsTimers()) cancelIdle(self);
  if (self.now() < self.blockedUntil) {
    self.unblocked.arm(self.blockedUntil - self.now());
    if (self.patient > 0) refuseRuns(self); // another owner's row: no caller waits for a reconcile
  }
  if (isDirty(entity)) self.saveLater.arm(SAVE_LATER_MS);
  if (hasDelivery(entity)) self.saveSoon.arm(self.lastSaveAt + SAVE_SOON_MS - Date.now());
  if (!isHot(entity)) self.tick.reset();
  const next = nextRunAt(entity, self.now());
  if (next !== null) self.tick.arm(next - self.now());
  const turn = turnAt(self);
  if (turn !== null && !self.turn.isArmedFor(turn)) {
    if (cancelsTimers()) self.turn.cancel();
    self.turn.armFor(turn, self.now());
  }
  const cooling = cooldownAt(entity.account, self.now());
  if (cooling) self.cooldownEnd.arm(cooling.until - self.now());
}

/** True if `arm` would start or reset a timer at that instant. */
export function wantsArming(self: AccountRun, at: Instant): boolean {
  const entity = self.read();
  const turn = turnAt(self);
  return (
    (turn !== null && !self.turn.isArmedFor(turn)) ||
    (isDirty(entity) && !self.saveLater.isArmed) ||
    (hasDelivery(entity) && !self.saveSoon.isArmed) ||
    (isHot(entity) ? !self.tick.isArmed : self.tick.hasRung) ||
    (!self.cooldownEnd.isArmed && cooldownAt(entity.account, at) !== null)
  );
}
