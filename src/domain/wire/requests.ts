/** The payloads of messages that reserve and settle slots (docs/contract.md, 2). */
import {
  FOREIGN_WORDS,
  isCampaignId,
  isChatId,
  isMessageId,
  isRecipientId,
  isReservationId,
  isText,
  OURS_WORDS,
  type ChatId,
} from '../primitives/ids.js';
import { FAILURE_KINDS, type Fail } from '../commands/fail.js';
import { Fields, type Mode, type Parsed } from './objectReader.js';
import {
  ACTOR_RULE,
  FOREIGN_RULE,
  instant,
  oneOf,
  OURS_RULE,
  REASON_RULE,
  valueBy,
  when,
  wholeNumber,
  yesOrNo,
  type Value,
  type Reader,
} from './values.js';
import {
  BATCH_MAX,
  CLOCK_SLACK_MS,
  LEASE_SECONDS_MAX,
  LEASE_SECONDS_MIN,
} from '../primitives/limits.js';
import type { Deliver } from '../commands/deliver.js';
import { normalProof } from '../primitives/linkedinId.js';
import type { Observe } from '../commands/observe.js';
import { readReplyTo, type ReplyTo } from './replyTo.js';
import type { Reserve } from '../account/slot.js';
import { cleaned, CODE_MAX, visible } from '../primitives/text.js';
import { parseHttpDate, parseInstant, SECOND_MS, type Instant } from '../primitives/time.js';
import type { Settle } from '../commands/settle.js';

export const reservationId = when(isReservationId, OURS_WORDS, OURS_RULE);
export const campaignId = when(isCampaignId, OURS_WORDS, OURS_RULE);
/** Reads the id of a chat or a message into its normal form, so that a proof counts once. */
const proof = <T extends string>(is: (raw: unknown) => raw is T): Value<T, typeof FOREIGN_RULE> =>
  valueBy(FOREIGN_RULE, (raw) =>
    is(raw) && !isUnseen(raw) ? { value: normalProof(raw) } : { shouldBe: FOREIGN_WORDS },
  );
const isUnseen = (text: string): boolean => visible(text).trim() === '';
export const chatId = proof(isChatId);
export const messageId = proof(isMessageId);
export const recipientId = when(isRecipientId, FOREIGN_WORDS, FOREIGN_RULE);
export const leaseSeconds = wholeNumber(LEASE_SECONDS_MIN, LEASE_SECONDS_MAX);
export const failureKind = oneOf(FAILURE_KINDS);
export const operatorOutcome = oneOf(['delivered', 'released'] as const);
/**
 * Reads LinkedIn's error, such as `HTTP 429` or the number 429. The report counts with any text
 * here, so the text is cleaned, shortened or dropped, and never refused.
 */
const said: Reader<string> = (raw) => {
  const text = cleaned(typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw : '');
  const short = text.slice(0, CODE_MAX).replace(HALF_PAIR, '');
  return isText(short, CODE_MAX)
    ? { value: short }
    : { shouldBe: `text of 1 to ${CODE_MAX} characters` };
};
const HALF_PAIR = /[\ud800-\udbff]$/;
/** Maximum seconds of a pause. Only seven days count, but a caller may pass on any value. */
export const RETRY_AFTER_SECONDS_MAX = 366 * 24 * 60 * 60;

/**
 * Reads the pause that LinkedIn asked for: seconds as a number or as text, or the date that
 * `Retry-After` may have instead. A pause of more than a year is read as a year.
 */
const pause =
  (at: Instant): Reader<number> =>
  (raw) => {
    const seconds = typeof raw === 'string' ? secondsIn(raw.trim(), at) : raw;
    return typeof seconds === 'number' && seconds >= 0
      ? { value: Math.min(Math.ceil(seconds), RETRY_AFTER_SECONDS_MAX) }
      : { shouldBe: 'a number of seconds that is not negative, or a date of HTTP' };
  };

function secondsIn(text: string, at: Instant): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  const until = parseHttpDate(text) ?? parseInstant(text);
  return until === undefined ? undefined : Math.max(0, until - at) / SECOND_MS;
}
const DECIMAL = /^\d{1,100}(\.\d{1,100})?([eE]\+?\d{1,3})?$/;

