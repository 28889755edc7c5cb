/** `safeband group`: groups of accounts, and the policy of their new accounts (R26). */
import { Argument, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { parseDefaults } from '../../../domain/wire/adminRequests.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { usage } from '../../errors.js';
import { group as groupOf, whole } from '../../options.js';
import { modeOption, policyOf, policyOptions, type PolicyOptions } from '../../policy.js';
import type { GroupJson } from '../../source/groups.js';

const LIMIT = 50;

export const registerGroup: Register = (program, context) => {
  const group = program
    .command('group')
    .summary('groups of accounts, and the policy of their new accounts')
    .helpCommand(false);
  registerSet(group, context);
  registerList(group, context);
};

function registerSet(group: Command, context: Context): void {
  const set = group
    .command('set')
    .summary('set the policy that new accounts of a group get')
    .description(
      'Replaces the policy that a connect takes from the group in each field that it leaves out. ' +
        'Without options, the group has none. Accounts that exist stay as they are.',
    )
    .addArgument(new Argument('<group>', 'the group, such as eu-sales').argParser(groupOf));
  modeOption(policyOptions(set))
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(
      async (name: string, { actor, ...options }: PolicyOptions & { readonly actor?: string }) => {
        const found = parseDefaults(policyOf(options), 'strict', context.now());
        if (!found.ok) throw usage(found.message, 'safeband group set --help');
        const { actor: _, ...defaults } = found.value;
        const by = actorOf(context.io, actor);
        const json = await context.world.source().groups.set(name, defaults, by);
        context.answer({
          json,
          text: ({ colors }) =>
            [
              `new accounts of ${name} get: ${defaultsText(json)}`,
              `next: ${colors.bold(commandLine('status', [], `--group ${name}`))}`,
            ].join('\n'),
        });
      },
    );
  withExamples(set, 'group set acme --daily-cap 20 --pacing 60s,50%', 'group set acme');
}

function registerList(group: Command, context: Context): void {
  const list = group
    .command('list')
    .summary('all groups, with their accounts and the policy of new accounts')
    .option('--limit <n>', 'how many groups to show', whole(1, 1_000), LIMIT)
    .option('--after <group>', 'only groups after this name: the next page', '')
    .action(async (asked: { readonly limit: number; readonly after: string }) => {
      const { groups, next } = await context.world.source().groups.list(asked);
      context.answer({
        json: { groups, next },
        text: ({ table, colors }) => {
          const connect = colors.bold('safeband configure <account> --group eu-sales');
          if (groups.length === 0) return `no account has a group yet\nnext: ${connect}`;
          const rows = groups.map((one) => [one.group, one.accounts, defaultsText(one)]);
          const more = colors.bold(`safeband group list --after ${next}`);
          return (
            table(rows, ['group', '>accounts', 'policy of new accounts']) +
            (next === null ? '' : `\n\nmore: ${more}`)
          );
        },
      });
    });
  withExamples(list, 'group list');
}

/** Returns the fields that are set, such as `dailyCap 20, pacing {"minGapSeconds":60}`. */
function defaultsText({ defaults }: GroupJson): string {
  if (defaults === null) return 'not shown to this key';
  const set = Object.entries(defaults).map(([name, value]) =>
    typeof value === 'object' ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`,
  );
  return set.length === 0 ? 'the defaults of Safeband' : set.join(', ');
}
