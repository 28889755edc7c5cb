/** `safeband events` and `safeband alerts`. */
import { Argument, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { listEvents, listOpenAlerts, type OpenAlert } from '../../../postgres/read/reads.js';
import { knownRow } from '../../accounts.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { accountId as idOf, whole } from '../../options.js';
import { alertJson, eventJson } from '../../shapes.js';
import { widthOf } from '../../output.js';
import { clock, wrapped } from '../../text.js';

const LIMIT = 50;

export const registerLists: Register = (program, context) => {
  registerEvents(program, context);
  registerAlerts(program, context);
};

function registerEvents(program: Command, context: Context): void {
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
}

function registerAlerts(program: Command, context: Context): void {
  const command = program
    .command('alerts')
    .summary('open alerts of an account, or of all accounts')
    .addArgument(new Argument('[account]', 'only alerts of this account').argParser(idOf))
    .option('--limit <n>', 'how many alerts to show, newest first', whole(1, 1_000), LIMIT)
    .action(async (accountId: string | undefined, { limit }: { limit: number }) => {
      if (accountId !== undefined) await knownRow(context, accountId);
      const alerts = await listOpenAlerts(context.world.pool(), {
        limit,
        ...(accountId === undefined ? {} : { accountId }),
      });
      const now = context.now();
      context.answer({
        json: { alerts: alerts.map(alertJson) },
        text: ({ colors }) => {
          if (alerts.length === 0) return 'no open alerts';
          const width = widthOf(context.io);
          const colour = { info: colors.dim, warning: colors.yellow, critical: colors.red };
          return alerts
            .map((alert) =>
              [
                `${colour[alert.severity](alert.severity)}  ${colors.bold(alert.accountId)}  ` +
                  `${alert.kind}${alert.times > 1 ? ` (${alert.times} times)` : ''}, ` +
                  `${clock(alert.raisedAt, now)} UTC`,
                ...sentencesOf(alert).map((line) => `- ${wrapped(line, width - 2)}`),
              ].join('\n'),
            )
            .join('\n');
        },
      });
    });
  withExamples(command, 'alerts', 'alerts acme-anna --json');
}

/** Returns the sentences of an alert, otherwise its message, reason and cure. */
function sentencesOf({ details }: OpenAlert): readonly string[] {
  const known: ReadonlyMap<string, unknown> = new Map(Object.entries(details));
  const sentences = known.get('sentences');
  if (Array.isArray(sentences)) return sentences.map(String);
  return ['message', 'reason', 'cure'].flatMap((name) => {
    const text = known.get(name);
    return typeof text === 'string' ? [text] : [];
  });
}
