/** The words of the contract as schemas: types, checks and OpenAPI come from here alone. */
import { Type, type TSchema, type TUnion, type TNull } from 'typebox';
import { TIERS } from '../../domain/primitives/tier.js';
import * as requests from '../../domain/wire/requests.js';
import { accountId as accountIdValue } from '../../domain/wire/adminRequests.js';
import {
  ACTOR_RULE,
  INSTANT_RULE,
  REASON_RULE,
  textRule,
  type Rule,
} from '../../domain/wire/values.js';
import { ACCOUNT_STATES } from '../../domain/gate/accountState.js';

export const orNull = <T extends TSchema>(schema: T): TUnion<[T, TNull]> =>
  Type.Union([schema, Type.Null()]);
/** A field of a request that may be left out; null leaves it out, too. */
export const may = <T extends TSchema>(schema: T) => Type.Optional(orNull(schema));

/** A text by the rule of the message that has it. */
export const textBy = ({ rule }: { readonly rule: Rule }, description: string, example: string) =>
  Type.String({ ...rule, description, examples: [example] });
export const text = (maxLength: number, description: string, example: string) =>
  textBy({ rule: textRule(maxLength) }, description, example);

export const accountId = textBy(
  accountIdValue,
  'Your name of the account; case matters.',
  'acme-anna',
);
export const reservationId = textBy(
  requests.reservationId,
  'Your name of one attempt to send; never used twice.',
  'q4-0001',
);
export const campaignId = textBy(requests.campaignId, 'Your name of the campaign.', 'q4');
export const chatId = textBy(
  requests.chatId,
  "LinkedIn's conversation: the proof of a delivery.",
  'chat-9',
);
export const messageId = textBy(requests.messageId, "LinkedIn's id of the message.", 'message-9');
export const recipientId = textBy(
  requests.recipientId,
  "LinkedIn's id of the recipient, in any spelling; the same kind of id as webhooks bring.",
  'ACoAAS7RzQB',
);
export const reason = textBy({ rule: REASON_RULE }, 'Why; people read it.', 'the customer asked');
export const actor = textBy(
  { rule: ACTOR_RULE },
  'The person who does it. If absent, the name of the key; else it is kept as "ada via <key>".',
  'ada',
);

/** An instant in an answer. */
export const instant = (description: string) => instantLike(STRICT_INSTANT, description);
/** An instant in a request: also in the usual spellings of other programs. */
export const anyInstant = (description: string) => instantLike(INSTANT_RULE.pattern, description);
const STRICT_INSTANT =
  '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$';
const instantLike = (pattern: string, description: string) =>
  Type.String({
    pattern,
    description,
    examples: ['2026-11-23T18:20:36.000Z'],
  });
export const day = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\d$',
    description,
    examples: ['2026-11-23'],
  });
export const count = (description: string, minimum = 0) => Type.Integer({ minimum, description });
export const tier = Type.Enum(TIERS, { description: "LinkedIn's kind of account." });
export const state = Type.Enum(ACCOUNT_STATES, {
  description: 'The first that holds, in this order from the end.',
});

/** An object that takes no other fields, and answers that have no others. */
export const closed = <P extends Record<string, TSchema>>(properties: P, description = '') =>
  Type.Object(properties, {
    additionalProperties: false,
    ...(description === '' ? {} : { description }),
  });
