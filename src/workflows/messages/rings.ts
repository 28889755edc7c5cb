/**
 * Timers that ring for nothing. Temporal takes a task without commands for a heartbeat. A worker
 * that replays an account at that moment gets this task and the next Update in one activation, the
 * Update first; a worker that kept the account in memory got them one after the other. So the state
 * before the messages of a task decides what a ring means: else the two would do different things,
 * and the account could never be replayed again (R18).
 */
import { isDirty, isHot } from '../../domain/entity/entity.js';
import type { AccountRun } from '../accountRun.js';

/** A timer that fires is known to its alarm after some microtasks, fewer than these. */
const MICROTASKS = 10;

/** Resolves when the timers of this activation have rung; before that nothing is decided. */
export async function whenRung(): Promise<void> {
  for (let n = 0; n < MICROTASKS; n += 1) await Promise.resolve();
}

/** Silences what has rung for nothing; before the messages of the task are taken. */
export function settleRings(self: AccountRun): void {
  const { entity, saveSoon, saveLater, cooldownEnd, unblocked, tick } = self;
  if (!entity) return;
  if (!isDirty(entity) && !self.isUnpublished) {
    for (const alarm of [saveSoon, saveLater, cooldownEnd, unblocked]) alarm.reset();
  }
  if (!isHot(entity)) tick.reset();
}
