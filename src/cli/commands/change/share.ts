/** `safeband share`: links that show one account to a person without a key. */
import { Argument, InvalidArgumentError, type Command } from 'commander';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import {
  SHARE_HOURS,
  SHARE_HOURS_WORDS,
  shareHoursIn,
  shareLabel,
} from '../../../domain/wire/shareOrder.js';
import {
  accountArgument,
  actorOf,
  withExamples,
  type Context,
  type Register,
} from '../../command.js';
import { CliError, EXIT } from '../../errors.js';
import { whole } from '../../options.js';
import type { ShareJson } from '../../source/source.js';
import { cutText, instantOf, instantOrNull, when } from '../../text.js';
import type { Instant } from '../../../domain/primitives/time.js';

const LIMIT = 50;

export const registerShare: Register = (program, context) => {
  const share = program
    .command('share')
    .summary('make, list and revoke links that show an account without a key')
    .helpCommand(false);
  registerMake(share, context);
  registerList(share, context);
  registerRevoke(share, context);
};

function hours(raw: string): number {
  const read = shareHoursIn(raw);
  if (read !== undefined) return read;
  throw new InvalidArgumentError(`Use ${SHARE_HOURS_WORDS}.`);
}

function label(raw: string): string {
  const read = shareLabel(raw, 0);
  if ('value' in read) return read.value;
  throw new InvalidArgumentError(`Use ${read.shouldBe}.`);
}

type MakeOptions = { readonly expires?: number; readonly label?: string };
function registerMake(share: Command, context: Context): void {
  const command = share
    .command('make', { isDefault: true })
    .summary('make a link; this command shows it once')
    .description(
      'Makes a link that shows the day of an account to a person without a key: what was sent, ' +
        'what is left, and why nothing is sent. The link shows no id and no other account.',
    )
    .addArgument(accountArgument())
    .option(
      '--expires <time>',
      `how long the link is valid: ${SHARE_HOURS_WORDS} (default: 7d)`,
      hours,
    )
    .option('--label <text>', 'what operators call the link; the page does not show it', label)
    .action(async (accountId: string, options: MakeOptions) => {
      const made = await context.world.source().shares.make(accountId, {
        hours: options.expires ?? SHARE_HOURS.default,
        label: options.label ?? null,
        actor: actorOf(context.io, undefined),
      });
      context.answer({
        json: made,
        text: ({ colors }) =>
          [
            made.url,
            '',
            colors.yellow('Send the link now: it is not shown again.'),
            `It is valid until ${when(instantOf(made.expiresAt), context.now())}.`,
            `To end it earlier: ${colors.bold(commandLine('share revoke', [accountId, made.shareId]))}`,
          ].join('\n'),
      });
    });
  withExamples(
    command,
    'share make acme-anna',
    'share make acme-anna --expires 30d --label "ticket 4711"',
  );
}

function registerList(share: Command, context: Context): void {
  const command = share
    .command('list')
    .summary('the links to an account, newest first, without their secrets')
    .addArgument(accountArgument())
    .option('--limit <n>', 'how many links, newest first', whole(1, 1_000), LIMIT)
    .action(async (accountId: string, { limit }: { readonly limit: number }) => {
      const found = await context.world.source().shares.list(accountId, limit + 1);
      const shares = found.slice(0, limit);
      const isCut = found.length > limit;
      const now = context.now();
      context.answer({
        json: { shares, isCut },
        text: ({ table, colors }) => {
          const make = colors.bold(commandLine('share', [accountId]));
          if (shares.length === 0) return `no links yet\nnext: ${make}`;
          const rows = shares.map((one) => [
            one.shareId,
            one.label,
            endOf(one, now),
            one.createdBy,
            when(instantOf(one.createdAt), now),
            when(instantOrNull(one.lastOpenedAt), now),
          ]);
          const head = ['link', 'label', 'state', 'made by', 'made', 'last opened'];
          return [table(rows, head), ...(isCut ? ['', cutText(limit, 'links')] : [])].join('\n');
        },
      });
    });
  withExamples(command, 'share list acme-anna');
}

function endOf({ state, revokedAt, expiresAt }: ShareJson, now: Instant): string {
  const at = when(instantOf(revokedAt ?? expiresAt), now);
  return state === 'valid' ? `valid until ${at}` : `${state} ${at}`;
}

function registerRevoke(share: Command, context: Context): void {
  const command = share
    .command('revoke')
    .summary('end a link at once')
    .addArgument(accountArgument())
    .addArgument(new Argument('<link>', 'its id, from safeband share list'))
    .action(async (accountId: string, shareId: string) => {
      const by = actorOf(context.io, undefined);
      const revoked = await context.world.source().shares.revoke(accountId, shareId, by);
      if (!revoked) {
        const text = `the account ${accountId} has no link ${shareId}`;
        const next = commandLine('share list', [accountId]);
        throw new CliError(EXIT.unknown, 'ShareUnknown', text, next);
      }
      context.answer({ json: revoked, text: () => `the link ${shareId} is revoked` });
    });
  withExamples(command, 'share revoke acme-anna 9f2c4b7a10d3e856');
}
