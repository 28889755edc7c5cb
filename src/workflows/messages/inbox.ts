/**
 * The messages that an account has received and not taken yet: one list of its Signals and Updates
 * in the order in which they came. No handler of a Signal is ever registered, so the SDK buffers
 * Signals unchanged, in order, and creates no promise for them. An Update is put behind the Signals
 * that came before it.
 */
import { fromPayloadsAtIndex, type Payload } from '@temporalio/common';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { bytesOf, once } from '../../domain/primitives/bytes.js';
import { WAITING_CARRIED_BYTES_MAX, WAITING_CARRIED_MAX } from '../../domain/primitives/limits.js';
import { countSignals } from '../runLength.js';
import type { AccountRun } from '../accountRun.js';
import { HANDED_BYTES_MAX, OUTBOX_BYTES_MAX } from '../../domain/entity/bounds.js';
import type { Entry } from '../inHand.js';
import { hasAnswer } from './line.js';
import { hasReplyToSend } from './replies.js';

/** Moves the Signals that the SDK buffers into the inbox. */
export function gather(self: AccountRun): void {
  const { bufferedSignals } = getActivator();
  if (bufferedSignals.length === 0) return;
  countSignals(self, bufferedSignals.length);
  for (const { signalName, input } of bufferedSignals.splice(0)) {
    self.putSignal(signalName ?? '', () => decoded(input));
  }
}

const decoded = (input: Payload[] | null | undefined): unknown =>
  fromPayloadsAtIndex(getActivator().payloadConverter, 0, input);

/** True if the loop can take or refuse a message now. */
export const hasNews = (self: AccountRun): boolean =>
  getActivator().bufferedSignals.length > 0 ||
  (self.inbox.length > 0 &&
    !self.isCheckWanted &&
    !self.more.isPending &&
    (!isFull(self) || isToRefuse(self)));

/**
 * True if so many rows wait to be saved that no more messages are taken. So the state that a
 * workflow run hands to the next stays below Temporal's limit while the database does not answer. A
 * batch is taken if the rows of all its asks fit, or if no row waits.
 */
export function isFull(self: AccountRun, next: Entry | undefined = self.inbox[0]): boolean {
  if (!self.entity || self.entity.outbox.length === 0) return false;
  return self.outboxBytes + (next ? growthOf(next) : 0) > OUTBOX_BYTES_MAX;
}

/**
 * True if the database does not answer and there is no room for the Updates that wait. Their
 * callers then receive a refusal, and nothing is changed. A Signal has no caller, so it waits.
 */
export const isToRefuse = (self: AccountRun): boolean =>
  self.isSlow && isFull(self) && self.inbox.some(({ update }) => update !== null);

/** Returns the bytes that a batch may add to the outbox; other messages add only a few rows. */
const growthOf = once<Entry>((entry) => {
  if (entry.name !== 'sendReserveBatch') return 0;
  const raw = entry.read();
  const isBatch = typeof raw === 'object' && raw !== null && 'requests' in raw;
  const asks = isBatch && Array.isArray(raw.requests) ? raw.requests.length : 0;
  return bytesOf(raw) + asks * ROW_BYTES;
});
/** Bytes of a reservation's row in addition to its ask: times, state, names of fields. */
const ROW_BYTES = 350;

export function isEmpty(self: AccountRun): boolean {
  gather(self);
  return self.inbox.length + self.waiting.length === 0;
}

/** Measures a message once, because conditions need its size again with each new message. */
const waitingBytes = once<Entry>(({ name, read }) => bytesOf({ name, raw: read() }) + 1);

const handedBytes = (self: AccountRun): number => self.outboxBytes + self.repliesBytes;

/**
 * True if a workflow run may hand its messages that are not taken to the next, with all rows and
 * replies that wait: the messages are few Signals, and no Update. A pressed run hands over more.
 */
export function isLittle(self: AccountRun): boolean {
  if (isEmpty(self)) return handedBytes(self) <= HANDED_BYTES_MAX;
  const left = [...self.waiting, ...self.inbox];
  const isMany = left.length > WAITING_CARRIED_MAX && !self.isPressed;
  if (isMany || left.some(({ update }) => update)) return false;
  const bytes = left.reduce((sum, entry) => sum + waitingBytes(entry), 0);
  return bytes <= WAITING_CARRIED_BYTES_MAX && bytes + handedBytes(self) <= HANDED_BYTES_MAX;
}

/** True if a message waits to be taken, or a reply or an answer to be sent. */
export const isToTake = (self: AccountRun): boolean =>
  !self.holdsMessages && (hasNews(self) || hasReplyToSend(self) || hasAnswer(self));
