/** The state that a run of an account hands to the next run, and with which a run begins. */
import { workflowInfo } from '@temporalio/workflow';
import type { Refusal } from '../../domain/account/refusals.js';
import type { Start } from '../../domain/commands/administer.js';
import type { Entity } from '../../domain/entity/entity.js';
import { parseStart } from '../../domain/wire/adminRequests.js';
import { unreadableIn } from '../../domain/wire/objectReader.js';
import { workflowIdOf } from '../../temporal/protocol.js';
import type { Reply, Waiting } from '../inHand.js';
import type { Published } from '../searchAttributes.js';

/** The state that a run hands to the next run with continue-as-new. */
export type HandedOver = {
  readonly v: 1;
  /** Null only if the start object was refused. */
  readonly start: Start | null;
  readonly actor: Entity | null;
  readonly waiting: readonly Waiting[];
  readonly isCancelled: boolean;
  /** True while a requested reconcile has not been done; absent if none was requested. */
  readonly isRunAsked?: boolean;
  /** True while the rows have not been read again after a reset; absent in older state. */
  readonly isReset?: boolean;
  /** Replies that were not sent yet; absent if there are none. */
  readonly replies?: readonly Reply[];
  /** True if a lost task wrote rows that are newer than this state, and that are not read yet. */
  readonly isBehind?: boolean;
  /** True if identities are compared by their normal form; absent: by their spelling (R13). */
  readonly isInNormalForm?: boolean;
  readonly published: Published | null;
  /** Over how many milliseconds after midnight accounts reset (R7); absent: the usual spread. */
  readonly midnightSpreadMs?: number;
};

const isHandedOver = (input: unknown): input is HandedOver =>
  typeof input === 'object' && input !== null && 'v' in input;

/**
 * Returns the state with which a run begins, or why its start object is refused. If this worker
 * cannot read the state of the run before, for example without its key, it throws: the task is
 * tried again, and no state is lost.
 */
export function hydrate(input: unknown): HandedOver | Refusal {
  if (workflowInfo().continuedFromExecutionRunId !== undefined) {
    if (isHandedOver(input)) return input;
    throw new Error(`the state of the run before cannot be read: ${unreadableIn(input) ?? ''}`);
  }
  const parsed = parseStart(input, 'strict', Date.now());
  if (!parsed.ok) return parsed;
  const expected = workflowIdOf(parsed.value.accountId);
  if (workflowInfo().workflowId !== expected) {
    return { refused: 'InvalidInput', message: `accountId: the workflow id should be ${expected}` };
  }
  const fresh = { actor: null, waiting: [], isCancelled: false, published: null };
  return { v: 1, start: parsed.value, ...fresh };
}
