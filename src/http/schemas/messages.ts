/**
 * The messages to an account over HTTP: their fields are those of the contract (2), and only the
 * texts and examples are written here.
 */
import { Type } from 'typebox';
import { NAME_BYTES_MAX } from '../../domain/primitives/limits.js';
import { resumeFields } from '../../domain/fleet/order.js';
import * as admin from '../../domain/wire/adminRequests.js';
import * as requests from '../../domain/wire/requests.js';
import { CODE_MAX } from '../../domain/primitives/text.js';
import { bodyOf, note } from './body.js';
import { NOTES, noteOfInstant } from './parts.js';

const { accountId, chatId, messageId, reservationId, tier } = NOTES;
const campaignId = note('Your name for the campaign.', 'q4');
const recipientId = note(
  "LinkedIn's id of the recipient, in any spelling; the same kind of id as in LinkedIn's webhooks.",
  'ACoAAS7RzQB',
);
const reason = note('Why, for the people who read the list of changes.', 'the customer asked');
const actor = note(
  'The person who acts, recorded as "ada via <key>". Without it, the name of the key is recorded.',
  'ada',
);
const policy = {
  dailyCap: note('InMails a UTC day; null is the band of the tier.', 40),
  weeklyCap: note('InMails in 7 UTC days; null is 5 times the daily cap.', 40),
  ramp: {
    description: 'A list of caps or the name of one, not both; null is none.',
    fields: {
      dailyCaps: note('Caps of the days with a delivery, ascending.', [5, 10, 20]),
      name: note('A list that Safeband knows for each tier.', 'gentle'),
    },
  },
  sendingWindow: {
    description: 'Local to the time zone; an end that is not after the start runs over midnight.',
    fields: {
      days: { examples: [['mon', 'tue']] },
      start: note('Local time.', '09:00'),
      end: note('Local time.', '17:30'),
    },
  },
  timezone: note('An IANA time zone.', 'Europe/Berlin'),
  creditsRenewOn: note(
    'The day of the month on which LinkedIn grants new InMail credits; null is the first. In a ' +
      'month without that day it is the last one.',
    15,
  ),
  recipientMemoryDays: note(
    'For how many days no recipient is contacted again; null is as long as ids are remembered.',
    90,
  ),
  recipientScope: note('group: refuses recipients of the whole group; null is account.', 'group'),
  pacing: {
    description: 'The pace of grants; null is none.',
    fields: {
      minGapSeconds: note('Seconds from each grant to the next.', 60),
      jitterPercent: note('The interval is up to this part longer or shorter; 0 by default.', 50),
      perHour: note('Maximum grants in any 60 minutes; null is no maximum.', 12),
    },
  },
  velocity: {
    description: 'Limits a day by the last days with a send; null is no such limit.',
    fields: {
      factor: note('Times the mean of these days, 1 to 10.', 2),
      floor: note('The cap is never lower.', 5),
    },
  },
  learntCap: note('True: a refusal by LinkedIn lowers the cap for a week or more.', true),
  campaigns: {
    description:
      'The daily caps and weights of campaigns, each named once, with at least one of the two. It ' +
      'replaces the whole list; null is none.',
    fields: {
      campaignId,
      dailyCap: note('InMails of the campaign in a UTC day; null is no cap of its own.', 10),
      weight: note('Its share of the slots for which several campaigns wait; null is 1.', 3),
    },
  },
  mode: note('shadow: the gate records what it would deny, and grants; null is enforce.', 'shadow'),
};
const group = note(
  'The label of accounts that belong together, such as a team or a customer; null is none.',
  'eu-sales',
);

