/**
 * Timers whose ring has no effect. Temporal treats a task without commands as a heartbeat. A worker
 * that replays an account at that moment gets this task and the next Update in one activation, the
 * Update first. A worker that kept the account in memory got them in two activations. So the state
 * before the messages of a task decides what a ring means. Otherwise the two workers would act
 * differently, and the account could never be replayed again (R18).
 */
import { isDirty, isHot } from '../../domain/entity/entity.js';
import type { AccountRun } from '../accountRun.js';

/** Maximum number of microtasks between the end of a timer and the ring of its alarm. */
const MICROTASKS = 10;

/** One promise for all microtasks: the SDK computes and keeps a stack for each new promise. */
const NOW = Promise.resolve();

/** Resolves when the timers of this activation have rung; nothing is decided before. */
export async function whenRung(): Promise<void> {
  for (let n = 0; n < MICROTASKS; n += 1) await NOW;
}

/** Resets alarms whose ring has no effect, before the messages of the task are taken. */
export function settleRings(self: AccountRun): void {
  const { entity, saveSoon, saveLater, cooldownEnd, unblocked, tick } = self;
  if (!entity) return;
  if (!isDirty(entity) && !self.isUnpublished) {
    for (const alarm of [saveSoon, saveLater, cooldownEnd, unblocked]) alarm.reset();
  }
  if (!isHot(entity)) tick.reset();
}
