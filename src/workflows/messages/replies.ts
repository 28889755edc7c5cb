/**
 * Answers to workflows that asked with `replyTo`. The server limits the pending signals of a
 * workflow (2,000), so only a few replies are under way. The others wait in a list that the next
 * workflow run receives. A reply that cannot be sent raises an alert.
 */
import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { bytesOf } from '../../domain/primitives/bytes.js';
import {
  REPLIES_AT_ONCE,
  REPLIES_BYTES_MAX,
  REPLIES_WAITING_MAX,
} from '../../domain/primitives/limits.js';
import { isSendable, type ReplyTo } from '../../domain/wire/replyTo.js';
import { raise } from '../alerts.js';
import type { AccountRun } from '../accountRun.js';
import type { ReplyWire } from '../../domain/wire/decisions.js';
import type { Reply } from '../inHand.js';

/** Sends the answer, or keeps it until fewer replies are being sent. */
export function reply(self: AccountRun, to: ReplyTo, answer: ReplyWire): void {
  const one = { to, answer };
  const bytes = bytesOf(one);
  if (self.replies.length >= REPLIES_WAITING_MAX || self.repliesBytes + bytes > REPLIES_BYTES_MAX) {
    return failed(self, to, 'too many replies wait: this one is not sent');
  }
  self.replies.push(one);
  self.repliesBytes += bytes;
  sendReplies(self);
}

/** Sends waiting replies, up to the maximum that are sent at the same time. */
export function sendReplies(self: AccountRun): void {
  while (hasReplyToSend(self)) {
    const [next] = self.replies.splice(0, 1);
    if (!next) return;
    self.repliesBytes = self.replies.length === 0 ? 0 : self.repliesBytes - bytesOf(next);
    self.repliesUnderWay += 1;
    void send(self, next);
  }
}

/** True if a reply can be sent. A reply begun in a run's last task would be lost: it waits. */
export const hasReplyToSend = (self: AccountRun): boolean =>
  self.replies.length > 0 && self.repliesUnderWay < REPLIES_AT_ONCE && !self.isEnding;

async function send(self: AccountRun, { to, answer }: Reply): Promise<void> {
  try {
    // A workflow run of an older version may have handed over names that the server refuses.
    if (!isSendable(to)) throw new Error('its names are longer than Temporal takes');
    await getExternalWorkflowHandle(to.workflowId).signal(to.signalName, answer);
  } catch (error) {
    failed(self, to, String(error));
  }
  self.repliesUnderWay -= 1;
}

const failed = (self: AccountRun, { workflowId, signalName }: ReplyTo, why: string): void =>
  raise(self, 'reply_failed', workflowId, `${signalName}: ${why}`);
