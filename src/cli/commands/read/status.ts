/** `safeband status`: counter and event log of one account or of all, and the remaining slots. */
import { Argument, Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Instant } from '../../../domain/primitives/time.js';
import type { StatusWire } from '../../../domain/wire/responses.js';
import { listOpenAlerts, type Alert } from '../../../postgres/alerts/alerts.js';
import type { StatusRow } from '../../../postgres/read/reads.js';
import { pageAccounts } from '../../../postgres/read/lists.js';
import { readStatusWith, type StatusRead } from '../../../status/readStatus.js';
import { canSendRead, type CanSendRead } from '../../../status/canSend.js';
import { askWorkflow, calling } from '../../accounts.js';
import { withExamples, type Context, type Register } from '../../command.js';
import { accountId as idOf, whole } from '../../options.js';
import type { Answer, Look } from '../../output.js';
import { accountJson, alertJson } from '../../shapes.js';
import { clock, counted, instantOf, instantOrNull, when } from '../../text.js';
import { ACCOUNT_STATES, type AccountState } from '../../../domain/gate/accountState.js';

const LIMIT = 50;
const ALERTS = 5;

type ListOptions = {
  readonly prefix: string;
  readonly state?: AccountState;
  readonly limit: number;
  readonly after: string;
};

export const registerStatus: Register = (program: Command, context: Context) => {
  const command = program
    .command('status')
    .summary('the two numbers of an account, or of all accounts')
    .description(
      'Shows the counter, the event log and the remaining slots of an account. Without an ' +
        'account: of all accounts, from Postgres.',
    )
    .addArgument(
      new Argument('[account]', 'show only this account, with all details').argParser(idOf),
    )
    .addOption(new Option('--state <state>', 'only accounts in this state').choices(ACCOUNT_STATES))
    .option('--prefix <text>', 'only accounts whose ids begin with this text', '')
    .option('--limit <n>', 'how many accounts to show', whole(1, 1_000), LIMIT)
    .option('--after <account>', 'only accounts after this id: the next page', '')
    .action(async (accountId: string | undefined, options: ListOptions) => {
      context.answer(
        accountId === undefined ? await list(context, options) : await one(context, accountId),
      );
    });
  withExamples(command, 'status', 'status acme-anna', 'status --state cooldown --json');
};

async function list({ world, now }: Context, options: ListOptions): Promise<Answer> {
  const { state, prefix, limit, after } = options;
  const at = now();
  const found = await pageAccounts(world.pool(), {
    at,
    after,
    prefix,
    state: state ?? null,
    accounts: null,
    limit: limit + 1,
  });
  const rows = found.slice(0, limit);
  const next = found.length > limit ? (rows.at(-1)?.accountId ?? null) : null;
  return {
    json: { accounts: rows.map((row) => accountJson(row, at)), next },
    text: (look) => {
      const { bold } = look.colors;
      if (rows.length === 0) {
        return state !== undefined || after !== '' || prefix !== ''
          ? `no account matches\nnext: ${bold('safeband status')} shows all`
          : `no accounts yet\nnext: ${bold('safeband connect <account> --tier sales_navigator')}`;
      }
      const same = [
        ...(state === undefined ? [] : [`--state ${state}`]),
        ...(prefix === '' ? [] : [`--prefix ${prefix}`]),
        `--after ${next}`,
      ].join(' ');
      const more = next === null ? [] : ['', `more: ${bold(`safeband status ${same}`)}`];
      return [tableOf(rows, at, look), ...more].join('\n');
    },
  };
}

