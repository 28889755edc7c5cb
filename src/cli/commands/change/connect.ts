/** Connecting an account, changing its policy, and taking it out. */
import { Option, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import type { Tier } from '../../../domain/primitives/tier.js';
import type { StatusWire } from '../../../domain/wire/responses.js';
import { calling, firstVerified } from '../../accounts.js';
import {
  accountArgument,
  actorOf,
  withExamples,
  type Context,
  type Register,
} from '../../command.js';
import { tierOption, whole } from '../../options.js';
import { policyOf, policyOptions, policyText, type PolicyOptions } from '../../policy.js';
import { withProgress, type Answer } from '../../output.js';

type ConnectOptions = PolicyOptions & {
  readonly tier: Tier;
  readonly identity?: string;
  readonly sentToday?: number;
  readonly deliveredToday?: number;
};

export const registerConnect: Register = (program, context) => {
  const connect = program
    .command('connect')
    .summary('connect an account, or take it back and set its policy')
    .description(
      'Connects an account: from now on it grants slots. What was sent today before it came here ' +
        'is told by --sent-today, so that the same day gives no fresh cap.',
    )
    .addArgument(accountArgument())
    .addOption(tierOption().makeOptionMandatory());
  policyOptions(connect)
    .option(
      '--identity <id>',
      "LinkedIn's id of the member, in any spelling: one member is one account",
    )
    .option('--sent-today <n>', 'InMails that were sent today before', whole(0, 100_000))
    .option(
      '--delivered-today <n>',
      'how many of them were delivered; default: all',
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
  const client = await context.world.client();
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
  );
  return {
    json: { accountId, state: status.state, remaining: status.remaining },
    text: ({ colors }) =>
      [
        `${colors.bold(accountId)} is connected: ${stateWords(status)}`,
        `next: ${colors.bold(commandLine(status.state === 'active' ? 'status' : 'why', [accountId]))}`,
      ].join('\n'),
  };
}

const stateWords = ({ state, remaining, caps, verified, hold, cooldown }: StatusWire): string => {
  if (state === 'active') return `active, ${remaining} of ${caps.effective} left today`;
  if (state === 'cooldown') return `it rests until ${cooldown?.until} (${cooldown?.cause})`;
  if (state === 'held') return `held by ${hold?.actor}: ${hold?.reason}`;
  return verified ? state : 'unverified, so it grants nothing until its first check has succeeded';
};

function registerConfigure(program: Command, context: Context): void {
  const configure = program
    .command('configure')
    .summary("change an account's tier, caps, ramp or window")
    .description(
      'Changes the policy of a connected account; what is not named stays. A cap above the safe ' +
        'band is refused. A lower cap only stops new grants.',
    )
    .addArgument(accountArgument())
    .addOption(tierOption());
  policyOptions(configure)
    .option('--actor <name>', 'who does it; default: cli:<user>')
    .action(
      async (accountId: string, { actor, ...options }: PolicyOptions & { actor?: string }) => {
        const change = { ...policyOf(options), ...(options.tier ? { tier: options.tier } : {}) };
        const client = await context.world.client();
        const policy = await calling(context, accountId, () =>
          client.configure(accountId, { ...change, actor: actorOf(context.io, actor) }),
        );
        context.answer({
          json: { accountId, policy },
          text: () => `${accountId}: ${policyText(policy)}`,
        });
      },
    );
  withExamples(configure, 'configure acme-anna --daily-cap 30', 'configure acme-anna --ramp none');
}

function registerDisconnect(program: Command, context: Context): void {
  const disconnect = program
    .command('disconnect')
    .summary('take an account out: it denies at once, and ends when nothing is in flight')
    .addArgument(accountArgument())
    .addOption(new Option('--reason <text>', 'why').makeOptionMandatory())
    .option('--actor <name>', 'who does it; default: cli:<user>')
    .action(async (accountId: string, { reason, actor }: { reason: string; actor?: string }) => {
      const client = await context.world.client();
      const { state } = await calling(context, accountId, () =>
        client.disconnect(accountId, { reason, actor: actorOf(context.io, actor) }),
      );
      context.answer({
        json: { accountId, state },
        text: () =>
          `${accountId} is disconnected: it denies from now on, and still takes outcomes of what ` +
          'is in flight',
      });
    });
  withExamples(disconnect, 'disconnect acme-ben --reason "left the company"');
}
