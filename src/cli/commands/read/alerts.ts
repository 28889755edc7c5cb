/** `safeband alerts`: lists alerts; a person acknowledges or closes one, with a reason. */
import { Argument, Option, type Command } from 'commander';
import {
  ALERT_KINDS,
  SEVERITIES,
  type AlertKind,
  type Severity,
} from '../../../domain/account/alertKinds.js';
import { ALERT_HELP } from '../../../domain/diagnostics/alerts/alertHelp.js';
import type { AlertVerb } from '../../../domain/diagnostics/alerts/act.js';
import { parseAlertOrder } from '../../../domain/wire/alertOrder.js';
import { ALERT_STATES, type AlertState } from '../../../postgres/alerts/alerts.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { refusalOf, usage } from '../../errors.js';
import { accountId as idOf, groupFilterOption, instant, whole } from '../../options.js';
import { widthOf, type Style } from '../../output.js';
import type { AlertJson } from '../../source/source.js';
import { clock, cutText, instantOf, span, wrapped } from '../../text.js';
import type { Instant } from '../../../domain/primitives/time.js';

const LIMIT = 50;

export const registerAlerts: Register = (program, context) => {
  const alerts = program
    .command('alerts')
    .summary('list alerts, and acknowledge or close them')
    .helpCommand(false);
  registerList(alerts, context);
  registerAct(alerts, context, 'acknowledge');
  registerAct(alerts, context, 'close');
};

type ListOptions = {
  readonly limit: number;
  readonly state?: AlertState | 'all';
  readonly severity?: Severity;
  readonly kind?: AlertKind;
  readonly group?: string;
};

function registerList(alerts: Command, context: Context): void {
  const command = alerts
    .command('list', { isDefault: true })
    .summary('open alerts of an account, or of all accounts, the most urgent first')
    .addArgument(new Argument('[account]', 'only alerts of this account').argParser(idOf))
    .addOption(
      new Option('--state <state>', 'only alerts in this state (default: not resolved)').choices([
        ...ALERT_STATES,
        'all',
      ]),
    )
    .addOption(
      new Option('--severity <severity>', 'only alerts of this severity').choices(SEVERITIES),
    )
    .addOption(new Option('--kind <kind>', 'only alerts of this kind').choices([...ALERT_KINDS]))
    .addOption(groupFilterOption('alerts of accounts'))
    .option('--limit <n>', 'how many alerts to show', whole(1, 1_000), LIMIT)
    .action(async (accountId: string | undefined, options: ListOptions) => {
      const { state, severity, kind, group, limit } = options;
      if (accountId !== undefined && group !== undefined) {
        throw usage('name an account or --group, not both', 'safeband alerts list --help');
      }
      const found = await context.world.source().alerts({
        accountId: accountId ?? null,
        group: group ?? null,
        severity: severity ?? null,
        kind: kind ?? null,
        state: state ?? null,
        limit: limit + 1,
      });
      const shown = found.slice(0, limit);
      const isCut = found.length > limit;
      const isFiltered = [state, severity, kind, group].some((one) => one !== undefined);
      context.answer({
        json: { alerts: shown, isCut },
        text: (style) =>
          shown.length === 0
            ? isFiltered
              ? 'no alert matches'
              : 'no open alerts'
            : [
                ...shown.map((one) => blockOf(one, style, context)),
                ...(isCut ? ['', cutText(limit, 'alerts')] : []),
              ].join('\n'),
      });
    });
  withExamples(
    command,
    'alerts list',
    'alerts list acme-anna --state all --json',
    'alerts list --severity critical',
  );
}

