/**
 * What has come and is not taken yet: one list of all messages of an account, Signals and Updates
 * of every name, in the order in which they came. No handler of a Signal is ever registered, so the
 * SDK keeps Signals as they are, in order, and makes no promise for any of them; an Update is put
 * behind the Signals that came before it.
 */
import { fromPayloadsAtIndex, type Payload } from '@temporalio/common';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { bytesOf, once } from '../../domain/primitives/bytes.js';
import { WAITING_CARRIED_BYTES_MAX, WAITING_CARRIED_MAX } from '../../domain/primitives/limits.js';
import type { AccountRun } from '../accountRun.js';
import { HANDED_BYTES_MAX, OUTBOX_BYTES_MAX } from '../../domain/entity/bounds.js';
import type { Entry } from '../inHand.js';

/** Moves what the SDK keeps into the inbox. */
export function gather(self: AccountRun): void {
  const { bufferedSignals } = getActivator();
  if (bufferedSignals.length === 0) return;
  for (const { signalName, input } of bufferedSignals.splice(0)) {
    self.signals += 1;
    self.putSignal(signalName ?? '', () => decoded(input));
  }
}

const decoded = (input: Payload[] | null | undefined): unknown =>
  fromPayloadsAtIndex(getActivator().payloadConverter, 0, input);

/** Is there something to take, now? */
export const hasNews = (self: AccountRun): boolean =>
  getActivator().bufferedSignals.length > 0 ||
  (self.inbox.length > 0 &&
    !self.isCheckWanted &&
    !self.more.isPending &&
    (!isFull(self) || isToRefuse(self)));

/**
 * So much waits to be saved that nothing more is taken: what the run hands to the next stays below
 * what Temporal takes, whatever comes while the database is away. A batch is taken where the rows
 * of all its asks fit, or where nothing waits.
 */
export function isFull(self: AccountRun, next: Entry | undefined = self.inbox[0]): boolean {
  if (!self.entity || self.entity.outbox.length === 0) return false;
  return self.outboxBytes + (next ? growthOf(next) : 0) > OUTBOX_BYTES_MAX;
}

/**
 * While the database is away and there is no room, Updates do not wait for it: their callers are
 * answered that nothing was changed. A Signal has no caller, so it waits.
 */
export const isToRefuse = (self: AccountRun): boolean =>
  self.isSlow && isFull(self) && self.inbox.some(({ update }) => update !== null);

/** Each other message adds some rows at most. */
const growthOf = once<Entry>((entry) => {
  if (entry.name !== 'sendReserveBatch') return 0;
  const raw = entry.read();
  const isBatch = typeof raw === 'object' && raw !== null && 'requests' in raw;
  const asks = isBatch && Array.isArray(raw.requests) ? raw.requests.length : 0;
  return bytesOf(raw) + asks * ROW_BYTES;
});
/** What the row of a reservation says beside its ask: times, state, and the names of its fields. */
const ROW_BYTES = 350;

export function isEmpty(self: AccountRun): boolean {
  gather(self);
  return self.inbox.length + self.waiting.length === 0;
}

/** A message is measured once: conditions ask with each message that comes. */
const waitingBytes = once<Entry>(({ name, read }) => bytesOf({ name, raw: read() }) + 1);

const handedBytes = (self: AccountRun): number => self.outboxBytes + self.repliesBytes;

/**
 * What is not taken fits what one run may hand to the next, with all that waits to be saved and
 * sent: few Signals, and no Update.
 */
export function isLittle(self: AccountRun): boolean {
  if (isEmpty(self)) return handedBytes(self) <= HANDED_BYTES_MAX;
  const left = [...self.waiting, ...self.inbox];
  if (left.length > WAITING_CARRIED_MAX || left.some(({ update }) => update)) return false;
  const bytes = left.reduce((sum, entry) => sum + waitingBytes(entry), 0);
  return bytes <= WAITING_CARRIED_BYTES_MAX && bytes + handedBytes(self) <= HANDED_BYTES_MAX;
}
