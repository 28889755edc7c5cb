/** Replies of recipients once more, naively: written from the sentences of R24. */
import { isChatId } from '../../src/domain/primitives/ids.js';
import { isRefusal } from '../../src/domain/account/refusals.js';
import type { Logged, Res } from './kept.js';
import { the } from './names.js';
import type { Play } from './play.js';
import type { Reference } from './reference.js';
import { loggedOf } from './store.js';
import type { Step } from './commands.js';

const DAY = 86_400_000;

type Sent = { readonly id: string | null; readonly sentAt: number; readonly free: boolean };

const isDelivered = (ref: Reference, r: Res, chat: string): boolean =>
  ref.isKnown(r) && r.state === 'delivered' && r.chat === chat;

/** The InMails of the chat: those that the account remembers, and those of the event log. */
const sentIn = (ref: Reference, chat: string, log: readonly Logged[]): readonly Sent[] => [
  ...ref.all
    .filter((r) => isDelivered(ref, r, chat))
    .map(({ id, sentAt, free }) => ({ id, sentAt, free })),
  ...log
    .filter((row) => row.chat === chat)
    .map(({ id, owner, at, free = false }) => ({ id: id ?? owner ?? null, sentAt: at, free })),
];

/** Records a reply. Of InMails of the same instant, the reply is that of the `named` one. */
function replied(
  ref: Reference,
  { chat, said, named }: { readonly chat: string; readonly said: number; readonly named: unknown },
  log: readonly Logged[],
): string {
  const at = Math.min(said, ref.now);
  const sends = sentIn(ref, chat, log);
  if (sends.length === 0) return 'ChatUnknown';
  const times = sends.map(({ sentAt }) => sentAt);
  const earlier = times.filter((time) => time <= at);
  const time = earlier.length > 0 ? Math.max(...earlier) : Math.min(...times);
  const answered = sends.filter(({ sentAt }) => sentAt === time);
  const sent = answered.find(({ id }) => id === named);
  if (!sent) return `is of ${answered.map(({ id }) => id).join(' or ')}`;
  if (ref.replies.has(chat)) return 'repeated';
  ref.replies.add(chat);
  if (sent.free) return 'free';
  if (at > time + 90 * DAY) return 'too_late';
  if (ref.credits.at === undefined) return 'no_balance';
  if (at <= ref.credits.at) return 'older';
  ref.credits.refunded();
  return 'refunded';
}

/** Reports a reply in both worlds, with what Postgres and the rows that are not saved have of it. */
export function reply(
  run: Play,
  { chat, agoMs }: Extract<Step, { do: 'reply' }>,
): readonly [domain: string, reference: string] {
  const { domain, store, entity, clock } = run;
  const chatId = the(isChatId, chat);
  const at = clock - agoMs;
  const found = store.chatOf(chatId, Math.min(at, clock));
  const isUnsaved = entity.outbox.some(({ row }) => row.table === 'replies' && row.chatId === chat);
  const input = {
    chatId,
    at,
    logged: { ...found, isRecorded: found.isRecorded || isUnsaved },
    unsaved: domain.unsavedSends(entity, chatId),
  };
  const result = domain.execute(entity, domain.observeReply, input, clock);
  run.entity = result.entity;
  const { answer } = result;
  const isClaimed = ({ msg }: Logged): boolean =>
    run.reference.all.some(
      (r) => isDelivered(run.reference, r, chat) && (r.msg ?? r.learnt) === msg,
    );
  const outside = entity.outbox
    .flatMap(({ row }) =>
      row.table === 'inmail_events' && row.reservationId === null ? [loggedOf(row)] : [],
    )
    .filter((row) => !isClaimed(row));
  const named = isRefusal(answer) ? undefined : answer.reservationId;
  const expected = replied(run.reference, { chat, said: at, named }, [...store.log, ...outside]);
  return [isRefusal(answer) ? answer.refused : (answer.ignored ?? 'refunded'), expected];
}
