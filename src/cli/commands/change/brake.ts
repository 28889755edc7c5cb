/** `safeband brake`: stops all sends at once, and releases them (R27). */
import { Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { shown } from '../../../domain/primitives/text.js';
import type { BrakeShown } from '../../../status/brakes.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { usage } from '../../errors.js';
import { group as groupOf } from '../../options.js';
import type { Style } from '../../output.js';
import { clock, instantOf } from '../../text.js';

type BrakeOptions = {
  readonly reason?: string;
  readonly release?: boolean;
  readonly group?: string;
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
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(async ({ reason, release, group, actor }: BrakeOptions) => {
      if (reason !== undefined) {
        const named = group === undefined ? {} : { group };
        const order = { ...named, reason, actor: actorOf(context.io, actor) };
        return release ? releaseIt(context, order) : engageIt(context, order);
      }
      if (release) throw usage('--release needs --reason: the trace keeps why', 'safeband brake');
      return show(context);
    });
  withExamples(
    command,
    'brake',
    'brake --reason "wrong texts"',
    'brake --group eu-sales --reason "the customer asked to stop"',
    'brake --release --reason "texts corrected"',
  );
};

type Order = { readonly reason: string; readonly actor: string; readonly group?: string };

/** Returns the command that releases the brake of those accounts. */
const releaseOf = (group: string | null | undefined): string =>
  commandLine('brake', [], `--release${group ? ` --group ${group}` : ''} --reason …`);
const whose = (group: string | null | undefined): string => (group ? ` of the group ${group}` : '');

async function engageIt(context: Context, order: Order): Promise<void> {
  const answer = await context.world.source().brakes.engage(order);
  const { since, heldBefore } = answer;
  context.answer({
    json: answer,
    text: ({ colors }) =>
      (heldBefore
        ? `the brake${whose(order.group)} was on already, since ${clock(instantOf(since), context.now())} UTC, and stays`
        : `${colors.bold(`the brake${whose(order.group)} is on`)}: within 2 s no caller gets a slot (fleet_held)`) +
      `\nto release it: ${colors.bold(releaseOf(order.group))}`,
  });
}

async function releaseIt(context: Context, order: Order): Promise<void> {
  const answer = await context.world.source().brakes.release(order);
  context.answer({
    json: answer,
    text: () =>
      answer.released === null
        ? `the brake${whose(order.group)} was not on; nothing was changed`
        : `the brake${whose(order.group)} is released: callers continue within 2 s`,
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

function lineOf(
  { group, since, actor, reason }: BrakeShown,
  { colors }: Style,
  { now }: Context,
): string {
  const who = actor === null ? '' : `, by ${shown(actor)} (${shown(reason ?? '')})`;
  return (
    `${colors.bold(colors.red(`the brake${whose(group)} is on`))} since ${clock(instantOf(since), now())} UTC` +
    `${who}: no account${group ? ' of this group' : ''} sends\n` +
    `to release it: ${colors.bold(releaseOf(group))}`
  );
}
