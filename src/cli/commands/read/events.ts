/** `safeband events`. */
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { whole } from '../../options.js';
import { clock, instantOf } from '../../text.js';

const LIMIT = 50;

export const registerEvents: Register = (program: Command, context: Context): void => {
  const command = program
    .command('events')
    .summary('the event log of an account: its delivered InMails, with their proof')
    .addArgument(accountArgument())
    .option('--limit <n>', 'how many events to show, newest first', whole(1, 1_000), LIMIT)
    .option(
      '--before <event>',
      'only events before this event id',
      whole(1, Number.MAX_SAFE_INTEGER),
    )
    .action(async (accountId: string, { limit, before }: { limit: number; before?: number }) => {
      const page = { limit, before: before ?? null };
      const { events, next } = await context.world.source().events(accountId, page);
      const now = context.now();
      context.answer({
        json: { accountId, events, next },
        text: ({ table, colors }) => {
          if (events.length === 0) return `account ${accountId} has no delivered InMails yet`;
          const rows = events.map((event) => [
            event.eventId,
            clock(instantOf(event.deliveredAt), now),
            event.source,
            event.reservationId,
            event.chatId,
            event.messageId,
            event.isCounted ? '' : 'observed too late to count',
          ]);
          const head = [
            '>event',
            'delivered (UTC)',
            'source',
            'reservation',
            'chat',
            'message',
            '',
          ];
          const more = colors.bold(commandLine('events', [accountId], `--before ${next}`));
          return table(rows, head) + (next === null ? '' : `\n\nmore: ${more}`);
        },
      });
    });
  withExamples(command, 'events acme-anna', 'events acme-anna --limit 200 --json');
};
