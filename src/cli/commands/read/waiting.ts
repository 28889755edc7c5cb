/** `safeband waiting`: the asks that wait in an account, in the order of the line. */
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Instant } from '../../../domain/primitives/time.js';
import type { WaitingAskWire } from '../../../domain/wire/decisions.js';
import { calling } from '../../accounts.js';
import { accountArgument, withExamples, type Register } from '../../command.js';
import { counted, instantOf, when } from '../../text.js';

export const registerWaiting: Register = (program, context) => {
  const command = program
    .command('waiting')
    .summary('the asks in the waiting line of an account')
    .description(
      'Shows the asks that wait in an account for a slot: the order in which they are served, ' +
        'when their turn is expected, and when their wait ends. Changes nothing.',
    )
    .addArgument(accountArgument())
    .action(async (accountId: string) => {
      const client = await context.world.source().orders();
      const asks = await calling(context, accountId, () => client.waiting(accountId));
      const now = context.now();
      context.answer({
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
      });
    });
  withExamples(command, 'waiting acme-anna', 'waiting acme-anna --json');
};

const HEAD = ['', 'reservation', 'campaign', 'priority', 'expected (UTC)', 'until', 'waits for'];

const rowOf = (ask: WaitingAskWire, now: Instant): readonly string[] => [
  String(ask.position),
  ask.reservationId,
  ask.campaignId ?? '-',
  String(ask.priority),
  ask.expectedAt === null ? 'when a person acts' : when(instantOf(ask.expectedAt), now),
  when(instantOf(ask.validUntil), now),
  ask.reason,
];
