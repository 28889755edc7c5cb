/** `safeband history`: the state of an account at an instant, rebuilt from rows. */
import { Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { StateAt } from '../../../domain/diagnostics/asOf/stateAt.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT, usage } from '../../errors.js';
import { instant } from '../../options.js';
import { widthOf, type Style } from '../../output.js';
import { clock, instantOf, wrapped } from '../../text.js';
import { decisionText } from './slots.js';
import { stateText, sumText } from './status.js';

export const registerHistory: Register = (program: Command, context: Context) => {
  const { now } = context;
  const command = program
    .command('history')
    .summary('the numbers of an account at a past instant, and the decision of its gate')
    .description(
      'Rebuilds the state of an account at a past instant from its rows: the decision that a ' +
        'reserve would have got, the numbers, and the events before and after. Changes nothing.',
    )
    .addArgument(accountArgument())
    .addOption(
      new Option('--at <time>', 'UTC: 14:03:07 (today), or 2026-11-24T14:03:07Z')
        .argParser(instant(now()))
        .makeOptionMandatory(),
    )
    .action(async (accountId: string, { at }: { at: Instant }) => {
      if (at > now())
        throw usage(
          '--at is in the future; history shows only the past',
          commandLine('slots', [accountId]),
        );
      const state = await context.world.source().history(accountId, at);
      if (!state) {
        const text = `account ${accountId} had no rows at that time`;
        throw new CliError(EXIT.unknown, 'AccountUnknown', text, commandLine('tail', [accountId]));
      }
      context.answer({ json: state, text: (style) => textOf(state, style, widthOf(context.io)) });
    });
  withExamples(
    command,
    'history acme-anna --at 00:00',
    'history acme-anna --at 00:00:00.250 --json',
  );
};

/** Returns a time to the millisecond, with the day if that differs from the day of `other`. */
const timeOf = (at: string, other: string): string =>
  at.slice(0, 10) === other.slice(0, 10) ? at.slice(11, 23) : at.slice(0, 23).replace('T', ' ');

function textOf(state: StateAt, style: Style, width: number): string {
  const { colors, table } = style;
  const { status, decision, before, after } = state;
  const at = instantOf(state.at);
  const name = (text: string): string => colors.dim(text.padEnd(11));
  const rows = (list: StateAt['before']): string =>
    table(
      list.map((one) => [timeOf(one.at, state.at), one.kind, one.text]),
      ['', '', ''],
    ).trimStart();
  return [
    `${colors.bold(status.accountId)} at ${state.at}: ${stateText(status.state, style)}`,
    '',
    `${name('reserve')}${decisionText(decision, at)}`,
    `${name('counter')}${sumText(status)}`,
    `${name('caps')}${status.remaining} left of ${status.caps.effective}; the ${status.caps.binding} cap applies`,
    `${name('based on')}the save of ${clock(instantOf(state.standsOn), at)} UTC${state.isExact ? ', exact' : ''}`,
    ...state.notes.map((note) => colors.yellow(wrapped(note, width))),
    ...(before.length > 0 ? ['', 'Before:', rows(before)] : []),
    ...(after.length > 0 ? ['', 'After:', rows(after)] : []),
  ].join('\n');
}
