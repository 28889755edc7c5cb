/** The reply of a recipient: LinkedIn gives the credit of the InMail back (R24). */
import type { Account, Credits } from '../account/account.js';
import { isSameId } from '../account/kept.js';
import { refuse, type Decided } from '../account/refusals.js';
import type { RecordedReply, ReplyIgnored } from '../account/stops.js';
import type { ChatId, ReservationId } from '../primitives/ids.js';
import { REPLY_REFUND_DAYS } from '../primitives/tier.js';
import { DAY_MS, isoInstant, type Instant } from '../primitives/time.js';

/** An InMail in the chat of a reply. */
export type AnsweredSend = {
  /** Null: it was sent without a reservation. */
  readonly reservationId: ReservationId | null;
  readonly sentAt: Instant;
  readonly free: boolean;
};
/** What the event log and the rows of replies have of a chat. */
export type LoggedChat = {
  /** True if a reply in this chat is recorded already. */
  readonly isRecorded: boolean;
  /** The InMail of the reply, of those that are in the event log; null: none is. */
  readonly sent: AnsweredSend | null;
};
export type ObserveReply = {
  readonly chatId: ChatId;
  readonly at: Instant;
  readonly logged: LoggedChat;
  /** The external sends in the chat whose rows are not saved yet. */
  readonly unsaved: readonly AnsweredSend[];
};
export type ReplyAnswer = {
  /** True if the account has a credit more. */
  readonly refunded: boolean;
  /** Why the reply gave no credit back. */
  readonly ignored: 'repeated' | ReplyIgnored | null;
  /** The InMail of the reply; without a reservation, its id is null. */
  readonly reservationId: ReservationId | null;
  readonly sentAt: string;
  /** The balance that the account knows now; null: none. */
  readonly balance: number | null;
};

/** Records the first reply of a chat, and gives the credit of its InMail back. */
export function observeReply(
  account: Account,
  { chatId, at: said, logged, unsaved }: ObserveReply,
  now: Instant,
): Decided<ReplyAnswer> {
  const at = Math.min(said, now);
  const sends = [...slotsIn(account, chatId), ...unsaved, ...(logged.sent ? [logged.sent] : [])];
  const sent = answered(sends, at) ?? answered(externalsIn(account, chatId), at);
  if (!sent) return refuse('ChatUnknown', unknown(chatId));
  const { credits = null } = account;
  const { reservationId, sentAt } = sent;
  const known = { reservationId, sentAt: isoInstant(sentAt) };
  const balance = credits && Math.max(0, credits.balance);
  if (logged.isRecorded) {
    return { events: [], answer: { refunded: false, ignored: 'repeated', ...known, balance } };
  }
  const ignored = whyIgnored(credits, sent, at);
  const reply: RecordedReply = { chatId, at, reservationId, sentAt, ignored };
  const after = credits && Math.max(0, credits.balance + (ignored === null ? 1 : 0));
  return {
    events: [{ type: 'ReplyRecorded', reply }],
    answer: { refunded: ignored === null, ignored, ...known, balance: after },
  };
}

const unknown = (chatId: ChatId): string =>
  `chatId: this account knows no InMail in the chat ${chatId}, and nothing of the reply was kept;` +
  ' report the InMail first (sendDelivered or sendObserved), then send the reply again';

/** Returns why the reply gives no credit back; null if it does. */
function whyIgnored(
  credits: Credits | null,
  { free, sentAt }: AnsweredSend,
  at: Instant,
): ReplyIgnored | null {
  if (free) return 'free';
  if (at - sentAt > REPLY_REFUND_DAYS * DAY_MS) return 'too_late';
  if (credits === null) return 'no_balance';
  // The observed balance includes the credits that came back before it.
  return at > credits.at ? null : 'older';
}

/** Returns the deliveries in the chat that the account remembers. */
const slotsIn = ({ slots }: Account, chatId: ChatId): readonly AnsweredSend[] =>
  slots.flatMap((slot) =>
    slot.state === 'delivered' && isSameId(slot.chatId, chatId)
      ? [{ reservationId: slot.reservationId, sentAt: slot.settledAt, free: slot.free === true }]
      : [],
  );

/**
 * Returns the external sends in the chat that the account remembers. The account knows when it
 * received them, and their rows know when they were sent, so these are used without a row only.
 */
const externalsIn = ({ externals }: Account, chatId: ChatId): readonly AnsweredSend[] =>
  externals
    .filter((one) => isSameId(one.chatId, chatId))
    .map(({ at }) => ({ reservationId: null, sentAt: at, free: false }));

/** Returns the last InMail before the reply; else the first, because clocks and reports differ. */
function answered(sends: readonly AnsweredSend[], at: Instant): AnsweredSend | undefined {
  const inOrder = sends.toSorted((one, other) => one.sentAt - other.sentAt);
  return inOrder.findLast(({ sentAt }) => sentAt <= at) ?? inOrder[0];
}
