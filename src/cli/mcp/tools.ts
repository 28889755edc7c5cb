/**
 * The tools of the MCP server. Each is one request to the HTTP API with the caller's key, so the
 * server checks the rights and the values. A tool may lower a limit, and none can raise one.
 */
import { FAILURE_KINDS } from '../../domain/commands/fail.js';
import { NEXT_SLOTS_MAX } from '../../domain/primitives/limits.js';
import {
  accountId,
  campaignId,
  fields,
  journaled,
  reason,
  recipientId,
  reservationId,
  text,
  whole,
} from './fields.js';
import { nextInGroup, reserveInGroup } from './groupTools.js';
import { lowerCaps } from './lowerCaps.js';
import { bodyOf, pathOf, queryOf, type Tool } from './tool.js';

/** docs/connect-a-pipeline.md has the same. */
const FAILURES =
  'not_attempted: LinkedIn was never called. rejected: it certainly took no InMail. throttled: too ' +
  'many requests. no_credits: no InMail credits. restricted: the account is restricted. unknown: ' +
  'anything else, such as a time-out; the slot stays spent.';
const ofGroup = text('Only accounts of this group, such as eu-sales; none: those without one.');

/** Returns a tool that reads one part of an account. */
const reading = (
  name: string,
  route: string,
  about: Pick<Tool, 'title' | 'description'>,
  more: Readonly<Record<string, object>> = {},
): Tool => ({
  name,
  ...about,
  inputSchema: fields({ accountId, ...more }, ['accountId']),
  isRead: true,
  call: (http, args) => http.get(`${pathOf(args)}/${route}`, queryOf(args)),
});

/** Returns a tool that sends a message to an account. */
const sending = (
  name: string,
  route: string,
  about: Pick<Tool, 'title' | 'description'>,
  properties: Readonly<Record<string, object>>,
  required: readonly string[],
): Tool => ({
  name,
  ...about,
  inputSchema: fields({ accountId, ...properties }, ['accountId', ...required]),
  isRead: false,
  call: (http, args) => http.post(`${pathOf(args)}/${route}`, bodyOf(args)),
});

const accounts: Tool = {
  name: 'accounts',
  title: 'List accounts',
  description:
    'Lists the accounts that this key may see, with whether each can send now. Read on with the ' +
    'cursor in `next`.',
  inputSchema: fields(
    {
      send: {
        type: 'string',
        enum: ['yes', 'waits', 'person'],
        description: 'Only accounts that can send now, that wait, or that need a person.',
      },
      prefix: text('Only ids that begin with this text.'),
      group: ofGroup,
      limit: whole('How many accounts; 50 if absent.', 1, 200),
      cursor: text('The cursor of the page before.'),
    },
    [],
  ),
  isRead: true,
  call: (http, args) => http.get('/v1/accounts', queryOf(args)),
};

const campaigns: Tool = {
  name: 'campaigns',
  title: 'Read the campaigns',
  description:
    'What campaigns asked and sent, by campaign and quota day, of the last 28 days. Read on with ' +
    'the cursor in `next`.',
  inputSchema: fields(
    {
      campaignId: text('Only this campaign.'),
      accountId: text('Only this account; all that the key may see if absent.'),
      group: ofGroup,
      from: text('The first quota day, such as 2026-11-18.'),
      to: text('The last quota day.'),
      limit: whole('How many rows; 50 if absent.', 1, 200),
      cursor: text('The cursor of the page before.'),
    },
    [],
  ),
  isRead: true,
  call: (http, args) =>
    http.get(
      '/v1/campaigns',
      Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)])),
    ),
};

const wait: Tool = {
  ...reading('wait', '', {
    title: 'Wait for a decision',
    description:
      'Waits up to 25 s for the decision of an ask that waits in line, and returns the state of ' +
      'the reservation. Call it again while the state is waiting.',
  }),
  inputSchema: fields({ accountId, reservationId }, ['accountId', 'reservationId']),
  call: (http, args) =>
    http.get(`${pathOf(args)}/reservations/${encodeURIComponent(String(args['reservationId']))}`, {
      waitSeconds: 25,
    }),
};

