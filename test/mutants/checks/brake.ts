/** The brake of the fleet (R27). */
import { expect } from 'vitest';
import type { BrakeState } from '../../../src/domain/fleet/brake.js';
import { isoInstant } from '../../../src/domain/primitives/time.js';
import { NINE, type Check } from './life.js';

const BY = { actor: 'ada', reason: 'wrong texts' };
const order = (group: string | null, n = 0) => ({
  brakeId: `${n}`.padStart(16, '0'),
  group,
  ...BY,
});

const ofGroup: Check = ({ engage, isBraked, holdsAll }) => {
  const { state } = engage([], order('acme'), NINE);
  expect([isBraked(state, 'acme'), isBraked(state, 'other')]).toEqual([true, false]);
  expect([holdsAll(state), isBraked(state, null)]).toEqual([false, false]);
};
const unreadable: Check = ({ brakesIn }) => {
  expect(brakesIn('garbage')).toMatchObject({ refused: 'Unavailable' });
};
const released: Check = ({ engage, release }) => {
  const both = engage(engage([], order(null), NINE).state, order('acme', 1), NINE).state;
  const { state } = release(both, { group: null, ...BY }, NINE);
  expect(state).toMatchObject([{ group: 'acme' }]);
};
const repeated: Check = ({ engage }) => {
  const first = engage([], order(null), NINE);
  expect(engage(first.state, order(null), NINE).answer).toMatchObject({ heldBefore: false });
  expect(engage(first.state, order(null, 2), NINE).answer).toMatchObject({ heldBefore: true });
};
const limited: Check = ({ engage }) => {
  let state: BrakeState = [];
  for (let n = 0; n < 11; n += 1) ({ state } = engage(state, order(`g${n}`, n), NINE));
  expect(state).toHaveLength(10);
};

const heldWith: Check = ({ holdOrdersOf, holdsOfBrake }) => {
  const reason = 'x'.repeat(512);
  expect(holdsOfBrake({ group: 'acme', reason }).filter).toEqual({ group: 'acme' });
  const held = {
    orderId: '1',
    group: 'acme',
    madeAt: isoInstant(NINE),
    isRunning: false,
    done: 1,
  };
  const brake = { group: null, since: isoInstant(NINE) };
  expect(holdOrdersOf({ ...brake, group: 'acme' }, [held])).toEqual([held]);
  expect(holdOrdersOf(brake, [held])).toEqual([]);
};

export const brakeChecks = {
  'a brake of a group holds its accounts, and no others': ofGroup,
  'a brake that cannot be read is not taken for no brake': unreadable,
  'a release ends one brake': released,
  'a repeated order to brake is the same brake': repeated,
  'no more groups are held than the memo has room for': limited,
  'a release names the orders that have held the accounts of its brake': heldWith,
} satisfies Readonly<Record<string, Check>>;
