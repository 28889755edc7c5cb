/** `safeband webhooks`: endpoints that receive events, their deliveries, and replays. */
import { Argument, Option, type Command } from 'commander';
import {
  isWebhookType,
  WEBHOOK_FORMATS,
  WEBHOOK_TYPES,
  type WebhookFormat,
  type WebhookType,
} from '../../../domain/wire/webhookEvents.js';
import { scopeText } from '../../../postgres/access/keys.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { urlFlaw } from '../../../webhooks/url.js';
import { actorOf, withExamples, type Context, type Register } from '../../command.js';
import { CliError, EXIT, usage } from '../../errors.js';
import {
  accountList,
  groupFilterOption,
  groupList,
  groupScopeOption,
  instant,
  whole,
} from '../../options.js';
import type { EndpointJson } from '../../source/source.js';
import { counted, instantOf, when } from '../../text.js';

const LIST = 'safeband webhooks list';

export const registerWebhooks: Register = (program, context) => {
  const webhooks = program
    .command('webhooks')
    .summary('manage the endpoints that receive the events of accounts')
    .helpCommand(false);
  registerList(webhooks, context);
  registerAdd(webhooks, context);
  registerLog(webhooks, context);
  registerReplay(webhooks, context);
  registerRemove(webhooks, context);
};

const endpointArgument = (): Argument =>
  new Argument('<endpoint>', 'its id, from safeband webhooks list');
const unknown = (endpointId: string): CliError =>
  new CliError(EXIT.unknown, 'WebhookUnknown', `there is no endpoint ${endpointId}`, LIST);

function registerList(webhooks: Command, context: Context): void {
  const command = webhooks
    .command('list')
    .summary('all endpoints, with the state of each')
    .addOption(groupScopeOption('endpoints'))
    .action(async ({ group = null }: { readonly group?: string | null }) => {
      const found = await context.world.source().webhooks.list(group);
      const now = context.now();
      context.answer({
        json: { endpoints: found },
        text: ({ table, colors }) => {
          const add = colors.bold('safeband webhooks add <url> --events cooldown.started');
          if (found.length === 0) {
            return group === null
              ? `no endpoints yet\nnext: ${add}`
              : 'no endpoint names these accounts';
          }
          const rows = found.map((one) => [
            one.endpointId,
            one.url,
            one.events.length === WEBHOOK_TYPES.length ? 'all' : one.events.join(', '),
            scopeText(one),
            one.format,
            stateOf(one, now),
          ]);
          return table(rows, ['endpoint', 'url', 'events', 'accounts', 'format', 'state']);
        },
      });
    });
  withExamples(command, 'webhooks list', 'webhooks list --group eu-sales');
}

function stateOf(
  { disabledAt, disabledReason, failingSince, attempt }: EndpointJson,
  now: Instant,
) {
  if (disabledAt !== null) return `disabled ${when(instantOf(disabledAt), now)}: ${disabledReason}`;
  if (failingSince === null) return 'active';
  return `failing since ${when(instantOf(failingSince), now)}, ${counted(attempt, 'try').replace('trys', 'tries')}`;
}

const eventList = (raw: string): readonly WebhookType[] => {
  const names = raw === 'all' ? WEBHOOK_TYPES : raw.split(',').map((name) => name.trim());
  const known = names.filter(isWebhookType);
  if (known.length === names.length) return known;
  throw usage(`--events: use all, or a list of ${WEBHOOK_TYPES.join(', ')}`);
};

type AddOptions = {
  readonly events: readonly WebhookType[];
  readonly accounts?: readonly string[];
  readonly groups?: readonly string[];
  readonly format: WebhookFormat;
  readonly actor?: string;
};

