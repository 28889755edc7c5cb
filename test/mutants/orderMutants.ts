/** Orders on many accounts (R30). */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const ORDER = 'src/domain/fleet/order.ts';

export const ORDER_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R30',
    what: 'an order that is taken back ends the hold of a person',
    file: 'src/domain/commands/administer.ts',
    old: 'account.hold?.reason !== heldFor',
    mutated: 'account.hold === null',
    by: 'an order that is taken back ends its own holds only',
  },
  {
    rule: 'R30',
    what: 'an order that is taken back ends a breaker',
    file: 'src/domain/account/evolve.ts',
    old: 'event.keepsBreaker ? free',
    mutated: 'event.keepsBreaker === undefined ? free',
    by: 'an order that is taken back ends its own holds only',
  },
  {
    rule: 'R30',
    what: 'an order takes an account that was held before for its own',
    file: ORDER,
    old: "return isOwn ? 'done' : 'unchanged'",
    mutated: "return isOwn ? 'done' : 'done'",
    by: 'an account that was held before is not an account of the order',
  },
  {
    rule: 'R30',
    what: 'a repeated message of an order finds a hold of a person',
    file: ORDER,
    old: 'before.reason === reasonOf(order)',
    mutated: 'before.reason === order.reason',
    by: 'an account that was held before is not an account of the order',
  },
  {
    rule: 'R30',
    what: 'an order without a filter is for every account',
    file: ORDER,
    old: 'isNarrow !== (all === true)',
    mutated: 'isNarrow !== (all === true) || !isNarrow',
    by: 'an order without a filter is refused',
  },
  {
    rule: 'R30',
    what: 'an order to configure leaves no reason in the accounts',
    file: ORDER,
    old: 'payload: { ...change, ...by }',
    mutated: 'payload: { ...change, actor }',
    by: 'an order to configure has its reason in each account',
  },
];