/** All tools, in the order in which an agent needs them. */
export const TOOLS: readonly Tool[] = [
  accounts,
  reading('status', 'status', {
    title: 'Read the status',
    description:
      'The counter of today, what is left, and in `canSend.line` whether the account can send.',
  }),
  reading('why', 'why', {
    title: 'Explain the numbers',
    description: 'Explains in sentences why the counter differs from what was sent.',
  }),
  reading(
    'peek',
    'peek',
    {
      title: 'Ask without taking a slot',
      description: 'The decision that a reserve would get now. It takes no slot.',
    },
    { campaignId, recipientId },
  ),
  reading(
    'slots',
    'nextSlots',
    {
      title: 'Forecast slots',
      description: 'The next instants at which a reserve is granted, if each slot is used.',
    },
    { count: whole('How many slots.', 1, NEXT_SLOTS_MAX), campaignId },
  ),
  campaigns,
  sending(
    'reserve',
    'sendReserve',
    {
      title: 'Reserve a slot',
      description:
        'Asks for one slot before an InMail is sent. Send only if granted is true, and after ' +
        '`permission`. A denial has a reason, and in retryAt when to ask again with the same id.',
    },
    {
      reservationId,
      campaignId,
      recipientId,
      journaled,
      wait: { type: 'boolean', description: 'True: the ask waits in line until validUntil.' },
      validUntil: text('ISO 8601 with an offset: the end of its wait, at most 32 days ahead.'),
      priority: whole('0 is served first, 9 last; 5 if absent.', 0, 9),
    },
    ['reservationId'],
  ),
  nextInGroup,
  reserveInGroup,
  wait,
  reading('waiting', 'waiting', {
    title: 'Read the waiting line',
    description: 'The asks that wait in the account, in the order in which they are served.',
  }),
  sending(
    'withdraw',
    'sendWithdraw',
    {
      title: 'Leave the waiting line',
      description: 'Takes an ask that waits out of the line. A granted slot stays: report it.',
    },
    { reservationId },
    ['reservationId'],
  ),
  sending(
    'permission',
    'attempts',
    {
      title: 'Get the permission to send',
      description:
        'Gives exactly one caller of a granted reservation the permission to send the InMail, ' +
        'once. Do not send unless mayAttempt is true.',
    },
    { reservationId, attemptId: text('A new random text, to repeat this call within 30 s.') },
    ['reservationId'],
  ),
  {
    ...sending(
      'report',
      'sendFailed',
      {
        title: 'Report an outcome',
        description:
          'Reports what became of a reservation: delivered with LinkedIn’s ids, or the kind of the ' +
          `failure. ${FAILURES}`,
      },
      {
        reservationId,
        outcome: {
          type: 'string',
          enum: ['delivered', ...FAILURE_KINDS],
          description: 'What happened.',
        },
        chatId: text("LinkedIn's id of the conversation; needed for delivered."),
        messageId: text("LinkedIn's id of the message."),
        retryAfterSeconds: whole('Of throttled: the wait that LinkedIn asked for.', 0, 604_800),
      },
      ['reservationId', 'outcome'],
    ),
    call: (http, { outcome, ...args }) =>
      outcome === 'delivered'
        ? http.post(`${pathOf(args)}/sendDelivered`, bodyOf(args))
        : http.post(`${pathOf(args)}/sendFailed`, { ...bodyOf(args), kind: outcome }),
  },
  sending(
    'hold',
    'hold',
    {
      title: 'Stop an account',
      description: 'Stops an account until a person resumes it. No tool can resume it.',
    },
    { reason },
    ['reason'],
  ),
  {
    ...sending(
      'lower_caps',
      'configure',
      {
        title: 'Lower a cap',
        description:
          'Lowers the daily or the weekly cap of an account. A value that is not lower than the ' +
          'present one is refused; only a person raises a cap.',
      },
      {
        dailyCap: whole('InMails a day.', 0, 10_000),
        weeklyCap: whole('InMails a week.', 0, 70_000),
      },
      [],
    ),
    call: lowerCaps,
  },
];