export type ReserveAsk = Reserve & { readonly replyTo?: ReplyTo | undefined };

/** Reads the payload of one message in the given mode; `at` is the clock of the workflow. */
export type Parser<T> = (raw: unknown, mode: Mode, at: Instant) => Parsed<T>;

export const parseReserve: Parser<ReserveAsk> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const id = fields.need('reservationId', reservationId);
  const ask = {
    campaignId: fields.may('campaignId', campaignId),
    recipientId: fields.may('recipientId', recipientId),
    leaseSeconds: fields.may('leaseSeconds', leaseSeconds),
    journaled: fields.may('journaled', yesOrNo),
    validUntil: fields.may('validUntil', instant()),
    replyTo: fields.may('replyTo', readReplyTo),
  };
  return fields.done(() => (id === undefined ? undefined : { reservationId: id, ...ask }));
};

const isList = (list: unknown): list is readonly unknown[] =>
  Array.isArray(list) && list.length >= 1 && list.length <= BATCH_MAX;
export const requestList = when(isList, `a list of 1 to ${BATCH_MAX} requests`, {
  minItems: 1,
  maxItems: BATCH_MAX,
});

/** Reads only the list. Its items are read later, so a bad item does not refuse the others. */
export const parseBatch: Parser<readonly unknown[]> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const requests = fields.need('requests', requestList);
  return fields.done(() => requests);
};

/** A delivery; `chatId` null: the proof is missing, but a Signal still reports a call (R4). */
export type DeliverAsk = Omit<Deliver, 'chatId'> & { readonly chatId: ChatId | null };

export const parseDeliver: Parser<DeliverAsk> = (raw, mode, at) => {
  const fields = new Fields(raw, mode);
  const id = fields.need('reservationId', reservationId);
  const isBlank = (value: unknown): value is null | undefined | string =>
    value === undefined || value === null || (typeof value === 'string' && isUnseen(value));
  const chat = fields.need<ChatId | null>('chatId', (value) =>
    isBlank(value) ? { value: null } : chatId(value),
  );
  if (chat === null && mode === 'strict') {
    const why = 'chatId is missing: without a chat nothing proves a delivery';
    fields.refuse('ChatIdMissing', `${why}${fields.misspelt('chatId')}`);
  }
  const more = {
    messageId: fields.may('messageId', messageId),
    deliveredAt: fields.hint('deliveredAt', instant(at + CLOCK_SLACK_MS)),
  };
  return fields.done(() =>
    id === undefined || chat === undefined
      ? undefined
      : { reservationId: id, chatId: chat, ...more },
  );
};

export const parseFail: Parser<Fail> = (raw, mode, at) => {
  const fields = new Fields(raw, mode);
  const id = fields.need('reservationId', reservationId);
  const kind = fields.need('kind', failureKind);
  const more = {
    code: fields.hint('code', said),
    retryAfterSeconds: fields.hint('retryAfterSeconds', pause(at)),
  };
  return fields.done(() =>
    id === undefined || kind === undefined ? undefined : { reservationId: id, kind, ...more },
  );
};

export const parseObserve: Parser<Observe> = (raw, mode, at) => {
  const fields = new Fields(raw, mode);
  const chat = fields.need('chatId', chatId);
  const message = fields.need('messageId', messageId);
  const recipient = fields.may('recipientId', recipientId);
  // A Signal of an observed InMail counts with any time, because no caller waits for a refusal.
  const sentAt =
    mode === 'lenient'
      ? (fields.wanted('sentAt', instant()) ?? at)
      : fields.need('sentAt', instant());
  return fields.done(() =>
    chat === undefined || message === undefined || sentAt === undefined
      ? undefined
      : { chatId: chat, messageId: message, recipientId: recipient, sentAt },
  );
};

export const parseSettle: Parser<Settle> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const id = fields.need('reservationId', reservationId);
  const outcome = fields.need('outcome', operatorOutcome);
  const chat = fields.may('chatId', chatId);
  const reason = fields.needText('reason', REASON_RULE);
  const actor = fields.needText('actor', ACTOR_RULE);
  return fields.done(() =>
    id === undefined || outcome === undefined || reason === undefined || actor === undefined
      ? undefined
      : { reservationId: id, outcome, chatId: chat, reason, actor },
  );
};
