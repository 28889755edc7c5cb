/** `safeband order`: one order for many accounts, with a preview, progress, stop and take-back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, Option, type Command } from 'commander';
import { ORDER_KINDS, ORDER_RATE, type OrderKind } from '../../../domain/fleet/order.js';
import { COOLDOWN_CAUSES } from '../../../domain/account/stops.js';
import { ACCOUNT_STATES } from '../../../domain/gate/accountState.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { changesText } from '../../../domain/records/settingsChange.js';
import type { OrderRow } from '../../../postgres/fleet/orders.js';
import { stateOfOrder, type Previewed } from '../../../status/orderDesk.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { errorAfter, EXIT, usage, type CliError } from '../../errors.js';
import { accountList, group, tierOption, whole } from '../../options.js';
import { withProgress, type Answer } from '../../output.js';
import { thousands } from '../../text.js';
import { jsonOf, orderArgument, progressOf, registerList, registerShow } from './orderLists.js';

const EXPECTED_MAX = 10_000_000;
const SETTINGS = 20;
const READ_AGAIN_MS = 500;

export const registerOrder: Register = (program, context) => {
  const order = program
    .command('order')
    .summary('hold, resume, configure, reconcile or disconnect many accounts')
    .helpCommand(false);
  registerMake(order, context);
  registerList(order, context);
  registerShow(order, context);
  registerEnd(order, context, 'stop');
  registerEnd(order, context, 'take-back');
};

const withReason = (command: Command): Command =>
  command
    .addOption(
      new Option('--reason <text>', 'the reason, shown to other people').makeOptionMandatory(),
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)');

type MakeOptions = {
  readonly all?: boolean;
  readonly group?: string;
  readonly tier?: string;
  readonly state?: string;
  readonly cooldown?: string;
  readonly accounts?: readonly string[];
  readonly set?: string;
  readonly rate?: number;
  readonly expect?: number;
  readonly wait: boolean;
  readonly reason: string;
  readonly actor?: string;
};

function registerMake(order: Command, context: Context): void {
  const command = order
    .command('make')
    .summary('give one order to many accounts; without --expect it only shows them')
    .description(
      'Gives one order to all accounts that match. Without --expect it shows which accounts these ' +
        'are, and changes nothing. With --expect, it refuses if their number has changed.',
    )
    .addArgument(new Argument('<kind>', 'what each account does').choices(ORDER_KINDS))
    .option('--all', 'every connected account')
    .addOption(new Option('--group <group>', 'only accounts of this group').argParser(group))
    .addOption(tierOption())
    .addOption(
      new Option('--state <state>', 'only accounts in this state').choices([...ACCOUNT_STATES]),
    )
    .addOption(
      new Option('--cooldown <cause>', 'only accounts in a cooldown with this cause').choices([
        ...COOLDOWN_CAUSES,
      ]),
    )
    .addOption(
      new Option('--accounts <list>', 'only these accounts, such as acme-anna,acme-ben').argParser(
        accountList,
      ),
    )
    .option('--set <json>', 'for configure: the settings, such as \'{"dailyCap":30}\'')
    .option(
      '--rate <n>',
      `accounts a second (default: ${ORDER_RATE.default})`,
      whole(ORDER_RATE.min, ORDER_RATE.max),
    )
    .option('--expect <n>', 'the number that the preview shows', whole(1, EXPECTED_MAX))
    .option('--no-wait', 'do not wait until the order has ended');
  withReason(command).action(async (kind: OrderKind, options: MakeOptions) => {
    const raw = bodyOf(context, kind, options);
    const { fleetOrders } = context.world.source();
    if (options.expect === undefined) {
      const found = await fleetOrders.preview(raw);
      context.answer({
        json: { preview: found },
        text: ({ colors }) =>
          (found.count === 0
            ? ['no account matches, so there is nothing to do']
            : [
                `${thousands(found.count)} accounts: ${found.accounts.slice(0, 10).join(', ')}` +
                  (found.count > 10 ? ', …' : ''),
                found.effect,
                ...found.settings.slice(0, SETTINGS).map(settingLine),
                ...(found.missing > 0
                  ? [`${thousands(found.missing)} of the named accounts are not connected`]
                  : []),
                `nothing was changed; to do it, add ${colors.bold(`--expect ${found.count}`)}`,
              ]
          ).join('\n'),
      });
      return;
    }
    const made = await fleetOrders.make({ ...raw, expected: options.expect });
    await report(context, options.wait ? await waited(context, made) : made);
  });
  withExamples(
    command,
    'order make hold --group eu-sales --reason "incident 7"',
    'order make reconcile --all --reason "after the restore"',
    'order make resume --cooldown unclean_end --reason "Temporal was lost; outboxes checked"',
    'order make configure --tier premium --set \'{"dailyCap":15}\' --reason "a slower week"',
  );
}

const settingLine = ({ accounts, ...change }: Previewed['settings'][number]): string =>
  `  ${changesText([change])}: ${accounts === 1 ? '1 account' : `${thousands(accounts)} accounts`}`;

function bodyOf({ io }: Context, kind: OrderKind, options: MakeOptions): object {
  const { all, group: named, tier, state, cooldown, accounts, set, rate, reason, actor } = options;
  const filter = defined({ all, group: named, tier, state, cooldown, accountIds: accounts });
  return defined({
    kind,
    filter,
    change: set === undefined ? undefined : changeIn(set),
    perSecond: rate,
    reason,
    actor: actorOf(io, actor),
  });
}
/** Returns the fields that have a value. */
const defined = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function changeIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usage('--set: use JSON such as \'{"dailyCap":30}\'', 'safeband order make --help');
  }
}

