/** `safeband credits`: the balance of InMail credits that LinkedIn shows (R24). */
import { Option } from 'commander';
import { CREDITS_MAX } from '../../../domain/primitives/tier.js';
import { isoInstant } from '../../../domain/primitives/time.js';
import { calling } from '../../accounts.js';
import { accountArgument, withExamples, type Register } from '../../command.js';
import { whole } from '../../options.js';

type Options = { readonly balance: number; readonly at?: string };

export const registerCredits: Register = (program, context) => {
  const command = program
    .command('credits')
    .summary('report the balance of InMail credits that LinkedIn shows')
    .description(
      'Reports the balance of InMail credits that LinkedIn shows. From then on, the account counts ' +
        'the credits itself. With a balance of 0 it grants no slots until the renewal, except for ' +
        'InMails that cost no credit.',
    )
    .addArgument(accountArgument())
    .addOption(
      new Option('--balance <n>', `the credits that LinkedIn shows, from 0 to ${CREDITS_MAX}`)
        .argParser(whole(0, CREDITS_MAX))
        .makeOptionMandatory(),
    )
    .option('--at <instant>', 'when LinkedIn showed them (default: now)')
    .action(async (accountId: string, { balance, at }: Options) => {
      const report = { balance, at: at ?? isoInstant(context.now()) };
      const client = await context.world.source().orders();
      const answer = await calling(context, accountId, () => client.credits(accountId, report));
      const known = answer.balance === null ? 'no balance is known' : `${answer.balance} are left`;
      context.answer({
        json: { accountId, ...answer },
        text: () =>
          answer.recorded
            ? `${accountId} has ${balance} InMail credits; ${known}`
            : `${accountId}: ${WHY[answer.ignored ?? 'older']}; ${known}`,
      });
    });
  withExamples(command, 'credits acme-anna --balance 12');
};

const WHY = {
  older: 'nothing changed, because a later observation is known',
  too_old: 'nothing changed, because the observation is older than 48 hours',
} as const;
