/** The schemas of webhook endpoints and their log (docs/webhooks.md). */
import { Type } from 'typebox';
import { WEBHOOK_FORMATS, WEBHOOK_TYPES } from '../../domain/wire/webhookEvents.js';
import {
  accountId,
  anyInstant,
  closed,
  count,
  groupName as group,
  instant,
  may,
  orNull,
} from './parts.js';

const { Array, Enum, Integer, Optional, String } = Type;
/** Maximum number of accounts of one endpoint, so that the check of an event stays short. */
const ACCOUNTS_MAX = 1_000;
const GROUPS_MAX = 100;
const KEEP_SECONDS_MAX = 7 * 86_400;
export const KEEP_SECONDS = 86_400;

const endpointId = String({
  pattern: '^whe_[0-9a-f]{32}$',
  maxLength: 36,
  examples: ['whe_0123456789abcdef0123456789abcdef'],
});
const eventId = String({
  pattern: '^evt_[0-9a-f]{32}$',
  maxLength: 36,
  description: 'The `webhook-id` of a request.',
  examples: ['evt_0123456789abcdef0123456789abcdef'],
});
const url = String({
  minLength: 1,
  maxLength: 2_048,
  description: 'An https address; http is allowed only to this machine.',
  examples: ['https://example.com/hooks'],
});
const events = Array(Enum(WEBHOOK_TYPES), {
  minItems: 1,
  maxItems: WEBHOOK_TYPES.length,
  uniqueItems: true,
  examples: [['cooldown.started', 'cooldown.ended']],
});
const accounts = orNull(
  Array(accountId, {
    minItems: 1,
    maxItems: ACCOUNTS_MAX,
    uniqueItems: true,
    description: 'Only events of these accounts. Null, and no groups: all accounts.',
  }),
);
const groups = orNull(
  Array(group, {
    minItems: 1,
    maxItems: GROUPS_MAX,
    uniqueItems: true,
    description:
      'Also events of the accounts that have one of these groups when the event is sent. Null: none.',
  }),
);
const format = Enum(WEBHOOK_FORMATS, {
  default: 'json',
  description: 'json: an object for programs. slack: a message for an incoming webhook of Slack.',
});
const at = (description: string) => orNull(instant(description));

export const params = closed({ endpointId });
const EXAMPLE = {
  url: 'https://example.com/hooks',
  events: ['cooldown.started', 'cooldown.ended'],
  accounts: null,
};
export const create = {
  ...closed({
    url,
    events,
    accounts: Optional(accounts),
    groups: Optional(groups),
    format: Optional(format),
  }),
  examples: [EXAMPLE],
};
export const change = closed({
  url: may(url),
  events: may(events),
  accounts: Optional(accounts),
  groups: Optional(groups),
  format: Optional(Enum(WEBHOOK_FORMATS)),
});
export const rotate = {
  ...closed({
    keepSeconds: may(
      Integer({
        minimum: 0,
        maximum: KEEP_SECONDS_MAX,
        default: KEEP_SECONDS,
        description: 'How long the former secret signs as well, in seconds.',
      }),
    ),
  }),
  examples: [{ keepSeconds: 3_600 }],
};
export const replay = {
  ...closed(
    { eventId: may(eventId), since: may(anyInstant('Replay all events since then.')) },
    'Exactly one of the two fields.',
  ),
  examples: [{ since: '2026-11-24T09:00:00.000Z' }],
};

const secret = String({ description: 'The secret is shown only here.', examples: ['whsec_…'] });
export const created = closed({ endpointId, secret });
export const rotated = closed({ secret });
export const pinged = closed({ eventId });
export const endpoint = closed({
  endpointId,
  url,
  events,
  accounts,
  groups,
  format,
  secrets: Array(
    closed({
      secret: String({ description: 'The last four characters of the secret.' }),
      until: at('This secret signs until then. Null: no end is set.'),
    }),
  ),
  createdAt: instant('When the endpoint was made.'),
  changedBy: String({ description: 'The key that last changed the endpoint.' }),
  attempt: count('Failed tries of the next event.'),
  failingSince: at('Each try has failed since then. Null: the last try succeeded.'),
  nextAttemptAt: at('The time of the next try.'),
  disabledAt: at('When the endpoint was disabled. Null: it is enabled.'),
  disabledReason: orNull(String()),
});
export const delivery = closed({
  deliveryId: Integer(),
  eventId: String(),
  type: String(),
  attempt: count('The number of the try, from 1.', 1),
  at: instant('When the request was sent.'),
  durationMs: count('The time until the answer.'),
  status: orNull(Integer()),
  error: orNull(
    String({ description: 'Why the try failed. Null: the receiver accepted the event.' }),
  ),
  answer: orNull(
    String({ description: 'The first KiB of the answer of a receiver that refused the event.' }),
  ),
});
