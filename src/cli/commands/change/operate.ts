/** What an operator does to an account; each order says who gave it and why. */
import { Argument, Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Findings } from '../../../temporal/protocol.js';
import { calling } from '../../accounts.js';
import {
  accountArgument,
  actorOf,
  withExamples,
  type Context,
  type Register,
} from '../../command.js';
import { reservationId } from '../../options.js';
import { withProgress, type Look } from '../../output.js';

type OrderOptions = { readonly reason: string; readonly actor?: string };

const ordered = (command: Command): Command =>
  command
    .addOption(new Option('--reason <text>', 'why; people will read it').makeOptionMandatory())
    .option('--actor <name>', 'who does it; default: cli:<user>');

export const registerOperate: Register = (program, context) => {
  registerOrder(program, context, HOLD);
  registerOrder(program, context, RESUME);
  registerSettle(program, context);
  registerReconcile(program, context);
};

type StateOrder = {
  readonly name: 'hold' | 'resume';
  readonly summary: string;
  readonly description: string;
  readonly text: (accountId: string, state: string, look: Look) => string;
  readonly example: string;
};
const HOLD: StateOrder = {
  name: 'hold',
  summary: 'stop an account until somebody resumes it',
  description:
    'Stops an account: it denies every ask until somebody resumes it. What is in flight may ' +
    'still be reported.',
  text: (accountId, state, { colors }) =>
    `${accountId} is ${state}: it grants nothing until ` +
    colors.bold(commandLine('resume', [accountId], '--reason …')),
  example: 'hold acme-anna --reason "the customer asked to pause"',
};
const RESUME: StateOrder = {
  name: 'resume',
  summary: 'end a hold, and the breaker of used-up credits',
  description:
    'Ends a hold and the breaker of used-up credits. It ends no cooldown, except the one after ' +
    'an unclean end: a person has looked.',
  text: (accountId, state, { colors }) =>
    state === 'active'
      ? `${accountId} is active again`
      : `${accountId} is ${state}: ${colors.bold(commandLine('status', [accountId]))} says until when`,
  example: 'resume acme-anna --reason "paused long enough"',
};

/** An order that answers in which state the account then is. */
function registerOrder(program: Command, context: Context, told: StateOrder): void {
  const command = program
    .command(told.name)
    .summary(told.summary)
    .description(told.description)
    .addArgument(accountArgument());
  ordered(command).action(async (accountId: string, options: OrderOptions) => {
    const order = { reason: options.reason, actor: actorOf(context.io, options.actor) };
    const client = await context.world.client();
    const { state } = await calling(context, accountId, () => client[told.name](accountId, order));
    context.answer({
      json: { accountId, state },
      text: (look) => told.text(accountId, state, look),
    });
  });
  withExamples(command, told.example);
}

type SettleOptions = OrderOptions & {
  readonly outcome: 'delivered' | 'released';
  readonly chatId?: string;
};

function registerSettle(program: Command, context: Context): void {
  const command = program
    .command('settle')
    .summary('say what became of a slot that nobody else can settle')
    .description(
      'Settles a slot after a person has looked into LinkedIn: delivered (with its chat) or ' +
        'released. A delivered slot, or one whose lease runs, is never released.',
    )
    .addArgument(accountArgument())
    .addArgument(new Argument('<reservation>', 'its id').argParser(reservationId))
    .addOption(
      new Option('--outcome <outcome>', 'what was seen')
        .choices(['delivered', 'released'])
        .makeOptionMandatory(),
    )
    .option('--chat-id <id>', "LinkedIn's chat, the proof of a delivery");
  ordered(command).action(async (accountId: string, id: string, options: SettleOptions) => {
    const { outcome, chatId, reason } = options;
    const order = {
      reservationId: id,
      outcome,
      ...(chatId === undefined ? {} : { chatId }),
      reason,
      actor: actorOf(context.io, options.actor),
    };
    const client = await context.world.client();
    const { settled } = await calling(context, accountId, () => client.settle(accountId, order));
    context.answer({
      json: { accountId, reservationId: id, settled },
      text: () => `reservation ${id} of ${accountId}: ${settled.replaceAll('_', ' ')}`,
    });
  });
  withExamples(
    command,
    'settle acme-anna r-7 --outcome delivered --chat-id c-9 --reason "seen in the outbox"',
    'settle acme-anna r-8 --outcome released --reason "not in the outbox"',
  );
}

function registerReconcile(program: Command, context: Context): void {
  const command = program
    .command('reconcile')
    .summary('check an account against its witnesses now, and heal it')
    .description(
      'Runs a reconcile of the account now, as every ten minutes: counter, event log and journal ' +
        'are held against each other, and the counter is corrected. It makes no call to LinkedIn.',
    )
    .addArgument(accountArgument())
    .action(async (accountId: string) => {
      const client = await context.world.client();
      const { io, isJson } = context;
      const found = await withProgress(io, isJson, `reconciling ${accountId}`, () =>
        calling(context, accountId, () => client.reconcileNow(accountId)),
      );
      const { runId, drift, healed, alerted, cooled } = found;
      context.answer({
        json: { accountId, runId, drift, healed, alerted, cooled },
        text: ({ colors }) => `${wordsOf(found)}\n${colors.dim(`run ${runId}`)}`,
      });
    });
  withExamples(command, 'reconcile acme-anna');
}

const wordsOf = ({ drift, healed, alerted, cooled }: Findings): string =>
  [
    `drift ${drift}: ${healed ? 'healed' : 'nothing to heal'}`,
    ...(alerted ? ['an alert was raised or updated (safeband alerts)'] : []),
    ...(cooled ? ['the account cools down for an hour'] : []),
  ].join('; ');
