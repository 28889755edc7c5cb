/** The messages to an account: the payloads of the contract (2), by name. */
import { Type } from 'typebox';
import { NAME_BYTES_MAX } from '../../domain/primitives/limits.js';
import * as admin from '../../domain/wire/adminRequests.js';
import { targetName } from '../../domain/wire/replyTo.js';
import * as requests from '../../domain/wire/requests.js';
import { CODE_MAX } from '../../domain/primitives/text.js';
import { WEEKDAYS } from '../../domain/account/sendingWindow.js';
import {
  accountId,
  actor,
  anyInstant,
  campaignId,
  chatId,
  closed,
  may,
  messageId,
  reason,
  recipientId,
  reservationId,
  textBy,
  tier,
} from './parts.js';

const { Optional } = Type;
const cap = (description: string) =>
  may(Type.Integer({ ...admin.inmails.rule, description, examples: [40] }));
const policy = {
  dailyCap: cap('InMails a UTC day; null is the band of the tier.'),
  weeklyCap: cap('InMails in 7 UTC days; null is 5 times the daily cap.'),
  ramp: may(
    closed({
      dailyCaps: Type.Array(Type.Integer({ minimum: 1 }), {
        ...admin.rampCaps.rule,
        description: 'Caps of the days with a delivery, ascending.',
        examples: [[5, 10, 20]],
      }),
    }),
  ),
  sendingWindow: may(
    closed(
      {
        days: Type.Array(Type.Enum(WEEKDAYS), {
          ...admin.weekdays.rule,
          examples: [['mon', 'tue']],
        }),
        start: textBy(admin.windowStart, 'Local time.', '09:00'),
        end: textBy(admin.windowEnd, 'Local time.', '17:30'),
      },
      'Local to the time zone; an end that is not after the start runs over midnight.',
    ),
  ),
  timezone: may(textBy(admin.zone, 'An IANA time zone.', 'Europe/Berlin')),
  creditsRenewOn: may(
    Type.Integer({
      ...admin.creditsRenewOn.rule,
      description:
        'The day of the month on which LinkedIn grants new InMail credits; null is the first. In a ' +
        'month without that day it is the last one.',
      examples: [15],
    }),
  ),
};
const startCount = (description: string) =>
  may(Type.Integer({ ...admin.inmails.rule, description, examples: [3] }));

