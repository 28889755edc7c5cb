/** `safeband shadow`: what an account in shadow mode would have denied, and what was delivered. */
import type { Command } from 'commander';
import { reasonWords } from '../../../domain/diagnostics/canSend/reasonWords.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import {
  SHADOW_DAYS_DEFAULT,
  SHADOW_DAYS_MAX,
  type ShadowGrant,
  type ShadowGroup,
  type ShadowReport,
} from '../../../postgres/diagnostics/shadow.js';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { whole } from '../../options.js';
import type { Style } from '../../output.js';

const LISTED = 20;

export const registerShadow: Register = (program: Command, context: Context) => {
  const command = program
    .command('shadow')
    .summary('what an account in shadow mode would have denied in the last 7 days')
    .description(
      'Compares the last days of shadow mode: what was granted and delivered, and which of these ' +
        'grants the gate would have denied, when and why. Changes nothing.',
    )
    .addArgument(accountArgument())
    .option(
      '--days <n>',
      'how many days back, today included',
      whole(1, SHADOW_DAYS_MAX),
      SHADOW_DAYS_DEFAULT,
    )
    .action(async (accountId: string, { days }: { days: number }) => {
      const found = await context.world.source().shadow(accountId, days);
      context.answer({ json: found, text: (style) => textOf(found, style) });
    });
  withExamples(command, 'shadow acme-anna', 'shadow acme-anna --days 14 --json');
};

const GROUPS: Readonly<Record<ShadowGroup, string>> = {
  recipient: 'recipient contacted already',
  pacing: 'pacing',
  caps: 'caps',
  window: 'sending hours',
  stops: 'stops',
};

function textOf(found: ShadowReport, style: Style): string {
  const { accountId, mode, from, to } = found;
  const { bold, yellow } = style.colors;
  const enforce = bold(commandLine('configure', [accountId], '--mode enforce'));
  const start = bold(commandLine('configure', [accountId], '--mode shadow'));
  const state =
    mode === 'shadow'
      ? `${yellow('in SHADOW MODE: the gate denies almost nothing')}; ${enforce} ends it`
      : 'not in shadow mode now: the gate denies';
  const head = [`${bold(accountId)} is ${state}`, `${from} to ${to}, UTC days`, ''];
  if (found.granted === 0) return [...head, 'nothing was granted in these days'].join('\n');
  const granted = `${found.granted} granted, ${found.delivered} of them delivered`;
  if (found.wouldDeny === 0) {
    const next = mode === 'shadow' ? [] : ['', `next: ${start} begins the shadow mode`];
    return [...head, granted, 'the gate would have denied none of them', ...next].join('\n');
  }
  return [
    ...head,
    granted,
    `${found.wouldDeny} of them would have been denied (${found.wouldDenyDelivered} of these were delivered)`,
    '',
    ...tablesOf(found, style),
    '',
    ...grantsOf(found, style),
  ].join('\n');
}

const tablesOf = ({ groups, reasons, days }: ShadowReport, { table }: Style): readonly string[] => [
  table(
    groups.map(({ group, granted, delivered }) => [GROUPS[group], granted, delivered]),
    ['would be denied by', '>granted', '>delivered'],
  ),
  '',
  table(
    reasons.map(({ reason, granted, delivered, firstAt, lastAt }) => [
      reason,
      granted,
      delivered,
      minute(firstAt),
      minute(lastAt),
    ]),
    ['reason', '>granted', '>delivered', 'first (UTC)', 'last'],
  ),
  '',
  table(
    days.map((day) => [day.quotaDay, day.granted, day.delivered, day.wouldDeny, reasonsIn(day)]),
    ['day', '>granted', '>delivered', '>would deny', 'by reason'],
  ),
];

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');

const reasonsIn = ({ reasons }: ShadowReport['days'][number]): string =>
  Object.entries(reasons)
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');

function grantsOf(found: ShadowReport, { table, colors }: Style): readonly string[] {
  const { grants, wouldDeny, accountId } = found;
  const shown = grants.slice(0, LISTED);
  const rows = shown.map((one) => [
    minute(one.reservedAt),
    one.reservationId,
    whyOf(one),
    one.retryAt === null ? 'a person acts' : minute(one.retryAt),
    one.state.replace('_', ' '),
  ]);
  const more = wouldDeny - shown.length;
  return [
    'Newest first:',
    table(rows, ['granted (UTC)', 'reservation', 'would be denied, because', 'until', 'state']),
    ...(more > 0
      ? [
          `${more} more: ${colors.bold(commandLine('shadow', [accountId], '--json'))} has up to 100, ` +
            'and the CSV of the page has all',
        ]
      : []),
  ];
}

function whyOf({ reason, limit, used, contactedBy }: ShadowGrant): string {
  if (contactedBy !== null && reason === 'recipient_contacted') {
    return `${reasonWords(reason)} by ${contactedBy}`;
  }
  return limit === null ? reasonWords(reason) : `${reasonWords(reason)} (${used} of ${limit})`;
}
