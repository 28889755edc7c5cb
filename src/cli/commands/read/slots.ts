/** `safeband slots`: the answer to a reserve now, and the instants of the next slots. */
import { DAY_MS, isoDay, dayOf, type Instant } from '../../../domain/primitives/time.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { calling } from '../../accounts.js';
import { accountArgument, withExamples, type Register } from '../../command.js';
import { whole } from '../../options.js';
import { clock, counted, instantOf, when } from '../../text.js';
import type { PeekWire } from '../../../domain/wire/decisions.js';

export const registerSlots: Register = (program, context) => {
  const command = program
    .command('slots')
    .summary('the answer that a reserve would get now, and the next slots')
    .description(
      'Shows the answer that a reserve would get now, and the times of the next slots, if each ' +
        'slot is used as soon as it is free. Changes nothing.',
    )
    .addArgument(accountArgument())
    .option('--count <n>', 'how many slots to show', whole(1, 200), 50)
    .action(async (accountId: string, { count }: { count: number }) => {
      const client = await context.world.client();
      const [peek, slots] = await Promise.all([
        calling(context, accountId, () => client.peek(accountId)),
        calling(context, accountId, () => client.nextSlots(accountId, count)),
      ]);
      const now = context.now();
      context.answer({
        json: { accountId, now: peek, slots },
        text: ({ table, colors }) => {
          const rows = grouped(slots.map(instantOf)).map(({ at, count: size, until }) => [
            counted(size, 'slot'),
            at - now < 1_000 ? 'now' : when(at, now),
            until === at ? '' : `to ${clock(until, now)}`,
          ]);
          const why = colors.bold(commandLine('why', [accountId]));
          const none = `no slots until a person acts; next: ${why}`;
          return [
            `${colors.bold(accountId)}: a reserve now is ${decisionText(peek, now)}`,
            '',
            rows.length === 0 ? none : table(rows, ['', 'granted (UTC)', '']),
          ].join('\n');
        },
      });
    });
  withExamples(command, 'slots acme-anna', 'slots acme-anna --count 200 --json');
};

/** Returns a decision in words; its times are written relative to `now`. */
export function decisionText(peek: PeekWire, now: Instant): string {
  if (peek.granted)
    return `granted, with ${counted(peek.remainingToday, 'slot')} left today after it`;
  const { reason, limit, used, retryAt } = peek;
  const numbers = limit === undefined ? '' : ` (${used} of ${limit})`;
  const again =
    retryAt === null ? 'only a person can help' : `ask again at ${when(instantOf(retryAt), now)}`;
  return `denied: ${reason}${numbers}; ${again}`;
}

type Group = { readonly at: Instant; readonly until: Instant; readonly count: number };

/** Groups the slots of one UTC day into one line, because many slots become free together. */
function grouped(slots: readonly Instant[]): readonly Group[] {
  const groups: Group[] = [];
  for (const at of slots) {
    const last = groups.at(-1);
    const isSame = last && isoDay(dayOf(last.at)) === isoDay(dayOf(at)) && at - last.until < DAY_MS;
    if (last && isSame) groups[groups.length - 1] = { ...last, until: at, count: last.count + 1 };
    else groups.push({ at, until: at, count: 1 });
  }
  return groups;
}