const tableOf = (rows: readonly StatusRow[], at: Instant, { table, ...look }: Look): string =>
  table(
    rows.map((row) => [
      row.accountId,
      stateText(row.state, look),
      sendText(canSendRead(row, at), look),
      row.counter,
      row.delivered + row.external,
      gapText(row),
      row.remaining,
      row.tier,
      row.lastCheckedAt === null ? 'never' : clock(row.lastCheckedAt, at),
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
      'checked (UTC)',
    ],
  );

const gapText = (row: StatusRow): string => {
  const gap = row.counter - row.delivered - row.external;
  return gap === 0 ? '' : String(gap);
};

/** Returns the line; green is only for accounts that can send. */
function sendText(
  { canSend, needsPerson, line }: CanSendRead,
  { colors }: Pick<Look, 'colors'>,
): string {
  if (canSend) return colors.green(line);
  return needsPerson ? colors.red(line) : colors.yellow(line);
}

export function stateText(state: AccountState, { colors }: Pick<Look, 'colors'>): string {
  if (state === 'active') return state;
  return state === 'disconnected' ? colors.dim(state) : colors.yellow(state);
}

type Known = {
  readonly read: StatusRead;
  /** The reason for a read from Postgres; null if the workflow answered. */
  readonly why: string | null;
};

async function one(context: Context, accountId: string): Promise<Answer> {
  const known = await read(context, accountId);
  const alerts = await alertsOf(context, accountId);
  const { source, eventLog } = known.read;
  return {
    json: { source, status: known.read, eventLog, alerts: alerts && alerts.map(alertJson) },
    text: (look) => cardOf(known, alerts, look, context.now()),
  };
}

/** Reads the same status as HTTP and pages; throws if neither Temporal nor Postgres has it. */
async function read(context: Context, accountId: string): Promise<Known> {
  const { world, now } = context;
  const answer = await askWorkflow(context, accountId);
  const isEnded = 'why' in answer && answer.why === 'ended';
  const pool = world.hasDatabase() ? world.pool() : null;
  const found = await readStatusWith(pool, accountId, answer, now()).catch((error: unknown) => {
    if (isEnded) throw error;
    return undefined;
  });
  if (!found) {
    const error = 'error' in answer ? answer.error : undefined;
    return calling(context, accountId, () => Promise.reject(error));
  }
  const why = isEnded ? 'its workflow has ended' : 'its workflow does not answer';
  return { read: found, why: 'why' in answer ? why : null };
}

/** Returns the open alerts; null if Postgres does not answer. */
const alertsOf = ({ world }: Context, accountId: string): Promise<readonly Alert[] | null> =>
  world.hasDatabase()
    ? listOpenAlerts(world.pool(), { accountId, limit: ALERTS }).catch(() => null)
    : Promise.resolve(null);

const BAR = 24;

function cardOf(
  { read: status, why }: Known,
  alerts: readonly Alert[] | null,
  look: Look,
  now: Instant,
): string {
  const { colors } = look;
  const { caps, counter, remaining, accountId, eventLog, edited } = status;
  const cap = caps.effective;
  const log = eventLog && eventLog.delivered + eventLog.external;
  const name = (text: string): string => colors.dim(text.padEnd(11));
  const lines = [
    `${colors.bold(accountId)}  ${stateText(status.state, look)}  ${status.tier}`,
    ...(why === null ? [] : [colors.yellow(`from Postgres: ${why}`)]),
    sendText(status.canSend, look),
    '',
    `${name('counter')}${counter} of ${cap}  ${barOf(status, cap, look)}  ${remaining} left today`,
    `${name('event log')}${log ?? '?'}${apart(counter, log, accountId, look)}`,
    `${name('')}${colors.dim(sumText(status))}`,
    '',
    `${name('caps')}${capsText(status)}`,
    `${name('checked')}${when(instantOrNull(status.lastCheckedAt), now)}${nextText(status, now)}`,
    ...(edited
      ? [
          `${name('edited')}the row has the counter ${edited.row}, the account counts ` +
            `${edited.counted}; the larger number counts until the next reconcile`,
        ]
      : []),
    ...stopsOf(status, now).map(([title, text]) => `${name(title)}${text}`),
    ...(status.unsaved
      ? [`${name('unsaved')}${counted(status.unsaved, 'row')} not in Postgres yet`]
      : []),
    ...alertLines(alerts, now).map((text, i) => `${name(i === 0 ? 'alerts' : '')}${text}`),
    ...openOf(status, now, look),
  ];
  return lines.join('\n');
}

const apart = (counter: number, log: number | null, id: string, { colors }: Look): string => {
  if (log === null) return '  Postgres does not answer';
  if (log === counter) return '  they agree';
  return `  ${Math.abs(counter - log)} apart: ${colors.bold(commandLine('why', [id]))}`;
};

/** Draws the day as a bar: # delivered, ? in flight or uncertain, + from elsewhere, . free. */
function barOf(status: StatusRead, cap: number, { colors }: Look): string {
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

function capsText({ caps, weekUsed, rampDay }: StatusRead): string {
  const applies = caps.binding === null ? '' : `; the ${caps.binding} cap applies`;
  const ramp = caps.ramp === null ? '' : `, ramp ${caps.ramp} (day ${rampDay})`;
  return `daily ${caps.daily}${ramp}, week ${weekUsed} of ${caps.weekly}${applies}`;
}

const nextText = ({ nextReconcileAt }: StatusRead, now: Instant): string =>
  nextReconcileAt === null ? '' : `, next ${clock(instantOf(nextReconcileAt), now)}`;

/** Returns the reasons why the account may not send, each with its end. */
function stopsOf(
  { cooldown, hold, breakerUntil }: StatusRead,
  now: Instant,
): readonly (readonly [string, string])[] {
  const stops: [string, string][] = [];
  if (hold)
    stops.push([
      'held',
      `by ${hold.actor} since ${clock(instantOf(hold.since), now)}: ${hold.reason}`,
    ]);
  if (breakerUntil !== null)
    stops.push(['no credits', `until ${when(instantOf(breakerUntil), now)}`]);
  if (cooldown)
    stops.push(['cooldown', `until ${when(instantOf(cooldown.until), now)}: ${cooldown.cause}`]);
  return stops;
}

const alertLines = (alerts: readonly Alert[] | null, now: Instant): readonly string[] =>
  (alerts ?? []).map(
    ({ kind, severity, raisedAt }) => `${kind} (${severity}), ${when(raisedAt, now)}`,
  );

function openOf({ openReservations }: StatusRead, now: Instant, { table }: Look) {
  if (openReservations.length === 0) return [];
  const rows = openReservations.map((slot) => [
    slot.reservationId,
    slot.state.replace('_', ' '),
    clock(instantOf(slot.reservedAt), now),
    clock(instantOf(slot.leaseExpiresAt), now),
  ]);
  return ['', table(rows, ['reservation', 'state', 'reserved (UTC)', 'lease until'])];
}
