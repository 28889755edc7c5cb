/** The policy of new accounts of a group (R26). */
import { describe, expect, it } from 'vitest';
import { withDefaults, type GroupDefaults } from '../../../../src/domain/commands/groupDefaults.js';

const DEFAULTS: GroupDefaults = {
  dailyCap: 40,
  weeklyCap: 180,
  ramp: { dailyCaps: [5, 30, 40] },
  timezone: 'Europe/Berlin',
};

describe('a start of an account of a group', () => {
  it('gets what it leaves out, and keeps what it names, also null', () => {
    const start = { accountId: 'a', tier: 'sales_navigator', dailyCap: 10, ramp: null } as const;
    expect(withDefaults({ ...start, timezone: undefined }, DEFAULTS)).toEqual({
      ...start,
      weeklyCap: 180,
      timezone: 'Europe/Berlin',
    });
  });

  it.each([
    ['premium', { dailyCap: 25, weeklyCap: 125, ramp: { dailyCaps: [5, 25, 25] } }],
    ['free', { dailyCap: 0, weeklyCap: 0 }],
  ] as const)('gets no cap above the safe band of %s', (tier, caps) => {
    expect(withDefaults({ tier }, DEFAULTS)).toEqual({ tier, ...caps, timezone: 'Europe/Berlin' });
  });
});
