/** `safeband connect`, `configure` and `disconnect`. */
import { Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Tier } from '../../../domain/primitives/tier.js';
import { calling, firstVerified } from '../../accounts.js';
import {
  accountArgument,
  actorOf,
  withExamples,
  type Context,
  type Register,
} from '../../command.js';
import { errorAfter } from '../../errors.js';
import { tierOption, whole } from '../../options.js';
import {
  groupOption,
  modeOption,
  policyOf,
  policyOptions,
  policyText,
  scopeOption,
  type PolicyOptions,
} from '../../policy.js';
import { withProgress, type Answer } from '../../output.js';
import type { FirstStatus } from '../../source/source.js';

type ConnectOptions = PolicyOptions & {
  readonly tier: Tier;
  readonly identity?: string;
  readonly sentToday?: number;
  readonly deliveredToday?: number;
};

export const registerConnect: Register = (program, context) => {
  const connect = program
    .command('connect')
    .summary('connect an account, or reconnect it and set its policy')
    .description(
      'Connects an account: from now on it grants slots. If another system sent InMails today, ' +
        'pass their number with --sent-today, so that the account does not start the day at 0.',
    )
    .addArgument(accountArgument())
    .addOption(tierOption().makeOptionMandatory());
  modeOption(scopeOption(groupOption(policyOptions(connect))))
    .option(
      '--identity <id>',
      "LinkedIn's id of the member, in any form; each member has only one account",
    )
    .option('--sent-today <n>', 'InMails that another system sent today', whole(0, 100_000))
    .option(
      '--delivered-today <n>',
      'how many of them were delivered (default: all)',
      whole(0, 100_000),
    )
    .action(async (accountId: string, options: ConnectOptions) => {
      context.answer(await connected(context, accountId, options));
    });
  withExamples(
    connect,
    'connect acme-anna --tier sales_navigator --timezone Europe/Berlin',
    'connect acme-ben --tier premium --ramp 5,10,20 --window "mon-fri 09:00-17:30"',
  );
  registerConfigure(program, context);
  registerDisconnect(program, context);
};

async function connected(
  context: Context,
  accountId: string,
  options: ConnectOptions,
): Promise<Answer> {
  const client = await context.world.source().orders();
  const { tier, identity, sentToday, deliveredToday } = options;
  await client.connect({
    accountId,
    tier,
    ...policyOf(options),
    ...(identity === undefined ? {} : { identity }),
    ...(sentToday === undefined ? {} : { inmailsSentToday: sentToday }),
    ...(deliveredToday === undefined ? {} : { deliveredToday }),
  });
  const { io, isJson } = context;
  const status = await withProgress(io, isJson, 'checking the account for the first time', () =>
    firstVerified(context.now, () => client.status(accountId)),
  ).catch((error: unknown) => {
    const what = `${accountId} is connected, and its state cannot be read now`;
    throw errorAfter(what, error, commandLine('status', [accountId]));
  });
  return {
    json: { accountId, state: status.state, remaining: status.remaining },
    text: ({ colors }) =>
      [
        `${colors.bold(accountId)} is connected: ${stateWords(status)}`,
        `next: ${colors.bold(commandLine(status.state === 'active' ? 'status' : 'why', [accountId]))}`,
      ].join('\n'),
  };
}

const stateWords = ({ state, remaining, caps, verified, hold, cooldown }: FirstStatus): string => {
  if (state === 'active') return `active, ${remaining} of ${caps.effective} left today`;
  if (state === 'cooldown') return `in a cooldown until ${cooldown?.until} (${cooldown?.cause})`;
  if (state === 'held') return `held by ${hold?.actor}: ${hold?.reason}`;
  return verified ? state : 'unverified; it grants nothing until its first reconcile succeeds';
};

function registerConfigure(program: Command, context: Context): void {
  const configure = program
    .command('configure')
    .summary("change an account's tier, caps, ramp or sending window")
    .description(
      'Changes the policy of a connected account. Settings that are not named stay the same. A ' +
        'cap above the safe band is refused. A lower cap only limits new grants.',
    )
    .addArgument(accountArgument())
    .addOption(tierOption());
  modeOption(scopeOption(groupOption(policyOptions(configure))))
    .option('--reason <text>', 'the reason, shown to other people')
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(
      async (
        accountId: string,
        { reason, actor, ...options }: PolicyOptions & { reason?: string; actor?: string },
      ) => {
        const change = {
          ...policyOf(options),
          ...(options.tier ? { tier: options.tier } : {}),
          ...(reason === undefined ? {} : { reason }),
        };
        const client = await context.world.source().orders();
        const policy = await calling(context, accountId, () =>
          client.configure(accountId, { ...change, actor: actorOf(context.io, actor) }),
        );
        context.answer({
          json: { accountId, policy },
          text: () => `${accountId}: ${policyText(policy)}`,
        });
      },
    );
  withExamples(
    configure,
    'configure acme-anna --daily-cap 30 --reason "the ramp has ended"',
    'configure acme-anna --ramp none',
  );
}

function registerDisconnect(program: Command, context: Context): void {
  const disconnect = program
    .command('disconnect')
    .summary('disconnect an account: it denies at once, and ends when nothing is in flight')
    .addArgument(accountArgument())
    .addOption(new Option('--reason <text>', 'the reason').makeOptionMandatory())
    .option('--actor <name>', 'the name of the person who acts (default: cli:<user>)')
    .action(async (accountId: string, { reason, actor }: { reason: string; actor?: string }) => {
      const client = await context.world.source().orders();
      const { state } = await calling(context, accountId, () =>
        client.disconnect(accountId, { reason, actor: actorOf(context.io, actor) }),
      );
      context.answer({
        json: { accountId, state },
        text: () =>
          `${accountId} is disconnected: it denies every reserve, and still accepts the outcomes ` +
          'of slots in flight',
      });
    });
  withExamples(disconnect, 'disconnect acme-ben --reason "left the company"');
}
