/** `safeband status`: counter and event log of one account or of all, and the remaining slots. */
import { Argument, Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { SENDINGS, type Sending } from '../../../domain/wire/canSend.js';
import type { StatusWire } from '../../../domain/wire/responses.js';
import type { StatusRead } from '../../../status/readStatus.js';
import type { CanSendRead } from '../../../status/canSend.js';
import { creditLines, stopsOf } from './statusLines.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { accountId as idOf, groupFilterOption, whole } from '../../options.js';
import type { Answer, Style } from '../../output.js';
import type { AccountJson, AlertJson, KnownStatus } from '../../source/source.js';
import { clock, counted, instantOf, instantOrNull, when } from '../../text.js';
import { ACCOUNT_STATES, type AccountState } from '../../../domain/gate/accountState.js';

const LIMIT = 50;
const ALERTS = 5;

type ListOptions = {
  readonly prefix: string;
  readonly state?: AccountState;
  readonly send?: Sending;
  readonly group?: string;
  readonly limit: number;
  readonly after: string;
};

export const registerStatus: Register = (program: Command, context: Context) => {
  const command = program
    .command('status')
    .summary('the two numbers of an account, or of all accounts')
    .description(
      'Shows the counter, the event log and the remaining slots of an account. If you name no ' +
        'account, it shows all accounts, from their rows.',
    )
    .addArgument(
      new Argument('[account]', 'show only this account, with all details').argParser(idOf),
    )
    .addOption(new Option('--state <state>', 'only accounts in this state').choices(ACCOUNT_STATES))
    .addOption(
      new Option(
        '--send <answer>',
        'only accounts that can send now (yes), that wait, or that need a person',
      ).choices(SENDINGS),
    )
    .addOption(groupFilterOption())
    .option('--prefix <text>', 'only accounts whose ids begin with this text', '')
    .option('--limit <n>', 'how many accounts to show', whole(1, 1_000), LIMIT)
    .option('--after <account>', 'only accounts after this id: the next page', '')
    .action(async (accountId: string | undefined, options: ListOptions) => {
      context.answer(
        accountId === undefined ? await list(context, options) : await one(context, accountId),
      );
    });
  withExamples(
    command,
    'status',
    'status acme-anna',
    'status --send person',
    'status --state cooldown --json',
  );
};

async function list({ world, now }: Context, options: ListOptions): Promise<Answer> {
  const { state, send, group, prefix, limit, after } = options;
  const only = { state: state ?? null, sending: send ?? null, group: group ?? null };
  const asked = { after, prefix, ...only, limit };
  const { accounts, next } = await world.source().accounts(asked);
  const at = now();
  return {
    json: { accounts, next },
    text: (style) => {
      const { bold } = style.colors;
      if (accounts.length === 0) {
        return [state, send, group].some((filter) => filter !== undefined) ||
          after !== '' ||
          prefix !== ''
          ? `no account matches\nnext: ${bold('safeband status')} shows all`
          : `no accounts yet\nnext: ${bold('safeband connect <account> --tier sales_navigator')}`;
      }
      const same = [
        ...(state === undefined ? [] : [`--state ${state}`]),
        ...(send === undefined ? [] : [`--send ${send}`]),
        ...(group === undefined ? [] : [`--group ${group}`]),
        ...(prefix === '' ? [] : [`--prefix ${prefix}`]),
        `--after ${next}`,
      ].join(' ');
      const more = next === null ? [] : ['', `more: ${bold(`safeband status ${same}`)}`];
      return [tableOf(accounts, at, style), ...editsIn(accounts), ...more].join('\n');
    },
  };
}

/** The column of groups is there if an account has one. */
const tableOf = (rows: readonly AccountJson[], at: Instant, { table, ...style }: Style): string => {
  const hasGroups = rows.some(({ group }) => group !== null);
  return table(
    rows.map((row) => [
      row.accountId,
      `${stateText(row.state, style)}${row.mode === 'shadow' ? ', shadow' : ''}`,
      sendText(row.canSend, style),
      row.counter,
      row.delivered + row.external,
      gapText(row),
      row.remaining,
      row.tier,
      ...(hasGroups ? [row.group ?? ''] : []),
      row.lastCheckedAt === null ? 'never' : clock(instantOf(row.lastCheckedAt), at),
    ]),
    [
      'account',
      'state',
      'can it send?',
      '>counter',
      '>log',
      '>gap',
      '>left',
      'tier',
      ...(hasGroups ? ['group'] : []),
      'checked (UTC)',
    ],
  );
};

/** Returns a line for each row that was edited manually. */
function editsIn(rows: readonly AccountJson[]): readonly string[] {
  const lines = rows.flatMap(({ accountId, edited }) =>
    edited ? [`${accountId}: ${edited.line}`] : [],
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

const gapText = (row: AccountJson): string => {
  const gap = row.counter - row.delivered - row.external;
  return gap === 0 ? '' : String(gap);
};

/** Returns the line; green is only for accounts that can send. */
function sendText(
  { canSend, needsPerson, wouldDeny, line }: CanSendRead,
  { colors }: Pick<Style, 'colors'>,
): string {
  if (canSend) return wouldDeny ? colors.yellow(line) : colors.green(line);
  return needsPerson ? colors.red(line) : colors.yellow(line);
}

export function stateText(state: AccountState, { colors }: Pick<Style, 'colors'>): string {
  if (state === 'active') return state;
  return state === 'disconnected' ? colors.dim(state) : colors.yellow(state);
}

async function one({ world, now }: Context, accountId: string): Promise<Answer> {
  const source = world.source();
  const known = await source.status(accountId);
  const found = await source.lastAlerts(accountId, ALERTS + 1);
  const alerts = found?.slice(0, ALERTS) ?? null;
  const hasMore = found !== null && found.length > ALERTS;
  const { read } = known;
  return {
    json: { source: read.source, status: read, eventLog: read.eventLog, alerts },
    text: (style) => cardOf(known, { alerts, hasMore }, style, now()),
  };
}

/** Returns the warning that nothing protects the account (R23). */
const shadowLines = ({ mode, accountId }: StatusRead, { colors }: Style): readonly string[] =>
  mode === 'enforce'
    ? []
    : [
        colors.yellow('SHADOW MODE: the gate records what it would deny, and grants it.'),
        `${colors.bold(commandLine('shadow', [accountId]))} shows what would be denied; ` +
          `${colors.bold(commandLine('configure', [accountId], '--mode enforce'))} ends it`,
      ];

const groupText = ({ group }: StatusRead): string => (group === null ? '' : `  group ${group}`);

const BAR = 24;

/** `alerts` null: they cannot be read. */
type ShownAlerts = { readonly alerts: readonly AlertJson[] | null; readonly hasMore: boolean };

function cardOf(
  { read: status, why }: KnownStatus,
  { alerts, hasMore }: ShownAlerts,
  style: Style,
  now: Instant,
): string {
  const { colors } = style;
  const { caps, counter, remaining, accountId, eventLog, edited } = status;
  const cap = caps.effective;
  const log = eventLog && eventLog.delivered + eventLog.external;
  const name = (text: string): string => colors.dim(text.padEnd(11));
  const lines = [
    `${colors.bold(accountId)}  ${stateText(status.state, style)}  ${status.tier}${groupText(status)}`,
    ...(why === null ? [] : [colors.yellow(`from Postgres: ${why}`)]),
    sendText(status.canSend, style),
    ...shadowLines(status, style),
    '',
    `${name('counter')}${counter} of ${cap}  ${barOf(status, cap, style)}  ${remaining} left today`,
    `${name('event log')}${log ?? '?'}${apart(counter, log, accountId, style)}`,
    `${name('')}${colors.dim(sumText(status))}`,
    '',
    `${name('caps')}${capsText(status)}`,
    `${name('checked')}${when(instantOrNull(status.lastCheckedAt), now)}${nextText(status, now)}`,
    ...(edited ? [`${name('edited')}${edited.line}`] : []),
    ...stopsOf(status, now).map(([title, text]) => `${name(title)}${text}`),
    ...creditLines(status.credits, now).map((text) => `${name('credits')}${text}`),
    ...(status.waiting > 0
      ? [`${name('waiting')}${counted(status.waiting, 'ask')} in the waiting line`]
      : []),
    ...(status.unsaved
      ? [`${name('unsaved')}${counted(status.unsaved, 'row')} not in Postgres yet`]
      : []),
    ...alertLines(alerts, now).map((text, i) => `${name(i === 0 ? 'alerts' : '')}${text}`),
    ...(hasMore
      ? [`${name('')}more: ${colors.bold(commandLine('alerts list', [accountId]))}`]
      : []),
    ...openOf(status, now, style),
  ];
  return lines.join('\n');
}

const apart = (counter: number, log: number | null, id: string, { colors }: Style): string => {
  if (log === null) return '  Postgres does not answer';
  if (log === counter) return '  they agree';
  return `  ${Math.abs(counter - log)} apart: ${colors.bold(commandLine('why', [id]))}`;
};

/** Draws the day as a bar: # delivered, ? in flight or uncertain, + from elsewhere, . free. */
function barOf(status: StatusRead, cap: number, { colors }: Style): string {
  const { delivered, inFlight, uncertain, external, imported, unexplained, counter } = status;
  const length = Math.max(counter, cap, 1);
  const part = (count: number): number => Math.round((count / length) * BAR);
  const [known, open] = [part(delivered), part(inFlight + uncertain)];
  const other = part(external + imported + unexplained);
  const free = Math.max(0, BAR - known - open - other);
  return `[${colors.green('#'.repeat(known))}${colors.yellow('?'.repeat(open))}${'+'.repeat(other)}${'.'.repeat(free)}]`;
}

/** Returns the counter as the sum of its parts, without the parts that are 0. */
export function sumText(status: Omit<StatusWire, 'unsaved'>): string {
  const parts: readonly (readonly [number, string])[] = [
    [status.inFlight, 'in flight'],
    [status.uncertain, 'uncertain'],
    [status.delivered, 'delivered'],
    [status.external, 'external'],
    [status.imported, 'imported'],
    [status.unexplained, 'unexplained'],
  ];
  const shown = parts.filter(([count]) => count !== 0).map(([count, name]) => `${count} ${name}`);
  const carried = status.carried === 0 ? '' : `; ${status.carried} carried from earlier days`;
  return `${status.counter} = ${shown.length > 0 ? shown.join(' + ') : 'nothing sent yet'}${carried}`;
}

function capsText({ caps, weekUsed, rampDay, fullCapOn, learnt }: StatusRead): string {
  const applies = caps.binding === null ? '' : `; the ${caps.binding} cap applies`;
  const full = fullCapOn === null ? '' : `, full cap on ${fullCapOn} at the earliest`;
  const ramp = caps.ramp === null ? '' : `, ramp ${caps.ramp} (day ${rampDay}${full})`;
  const velocity = caps.velocity === null ? '' : `, velocity ${caps.velocity}`;
  const grows = learnt === null ? '' : ` (can rise on ${learnt.growsOn})`;
  const ceiling = caps.learnt === null ? '' : `, learnt ceiling ${caps.learnt}${grows}`;
  return `daily ${caps.daily}${ramp}${velocity}${ceiling}, week ${weekUsed} of ${caps.weekly}${applies}`;
}

const nextText = ({ nextReconcileAt }: StatusRead, now: Instant): string =>
  nextReconcileAt === null ? '' : `, next ${clock(instantOf(nextReconcileAt), now)}`;

const alertLines = (alerts: readonly AlertJson[] | null, now: Instant): readonly string[] =>
  (alerts ?? []).map(
    ({ kind, severity, raisedAt }) => `${kind} (${severity}), ${when(instantOf(raisedAt), now)}`,
  );

function openOf({ openReservations }: StatusRead, now: Instant, { table }: Style) {
  if (openReservations.length === 0) return [];
  const rows = openReservations.map((slot) => [
    slot.reservationId,
    slot.state.replace('_', ' '),
    clock(instantOf(slot.reservedAt), now),
    clock(instantOf(slot.leaseExpiresAt), now),
  ]);
  return ['', table(rows, ['reservation', 'state', 'reserved (UTC)', 'lease until'])];
}
