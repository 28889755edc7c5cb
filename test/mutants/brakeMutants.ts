/** The brake of the fleet (R27). */
import type { CheckName } from './checks/index.js';
import type { Mutant } from './mutant.js';

const BRAKE = 'src/domain/fleet/brake.ts';

export const BRAKE_MUTANTS: readonly Mutant<CheckName>[] = [
  {
    rule: 'R27',
    what: 'a brake of a group holds every account',
    file: BRAKE,
    old: 'one.group === null || one.group === ofAccount',
    mutated: 'one.group === null || ofAccount !== one.brakeId',
    by: 'a brake of a group holds its accounts, and no others',
  },
  {
    rule: 'R27',
    what: 'a brake that cannot be read is no brake',
    file: BRAKE,
    old: "return { refused: 'Unavailable', message };",
    mutated: 'return message ? [] : [];',
    by: 'a brake that cannot be read is not taken for no brake',
  },
  {
    rule: 'R27',
    what: 'a release of all accounts releases the groups, too',
    file: BRAKE,
    old: 'state.filter((one) => one !== released)',
    mutated: 'state.filter((one) => one === undefined)',
    by: 'a release ends one brake',
  },
  {
    rule: 'R27',
    what: 'a repeated order to brake finds the brake of another order',
    file: BRAKE,
    old: 'known.brakeId !== id',
    mutated: 'known.brakeId !== actor',
    by: 'a repeated order to brake is the same brake',
  },
  {
    rule: 'R27',
    what: 'any number of groups is held',
    file: BRAKE,
    old: 'groups.length >= GROUPS_HELD_MAX',
    mutated: 'groups.length > 2 * GROUPS_HELD_MAX',
    by: 'no more groups are held than the memo has room for',
  },
  {
    rule: 'R27',
    what: 'a release names an order that has held other accounts',
    file: 'src/domain/fleet/brakeHolds.ts',
    old: 'one.group === group && ',
    mutated: '',
    by: 'a release names the orders that have held the accounts of its brake',
  },
];
