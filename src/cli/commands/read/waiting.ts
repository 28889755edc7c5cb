/** `safeband waiting`: the asks that wait in an account, in the order of the line, or in all. */
import { Argument } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Instant } from '../../../domain/primitives/time.js';
import type { WaitingAskWire } from '../../../domain/wire/decisions.js';
import { calling } from '../../accounts.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { usage } from '../../errors.js';
import { accountId as idOf, groupFilterOption, whole } from '../../options.js';
import type { Answer } from '../../output.js';
import { counted, cutText, instantOf, when } from '../../text.js';

const LIMIT = 50;

export const registerWaiting: Register = (program, context) => {
  const command = program
    .command('waiting')
    .summary('the asks in the waiting line of an account, or of all accounts')
    .description(
      'Shows the asks that wait in an account for a slot: the order in which they are served, ' +
        'when their turn is expected, and when their wait ends. If you name no account, it shows ' +
        'those of all accounts, from their rows. Changes nothing.',
    )
    .addArgument(
      new Argument('[account]', 'only this account, in the order of its line').argParser(idOf),
    )
    .addOption(groupFilterOption('asks of accounts'))
    .option('--limit <n>', 'how many asks of all accounts to show', whole(1, 1_000), LIMIT)
    .action(async (accountId: string | undefined, { limit, group = null }: Options) => {
      if (accountId !== undefined && group !== null) {
        throw usage('name an account or --group, not both', 'safeband waiting --help');
      }
      context.answer(
        accountId === undefined
          ? await ofAll(context, { limit, group })
          : await ofOne(context, accountId),
      );
    });
  withExamples(command, 'waiting acme-anna', 'waiting --group eu-sales');
};
type Options = { readonly limit: number; readonly group?: string | null };

async function ofOne(context: Context, accountId: string): Promise<Answer> {
  const client = await context.world.source().orders();
  const asks = await calling(context, accountId, () => client.waiting(accountId));
  const now = context.now();
  return {
    json: { accountId, waiting: asks },
    text: ({ table, colors }) =>
      asks.length === 0
        ? `${colors.bold(accountId)}: no ask waits; next: ` +
          colors.bold(commandLine('slots', [accountId]))
        : [
            `${colors.bold(accountId)}: ${counted(asks.length, 'ask')} in the waiting line`,
            '',
            table(
              asks.map((ask) => rowOf(ask, now)),
              HEAD,
            ),
          ].join('\n'),
  };
}

/** Lists the asks of all accounts, or of a group. */
async function ofAll(
  { world, now: clockOf }: Context,
  asked: Required<Options> & { readonly group: string | null },
): Promise<Answer> {
  const { waiting, isCut } = await world.source().groups.waiting(asked);
  const now = clockOf();
  return {
    json: { waiting, isCut },
    text: ({ table }) =>
      waiting.length === 0
        ? 'no ask waits'
        : [
            table(
              waiting.map((ask) => [
                ask.accountId,
                ask.group ?? '',
                ask.reservationId,
                ask.campaignId ?? '-',
                String(ask.priority),
                when(instantOf(ask.askedAt), now),
                when(instantOf(ask.validUntil), now),
                ask.reason,
              ]),
              ALL_HEAD,
            ),
            ...(isCut ? ['', cutText(asked.limit, 'asks')] : []),
          ].join('\n'),
  };
}

const HEAD = ['', 'reservation', 'campaign', 'priority', 'expected (UTC)', 'until', 'waits for'];
const ALL_HEAD = [
  'account',
  'group',
  'reservation',
  'campaign',
  'priority',
  'asked (UTC)',
  'until',
  'waits for',
];

const rowOf = (ask: WaitingAskWire, now: Instant): readonly string[] => [
  String(ask.position),
  ask.reservationId,
  ask.campaignId ?? '-',
  String(ask.priority),
  ask.expectedAt === null ? 'when a person acts' : when(instantOf(ask.expectedAt), now),
  when(instantOf(ask.validUntil), now),
  ask.reason,
];
