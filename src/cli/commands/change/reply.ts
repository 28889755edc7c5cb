/** `safeband reply`: the reply of a recipient, which may give a credit back (R24). */
import { REPLY_REFUND_DAYS } from '../../../domain/primitives/tier.js';
import { isoInstant } from '../../../domain/primitives/time.js';
import { calling } from '../../accounts.js';
import { accountArgument, withExamples, type Register } from '../../command.js';

type Options = { readonly chat: string; readonly at?: string };

export const registerReply: Register = (program, context) => {
  const command = program
    .command('reply')
    .summary('report the reply of a recipient, which gives a credit back')
    .description(
      `Reports the reply of a recipient. LinkedIn gives the credit of an InMail back if the reply ` +
        `comes within ${REPLY_REFUND_DAYS} days. The first reply in a chat counts, if a balance is known.`,
    )
    .addArgument(accountArgument())
    .requiredOption('--chat <id>', "LinkedIn's id of the chat, as it was reported with the InMail")
    .option('--at <instant>', 'when the recipient replied (default: now)')
    .action(async (accountId: string, { chat: chatId, at }: Options) => {
      const report = { chatId, at: at ?? isoInstant(context.now()) };
      const client = await context.world.source().orders();
      const answer = await calling(context, accountId, () => client.replied(accountId, report));
      const known = answer.balance === null ? 'no balance is known' : `${answer.balance} are left`;
      context.answer({
        json: { accountId, chatId, ...answer },
        text: () =>
          answer.refunded
            ? `${accountId} has 1 InMail credit back; ${known}`
            : `${accountId}: no credit comes back, because ${WHY[answer.ignored ?? 'repeated']}; ${known}`,
      });
    });
  withExamples(command, 'reply acme-anna --chat 2-ZDQ');
};

const WHY = {
  repeated: 'an earlier reply in this chat is recorded',
  free: 'the InMail was free',
  too_late: `it came more than ${REPLY_REFUND_DAYS} days after the InMail`,
  no_balance: 'the account knows no balance',
  older: 'it came before the balance was observed, which includes it',
} as const;
