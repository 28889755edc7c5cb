/** Replies of recipients in a simulated workflow, as in src/workflows/messages/replyLookups.ts (R24). */
import { isRefusal } from '../../src/domain/account/refusals.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import type { LoggedChat } from '../../src/domain/commands/reply.js';
import { isChatId, type ChatId } from '../../src/domain/primitives/ids.js';
import { broken } from './broken.js';
import type { Member } from './member.js';
import type { Message } from './memory.js';
import { named } from './names.js';
import type { Random } from './random.js';
import type { Workflow } from './workflow.js';
import type { World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Reply = { readonly chatId: ChatId; readonly at: number };

/** Reports a reply in a chat of the account, or in another one: once or several times. */
export function postReply(world: World, member: Member, random: Random): void {
  const chats = [...member.proofs.keys(), 'a chat without an InMail'];
  const place = Math.floor(random.next() * chats.length);
  const chatId = named(isChatId, chats[place] ?? '');
  const seen = { chatId, at: world.clock - random.pick([0, 0, MINUTE, HOUR, 24 * HOUR]) };
  for (let times = random.pick([1, 1, 2, 3]); times > 0; times -= 1) {
    world.post(member, random.between(2, 90_000), asked(world, member, seen));
  }
}

/** Begins the lookup of a reply; while it lasts, the account takes other messages. */
const asked = (world: World, member: Member, seen: Reply): Message => ({
  asks: null,
  unread: null,
  act: (self) => {
    const { memory, resets } = self;
    const unsaved = self.entity.outbox.flatMap(({ row }) =>
      row.table === 'replies' ? [row.chatId] : [],
    );
    memory.replied = [...memory.replied, ...unsaved];
    const isOver = (): boolean => self.isGone || self.resets !== resets;
    world.after(world.latency(), member, () => {
      const isRead = world.mode === 'up' || world.mode === 'slow';
      const found = isRead ? chatOf(member, seen) : null;
      world.after(world.latency(), member, () =>
        isOver() ? false : self.receive(decided(world, member, seen, found)),
      );
    });
    return null;
  },
});

/** Returns what is known of the chat, as src/postgres/read/contacts.ts reads it. */
function chatOf({ database }: Member, { chatId, at }: Reply): LoggedChat {
  const rows = database.events
    .filter((row) => row.chatId === chatId)
    .toSorted((a, b) => a.deliveredAt - b.deliveredAt);
  const row = rows.findLast(({ deliveredAt }) => deliveredAt <= at) ?? rows[0];
  const isRecorded = database.replies.has(chatId);
  if (!row) return { isRecorded, sent: null };
  const { reservationId: id, messageId, deliveredAt: sentAt } = row;
  const own = [...database.reservations.values()].find(({ row: one }) =>
    id === null ? one.chatId === chatId && one.messageId === messageId : one.reservationId === id,
  )?.row;
  const reservationId = id ?? own?.reservationId ?? null;
  return { isRecorded, sent: { reservationId, sentAt, free: own?.free === true } };
}

/** Records a reply with what the lookup has found. */
const decided = (world: World, member: Member, seen: Reply, found: LoggedChat | null): Message => ({
  asks: null,
  unread: null,
  act: (self) => {
    if (found) record(world, member, self, seen, found);
    else world.happened('reply: not read');
    return null;
  },
});

function record(
  world: World,
  member: Member,
  self: Workflow,
  seen: Reply,
  found: LoggedChat,
): void {
  const { memory, entity: before } = self;
  const { chatId } = seen;
  const { observeReply, unsavedSends } = world.domain;
  const answer = self.execute(observeReply, {
    ...seen,
    logged: { ...found, isRecorded: found.isRecorded || memory.replied.includes(chatId) },
    unsaved: unsavedSends(before, chatId),
  });
  if (isRefusal(answer)) {
    world.happened(`reply: ${answer.refused}`);
    if (found.sent || isKnownTo(before, chatId)) broken('a reply to an InMail is known', chatId);
    return;
  }
  memory.replied = [...memory.replied, chatId];
  world.happened(`reply: ${answer.ignored ?? 'refunded'}`);
  checkReply(member, before, self.entity, { ...seen, refunded: answer.refunded });
}

const isKnownTo = ({ account: { slots, externals } }: Entity, chatId: ChatId): boolean =>
  slots.some((slot) => slot.state === 'delivered' && slot.chatId === chatId) ||
  externals.some((one) => one.chatId === chatId);

/** Checks that a reply gives back one credit, which its InMail has cost after the observation. */
function checkReply(
  { database, refunds }: Member,
  { account: was, outbox }: Entity,
  { account }: Entity,
  { chatId, at, refunded }: Reply & { readonly refunded: boolean },
): void {
  const { credits } = was;
  const isSameDay = was.day === account.day;
  const change = (account.credits?.balance ?? 0) - (credits?.balance ?? 0);
  if (isSameDay && change !== Number(refunded))
    broken('a reply gives one credit back', `${change}`);
  if (!refunded) return;
  if (!credits || at <= credits.at) broken('a reply before the balance gives nothing back', chatId);
  if (outbox.some(({ row }) => row.table === 'replies' && row.chatId === chatId)) {
    broken('a reply counts once for each chat', chatId);
  }
  const rows = [...database.reservations.values()].map(({ row }) => row);
  const sent = was.slots.find((slot) => slot.state === 'delivered' && slot.chatId === chatId);
  if ((sent ?? rows.find((row) => row.chatId === chatId))?.free === true) {
    broken('a reply to a free InMail gives nothing back', chatId);
  }
  refunds.set(credits.at, (refunds.get(credits.at) ?? new Set<string>()).add(chatId));
}

/** Checks at the end of a story that each chat gave a credit back at most once. */
export function checkRefunds(world: World, member: Member, { account }: Entity): void {
  const { credits } = account;
  const { accountId, refunds, mayLoseReplies, mayLoseAsks, hasRival } = member;
  if (!credits) return;
  const { refunded = 0 } = credits;
  const chats = refunds.get(credits.at)?.size ?? 0;
  const what = `${accountId}: ${refunded} of ${chats}`;
  if (refunded > chats) broken('a reply counts once for each chat', what);
  if (chats === 0 || mayLoseReplies || mayLoseAsks || hasRival) return;
  if (refunded < chats) broken('no credit of a reply is lost', what);
  world.happened('every credit of a reply is back');
}
