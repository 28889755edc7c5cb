/** `safeband drift`: accounts whose numbers disagree now, as the fleet audit finds them. */
import type { Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { EXIT } from '../../errors.js';
import { groupFilterOption, whole } from '../../options.js';
import type { Answer, Style } from '../../output.js';
import type { DriftJson } from '../../source/source.js';
import { clock, counted, instantOrNull, thousands } from '../../text.js';
import { stateText } from './status.js';

const LIMIT = 50;

export const registerDrift: Register = (program: Command, context: Context) => {
  const command = program
    .command('drift')
    .summary('accounts whose counter and event log disagree now; exit code 1 if there are any')
    .description(
      'Lists connected accounts whose drift (counter minus event log minus imported) is another ' +
        'number than their slots in flight and uncertain slots, or whose row has a manual edit. ' +
        'The next reconcile corrects each account.',
    )
    .option(
      '--limit <n>',
      'how many accounts to show, the largest drift first',
      whole(1, 1_000),
      LIMIT,
    )
    .addOption(groupFilterOption())
    .action(async ({ limit, group = null }: { limit: number; group?: string | null }) => {
      const found = await context.world.source().drift({ limit, group });
      context.answer(answerOf(found, context.now()));
    });
  withExamples(command, 'drift', 'drift --group eu-sales');
};

/** Returns the counter of an edited row where it is not the gate's. */
function editText({ isEdited, edited, counter }: DriftJson['accounts'][number]): string {
  if (!isEdited) return '';
  return edited && edited.row !== counter ? `the row has ${edited.row}` : 'manual edit';
}

const answerOf = (found: DriftJson, at: Instant): Answer => ({
  json: found,
  exitCode: found.disagreeing > 0 ? EXIT.found : EXIT.ok,
  text: (style) => textOf(found, at, style),
});

function textOf({ checked, disagreeing, accounts }: DriftJson, at: Instant, style: Style): string {
  const [first] = accounts;
  if (!first) {
    return checked === 0
      ? 'no connected accounts'
      : `${counted(checked, 'account')} checked: all numbers agree`;
  }
  const hasGroups = accounts.some(({ group }) => group !== null);
  const rows = accounts.map((row) => [
    row.accountId,
    ...(hasGroups ? [row.group ?? ''] : []),
    stateText(row.state, style),
    row.counter,
    row.delivered + row.external,
    row.inFlight,
    row.uncertain,
    row.imported,
    row.drift,
    editText(row),
    clock(instantOrNull(row.lastCheckedAt), at),
  ]);
  const counts = ['>counter', '>log', '>in flight', '>uncertain', '>imported'];
  const head = ['account', ...(hasGroups ? ['group'] : []), 'state', ...counts];
  const { bold } = style.colors;
  return [
    style.table(rows, [...head, '>drift', '', 'checked (UTC)']),
    '',
    ...(accounts.length < disagreeing
      ? [`only the ${thousands(accounts.length)} with the largest drift are shown (--limit)`]
      : []),
    `${thousands(disagreeing)} of ${thousands(checked)} disagree. ` +
      `${bold(commandLine('check', [first.accountId]))} shows the details; ` +
      `${bold(commandLine('reconcile', [first.accountId]))} corrects it now`,
  ].join('\n');
}