function registerAdd(webhooks: Command, context: Context): void {
  const command = webhooks
    .command('add')
    .summary('add an endpoint; this command shows its secret once')
    .addArgument(new Argument('<url>', 'https, or http on this machine'))
    .addOption(
      new Option('--events <list>', `all, or a list of ${WEBHOOK_TYPES.join(', ')}`)
        .argParser(eventList)
        .default(WEBHOOK_TYPES, 'all'),
    )
    .option(
      '--accounts <list>',
      'only events of these accounts, such as acme-anna,acme-ben',
      accountList,
    )
    .option('--groups <list>', 'also events of the accounts of these groups', groupList)
    .addOption(
      new Option('--format <format>', 'slack: one sentence for an incoming webhook of Slack')
        .choices(WEBHOOK_FORMATS)
        .default('json'),
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(async (url: string, options: AddOptions) => {
      const { events, accounts = null, groups = null, format, actor } = options;
      const flaw = urlFlaw(url);
      if (flaw !== undefined) throw usage(flaw, 'safeband webhooks add --help');
      const input = { url, events, accounts, groups, format };
      const by = actorOf(context.io, actor);
      const { endpointId, secret } = await context.world.source().webhooks.add(input, by);
      context.answer({
        json: { endpointId, ...input, secret },
        text: ({ colors }) =>
          [
            secret,
            '',
            colors.yellow('Store the secret now: it is not shown again.'),
            `Endpoint ${endpointId} receives events from now on. docs/webhooks.md describes how to`,
            'verify a signature.',
          ].join('\n'),
      });
    });
  withExamples(
    command,
    'webhooks add https://example.com/hooks',
    'webhooks add https://example.com/h --events drift.alert --accounts acme-anna',
    'webhooks add https://hooks.slack.com/services/T/B/x --format slack',
  );
}

function registerRemove(webhooks: Command, context: Context): void {
  const command = webhooks
    .command('remove')
    .summary('remove an endpoint and its log')
    .addArgument(endpointArgument())
    .action(async (endpointId: string) => {
      const by = actorOf(context.io, undefined);
      if (!(await context.world.source().webhooks.remove(endpointId, by))) {
        throw unknown(endpointId);
      }
      context.answer({
        json: { endpointId, removed: true },
        text: () => `endpoint ${endpointId} and its log are removed`,
      });
    });
  withExamples(command, 'webhooks remove whe_1');
}

type LogOptions = {
  readonly limit: number;
  readonly before?: number | null;
  readonly group?: string | null;
};

function registerLog(webhooks: Command, context: Context): void {
  const command = webhooks
    .command('log')
    .summary('delivery attempts of an endpoint, newest first')
    .addArgument(endpointArgument())
    .option('--limit <n>', 'how many attempts', whole(1, 1_000), 50)
    .option(
      '--before <delivery>',
      'only attempts before this delivery id',
      whole(1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(groupFilterOption('events of accounts'))
    .action(async (endpointId: string, { limit, before = null, group = null }: LogOptions) => {
      const page = { limit, before, group };
      const found = await context.world.source().webhooks.log(endpointId, page);
      if (!found) throw unknown(endpointId);
      const { deliveries: shown, next } = found;
      const now = context.now();
      context.answer({
        json: { endpointId, deliveries: shown, next },
        text: ({ table, colors }) => {
          if (shown.length === 0) {
            return group === null
              ? `no event was sent to ${endpointId} yet`
              : `no event of these accounts was sent to ${endpointId}`;
          }
          const rows = shown.map((one) => [
            one.deliveryId,
            when(instantOf(one.at), now),
            one.type,
            one.attempt,
            one.error === null ? colors.green(`accepted (${one.status})`) : colors.red(one.error),
            one.eventId,
          ]);
          const head = ['>delivery', 'at', 'event', '>try', 'answer', 'event id'];
          const only = group === null ? '' : ` --group ${group}`;
          const more = `\n\nmore: safeband webhooks log ${endpointId}${only} --before ${next}`;
          return table(rows, head) + (next === null ? '' : more);
        },
      });
    });
  withExamples(command, 'webhooks log whe_1', 'webhooks log whe_1 --group eu-sales');
}

type ReplayOptions = {
  readonly event?: string;
  readonly since?: Instant;
  readonly actor?: string;
};

function registerReplay(webhooks: Command, context: Context): void {
  const command = webhooks
    .command('replay')
    .summary('replay events to an endpoint from a given point')
    .description(
      'Sends events to an endpoint again: all events since a given event or instant, in order ' +
        'and with the same ids. A disabled endpoint is enabled again.',
    )
    .addArgument(endpointArgument())
    .option('--event <id>', 'start with this event')
    .option(
      '--since <time>',
      'start with the events of this UTC time: 14:03 or 2026-11-24T14:03:07Z',
      (raw) => instant(context.now())(raw),
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(async (endpointId: string, { event, since, actor }: ReplayOptions) => {
      const by = actorOf(context.io, actor);
      const from =
        event !== undefined ? { eventId: event } : since === undefined ? undefined : { since };
      if (!from || (event !== undefined && since !== undefined)) {
        throw usage(
          'name the start of the replay: either --event or --since',
          'safeband webhooks replay --help',
        );
      }
      const done = await context.world.source().webhooks.replay(endpointId, from, by);
      if (done === 'unknown') throw unknown(endpointId);
      const isReplayed = done === 'replayed';
      context.answer({
        json: { endpointId, replayed: isReplayed },
        text: () =>
          isReplayed
            ? `endpoint ${endpointId} receives all events from that point again`
            : 'no event since then, so there is nothing to replay',
      });
    });
  withExamples(command, 'webhooks replay whe_1 --since 09:00');
}
