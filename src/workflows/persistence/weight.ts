/**
 * The bytes that one workflow task sends to the server, with a maximum of 2 MiB. In a run of older
 * code, each local activity adds its input and its answer to the task in which it began.
 */
import { sleep, workflowInfo } from '@temporalio/workflow';
import type { Account } from '../../domain/account/account.js';
import { KEPT_ID_BYTES, SAVE_BYTES_MAX } from '../../domain/primitives/limits.js';
import { effectBytes, externalBytes, rowBytes, slotBytes } from '../../domain/entity/sizes.js';
import type { ReadBack } from '../../domain/records/snapshot.js';
import { whileRunning } from '../messages/messageHandlers.js';
import type { AccountRun } from '../accountRun.js';
import { TASK_BYTES_MAX } from '../../domain/entity/bounds.js';

/** Bytes of an ask or an answer in addition to its lists. */
const LITTLE = 16 * 1024;
const SLOT = slotBytes(KEPT_ID_BYTES);
const EXTERNAL = externalBytes(KEPT_ID_BYTES);
const EFFECT = effectBytes();
const ROW = rowBytes(KEPT_ID_BYTES);

/** Estimates an account's bytes from the lengths of its lists, without a conversion to JSON. */
const accountBytes = ({ slots, externals, effects }: Account): number =>
  slots.length * SLOT + externals.length * EXTERNAL + effects.length * EFFECT;

export const saveBytes = ({ outboxBytes }: AccountRun): number =>
  Math.min(outboxBytes, SAVE_BYTES_MAX) + LITTLE;
export const runBytes = (self: AccountRun): number =>
  accountBytes(self.read().account) + saveBytes(self);
export const factsBytes = (events: readonly unknown[]): number => events.length * SLOT;
export const readBytes = ({ reservations, attempts, events, lastRun }: ReadBack): number =>
  reservations.length * ROW.reservation +
  attempts.length * ROW.attempt +
  events.length * ROW.event +
  factsBytes(lastRun?.answer.events ?? []) +
  LITTLE;

/** Adds bytes to the total that the present task has sent. */
export function sends(self: AccountRun, bytes: number): void {
  self.task = { of: workflowInfo().historyLength, bytes: sentBytes(self) + bytes };
}

const sentBytes = ({ task }: AccountRun): number =>
  task.of === workflowInfo().historyLength ? task.bytes : 0;

/** True if the present task has sent as much as it may, so that new work needs another task. */
export const isHeavy = (self: AccountRun): boolean => sentBytes(self) > TASK_BYTES_MAX;

/** Continues in another task; messages are taken in the meantime. */
export const inAnotherTask = (self: AccountRun): Promise<void> => whileRunning(self, sleep(1));
