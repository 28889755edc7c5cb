/** Reads an account back, in parts if it is too large for one answer (R13). */
import { sleep } from '@temporalio/workflow';
import type { Activities } from '../../activities/ports.js';
import { joined } from '../../domain/records/readParts.js';
import type { ReadAsk } from '../../domain/entity/atOnce.js';
import type { ReadBack } from '../../domain/records/snapshot.js';
import type { AccountRun } from '../accountRun.js';
import { isHeavy, readBytes, sends } from './weight.js';
import { readable } from '../activityProxies.js';

type Reader = Pick<Activities, 'readBack'>;

export async function readParts(self: AccountRun, ask: ReadAsk, by: Reader): Promise<ReadBack> {
  const { left = [], ...first } = await onePart(self, ask, by);
  let found: ReadBack = first;
  for (const part of left) {
    await ifHeavy(self);
    found = joined(found, await onePart(self, { ...ask, part }, by), part);
  }
  return found;
}

async function onePart(self: AccountRun, ask: ReadAsk, by: Reader): Promise<ReadBack> {
  const found = readable(await by.readBack(ask));
  sends(self, readBytes(found));
  return found;
}

/** Continues in another task if this task has sent enough; the caller's work takes messages. */
export async function ifHeavy(self: AccountRun): Promise<void> {
  if (isHeavy(self)) await sleep(1);
}
