/**
 * Replies of recipients (R24). The account remembers three days, and a reply may come 90 days after
 * its InMail, so a reply leaves the inbox until Postgres has been read; other messages do not wait
 * for it. It then comes back as the first message.
 */
import { log } from '@temporalio/workflow';
import { observeReply, type ReplyAnswer } from '../../domain/commands/reply.js';
import { unsavedSends } from '../../domain/entity/lookup.js';
import { isRefusal, type Refusal } from '../../domain/account/refusals.js';
import { parseReply, type ReplySeen } from '../../domain/wire/requests.js';
import { messages } from '../../temporal/protocol.js';
import { readable } from '../activityProxies.js';
import { knowsReplies } from '../changes.js';
import type { AccountRun } from '../accountRun.js';
import type { Entry, Weight } from '../inHand.js';
import { lookup, lookupsOf, type ParkedReply } from './lookupState.js';

/** Maximum replies of one lookup. */
const REPLIES_MAX = 100;

const NOT_READ: Refusal = {
  refused: 'Unavailable',
  message:
    'the database did not answer, so the InMail of this reply is not known; nothing was recorded:' +
    ' send the reply again',
};
const OLDER_RUN: Refusal = {
  refused: 'Unavailable',
  message:
    'the present run of this account began before replies were known; nothing was recorded: send' +
    ' the reply again after midnight UTC',
};

/** True if a run of older code has no message of that name. */
export const isOfLaterRun = (name: string): boolean =>
  name === messages.replyObserved.name && !knowsReplies();

/** Parks the reply if Postgres has to be read first; false: it can be decided now. */
export function parksReply(self: AccountRun, entry: Entry): boolean {
  if (entry.name !== messages.replyObserved.name || !self.entity || !knowsReplies()) return false;
  const { replies } = lookupsOf(self);
  if (replies.chatOf.has(entry.number)) return false;
  const parsed = parseReply(entry.read(), 'lenient', self.now());
  if (!parsed.ok) return false;
  const { chatId, at } = parsed.value;
  replies.parked = [...replies.parked, { entry, chatId, at: Math.min(at, self.now()) }];
  return true;
}

/** Takes a message with what was found for it, if it is a reply. */
export function withChat(
  self: AccountRun,
  entry: Entry,
  take: (self: AccountRun, entry: Entry) => Weight,
): Weight {
  const { replies } = lookupsOf(self);
  replies.chat = replies.chatOf.get(entry.number) ?? null;
  replies.chatOf.delete(entry.number);
  const weight = take(self, entry);
  replies.chat = null;
  return weight;
}

/** Records a reply. As a Signal, a reply in a chat without an InMail leaves a line in the log. */
export function replied(self: AccountRun, seen: ReplySeen): ReplyAnswer | Refusal {
  const { chat, recorded } = lookupsOf(self).replies;
  if (!knowsReplies()) return OLDER_RUN;
  if (!chat) return NOT_READ;
  const isRecorded = chat.isRecorded || recorded.has(seen.chatId);
  const answer = self.execute(observeReply, {
    ...seen,
    logged: { ...chat, isRecorded },
    unsaved: unsavedSends(self.read(), seen.chatId),
  });
  if (!isRefusal(answer)) recorded.add(seen.chatId);
  else log.warn('reply.unknown_chat');
  return answer;
}

/** Begins one lookup for the replies that are parked. */
export function lookUpReplies(self: AccountRun): void {
  const { replies } = lookupsOf(self);
  if (replies.isRunning || replies.parked.length === 0) return;
  replies.isRunning = true;
  void find(self, replies.parked.slice(0, REPLIES_MAX));
}

/**
 * Looks the replies up. A reply that is saved during the lookup is in neither what Postgres answers
 * nor the outbox afterwards, so the chats of the outbox are noted before.
 */
async function find(self: AccountRun, asked: readonly ParkedReply[]): Promise<void> {
  const { replies } = lookupsOf(self);
  const { account, outbox } = self.read();
  for (const { row } of outbox) if (row.table === 'replies') replies.recorded.add(row.chatId);
  const ask = {
    accountId: account.accountId,
    replies: asked.map(({ chatId, at }) => ({ chatId, at })),
  };
  try {
    const { found } = readable(await lookup.findReplies(ask));
    for (const [n, { entry }] of asked.entries())
      replies.chatOf.set(entry.number, found[n] ?? null);
  } catch (error) {
    log.warn('replies.silent', { error: String(error) });
    for (const { entry } of asked) replies.chatOf.set(entry.number, null);
  }
  replies.parked = replies.parked.filter((one) => !asked.includes(one));
  self.inbox.unshift(...asked.map(({ entry }) => entry));
  replies.isRunning = false;
}
