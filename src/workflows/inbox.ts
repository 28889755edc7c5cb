/**
 * What has come and is not taken yet: one list of all messages of an account, Signals and Updates
 * of every name, in the order in which they came. No handler of a Signal is ever registered, so the
 * SDK keeps Signals as they are, in order, and makes no promise for any of them; an Update is put
 * behind the Signals that came before it.
 */
import { fromPayloadsAtIndex, type Payload } from '@temporalio/common';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { bytesOf } from '../domain/bytes.js';
import { WAITING_CARRIED_BYTES_MAX, WAITING_CARRIED_MAX } from '../domain/limits.js';
import type { Self, Waiting } from './self.js';

/** How much was taken, counted in single messages; 0: the first one has to wait for a check. */
export type Weight = number;
/** One message. A Signal's payload is decoded when it is taken; an Update brings how it is taken. */
export type Entry = {
  readonly number: number;
  readonly name: string;
  readonly isAsk: boolean;
  readonly read: () => unknown;
  readonly update: ((number: number) => Weight) | null;
};

/** Moves what the SDK keeps into the inbox. */
export function gather(self: Self): void {
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
export const hasNews = (self: Self): boolean =>
  getActivator().bufferedSignals.length > 0 ||
  (self.inbox.length > 0 && !self.isCheckWanted && !self.more.isPending);

/** Signals that no run has taken, as the next one is given them. */
export const carriedOf = (self: Self): readonly Waiting[] =>
  [...self.waiting, ...self.inbox].map(({ name, read }) => ({ name, raw: read() }));

export function isEmpty(self: Self): boolean {
  gather(self);
  return self.inbox.length + self.waiting.length === 0;
}

/** What is not taken fits what one run may hand to the next: few Signals, and no Update. */
export function isLittle(self: Self): boolean {
  if (isEmpty(self)) return true;
  const left = [...self.waiting, ...self.inbox];
  if (left.length > WAITING_CARRIED_MAX || left.some(({ update }) => update)) return false;
  return bytesOf(carriedOf(self)) <= WAITING_CARRIED_BYTES_MAX;
}
