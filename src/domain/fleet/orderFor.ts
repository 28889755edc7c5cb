/** Which accounts an order is for, in words: lists of orders show it, and filter by its group. */
import type { OrderFilter } from './order.js';

type Chosen = {
  readonly filter: Partial<OrderFilter>;
  /** The order that this one takes back; null: none. */
  readonly takesBack: string | null;
};

/** Returns the filter in words, such as `group eu-sales, held`. */
export function orderFor({ filter, takesBack }: Chosen): string {
  if (takesBack !== null) return `those of order ${takesBack}`;
  const { all, group, tier, state, cooldown, accountIds } = filter;
  if (all === true) return 'all accounts';
  return [
    ...(group === undefined ? [] : [`group ${group}`]),
    ...(tier === undefined ? [] : [tier.replaceAll('_', ' ')]),
    ...(state === undefined ? [] : [state.replaceAll('_', ' ')]),
    ...(cooldown === undefined ? [] : [`cooldown ${cooldown}`]),
    ...(accountIds === undefined ? [] : ['named accounts']),
  ].join(', ');
}