export const connect = bodyOf(
  admin.startFields,
  {
    accountId,
    tier,
    identity: note("LinkedIn's id of the member, in any spelling.", 'ACoAABq1x9'),
    ...policy,
    group,
    inmailsSentToday: note('What another system has spent today; counts at a start only.', 3),
    deliveredToday: note('How many of them were delivered. Without this field: all.', 3),
    actor,
    connect: {
      description: 'Late outcomes start an account that has ended by themselves.',
    },
  },
  {
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

const slot = {
  reservationId,
  campaignId,
  recipientId,
  leaseSeconds: note('How long the slot may stay in flight without a word.', 900),
  journaled: { description: 'You write a send_attempts row before you call LinkedIn.' },
  again: { description: 'Contact the recipient once more, although an InMail may have arrived.' },
};
const free = { description: 'True: no credit, because the recipient has an open profile.' };
const examples = [
  { reservationId: 'q4-0001' },
  {
    reservationId: 'q4-0002',
    campaignId: 'q4',
    recipientId: 'member-7',
    leaseSeconds: 900,
    journaled: false,
  },
];
export const sendReserve = bodyOf(
  requests.reserveFields,
  {
    ...slot,
    validUntil: noteOfInstant(
      'From then on the answer is expired; 5 s from now at most, or 32 days with wait.',
    ),
    replyTo: {
      description:
        'A workflow of yours that also receives the decision; only for keys of all accounts.',
      fields: {
        workflowId: note(
          `It begins with SAFEBAND_REPLY_PREFIX, and has at most ${NAME_BYTES_MAX} bytes of UTF-8.`,
          'my-pipeline',
        ),
        signalName: note(
          `The signal that brings the decision; of at most ${NAME_BYTES_MAX} bytes of UTF-8.`,
          'decided',
        ),
      },
    },
    free,
    wait: {
      description:
        'True: where the gate denies for a time only, the ask waits in the account until validUntil.',
    },
    priority: note('Of an ask with wait: 0 is served first, 9 last; 5 by default.', 5),
  },
  { examples },
);
export const groupReserve = bodyOf(
  requests.groupReserveFields,
  {
    ...slot,
    validUntil: noteOfInstant('From then on the answer is expired; 5 s for each account at most.'),
    free,
  },
  { examples },
);

/** The check of a batch as a whole; its items are checked later, each separately. */
export const looseBatch = bodyOf(requests.batchFields, { requests: {} });
/** A batch as the document shows it. */
export const sendReserveBatch = Type.Object(
  {
    requests: Type.Array(sendReserve, {
      ...requests.batchFields.requests.rule,
      items: sendReserve,
      description: 'Decided in order. An item that is wrong is answered in its place.',
    }),
  },
  {
    additionalProperties: false,
    examples: [{ requests: [{ reservationId: 'q4-0003' }, { reservationId: 'q4-0004' }] }],
  },
);

export const sendWithdraw = bodyOf(
  requests.withdrawFields,
  { reservationId },
  { examples: [{ reservationId: 'q4-0001' }] },
);

export const sendDelivered = bodyOf(
  requests.deliverFields,
  {
    reservationId,
    chatId: { description: "LinkedIn's conversation; without it nothing proves a delivery." },
    messageId,
    deliveredAt: noteOfInstant(
      'When, by your clock; for display only, so what cannot be read is dropped.',
    ),
  },
  { examples: [{ reservationId: 'q4-0001', chatId: 'chat-9', messageId: 'message-9' }] },
);

export const sendFailed = bodyOf(
  requests.failFields,
  {
    reservationId,
    kind: { description: 'unknown: it may have reached LinkedIn, so the slot stays spent.' },
    code: note(`LinkedIn's own words; as text, ${CODE_MAX} characters of it.`, 'HTTP 429'),
    retryAfterSeconds: note(
      'Seconds, as a number or as text, or a date as Retry-After has it; what cannot be read ' +
        'is an hour.',
      3_600,
    ),
  },
  {
    examples: [
      { reservationId: 'q4-0001', kind: 'rejected' },
      { reservationId: 'q4-0001', kind: 'throttled', code: 'HTTP 429', retryAfterSeconds: 3_600 },
    ],
  },
);

export const sendObserved = bodyOf(
  requests.observeFields,
  {
    chatId,
    messageId,
    recipientId,
    sentAt: noteOfInstant('When the InMail was sent, by LinkedIn.'),
  },
  {
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

export const configure = bodyOf(
  admin.configureFields,
  { tier, ...policy, group, reason, actor },
  { examples: [{ dailyCap: 15 }, { dailyCap: null, reason: 'warmed up', actor: 'ada' }] },
);

export const groupDefaults = bodyOf(
  admin.defaultsFields,
  { ...policy, actor },
  { examples: [{ dailyCap: 20, pacing: { minGapSeconds: 60, jitterPercent: 50 } }, {}] },
);

export const order = bodyOf(
  admin.orderFields,
  { reason, actor },
  {
    examples: [{ reason: 'the customer asked' }, { reason: 'checked with LinkedIn', actor: 'ada' }],
  },
);

export const resume = bodyOf(
  resumeFields,
  {
    reason,
    actor,
    heldFor: note('Only a hold with exactly this reason ends, and nothing else.', 'incident 7'),
    cooldown: note('Only the cooldown with this cause ends, and nothing else.', 'unclean_end'),
  },
  { examples: [{ reason: 'checked with LinkedIn' }] },
);

export const settleByOperator = bodyOf(
  requests.settleFields,
  { reservationId, outcome: {}, chatId, reason, actor },
  {
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

export const nothing = bodyOf(admin.noFields, {}, { examples: [{}] });
