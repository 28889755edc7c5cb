/**
 * Answers to workflows that asked by `replyTo`. The server takes so many signals under way from one
 * workflow (2,000), so only a few are, and the rest wait in a list that the next run is given. What
 * cannot be sent is an alert.
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
import type { DecisionWire } from '../../domain/wire/decisions.js';
import type { Reply } from '../inHand.js';

/** Sends the answer, or lets it wait until fewer are under way. */
export function reply(self: AccountRun, to: ReplyTo, answer: DecisionWire): void {
  const one = { to, answer };
  const bytes = bytesOf(one);
  if (self.replies.length >= REPLIES_WAITING_MAX || self.repliesBytes + bytes > REPLIES_BYTES_MAX) {
    return failed(self, to, 'too many replies wait: this one is not sent');
  }
  self.replies.push(one);
  self.repliesBytes += bytes;
  sendReplies(self);
}

/** Sends what waits, as far as it may be under way. */
export function sendReplies(self: AccountRun): void {
  while (hasReplyToSend(self)) {
    const [next] = self.replies.splice(0, 1);
    if (!next) return;
    self.repliesBytes = self.replies.length === 0 ? 0 : self.repliesBytes - bytesOf(next);
    self.repliesUnderWay += 1;
    void send(self, next);
  }
}

/** In its last task a run begins no reply: it would be lost. The next run sends it. */
export const hasReplyToSend = (self: AccountRun): boolean =>
  self.replies.length > 0 && self.repliesUnderWay < REPLIES_AT_ONCE && !self.isEnding;

async function send(self: AccountRun, { to, answer }: Reply): Promise<void> {
  try {
    // A run of an older version may have handed over what the server does not take.
    if (!isSendable(to)) throw new Error('its names are longer than Temporal takes');
    await getExternalWorkflowHandle(to.workflowId).signal(to.signalName, answer);
  } catch (error) {
    failed(self, to, String(error));
  }
  self.repliesUnderWay -= 1;
}

const failed = (self: AccountRun, { workflowId, signalName }: ReplyTo, why: string): void =>
  raise(self, 'reply_failed', workflowId, `${signalName}: ${why}`);