export const connect = Type.Object(
  {
    accountId: may(accountId),
    tier,
    identity: may(
      textBy(admin.identity, "LinkedIn's id of the member, in any spelling.", 'ACoAABq1x9'),
    ),
    ...policy,
    inmailsSentToday: startCount('What another system has spent today; counts at a start only.'),
    deliveredToday: startCount('What of it was delivered; all of it unless said.'),
    actor: may(actor),
    connect: may(
      Type.Literal(true, {
        description: 'Late outcomes start an account that has ended by themselves.',
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { tier: 'sales_navigator', timezone: 'Europe/Berlin' },
      {
        tier: 'premium',
        dailyCap: 20,
        ramp: { dailyCaps: [5, 10, 20] },
        sendingWindow: { days: ['mon', 'tue', 'wed'], start: '09:00', end: '17:30' },
        actor: 'ada',
      },
      // Last, an example without hours: after all examples in order, the account sends at any time.
      { tier: 'premium', dailyCap: 20, sendingWindow: null, actor: 'ada' },
    ],
  },
);

export const sendReserve = Type.Object(
  {
    reservationId,
    campaignId: may(campaignId),
    recipientId: may(recipientId),
    leaseSeconds: may(
      Type.Integer({
        ...requests.leaseSeconds.rule,
        description: 'How long the slot may stay in flight without a word.',
        examples: [900],
      }),
    ),
    journaled: may(
      Type.Boolean({ description: 'You write a send_attempts row before you call LinkedIn.' }),
    ),
    validUntil: may(anyInstant('From then on the answer is expired; 5 s from now at most.')),
    replyTo: may(
      closed(
        {
          workflowId: textBy(
            targetName,
            `It begins with SAFEBAND_REPLY_PREFIX, and has at most ${NAME_BYTES_MAX} bytes of UTF-8.`,
            'my-pipeline',
          ),
          signalName: textBy(
            targetName,
            `The signal that brings the decision; of at most ${NAME_BYTES_MAX} bytes of UTF-8.`,
            'decided',
          ),
        },
        'A workflow of yours that hears the decision, too; only for keys of all accounts.',
      ),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { reservationId: 'q4-0001' },
      {
        reservationId: 'q4-0002',
        campaignId: 'q4',
        recipientId: 'member-7',
        leaseSeconds: 900,
        journaled: false,
      },
    ],
  },
);

export const sendReserveBatch = Type.Object(
  {
    requests: Type.Array(sendReserve, {
      ...requests.requestList.rule,
      description: 'Decided in order. An item that is wrong is answered in its place.',
    }),
  },
  {
    additionalProperties: false,
    examples: [{ requests: [{ reservationId: 'q4-0003' }, { reservationId: 'q4-0004' }] }],
  },
);

/** The check of a batch as a whole; its items are checked later, each separately. */
export const looseBatch = closed({
  requests: Type.Array(Type.Unknown(), { ...requests.requestList.rule }),
});

export const sendDelivered = Type.Object(
  {
    reservationId,
    chatId: may(
      Type.String({
        description: "LinkedIn's conversation; without it nothing proves a delivery.",
      }),
    ),
    messageId: may(messageId),
    deliveredAt: Optional(
      Type.Unknown({
        description: 'When, by your clock; for display only, so what cannot be read is dropped.',
        examples: ['2026-11-23T18:20:36.000Z'],
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ reservationId: 'q4-0001', chatId: 'chat-9', messageId: 'message-9' }],
  },
);

export const sendFailed = Type.Object(
  {
    reservationId,
    kind: Type.Enum([...requests.failureKind.words], {
      description: 'unknown: it may have reached LinkedIn, so the slot stays spent.',
    }),
    // Not checked here: a report of LinkedIn's limit must pause the account with any code.
    code: Optional(
      Type.Unknown({
        description: `LinkedIn's own words; as text, ${CODE_MAX} characters of it.`,
        examples: ['HTTP 429'],
      }),
    ),
    retryAfterSeconds: Optional(
      Type.Unknown({
        description:
          'Seconds, as a number or as text, or a date as Retry-After has it; what cannot be read ' +
          'is an hour.',
        examples: [3_600],
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [
      { reservationId: 'q4-0001', kind: 'rejected' },
      { reservationId: 'q4-0001', kind: 'throttled', code: 'HTTP 429', retryAfterSeconds: 3_600 },
    ],
  },
);

export const sendObserved = Type.Object(
  {
    chatId,
    messageId,
    recipientId: may(recipientId),
    sentAt: anyInstant('When LinkedIn says that it was sent.'),
  },
  {
    additionalProperties: false,
    examples: [
      {
        chatId: 'chat-7',
        messageId: 'message-7',
        recipientId: 'member-7',
        sentAt: '2026-11-23T18:20:36.000Z',
      },
    ],
  },
);

export const configure = Type.Object(
  { tier: may(tier), ...policy, actor: may(actor) },
  { additionalProperties: false, examples: [{ dailyCap: 15 }, { dailyCap: null, actor: 'ada' }] },
);

export const order = Type.Object(
  { reason, actor: may(actor) },
  {
    additionalProperties: false,
    examples: [{ reason: 'the customer asked' }, { reason: 'checked with LinkedIn', actor: 'ada' }],
  },
);

export const settleByOperator = Type.Object(
  {
    reservationId,
    outcome: Type.Enum([...requests.operatorOutcome.words]),
    chatId: may(chatId),
    reason,
    actor: may(actor),
  },
  {
    additionalProperties: false,
    examples: [
      {
        reservationId: 'q4-0001',
        outcome: 'delivered',
        chatId: 'chat-1',
        reason: 'seen in the outbox',
      },
    ],
  },
);

export const nothing = Type.Object({}, { additionalProperties: false, examples: [{}] });