/**
 * Waits until the order has ended, and shows its progress on a terminal. The order continues if its
 * progress cannot be read, so that error names the order.
 */
export function waited({ io, isJson, world }: Context, made: OrderRow): Promise<OrderRow> {
  const { fleetOrders } = world.source();
  const { orderId, kind } = made;
  const unread = (error: unknown, order: OrderRow): CliError =>
    errorAfter(
      `order ${orderId} (${kind}) is ${stateOfOrder(order)}, and continues without this command; ` +
        'its progress cannot be read now',
      error,
      commandLine('order show', [orderId]),
    );
  return withProgress(io, isJson, `order ${orderId}`, async (show) => {
    for (let order = made; ;) {
      show(progressOf(order));
      if (order.endedAt !== null || io.signal.aborted) return order;
      await sleep(READ_AGAIN_MS);
      const before = order;
      order = await fleetOrders.read(orderId).catch((error: unknown) => {
        throw unread(error, before);
      });
    }
  });
}

const report = async (context: Context, order: OrderRow): Promise<void> =>
  context.answer(answerOf(order));

/** Returns the progress of an order, with the command that takes it back. */
export function answerOf(order: OrderRow): Answer {
  const { orderId, kind, failed } = order;
  return {
    json: { order: jsonOf(order) },
    text: ({ colors }) =>
      [
        `order ${orderId} (${kind}) is ${stateOfOrder(order)}: ${progressOf(order)}`,
        ...(kind === 'hold' && order.done > 0
          ? [`to undo it: ${colors.bold(commandLine('order take-back', [orderId], '--reason …'))}`]
          : []),
        ...(failed > 0 ? [`why: ${colors.bold(commandLine('order show', [orderId]))}`] : []),
      ].join('\n'),
    exitCode: failed > 0 ? EXIT.found : EXIT.ok,
  };
}

const ENDS = {
  stop: {
    summary: 'stop an order; the accounts that it has not come to stay as they are',
    example: 'order stop 7c2e91d04ab35f68 --reason "wrong group"',
  },
  'take-back': {
    summary: 'resume exactly the accounts that an order has held',
    example: 'order take-back 7c2e91d04ab35f68 --reason "incident 7 has ended"',
  },
} as const;

function registerEnd(order: Command, context: Context, name: keyof typeof ENDS): void {
  const { summary, example } = ENDS[name];
  const command = order.command(name).summary(summary).addArgument(orderArgument());
  type Options = { readonly reason: string; readonly actor?: string };
  withReason(command).action(async (orderId: string, options: Options) => {
    const by = { reason: options.reason, actor: actorOf(context.io, options.actor) };
    const { fleetOrders } = context.world.source();
    const made = await (name === 'stop'
      ? fleetOrders.stop(orderId, by)
      : fleetOrders.takeBack(orderId, by));
    await report(context, await waited(context, made));
  });
  withExamples(command, example);
}
