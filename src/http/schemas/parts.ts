/** The values of the contract as schemas: the only source of types, checks and OpenAPI. */
import { Type, type TNull, type TSchema, type TUnion } from 'typebox';
import { MODES, RECIPIENT_SCOPES } from '../../domain/account/policy.js';
import { GROUP_MAX, GROUP_PATTERN } from '../../domain/primitives/ids.js';
import { DENIAL_REASONS } from '../../domain/gate/gate.js';
import { TIERS } from '../../domain/primitives/tier.js';
import * as requests from '../../domain/wire/requests.js';
import { accountId as accountIdValue } from '../../domain/wire/adminRequests.js';
import { INSTANT_RULE, textRule } from '../../domain/wire/values.js';
import { ACCOUNT_STATES } from '../../domain/gate/accountState.js';
import { note } from './body.js';

export const orNull = <T extends TSchema>(schema: T): TUnion<[T, TNull]> =>
  Type.Union([schema, Type.Null()]);
/** An optional field of a request; null means the same as no field. */
export const may = <T extends TSchema>(schema: T) => Type.Optional(orNull(schema));

export const text = (maxLength: number, description: string, example: string) =>
  Type.String({ ...textRule(maxLength), ...note(description, example) });

/** What people read about the ids. */
export const NOTES = {
  accountId: note('Your name for the account; upper and lower case differ.', 'acme-anna'),
  reservationId: note('Your name for one attempt to send. Never use it twice.', 'q4-0001'),
  campaignId: note('Your name for a campaign.', 'q4-launch'),
  chatId: note("LinkedIn's id of the conversation: the proof of a delivery.", 'chat-9'),
  messageId: note("LinkedIn's id of the message.", 'message-9'),
  tier: { description: 'The kind of LinkedIn account.' },
};
export const accountId = Type.String({ ...accountIdValue.rule, ...NOTES.accountId });
export const reservationId = Type.String({
  ...requests.reservationId.rule,
  ...NOTES.reservationId,
});
export const campaignId = Type.String({ ...requests.campaignId.rule, ...NOTES.campaignId });
export const chatId = Type.String({ ...requests.chatId.rule, ...NOTES.chatId });
export const messageId = Type.String({ ...requests.messageId.rule, ...NOTES.messageId });

export const recipientId = Type.String({
  ...requests.recipientId.rule,
  ...note("LinkedIn's id of the recipient, in any spelling.", 'ACoAAS7RzQB'),
});

/** An instant in an answer. */
export const instant = (description: string) => instantLike(STRICT_INSTANT, description);
/** An instant in a request, which may have the spelling of another program. */
export const anyInstant = (description: string) => instantLike(INSTANT_RULE.pattern, description);
const STRICT_INSTANT =
  '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$';
const instantLike = (pattern: string, description: string) =>
  Type.String({ pattern, ...noteOfInstant(description) });
export const noteOfInstant = (description: string) => note(description, '2026-11-23T18:20:36.000Z');
export const day = (description: string) =>
  Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\d$',
    description,
    examples: ['2026-11-23'],
  });
export const count = (description: string, minimum = 0) => Type.Integer({ minimum, description });
export const tier = Type.Enum(TIERS, NOTES.tier);
export const state = Type.Enum(ACCOUNT_STATES, {
  description: 'If several states apply, the last of them in this list.',
});

/** An object without other fields. */
export const closed = <P extends Record<string, TSchema>>(properties: P, description = '') =>
  Type.Object(properties, {
    additionalProperties: false,
    ...(description === '' ? {} : { description }),
  });

/** The parts of a denial (R9, R20). */
export const denied = {
  reason: Type.Enum(DENIAL_REASONS),
  limit: Type.Optional(count('The cap that is reached.')),
  used: Type.Optional(count('The used part of that cap.')),
  contactedBy: Type.Optional(
    Type.String({ description: 'The reservation that has contacted this recipient already.' }),
  ),
  retryAt: orNull(
    instant('When to ask again. Null: only a person, or the outcome of an open slot, can help.'),
  ),
};
export const wouldDeny = closed(
  denied,
  'Only in shadow mode: what would deny this reserve in the mode enforce. It was granted.',
);
export const groupName = Type.String({
  pattern: GROUP_PATTERN,
  maxLength: GROUP_MAX,
  examples: ['eu-sales'],
});
export const group = orNull(
  Type.String({ description: 'The label of accounts that belong together. Null: none.' }),
);
export const recipientScope = Type.Enum(RECIPIENT_SCOPES, {
  description: 'With whose recipients a reserve is compared.',
});
export const mode = Type.Enum(MODES, {
  description: 'shadow: the gate records what it would deny, and grants.',
});
