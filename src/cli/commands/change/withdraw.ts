/** `safeband withdraw`: takes an ask that waits out of the line of an account (R21). */
import { Argument } from 'commander';
import { calling } from '../../accounts.js';
import { accountArgument, withExamples, type Register } from '../../command.js';
import { reservationId } from '../../options.js';

export const registerWithdraw: Register = (program, context) => {
  const command = program
    .command('withdraw')
    .summary('take an ask that waits out of the line of an account')
    .description(
      'Takes an ask that waits out of the line of an account, so that it gets no slot. Its program ' +
        'learns this when it reads the reservation. A slot that is granted stays: its program ' +
        'gives it back.',
    )
    .addArgument(accountArgument())
    .addArgument(
      new Argument('<reservation>', 'the id of the reservation').argParser(reservationId),
    )
    .action(async (accountId: string, id: string) => {
      const client = await context.world.source().orders();
      await calling(context, accountId, () => client.withdraw(accountId, id));
      context.answer({
        json: { accountId, reservationId: id, withdrawn: true },
        text: () => `reservation ${id} of ${accountId} no longer waits`,
      });
    });
  withExamples(command, 'withdraw acme-anna r-9');
};
