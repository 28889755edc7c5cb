/** Which accounts an order is for, in words. */
import { expect, it } from 'vitest';
import { isAccountId } from '../../../../src/domain/primitives/ids.js';
import { orderFor } from '../../../../src/domain/fleet/orderFor.js';

type Filter = Parameters<typeof orderFor>[0]['filter'];
const CASES: readonly (readonly [Filter, string])[] = [
  [{ all: true }, 'all accounts'],
  [{ group: 'eu-sales' }, 'group eu-sales'],
  [{ group: 'acme', tier: 'sales_navigator', state: 'held' }, 'group acme, sales navigator, held'],
  [{ state: 'no_credits' }, 'no credits'],
  [{ cooldown: 'unclean_end' }, 'cooldown unclean_end'],
  [{ accountIds: ['a'].filter(isAccountId), group: 'acme' }, 'group acme, named accounts'],
];
it.each(CASES)('an order with the filter %j is for: %s', (filter, words) => {
  expect(orderFor({ filter, takesBack: null })).toBe(words);
});

it('an order that takes another one back names it', () => {
  expect(orderFor({ filter: {}, takesBack: '7c2e91d04ab35f68' })).toBe(
    'those of order 7c2e91d04ab35f68',
  );
});
