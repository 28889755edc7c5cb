/** `safeband why`: explains an account's numbers in the same sentences as the page and the API. */
import type { Command } from 'commander';
import { accountArgument, withExamples, type Context, type Register } from '../../command.js';
import { widthOf } from '../../output.js';
import { flush, wrapped } from '../../text.js';

export const registerWhy: Register = (program: Command, context: Context) => {
  const command = program
    .command('why')
    .summary("why an account's numbers differ, in plain words")
    .description(
      'Explains why the counter and the event log of an account differ: each part of the gap, ' +
        'whether it is normal, what happens next, and when it will be right. Changes nothing.',
    )
    .addArgument(accountArgument())
    .action(async (accountId: string) => {
      const why = await context.world.source().why(accountId);
      context.answer({
        json: why,
        text: ({ colors }) => {
          const width = widthOf(context.io);
          const line = (mark: string, text: string): string =>
            `${mark} ${wrapped(text, width - 2)}`;
          const paragraph = (all: readonly { readonly text: string }[]): string =>
            all.map(({ text }) => text).join(' ');
          const { today, stop, details } = why.customer;
          return [
            colors.bold(flush(paragraph(today), width)),
            ...(stop.length > 0 ? [colors.yellow(flush(paragraph(stop), width))] : []),
            '',
            ...details.map(({ text }) => line(colors.dim('-'), text)),
            '',
            `${why.accountId}: ${why.canSend.line}.`,
            why.headline,
            ...(why.source === 'workflow'
              ? []
              : [colors.yellow('The workflow does not answer: all numbers are from Postgres.')]),
            ...why.parts.flatMap(({ text, isNormal }) => [
              '',
              line(isNormal ? colors.green('-') : colors.red('!'), text),
            ]),
            ...(why.beside.length > 0 ? ['', 'In addition:'] : []),
            ...why.beside.map(({ text }) => line(colors.dim('-'), text)),
          ].join('\n');
        },
      });
    });
  withExamples(command, 'why acme-anna', 'why acme-anna --json');
};
