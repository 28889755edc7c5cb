/** `safeband brake`: stops all sends at once, and releases them (R27). */
import { Option, type Command } from 'commander';
import type { HoldOrder } from '../../../domain/fleet/brakeHolds.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { shown } from '../../../domain/primitives/text.js';
import type { BrakeShown } from '../../../status/brakes.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { usage } from '../../errors.js';
import { group as groupOf } from '../../options.js';
import type { Style } from '../../output.js';
import { clock, instantOf, thousands } from '../../text.js';
import { holdAccounts, holdCommand } from './brakeHolds.js';

type BrakeOptions = {
  readonly reason?: string;
  readonly release?: boolean;
  readonly group?: string;
  readonly holdAccounts?: boolean;
  readonly actor?: string;
};

export const registerBrake: Register = (program: Command, context: Context) => {
  const command = program
    .command('brake')
    .summary('stop all sends of the fleet or of a group within 2 s, or release them')
    .description(
      'Stops all sends, or those of a group: within 2 s no server and no client library grants a slot, and no account ' +
        'is asked (fleet_held). Outcomes of sends that are running are still reported. Without ' +
        '--reason it shows whether the brake is on.',
    )
    .option('--reason <text>', 'the reason, shown to other people; with it, the brake is put on')
    .option('--release', 'release the brake: callers continue')
    .addOption(new Option('--group <group>', 'only the accounts of this group').argParser(groupOf))
    .option(
      '--hold-accounts',
      'also make the order that holds these accounts, with the number that its preview shows',
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(async ({ reason, release, group, holdAccounts: holds, actor }: BrakeOptions) => {
      if (holds && (release || reason === undefined)) {
        const text = '--hold-accounts goes with a brake that is put on: it needs --reason alone';
        throw usage(text, 'safeband brake --help');
      }
      if (reason !== undefined) {
        const named = group === undefined ? {} : { group };
        const order = { ...named, reason, actor: actorOf(context.io, actor) };
        return release ? releaseIt(context, order) : engageIt(context, order, holds === true);
      }
      if (release) throw usage('--release needs --reason: the trace keeps why', 'safeband brake');
      return show(context);
    });
  withExamples(
    command,
    'brake',
    'brake --reason "wrong texts"',
    'brake --group eu-sales --reason "the customer asked to stop"',
    'brake --reason "wrong texts" --hold-accounts',
    'brake --release --reason "texts corrected"',
  );
};

type Order = { readonly reason: string; readonly actor: string; readonly group?: string };

/** Returns the command that releases the brake of those accounts. */
const releaseOf = (group: string | null | undefined): string =>
  commandLine('brake', [], `--release${group ? ` --group ${group}` : ''} --reason …`);
const whose = (group: string | null | undefined): string => (group ? ` of the group ${group}` : '');

/** Returns the line that offers the order to hold, or names the orders that were made. */
function holdsLine(
  { group, reason, holdOrders }: Pick<BrakeShown, 'group' | 'reason' | 'holdOrders'>,
  { colors }: Style,
): string {
  if (holdOrders !== null && holdOrders.length > 0) return holdOrders.map(heldWords).join('\n');
  const command = colors.bold(holdCommand(group, reason));
  return `to hold the accounts, too, for programs that it does not reach: ${command}`;
}
const heldWords = ({ orderId, done, isRunning }: HoldOrder): string =>
  isRunning
    ? `order ${orderId} holds its accounts: ${thousands(done)} so far`
    : `order ${orderId} has held ${thousands(done)} of its accounts`;

async function engageIt(context: Context, order: Order, holds: boolean): Promise<void> {
  const answer = await context.world.source().brakes.engage(order);
  const { since, group, heldBefore, toHoldAccounts } = answer;
  const made = holds ? await holdAccounts(context, toHoldAccounts, order) : null;
  const at = clock(instantOf(since), context.now());
  const { reason } = toHoldAccounts;
  const within = 'within 2 s no caller gets a slot (fleet_held)';
  context.answer({
    json: { ...answer, ...made?.json },
    ...(made?.exitCode === undefined ? {} : { exitCode: made.exitCode }),
    text: (style) =>
      [
        heldBefore
          ? `the brake${whose(group)} was on already, since ${at} UTC, and stays`
          : `${style.colors.bold(`the brake${whose(group)} is on`)}: ${within}`,
        `to release it: ${style.colors.bold(releaseOf(group))}`,
        made ? made.text(style) : holdsLine({ group, reason, holdOrders: null }, style),
      ].join('\n'),
  });
}

async function releaseIt(context: Context, order: Order): Promise<void> {
  const answer = await context.world.source().brakes.release(order);
  context.answer({
    json: answer,
    text: (style) =>
      answer.released === null
        ? `the brake${whose(order.group)} was not on; nothing was changed`
        : [
            `the brake${whose(order.group)} is released: callers continue within 2 s`,
            ...stillHeld(answer.holdOrders, style),
          ].join('\n'),
  });
}

/** Returns the lines about orders whose accounts stay held after the release. */
function stillHeld(orders: readonly HoldOrder[] | null, { colors }: Style): readonly string[] {
  if (orders === null) {
    const list = colors.bold(commandLine('order list', []));
    return [`orders cannot be read now; accounts that an order has held stay held: ${list}`];
  }
  return orders.flatMap((one) => {
    const { orderId, isRunning } = one;
    const back = colors.bold(commandLine('order take-back', [orderId], '--reason …'));
    const stop = colors.bold(commandLine('order stop', [orderId], '--reason …'));
    return [
      `${heldWords(one)}, and they stay held`,
      ...(isRunning ? [`to stop it first: ${stop}`] : []),
      `to resume them: ${back}`,
    ];
  });
}

async function show(context: Context): Promise<void> {
  const { held, history } = await context.world.source().brakes.read();
  context.answer({
    json: { held, history },
    text: (style) =>
      held.length > 0
        ? held.map((one) => lineOf(one, style, context)).join('\n')
        : `the brake is off${lastOf(history)}`,
  });
}

type Row = Awaited<
  ReturnType<ReturnType<Context['world']['source']>['brakes']['read']>
>['history'][number];
const lastOf = ([last]: readonly Row[]): string =>
  last?.released
    ? `; it was last on from ${last.since} to ${last.released.at}, by ${shown(last.actor)} ` +
      `(${shown(last.reason)})`
    : '';

function lineOf(one: BrakeShown, style: Style, { now }: Context): string {
  const { group, since, actor, reason } = one;
  const { colors } = style;
  const who = actor === null ? '' : `, by ${shown(actor)} (${shown(reason ?? '')})`;
  return (
    `${colors.bold(colors.red(`the brake${whose(group)} is on`))} since ${clock(instantOf(since), now())} UTC` +
    `${who}: no account${group ? ' of this group' : ''} sends\n` +
    `to release it: ${colors.bold(releaseOf(group))}\n${holdsLine(one, style)}`
  );
}
