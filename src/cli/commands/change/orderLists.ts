/** `safeband order list` and `order show`: what orders on many accounts have done (R30). */
import { Argument, Option, type Command } from 'commander';
import { orderFor } from '../../../domain/fleet/orderFor.js';
import { csvLine } from '../../../domain/primitives/csv.js';
import { shown } from '../../../domain/primitives/text.js';
import type { Instant } from '../../../domain/primitives/time.js';
import type { OrderAccountRow, OrderRow } from '../../../postgres/fleet/orders.js';
import { stateOfOrder } from '../../../status/orderDesk.js';
import { withExamples, type Context } from '../../command.js';
import { usage } from '../../errors.js';
import { accountId, group, whole } from '../../options.js';
import type { Style } from '../../output.js';
import { clock, cutText, instantOf, thousands } from '../../text.js';

const LIST = 20;
const LIST_MAX = 1_000;
const ACCOUNTS = 50;
const ACCOUNTS_MAX = 10_000;
const OUTCOMES = ['done', 'unchanged', 'failed', 'left'] as const;

/** The argument that names an order. */
export const orderArgument = (): Argument => new Argument('<order>', 'the id of the order');

/** Returns how far an order has come, in words. */
export const progressOf = ({ accounts, done, unchanged, failed, left }: OrderRow): string =>
  `${thousands(accounts - left)} of ${thousands(accounts)} accounts: ${thousands(done)} done, ` +
  `${thousands(unchanged)} unchanged, ${thousands(failed)} failed`;

/** Returns the order with its state, as the HTTP API has it. */
export const jsonOf = (order: OrderRow): object => ({ ...order, state: stateOfOrder(order) });

/** Adds `order list`. */
export function registerList(order: Command, context: Context): void {
  const command = order
    .command('list', { isDefault: true })
    .summary('orders on many accounts, newest first, with their progress')
    .addOption(
      new Option(
        '--group <group>',
        'only orders whose filter names this group, and their take-backs',
      ).argParser(group),
    )
    .option('--account <account>', 'only orders that are for this account', accountId)
    .option('--limit <n>', 'how many orders to show', whole(1, LIST_MAX), LIST)
    .action(async (options: ListOptions) => {
      const { group: named = null, account = null, limit } = options;
      const { fleetOrders } = context.world.source();
      const { items, hasMore } = await fleetOrders.list({
        group: named,
        accountId: account,
        limit,
      });
      const none = named === null && account === null ? 'no order yet' : 'no order matches';
      context.answer({
        json: { orders: items.map(jsonOf), isCut: hasMore },
        text: (style) =>
          items.length === 0
            ? none
            : [
                tableOf(items, style, context),
                ...(hasMore ? ['', cutText(limit, 'orders')] : []),
              ].join('\n'),
      });
    });
  withExamples(
    command,
    'order list',
    'order list --group eu-sales',
    'order list --account acme-anna',
  );
}
type ListOptions = {
  readonly group?: string;
  readonly account?: string;
  readonly limit: number;
};

const tableOf = (orders: readonly OrderRow[], { table }: Style, { now }: Context): string =>
  table(
    orders.map((one) => [
      one.orderId,
      one.kind,
      orderFor(one),
      stateOfOrder(one),
      clock(instantOf(one.madeAt), now()),
      thousands(one.accounts),
      thousands(one.done),
      thousands(one.unchanged),
      thousands(one.failed),
      shown(`${one.reason} (${one.actor})`),
    ]),
    [
      'order',
      'kind',
      'for',
      'state',
      'made',
      '>accounts',
      '>done',
      '>unchanged',
      '>failed',
      'reason',
    ],
  );

/** Adds `order show`. */
export function registerShow(order: Command, context: Context): void {
  const command = order
    .command('show')
    .summary('one order, and the accounts that it could not change')
    .addArgument(orderArgument())
    .addOption(
      new Option(
        '--outcome <outcome>',
        'the accounts with this outcome (default: failed; of --csv: all)',
      ).choices(OUTCOMES),
    )
    .option('--limit <n>', 'how many accounts to show', whole(1, ACCOUNTS_MAX), ACCOUNTS)
    .option('--csv', 'print CSV with a header: all accounts with that outcome')
    .action(async (orderId: string, options: ShowOptions) => {
      const { outcome, limit, csv = false } = options;
      if (csv && context.isJson) throw usage('--csv: leave out --json, because each is a format');
      const { fleetOrders } = context.world.source();
      const found = await fleetOrders.read(orderId);
      const deletedAt = found.accountsDeletedAt ?? null; // an older server has no such field
      const asked = outcome ?? (csv ? null : 'failed');
      const most = csv ? Infinity : limit;
      const accounts =
        deletedAt === null || csv
          ? await fleetOrders.accounts({ orderId, outcome: asked, limit: most })
          : [];
      context.answer({
        json: { order: jsonOf(found), [outcome ?? 'failed']: accounts },
        text: ({ table }) =>
          csv
            ? csvOf(orderId, accounts)
            : [
                `order ${orderId} (${found.kind}) is ${stateOfOrder(found)}: ${progressOf(found)}`,
                `${shown(found.reason)} (${shown(found.actor)})`,
                `for: ${orderFor(found)}`,
                ...(deletedAt === null ? [] : [deletedWords(deletedAt, context.now())]),
                ...(accounts.length === 0
                  ? []
                  : ['', table(accounts.map(rowOf), [outcome ?? 'failed', 'error'])]),
                ...(deletedAt === null && found[outcome ?? 'failed'] > accounts.length
                  ? ['', cutText(limit, 'accounts')]
                  : []),
              ].join('\n'),
      });
    });
  withExamples(
    command,
    'order show 7c2e91d04ab35f68',
    'order show 7c2e91d04ab35f68 --outcome unchanged',
    'order show 7c2e91d04ab35f68 --csv > accounts.csv',
  );
}
type ShowOptions = {
  readonly outcome?: (typeof OUTCOMES)[number];
  readonly limit: number;
  readonly csv?: true;
};
const rowOf = ({ accountId: id, error }: OrderAccountRow) => [id, shown(error ?? '')];
const deletedWords = (at: string, now: Instant): string =>
  `the rows of its accounts were deleted (${clock(instantOf(at), now)}); the counts stay`;
const CSV = ['accountId', 'outcome', 'error', 'decidedAt'] as const;
/** Returns the rows as the file of the HTTP API has them; a line ends with one character. */
const csvOf = (orderId: string, accounts: readonly OrderAccountRow[]): string =>
  [['orderId', ...CSV], ...accounts.map((one) => [orderId, ...CSV.map((name) => one[name])])]
    .map((cells) => csvLine(cells).trimEnd())
    .join('\n');
