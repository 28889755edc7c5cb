/** `safeband find`: accounts, reservations, campaigns, recipients and chats by their ids. */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import type { Instant } from '../../../domain/primitives/time.js';
import { SEARCH_LIMIT, SEARCH_LIMIT_MAX, searchText } from '../../../domain/wire/search.js';
import type { FoundChat, FoundReservation } from '../../../postgres/read/search.js';
import { isNothing, type Part } from '../../../postgres/read/searching.js';
import { withExamples, type Register } from '../../command.js';
import { EXIT } from '../../errors.js';
import { groupFilterOption, whole } from '../../options.js';
import type { Head, Style, Row } from '../../output.js';
import type { FoundJson } from '../../source/finding.js';
import { clock, instantOrNull, thousands } from '../../text.js';
import { stateText } from './status.js';

/** Reads the text of a search. */
function textOf(raw: string): string {
  const read = searchText(raw, 0);
  if ('value' in read) return read.value;
  throw new InvalidArgumentError(`Use ${read.shouldBe}.`);
}

export const registerFind: Register = (program: Command, context) => {
  const command = program
    .command('find')
    .summary('find accounts, reservations, campaigns, recipients and chats by their ids')
    .description(
      'Finds ids that begin with a text: of accounts, reservations, campaigns, chats and ' +
        'messages. ' +
        'Finds what was sent to a member by its whole id, in any spelling. ' +
        'Exit code 4 if there is none.',
    )
    .addArgument(
      new Argument('<text>', 'the beginning of an id, or the id of a member').argParser(textOf),
    )
    .option(
      '--limit <n>',
      'how many results of each kind to show',
      whole(1, SEARCH_LIMIT_MAX),
      SEARCH_LIMIT,
    )
    .addOption(groupFilterOption())
    .action(async (text: string, asked: { limit: number; group?: string }) => {
      const at = context.now();
      const { limit, group = null } = asked;
      const found = await context.world.source().find({ text, limit, group });
      context.answer({
        json: { q: text, limit, ...found },
        text: (style) =>
          isNothing(found) ? `nothing begins with ${text}` : inWords(found, at, style),
        exitCode: isNothing(found) ? EXIT.unknown : EXIT.ok,
      });
    });
  withExamples(command, 'find acme-anna', 'find q4-0001 --json', 'find r-7 --group eu-sales');
};

function inWords(found: FoundJson, at: Instant, style: Style): string {
  const kind = <T>(title: string, part: Part<T>, head: Head, row: (one: T) => Row): string[] => {
    if (part.items.length === 0) return [];
    const lines = [style.colors.bold(title), style.table(part.items.map(row), head)];
    const more = `only ${part.items.length} are shown; there are more`;
    return [[...lines, ...(part.isCut ? [style.colors.dim(more)] : [])].join('\n')];
  };
  const { accounts, campaigns, reservations, recipients, chats } = found;
  return [
    ...kind('accounts', accounts, ['account', 'group', 'state', '>counter', '>left'], (row) => [
      row.accountId,
      row.group ?? '',
      stateText(row.state, style),
      row.counter,
      row.remaining,
    ]),
    ...kind(
      'campaigns',
      campaigns,
      ['campaign', '>delivered', '>in flight', '>uncertain', '>released', '>accounts', 'last', ''],
      (one) => [
        one.campaignId,
        ...[
          one.states.delivered,
          one.states.in_flight,
          one.states.uncertain,
          one.states.released,
          one.accounts,
        ].map(thousands),
        clock(instantOrNull(one.lastReservedAt), at),
        one.isCut ? `of the latest ${thousands(one.reservations)}` : '',
      ],
    ),
    ...kind('reservations', reservations, RESERVATION, (one) => reservation(one, at)),
    ...kind('sent to this member, the latest first', recipients, RESERVATION, (one) =>
      reservation(one, at),
    ),
    ...kind(
      'delivered InMails, by chat or message',
      chats,
      ['chat', 'message', 'account', 'reservation', 'delivered (UTC)', 'source'],
      (one: FoundChat) => [
        one.chatId,
        one.messageId,
        one.accountId,
        one.reservationId,
        clock(instantOrNull(one.deliveredAt), at),
        one.source,
      ],
    ),
  ].join('\n\n');
}

const RESERVATION: Head = [
  'reservation',
  'account',
  'state',
  'reserved (UTC)',
  'settled (UTC)',
  'chat',
  'recipient',
  'campaign',
];
const reservation = (one: FoundReservation, at: Instant): Row => [
  one.reservationId,
  one.accountId,
  one.state.replaceAll('_', ' ') +
    (one.reason === null ? '' : ` (${one.reason})`) +
    (one.again ? ', contacted again' : ''),
  clock(instantOrNull(one.reservedAt), at),
  clock(instantOrNull(one.settledAt), at),
  one.chatId,
  one.recipientId,
  one.campaignId,
];
