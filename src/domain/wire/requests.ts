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
import { hint, knownToHttp, may, need, needText, parserOf } from './message.js';
import type { Field, Parser, ValueOf } from './message.js';
import {
  ACTOR_RULE,
  FOREIGN_RULE,
  instant,
  type INSTANT_RULE,
  oneOf,
  OURS_RULE,
  pastInstant,
  pause,
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
  LEASE_SECONDS_MAX,
  LEASE_SECONDS_MIN,
  LOOK_AHEAD_DAYS,
  PRIORITY_LAST,
} from '../primitives/limits.js';
import type { Flaw } from '../account/refusals.js';
import { normalProof } from '../primitives/linkedinId.js';
import type { Observe } from '../commands/observe.js';
import type { ObserveReply } from '../commands/reply.js';
import { readReplyTo } from './replyTo.js';
import { group } from './settingText.js';
import { cleaned, CODE_MAX, visible } from '../primitives/text.js';
import { CREDITS_MAX } from '../primitives/tier.js';
import { DAY_MS, type Instant } from '../primitives/time.js';
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
/** Reads LinkedIn's error, such as `HTTP 429`: cleaned, shortened or dropped, never refused. */
const said: Reader<string> = (raw) => {
  const text = cleaned(typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw : '');
  const short = text.slice(0, CODE_MAX).replace(HALF_PAIR, '');
  return isText(short, CODE_MAX)
    ? { value: short }
    : { shouldBe: `text of 1 to ${CODE_MAX} characters` };
};
const HALF_PAIR = /[\ud800-\udbff]$/;
export const reserveFields = {
  reservationId: need(reservationId),
  campaignId: may(campaignId),
  recipientId: may(recipientId),
  leaseSeconds: may(leaseSeconds),
  journaled: may(yesOrNo),
  again: may(yesOrNo),
  free: may(yesOrNo),
  validUntil: may(instant),
  replyTo: may(readReplyTo),
  wait: may(yesOrNo),
  priority: may(wholeNumber(0, PRIORITY_LAST)),
};
export type ReserveAsk = ValueOf<typeof reserveFields>;
/** The fields of an ask of a group (R31): it waits in no line, and only its caller is answered. */
const { replyTo: _, wait: __, priority: ___, ...groupReserveFields } = reserveFields;
export { groupReserveFields };
export const parseGroupReserve = parserOf({ group: need(group), ...groupReserveFields });

/** Returns why the ask cannot wait: its wait needs an end that is not too far ahead (R21). */
function waitFlaw({ wait, validUntil, priority }: ReserveAsk, at: Instant): Flaw | undefined {
  if (wait !== true) {
    return priority === undefined ? undefined : bad('priority: only with wait: true; add both');
  }
  const limit = `at most ${LOOK_AHEAD_DAYS} days ahead`;
  if (validUntil === undefined) return bad(`validUntil is missing: with wait, it is ${limit}`);
  return validUntil > at + LOOK_AHEAD_DAYS * DAY_MS
    ? bad(`validUntil should be ${limit}, with wait`)
    : undefined;
}
const bad = (message: string): Flaw => ({ refused: 'InvalidInput', message });
export const parseReserve = parserOf(reserveFields, waitFlaw);

export const withdrawFields = { reservationId: need(reservationId) };
export const parseWithdraw = parserOf(withdrawFields);
const isList = (list: unknown): list is readonly unknown[] =>
  Array.isArray(list) && list.length >= 1 && list.length <= BATCH_MAX;
/** Reads only the list. Its items are read later, so a bad item does not refuse the others. */
const requestList = when(isList, `a list of 1 to ${BATCH_MAX} requests`, {
  type: 'array',
  items: {},
  minItems: 1,
  maxItems: BATCH_MAX,
});
export const batchFields = { requests: need(requestList) };
export const parseBatch = parserOf(batchFields);

/**
 * The chat of a delivery; null: the proof is missing, but a Signal still reports a call (R4). HTTP
 * accepts any text, so that a missing proof is refused as `ChatIdMissing` there, too.
 */
const proofOfDelivery: Field<ChatId | null, { readonly type: 'string' }, 'optional'> = {
  rule: { type: 'string' },
  presence: 'optional',
  read: (fields, name) => {
    const chat = fields.need<ChatId | null>(name, (raw, at) =>
      isBlank(raw) ? { value: null } : chatId(raw, at),
    );
    if (chat?.value === null && fields.mode === 'strict') {
      const why = `${name} is missing: without a chat nothing proves a delivery`;
      fields.refuse('ChatIdMissing', `${why}${fields.misspelt(name)}`);
    }
    return chat;
  },
};
const isBlank = (raw: unknown): boolean =>
  raw === undefined || raw === null || (typeof raw === 'string' && isUnseen(raw));

export const deliverFields = {
  reservationId: need(reservationId),
  chatId: proofOfDelivery,
  messageId: may(messageId),
  deliveredAt: hint(pastInstant),
};
export type DeliverAsk = ValueOf<typeof deliverFields>;
export const parseDeliver = parserOf(deliverFields);

export const failFields = {
  reservationId: need(reservationId),
  kind: need(failureKind),
  code: hint(said),
  retryAfterSeconds: hint(pause),
};
export const parseFail: Parser<Fail> = parserOf(failFields);

/** A Signal of an observed InMail counts with any time, because no caller waits for a refusal. */
const sentAt: Field<Instant, typeof INSTANT_RULE, 'needed'> = {
  ...need(instant),
  read: (fields, name) =>
    fields.mode === 'lenient'
      ? { value: fields.wanted(name, instant) ?? fields.at }
      : fields.need(name, instant),
};
export const observeFields = {
  chatId: need(chatId),
  messageId: need(messageId),
  recipientId: may(recipientId),
  sentAt,
};
export const parseObserve: Parser<Observe> = parserOf(observeFields);

export const creditsFields = { balance: need(wholeNumber(0, CREDITS_MAX)), at: need(instant) };
export const parseCredits = parserOf(creditsFields);

export const replyFields = { chatId: need(chatId), at: need(instant) };
/** A reply of a recipient, as a caller saw it. */
export type ReplySeen = Omit<ObserveReply, 'logged' | 'unsaved'>;
export const parseReply: Parser<ReplySeen> = parserOf(replyFields);

export const settleFields = {
  reservationId: need(reservationId),
  outcome: need(operatorOutcome),
  chatId: may(chatId),
  reason: needText(REASON_RULE),
  actor: knownToHttp(needText(ACTOR_RULE)),
};
export const parseSettle: Parser<Settle> = parserOf(settleFields);
