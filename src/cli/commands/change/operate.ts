/** Changes by an operator: hold, resume, settle, reconcile. Each names its actor and its reason. */
import { Argument, Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { shown } from '../../../domain/primitives/text.js';
import type { Findings, HoldAnswer } from '../../../temporal/protocol.js';
import { calling } from '../../accounts.js';
import {
  accountArgument,
  actorOf,
  withExamples,
  type Context,
  type Register,
} from '../../command.js';
import { reservationId } from '../../options.js';
import { withProgress, type Style } from '../../output.js';

type OrderOptions = { readonly reason: string; readonly actor?: string };

const ordered = (command: Command): Command =>
  command
    .addOption(
      new Option('--reason <text>', 'the reason, shown to other people').makeOptionMandatory(),
    )
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)');

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
  readonly text: (accountId: string, answer: HoldAnswer, style: Style) => string;
  readonly example: string;
};
const HOLD: StateOrder = {
  name: 'hold',
  summary: 'stop an account until a person resumes it',
  description:
    'Stops an account: it denies every reserve until a person resumes it. It still accepts the ' +
    'outcomes of slots in flight.',
  text: (accountId, { state, heldBefore, mode }, { colors }) =>
    (heldBefore
      ? `${accountId} was held already, by ${shown(heldBefore.actor)} since ${heldBefore.since}` +
        ` (${shown(heldBefore.reason)}); that hold stays\n`
      : '') +
    (mode === 'shadow'
      ? `${accountId} is ${state}, and still grants, because it is in shadow mode; to stop it: ` +
        colors.bold(commandLine('disconnect', [accountId], '--reason …'))
      : `${accountId} is ${state}: it grants nothing until ` +
        colors.bold(commandLine('resume', [accountId], '--reason …'))),
  example: 'hold acme-anna --reason "the customer asked to pause"',
};
const RESUME: StateOrder = {
  name: 'resume',
  summary: 'end a hold, or a stop because of used-up credits',
  description:
    'Ends a hold and a stop because of used-up InMail credits. It does not end a cooldown, except ' +
    'the cooldown after an unclean end: with this command, a person confirms the numbers.',
  text: (accountId, { state }, { colors }) =>
    state === 'active'
      ? `${accountId} is active again`
      : `${accountId} is ${state}: ${colors.bold(commandLine('status', [accountId]))} shows until when`,
  example: 'resume acme-anna --reason "paused long enough"',
};

/** Registers hold or resume; both answer with the new state of the account. */
function registerOrder(program: Command, context: Context, order: StateOrder): void {
  const command = program
    .command(order.name)
    .summary(order.summary)
    .description(order.description)
    .addArgument(accountArgument());
  ordered(command).action(async (accountId: string, options: OrderOptions) => {
    const by = { reason: options.reason, actor: actorOf(context.io, options.actor) };
    const client = await context.world.source().orders();
    const answer: HoldAnswer = await calling(context, accountId, () =>
      client[order.name](accountId, by),
    );
    context.answer({
      json: { accountId, ...answer },
      text: (style) => order.text(accountId, answer, style),
    });
  });
  withExamples(command, order.example);
}

type SettleOptions = OrderOptions & {
  readonly outcome: 'delivered' | 'released';
  readonly chatId?: string;
};

function registerSettle(program: Command, context: Context): void {
  const command = program
    .command('settle')
    .summary('record the outcome of a slot after a person has checked it in LinkedIn')
    .description(
      'Settles a slot after a person has checked it in LinkedIn: delivered (with its chat), or ' +
        'released if the InMail was not sent. A delivered slot, or a slot whose lease has not ' +
        'ended, is never released.',
    )
    .addArgument(accountArgument())
    .addArgument(
      new Argument('<reservation>', 'the id of the reservation').argParser(reservationId),
    )
    .addOption(
      new Option('--outcome <outcome>', 'what LinkedIn shows')
        .choices(['delivered', 'released'])
        .makeOptionMandatory(),
    )
    .option('--chat-id <id>', "LinkedIn's id of the chat, the proof of a delivery");
  ordered(command).action(async (accountId: string, id: string, options: SettleOptions) => {
    const { outcome, chatId, reason } = options;
    const order = {
      reservationId: id,
      outcome,
      ...(chatId === undefined ? {} : { chatId }),
      reason,
      actor: actorOf(context.io, options.actor),
    };
    const client = await context.world.source().orders();
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
    .summary('compare an account with its evidence now, and correct its counter')
    .description(
      'Starts a reconcile of the account now. It compares counter, event log and journal, and ' +
        'corrects the counter. It does not call LinkedIn.',
    )
    .addArgument(accountArgument())
    .action(async (accountId: string) => {
      const client = await context.world.source().orders();
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
    `drift ${drift}: ${healed ? 'corrected' : 'nothing to correct'}`,
    ...(alerted ? ['an alert was raised or updated (safeband alerts)'] : []),
    ...(cooled ? ['the account has a cooldown of 1 hour'] : []),
  ].join('; ');
