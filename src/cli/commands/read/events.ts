/** `safeband events`. */
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { listEvents } from '../../../postgres/read/reads.js';
import { knownRow } from '../../accounts.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { whole } from '../../options.js';
import { eventJson } from '../../shapes.js';
import { clock } from '../../text.js';

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
      await knownRow(context, accountId);
      const page = { limit: limit + 1, ...(before === undefined ? {} : { before }) };
      const found = await listEvents(context.world.pool(), accountId, page);
      const events = found.slice(0, limit);
      const next = found.length > limit ? (events.at(-1)?.eventId ?? null) : null;
      const now = context.now();
      context.answer({
        json: { accountId, events: events.map(eventJson), next },
        text: ({ table, colors }) => {
          if (events.length === 0) return `account ${accountId} has no delivered InMails yet`;
          const rows = events.map((event) => [
            event.eventId,
            clock(event.deliveredAt, now),
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
