/** Endpoints of webhooks and their log, as `docs/webhooks.md` describes them. */
import { Type } from 'typebox';
import { WEBHOOK_TYPES } from '../../domain/wire/webhookEvents.js';
import { accountId, anyInstant, closed, count, instant, may, orNull } from './parts.js';

const { Array, Enum, Integer, Optional, String } = Type;
/** Maximum number of accounts of one endpoint, so that the check of an event stays short. */
const ACCOUNTS_MAX = 1_000;
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
  description: 'https; http only to this machine.',
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
    description: 'Which accounts; null: all of them.',
  }),
);
const at = (description: string) => orNull(instant(description));

export const params = closed({ endpointId });
const EXAMPLE = {
  url: 'https://example.com/hooks',
  events: ['cooldown.started', 'cooldown.ended'],
  accounts: null,
};
export const create = {
  ...closed({ url, events, accounts: Optional(accounts) }),
  examples: [EXAMPLE],
};
export const change = closed({
  url: may(url),
  events: may(events),
  accounts: Optional(accounts),
});
export const rotate = {
  ...closed({
    keepSeconds: may(
      Integer({
        minimum: 0,
        maximum: KEEP_SECONDS_MAX,
        default: KEEP_SECONDS,
        description: 'How long the secret before signs as well.',
      }),
    ),
  }),
  examples: [{ keepSeconds: 3_600 }],
};
export const replay = {
  ...closed(
    { eventId: may(eventId), since: may(anyInstant('What happened since then.')) },
    'One of the two.',
  ),
  examples: [{ since: '2026-11-24T09:00:00.000Z' }],
};

const secret = String({ description: 'Shown here, and never again.', examples: ['whsec_…'] });
export const created = closed({ endpointId, secret });
export const rotated = closed({ secret });
export const pinged = closed({ eventId });
export const endpoint = closed({
  endpointId,
  url,
  events,
  accounts,
  secrets: Array(
    closed({
      secret: String({ description: 'Its last four characters.' }),
      until: at('It signs until then; null: it is in force.'),
    }),
  ),
  createdAt: instant('When it was made.'),
  changedBy: String({ description: 'The key that changed it last.' }),
  attempt: count('Failed tries of what comes next.'),
  failingSince: at('Nothing was taken since then; null: all is well.'),
  nextAttemptAt: at('When it is tried again.'),
  disabledAt: at('When it was switched off; null: it is in use.'),
  disabledReason: orNull(String()),
});
export const delivery = closed({
  deliveryId: Integer(),
  eventId: String(),
  type: String(),
  attempt: count('Counts from 1.', 1),
  at: instant('When it was sent.'),
  durationMs: count('Until the answer.'),
  status: orNull(Integer()),
  error: orNull(String({ description: 'Null: it was taken.' })),
  answer: orNull(String({ description: 'The first KiB of what a receiver that refused said.' })),
});
