/** `safeband next`: the accounts of a group that may send now or first (R26). */
import { Argument } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { NEXT_DEFAULT, NEXT_MAX } from '../../../domain/diagnostics/canSend/groupOrder.js';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { withExamples, type Register } from '../../command.js';
import { CliError, EXIT } from '../../errors.js';
import { group as groupOf, whole } from '../../options.js';
import { clock, instantOf } from '../../text.js';

export const registerNext: Register = (program, context) => {
  const command = program
    .command('next')
    .summary('the accounts of a group that may send now or first')
    .description(
      'Lists accounts in the order in which to ask them: those that can send now, with the most ' +
        'slots left first, and then those that wait, by the time at which they can. It takes no slot.',
    )
    .addArgument(new Argument('<group>', 'the group, such as eu-sales').argParser(groupOf))
    .option('--count <n>', 'how many accounts to show', whole(1, NEXT_MAX), NEXT_DEFAULT)
    .action(async (name: string, { count }: { readonly count: number }) => {
      const found = await context.world.source().groups.next(name, count);
      if (!found) {
        const text = `no connected account has the group ${name}, or this key may not see one`;
        throw new CliError(EXIT.unknown, 'GroupUnknown', text, 'safeband group list');
      }
      const now = context.now();
      context.answer({
        json: found,
        text: ({ table, colors }) => {
          const next = colors.bold(commandLine('status', [], `--group ${name} --send person`));
          if (found.items.length === 0) return `no account can send until a person acts: ${next}`;
          return table(
            found.items.map(({ accountId, canSend, reason, notBefore, left, slots }) => [
              accountId,
              canSend ? colors.green('now') : notBefore ? clock(instantOf(notBefore), now) : 'soon',
              left,
              reason === null ? '' : reasonWords(reason),
              slots.map((one) => clock(instantOf(one), now)).join(', '),
            ]),
            ['account', 'may send (UTC)', '>left', 'why not now', 'its next slots'],
          );
        },
      });
    });
  withExamples(command, 'next eu-sales', 'next eu-sales --count 3 --json');
};
