/** The values of the contract as schemas: the only source of types, checks and OpenAPI. */
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
/** An optional field of a request; null means the same as no field. */
export const may = <T extends TSchema>(schema: T) => Type.Optional(orNull(schema));

/** A text that is checked by the same rule as in the message. */
export const textBy = ({ rule }: { readonly rule: Rule }, description: string, example: string) =>
  Type.String({ ...rule, description, examples: [example] });
export const text = (maxLength: number, description: string, example: string) =>
  textBy({ rule: textRule(maxLength) }, description, example);

export const accountId = textBy(
  accountIdValue,
  'Your name for the account; upper and lower case differ.',
  'acme-anna',
);
export const reservationId = textBy(
  requests.reservationId,
  'Your name for one attempt to send. Never use it twice.',
  'q4-0001',
);
export const campaignId = textBy(requests.campaignId, 'Your name for the campaign.', 'q4');
export const chatId = textBy(
  requests.chatId,
  "LinkedIn's id of the conversation: the proof of a delivery.",
  'chat-9',
);
export const messageId = textBy(requests.messageId, "LinkedIn's id of the message.", 'message-9');
export const recipientId = textBy(
  requests.recipientId,
  "LinkedIn's id of the recipient, in any spelling; the same kind of id as in LinkedIn's webhooks.",
  'ACoAAS7RzQB',
);
export const reason = textBy(
  { rule: REASON_RULE },
  'Why, for the people who read the list of changes.',
  'the customer asked',
);
export const actor = textBy(
  { rule: ACTOR_RULE },
  'The person who acts, recorded as "ada via <key>". Without it, the name of the key is recorded.',
  'ada',
);

/** An instant in an answer. */
export const instant = (description: string) => instantLike(STRICT_INSTANT, description);
/** An instant in a request, which may have the spelling of another program. */
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
export const tier = Type.Enum(TIERS, { description: 'The kind of LinkedIn account.' });
export const state = Type.Enum(ACCOUNT_STATES, {
  description: 'If several states apply, the last of them in this list.',
});

/** An object without other fields. */
export const closed = <P extends Record<string, TSchema>>(properties: P, description = '') =>
  Type.Object(properties, {
    additionalProperties: false,
    ...(description === '' ? {} : { description }),
  });
