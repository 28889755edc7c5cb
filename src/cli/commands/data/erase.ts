/** `safeband erase`: replaces each id of a person by a keyed hash, and lists erasures (R29). */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { isChatId } from '../../../domain/primitives/ids.js';
import { normalProof } from '../../../domain/primitives/linkedinId.js';
import {
  erasePerson,
  namesPerson,
  type Erased,
  type Remembered,
} from '../../../postgres/data/erase.js';
import { neededErasureKey } from '../../../postgres/data/erasureKey.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT, usage } from '../../errors.js';
import { recipient, whole } from '../../options.js';
import { withProgress, type Style } from '../../output.js';
import { counted, thousands } from '../../text.js';

function chats(raw: string, before: readonly string[] = []): readonly string[] {
  if (isChatId(raw)) return [...before, normalProof(raw)];
  throw new InvalidArgumentError('Use the id of a chat.');
}

type Options = {
  readonly reason: string;
  readonly chat?: readonly string[];
  readonly actor?: string;
  readonly apply?: true;
};

export const registerErase: Register = (program: Command, context) => {
  const erase = program
    .command('erase')
    .summary('replace each id of a person by a keyed hash, and list the erasures')
    .helpCommand(false);
  const command = erase
    .command('recipient')
    .summary('erase a recipient from all tables; without --apply it only counts')
    .description(
      'Replaces each id of a recipient, in any spelling, and each chat and message with them by a ' +
        'keyed hash, in all tables. Counts and proofs stay, and no recipient is contacted twice. ' +
        'Without --apply it changes nothing, and prints what it would change.',
    )
    .addArgument(new Argument('<recipient>', "LinkedIn's id of the member").argParser(recipient))
    .requiredOption('--reason <text>', 'why, such as the number of the request; not the id')
    .option('--chat <chat>', 'also this chat, such as that of an external send; repeatable', chats)
    .option('--actor <name>', 'who erases (default: cli:<user>)')
    .option('--apply', 'erase; it cannot be taken back')
    .action((recipientId: string, options: Options) => erased(context, recipientId, options));
  withExamples(command, 'erase recipient ACoAAB1 --reason "request 4711"');
  registerList(erase, context);
};

const LIST_LIMIT = 50;

function registerList(erase: Command, context: Context): void {
  const command = erase
    .command('list')
    .summary('the trace of each erasure, newest first')
    .description(
      'Lists the erasures: who, when and why, and how many rows were changed. With --json also the ' +
        'hash that stands in place of the id, and the rows of each table.',
    )
    .option('--limit <n>', 'how many erasures, newest first', whole(1, 1_000), LIST_LIMIT)
    .option('--before <erasure>', 'only erasures before this id', whole(1, Number.MAX_SAFE_INTEGER))
    .action(async ({ limit, before = null }: { limit: number; before?: number | null }) => {
      const { erasures, next } = await context.world.source().erasures({ before, limit });
      context.answer({
        json: { erasures, next },
        text: ({ table, colors }) => {
          if (erasures.length === 0) return 'no person was erased';
          const list = erasures.map(({ erasureId, at, by, rows, reason }) => [
            erasureId,
            at.slice(0, 19).replace('T', ' '),
            by,
            thousands(Object.values(rows).reduce((sum, count) => sum + count, 0)),
            reason,
          ]);
          const more = colors.bold(`safeband erase list --before ${next}`);
          return (
            table(list, ['>erasure', 'at (UTC)', 'by', '>rows', 'reason']) +
            (next === null ? '' : `\n\nmore: ${more}`)
          );
        },
      });
    });
  withExamples(command, 'erase list', 'erase list --limit 200 --json');
}

async function erased(context: Context, recipientId: string, options: Options): Promise<void> {
  const { io, isJson, world, now } = context;
  const key = neededErasureKey(io.env);
  const { reason, chat = [], apply = false } = options;
  const by = actorOf(io, options.actor);
  for (const [option, text] of [
    ['--reason', reason],
    ['--actor', by],
  ] as const) {
    if (!namesPerson(text, recipientId, chat)) continue;
    throw usage(`${option} has the id: the trace keeps it, so name the number of the request`);
  }
  const found = await withProgress(io, isJson, 'reading all tables', (show) =>
    erasePerson(world.exactPool(), key, {
      recipientId,
      chats: chat,
      by,
      reason,
      at: now(),
      isApplied: apply,
      progress: show,
    }),
  );
  const [first] = found.remembered;
  if (first) throw remembered(first);
  context.answer({
    json: {
      applied: apply,
      hash: found.hash,
      rows: found.rows,
      notSearched: found.notSearched,
      chatsKnownSince: found.chatsKnownSince,
    },
    text: (style) => textOf(found, apply, style),
  });
}

function remembered({ accountId, reservationId, until }: Remembered): CliError {
  if (reservationId === null) {
    return new CliError(
      EXIT.refused,
      'Remembered',
      `account ${accountId} is held, and the reason has an id of this recipient: resume it, ` +
        'erase, and hold it again with another reason',
    );
  }
  const when =
    until === null
      ? 'erase when it has its outcome, or withdraw the ask'
      : `erase on ${until} or later`;
  return new CliError(
    EXIT.refused,
    'Remembered',
    `account ${accountId} still works with reservation ${reservationId} of this recipient, and ` +
      `would write the id again: ${when}`,
  );
}

function textOf(
  { hash, rows, notSearched, chatsKnownSince }: Erased,
  isApplied: boolean,
  { table, colors }: Style,
): string {
  const list = Object.entries(rows);
  const missed = [
    ...(notSearched === 0
      ? []
      : [
          'not searched in reasons and other free text, because a number or a short id is in many ' +
            `texts: ${counted(notSearched, 'id')}`,
        ]),
    ...(chatsKnownSince === null
      ? []
      : [
          `not found: chats of reservations before ${chatsKnownSince}, which an older version ` +
            'deleted; name them with --chat',
        ]),
    'not found: chats of external sends, because they name no recipient; name them with --chat',
  ];
  if (list.length === 0) return ['no row has an id of this recipient', ...missed].join('\n');
  return [
    table(
      list.map(([name, count]) => [name, thousands(count)]),
      ['table', '>rows'],
    ),
    '',
    isApplied ? `erased: each id is now ${hash}` : 'nothing was changed: --apply erases',
    ...missed,
    ...(isApplied ? [] : [colors.dim('an erasure cannot be taken back')]),
  ].join('\n');
}
