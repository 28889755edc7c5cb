/** `safeband slots`: the answer to a reserve now, and the instants of the next slots. */
import type { Instant } from '../../../domain/primitives/time.js';
import { NEXT_SLOTS_MAX as SLOTS_MAX } from '../../../domain/primitives/limits.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { calling } from '../../accounts.js';
import { accountArgument, withExamples, type Register } from '../../command.js';
import { campaign, recipient, whole } from '../../options.js';
import { counted, instantOf, when } from '../../text.js';
import type { PeekWire, WouldDenyWire } from '../../../domain/wire/decisions.js';

export const registerSlots: Register = (program, context) => {
  const command = program
    .command('slots')
    .summary('the answer that a reserve would get now, and the next slots')
    .description(
      'Shows the answer that a reserve would get now, and the times of the next slots, if each ' +
        'slot is used as soon as it is free. Changes nothing.',
    )
    .addArgument(accountArgument())
    .option('--count <n>', 'how many slots to show', whole(1, SLOTS_MAX), 50)
    .option('--recipient <id>', 'the answer to a reserve for this recipient', recipient)
    .option('--campaign <id>', 'the answers to reserves of this campaign', campaign)
    .option('--free', 'the answers to reserves that cost no credit')
    .action(async (accountId: string, { count, recipient: to, campaign: of, free }: Options) => {
      const client = await context.world.source().orders();
      const asked = {
        ...(of === undefined ? {} : { campaignId: of }),
        ...(free === true ? { free } : {}),
      };
      const [peek, slots] = await Promise.all([
        calling(context, accountId, () =>
          client.peek(accountId, undefined, {
            ...asked,
            ...(to === undefined ? {} : { recipientId: to }),
          }),
        ),
        calling(context, accountId, () => client.nextSlots(accountId, count, asked)),
      ]);
      const now = context.now();
      context.answer({
        json: { accountId, now: peek, slots },
        text: ({ table, colors }) => {
          const rows = grouped(slots.map(instantOf)).map(({ at, count: size }) => [
            counted(size, 'slot'),
            at - now < 1_000 ? 'now' : when(at, now),
          ]);
          const why = colors.bold(commandLine('why', [accountId]));
          const none = `no slots until a person acts; next: ${why}`;
          return [
            `${colors.bold(accountId)}: a reserve now is ${decisionText(peek, now)}`,
            '',
            rows.length === 0 ? none : table(rows, ['', 'granted (UTC)']),
            ...(slots.length < count ? [] : [cutText(count)]),
          ].join('\n');
        },
      });
    });
  withExamples(command, 'slots acme-anna', 'slots acme-anna --count 200 --json');
};

const cutText = (count: number): string =>
  count < SLOTS_MAX
    ? `only the next ${counted(count, 'slot')}; --count shows up to ${SLOTS_MAX}`
    : `only the next ${counted(count, 'slot')}, which is the maximum`;

type Options = {
  readonly count: number;
  readonly recipient?: string;
  readonly campaign?: string;
  readonly free?: boolean;
};

/** Returns a decision in words; its times are written relative to `now`. */
export function decisionText(peek: PeekWire, now: Instant): string {
  if (!peek.granted) return `denied: ${denialText(peek, now)}`;
  if (peek.wouldDeny) {
    return `granted in shadow mode; would be denied: ${denialText(peek.wouldDeny, now)}`;
  }
  return `granted, with ${counted(peek.remainingToday, 'slot')} left today after it`;
}

function denialText(denied: WouldDenyWire, now: Instant): string {
  const { reason, limit, used, retryAt, contactedBy } = denied;
  const numbers = limit === undefined ? '' : ` (${used} of ${limit})`;
  const by = contactedBy === undefined ? '' : ` (contacted by ${contactedBy})`;
  const again =
    retryAt === null ? deadEndText(denied) : `ask again at ${when(instantOf(retryAt), now)}`;
  return `${reason}${numbers}${by}; ${again}`;
}

const deadEndText = ({ contactedBy }: { readonly contactedBy?: string }): string =>
  contactedBy === undefined
    ? 'only a person can help'
    : 'only a person, or the outcome of an open slot, can help';

type Group = { readonly at: Instant; readonly count: number };

/** Groups the slots that become free at the same instant, such as all slots of a day. */
function grouped(slots: readonly Instant[]): readonly Group[] {
  const counts = new Map<Instant, number>();
  for (const at of slots) counts.set(at, (counts.get(at) ?? 0) + 1);
  return [...counts].map(([at, count]) => ({ at, count }));
}