/** Returns an alert as lines: what it is, what was found, who works on it, and the next step. */
function blockOf(alert: AlertJson, { colors }: Style, { io, now: clockOf }: Context): string {
  const [width, now] = [widthOf(io), clockOf()];
  const colour = { info: colors.dim, warning: colors.yellow, critical: colors.red };
  const { alertId, accountId, group, kind, severity, state, times, resolvedAt } = alert;
  const openedAt = instantOf(alert.openedAt);
  const often = times > 1 ? `, ${times} times` : '';
  const of = `${colors.bold(accountId)}${group === null ? '' : ` of ${group}`}`;
  const lines = [
    titleOf(kind),
    ...sentencesOf(alert),
    ...(alert.acknowledged ? [`acknowledged ${actText(alert.acknowledged, now)}`] : []),
    ...(resolvedAt === null
      ? [`Next: ${alert.nextStep}`, alert.ifNoPersonActs]
      : [
          alert.closed
            ? `closed ${actText(alert.closed, now)}`
            : `ended with its cause at ${clock(instantOf(resolvedAt), now)} UTC`,
        ]),
  ];
  return [
    `${colour[severity](severity)}  ${of}  ${kind}${often}, ${state}, ` +
      `since ${clock(openedAt, now)} UTC (${span(now - openedAt)})  ${colors.dim(`alert ${alertId}`)}`,
    ...lines.map((line) => `- ${wrapped(line, width - 2)}`),
  ].join('\n');
}

type Act = NonNullable<AlertJson['acknowledged']>;
const actText = ({ actor, at, reason }: Act, now: Instant): string =>
  `by ${actor} at ${clock(instantOf(at), now)} UTC: ${reason}`;

/** Returns the title; a newer server may have kinds that this version does not know. */
const titleOf = (kind: string): string =>
  ALERT_KINDS.flatMap((one) => (one === kind ? [ALERT_HELP[one].title] : []))[0] ?? kind;

/** Returns the sentences of an alert, otherwise its message, reason and cure. */
function sentencesOf({ details }: AlertJson): readonly string[] {
  const known: ReadonlyMap<string, unknown> = new Map(Object.entries(details));
  const sentences = known.get('sentences');
  if (Array.isArray(sentences)) return sentences.map(String);
  return ['message', 'reason', 'cure'].flatMap((name) => {
    const text = known.get(name);
    return typeof text === 'string' ? [text] : [];
  });
}

type ActOptions = {
  readonly reason: string;
  readonly actor?: string;
  readonly raisedAt?: Instant;
};

const ACTS = {
  acknowledge: {
    summary: 'record that a person works on an alert',
    description:
      'Records that a person works on an alert. It stays open until its cause is gone or a person ' +
      'closes it. If it opens again, or becomes more severe, it is no longer acknowledged.',
    example: 'alerts acknowledge 17 --reason "I ask the customer"',
    done: 'acknowledged',
  },
  close: {
    summary: 'close an alert about something that happened once',
    description:
      'Closes an alert about something that happened once. An alert whose cause may persist is ' +
      'closed by the reconcile, audit or resume that ends the cause. If the same thing happens ' +
      'again, the alert opens again.',
    example: 'alerts close 17 --reason "the pipeline is corrected"',
    done: 'closed',
  },
} as const;

function registerAct(alerts: Command, context: Context, verb: AlertVerb): void {
  const { summary, description, example, done } = ACTS[verb];
  const command = alerts
    .command(verb)
    .summary(summary)
    .description(description)
    .addArgument(
      new Argument('<alert>', 'the number of the alert, from safeband alerts').argParser(
        whole(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(
      new Option('--reason <text>', 'the reason, shown to other people').makeOptionMandatory(),
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .addOption(
      new Option(
        '--raised-at <time>',
        'its raisedAt that you read: refuse if the alert was raised again since',
      ).argParser(instant(context.now())),
    )
    .action(async (alertId: number, options: ActOptions) => {
      const alert = await acted(context, { alertId, verb }, options);
      context.answer({
        json: { alert },
        text: () => `alert ${alertId} (${alert.kind} of ${alert.accountId}) is ${done}`,
      });
    });
  withExamples(command, example);
}

/** Executes the order, and returns the changed alert. */
async function acted(
  { world, io, now }: Context,
  order: { readonly alertId: number; readonly verb: AlertVerb },
  { reason, actor, raisedAt }: ActOptions,
): Promise<AlertJson> {
  const raw = { reason, actor: actorOf(io, actor) };
  const read = parseAlertOrder(raw, 'strict', now());
  if (!read.ok) throw refusalOf(read);
  return world.source().act({
    ...order,
    actor: read.value.actor ?? raw.actor,
    reason: read.value.reason,
    raisedAt: raisedAt ?? null,
  });
}
