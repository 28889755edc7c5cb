/** The words of the contract as schemas: types, checks and OpenAPI come from here alone. */
import { Type, type TSchema, type TUnion, type TNull } from 'typebox';
import { FOREIGN_MAX, FOREIGN_PATTERN, OURS_PATTERN } from '../../domain/primitives/ids.js';
import { ACTOR_MAX, PLAIN_TEXT_PATTERN, REASON_MAX } from '../../domain/primitives/text.js';
import { TIERS } from '../../domain/primitives/tier.js';
import { INSTANT_PATTERN } from '../../domain/primitives/time.js';
import { ACCOUNT_STATES } from '../../domain/gate/accountState.js';

export const orNull = <T extends TSchema>(schema: T): TUnion<[T, TNull]> =>
  Type.Union([schema, Type.Null()]);
/** A field of a request that may be left out; null leaves it out, too. */
export const may = <T extends TSchema>(schema: T) => Type.Optional(orNull(schema));

export const ours = (description: string, example: string) =>
  Type.String({ pattern: OURS_PATTERN, maxLength: 128, description, examples: [example] });
export const foreign = (description: string, example: string) =>
  Type.String({
    pattern: FOREIGN_PATTERN,
    minLength: 1,
    maxLength: FOREIGN_MAX,
    description,
    examples: [example],
  });
export const text = (
  maxLength: number,
  description: string,
  example: string,
  pattern = PLAIN_TEXT_PATTERN,
) =>
  Type.String({
    pattern,
    minLength: 1,
    maxLength,
    description,
    examples: [example],
  });

export const accountId = ours('Your name of the account; case matters.', 'acme-anna');
export const reservationId = ours('Your name of one attempt to send; never used twice.', 'q4-0001');
export const campaignId = ours('Your name of the campaign.', 'q4');
export const chatId = foreign("LinkedIn's conversation: the proof of a delivery.", 'chat-9');
export const messageId = foreign("LinkedIn's id of the message.", 'message-9');
export const recipientId = foreign(
  "LinkedIn's id of the recipient, in any spelling; the same kind of id as webhooks bring.",
  'ACoAAS7RzQB',
);
export const reason = text(REASON_MAX, 'Why; people read it.', 'the customer asked');
export const actor = text(
  ACTOR_MAX,
  'Who does it. The name of the key, unless said; what is said is kept as "ada via <key>".',
  'ada',
);

/** An instant in an answer. */
export const instant = (description: string) => instantLike(STRICT_INSTANT, description);
/** An instant in a request: as the programs of this world write it. */
export const anyInstant = (description: string) => instantLike(INSTANT_PATTERN, description);
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
