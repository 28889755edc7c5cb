/** `safeband what-if`: the last weeks under another policy. */
import type { Command } from 'commander';
import type { WhatIf } from '../../../domain/diagnostics/whatIf/whatIf.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { whole } from '../../options.js';
import { policyOf, policyOptions, policyText, type PolicyOptions } from '../../policy.js';
import { widthOf, withProgress, type Style } from '../../output.js';
import { wrapped } from '../../text.js';
import { WHAT_IF_DAYS_MAX } from '../../../domain/diagnostics/whatIf/question.js';

const DAYS = 30;

export const registerWhatIf: Register = (program: Command, context: Context) => {
  const command = program
    .command('what-if')
    .summary('the last 30 days of an account under another cap, ramp or window')
    .description(
      'Replays the reserves of the last days under another policy: how many sends would have ' +
        'waited and for how long, and which cooldowns would have been avoided or caused. ' +
        'Changes nothing.',
    )
    .addArgument(accountArgument());
  policyOptions(command)
    .option('--days <n>', 'how many days back', whole(1, WHAT_IF_DAYS_MAX), DAYS)
    .action(async (accountId: string, { days, ...options }: PolicyOptions & { days: number }) => {
      const { io, isJson, world } = context;
      const found = await withProgress(io, isJson, `replaying ${days} days of ${accountId}`, () =>
        world.source().whatIf(accountId, policyOf(options), days),
      );
      context.answer({ json: found, text: (style) => textOf(found, style, widthOf(io)) });
    });
  withExamples(
    command,
    'what-if acme-anna --daily-cap 30',
    'what-if acme-anna --ramp 5,10,20 --window "mon-fri 09:00-17:30"',
  );
};

function textOf(found: WhatIf, { colors, table }: Style, width: number): string {
  const { asked, onTime, deferred, stillWaiting, deferredMinutes: minutes, cooldowns } = found;
  const name = (text: string): string => colors.dim(text.padEnd(11));
  const waited =
    minutes === null
      ? ''
      : `, by ${minutes.median} min (median) and at most ${minutes.longest} min`;
  const waiting = stillWaiting === 0 ? '' : `; ${stillWaiting} would still be waiting`;
  const days = found.days.filter((day) => day.asked + day.granted + day.denied > 0);
  const rows = days.map((day) => [
    day.day,
    day.asked,
    day.granted,
    day.deferred,
    day.denied,
    day.mayAlsoGo,
  ]);
  return [
    `${colors.bold(found.accountId)} from ${found.from.slice(0, 10)} to ${found.to.slice(0, 10)}, with ${policyText(found.policy)}`,
    '',
    `${name('sends')}${asked} were granted; ${onTime} of them at the same time with this policy`,
    `${name('deferred')}${deferred}${waited}${waiting}`,
    `${name('cooldowns')}${cooldowns.were.length} happened; ${cooldowns.avoided} would be avoided, ${cooldowns.caused} added`,
    ...found.notes.map((note) => colors.yellow(wrapped(note, width))),
    ...(rows.length > 0
      ? ['', table(rows, ['day', '>asked', '>granted', '>deferred', '>denied', '>may also send'])]
      : ['', 'the account had no reserve in that time']),
  ].join('\n');
}
