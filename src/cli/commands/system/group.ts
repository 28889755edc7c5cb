/** `safeband group`: groups of accounts, and the policy of their new accounts (R26). */
import { Argument, type Command } from 'commander';
import { ACCOUNT_STATES } from '../../../domain/gate/accountState.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { csvLine } from '../../../domain/primitives/csv.js';
import { parseDefaults } from '../../../domain/wire/adminRequests.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { usage } from '../../errors.js';
import { group as groupOf, whole } from '../../options.js';
import type { Style } from '../../output.js';
import {
  modeOption,
  policyOf,
  policyOptions,
  scopeOption,
  type PolicyOptions,
} from '../../policy.js';
import { NUMBERED, type GroupJson, type Groups, type NumberedJson } from '../../source/groups.js';
import { thousands } from '../../text.js';

const LIMIT = 50;

export const registerGroup: Register = (program, context) => {
  const group = program
    .command('group')
    .alias('groups')
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
  modeOption(scopeOption(policyOptions(set)))
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

type ListOptions = {
  readonly limit?: number;
  readonly after: string;
  readonly csv?: boolean;
};

function registerList(group: Command, context: Context): void {
  const list = group
    .command('list', { isDefault: true })
    .summary('all groups, with the numbers of their accounts and the policy of new accounts')
    .description(
      'Lists each group: its accounts by state, the slots that they have spent today, the sum of ' +
        'their caps of today (without weekly caps), asks that wait, open alerts, and the policy of ' +
        'new accounts.',
    )
    .option('--limit <n>', `how many groups to show (default: ${LIMIT})`, whole(1, 1_000))
    .option('--after <group>', 'only groups after this name: the next page', '')
    .option('--csv', 'print CSV with a header: all groups, unless --limit is given')
    .action(async ({ limit, after, csv = false }: ListOptions) => {
      if (csv && context.isJson) throw usage('--csv: leave out --json, because each is a format');
      const most = limit ?? (csv ? Infinity : LIMIT);
      const found = await allOf(context.world.source().groups, { after, limit: most });
      context.answer({
        json: found,
        text: (style) => (csv ? csvOf(found.groups) : listText(found, style)),
      });
    });
  withExamples(list, 'group list', 'group list --csv > groups.csv');
}

type Listed = { readonly groups: readonly NumberedJson[]; readonly next: string | null };
/** Groups that are read together. */
const ROWS_AT_ONCE = 200;

async function allOf(
  groups: Groups,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<Listed> {
  const found: NumberedJson[] = [];
  for (let from = after; ;) {
    const page = await groups.list({
      after: from,
      limit: Math.min(ROWS_AT_ONCE, limit - found.length),
    });
    found.push(...page.groups);
    if (page.next === null || found.length >= limit) return { groups: found, next: page.next };
    from = page.next;
  }
}

/** Returns the rows as the file of the HTTP API has them; a line ends with one character. */
const csvOf = (groups: readonly NumberedJson[]): string =>
  [NUMBERED, ...groups.map((one) => NUMBERED.map((name) => one[name]))]
    .map((cells) => csvLine(cells).trimEnd())
    .join('\n');

function listText({ groups, next }: Listed, { table, colors }: Style): string {
  const connect = colors.bold('safeband configure <account> --group eu-sales');
  if (groups.length === 0) return `no account has a group yet\nnext: ${connect}`;
  const rows = groups.map((one) => [
    one.group,
    ...[one.accounts, one.counter, one.cap, one.waiting, one.alerts].map(thousands),
    statesText(one),
    defaultsText(one),
  ]);
  const head = ['group', '>accounts', '>today', '>cap', '>waiting', '>alerts', 'states'];
  const more = colors.bold(`safeband group list --after ${next}`);
  return (
    table(rows, [...head, 'policy of new accounts']) + (next === null ? '' : `\n\nmore: ${more}`)
  );
}

/** Returns the accounts by state, such as `38 active, 2 held`. */
const statesText = ({ states }: NumberedJson): string =>
  ACCOUNT_STATES.flatMap((state) => {
    const count = states[state] ?? 0;
    return count === 0 ? [] : [`${thousands(count)} ${state.replaceAll('_', ' ')}`];
  }).join(', ');

/** Returns the fields that are set, such as `dailyCap 20, pacing {"minGapSeconds":60}`. */
function defaultsText({ defaults }: GroupJson): string {
  if (defaults === null) return 'not shown to this key';
  const set = Object.entries(defaults).map(([name, value]) =>
    typeof value === 'object' ? `${name} ${JSON.stringify(value)}` : `${name} ${value}`,
  );
  return set.length === 0 ? 'the defaults of Safeband' : set.join(', ');
}
