/** What an order to configure would change, by the settings that accounts have (R30). */
import { expect, it } from 'vitest';
import { effectOf, fieldsOf } from '../../../../src/domain/fleet/orderEffect.js';

const NAVIGATOR = { tier: 'sales_navigator', dailyCap: null } as const;
const PREMIUM = { tier: 'premium', dailyCap: null } as const;

it('a change is counted by each setting before and after, most accounts first', () => {
  const alike = [
    { policy: NAVIGATOR, accounts: 3 },
    { policy: { ...NAVIGATOR, dailyCap: 40 }, accounts: 5 },
    { policy: { ...NAVIGATOR, dailyCap: 30 }, accounts: 2 },
  ];
  expect(effectOf({ dailyCap: 30 }, alike)).toEqual({
    already: 2,
    refused: 0,
    settings: [
      { setting: 'daily cap', before: '40', after: '30', accounts: 5 },
      { setting: 'daily cap', before: '50 (safe band)', after: '30', accounts: 3 },
    ],
  });
});

it('accounts that would refuse a cap above their safe band are counted as refused', () => {
  const alike = [
    { policy: NAVIGATOR, accounts: 3 },
    { policy: PREMIUM, accounts: 4 },
  ];
  expect(effectOf({ dailyCap: 30 }, alike)).toMatchObject({
    refused: 4,
    already: 0,
    settings: [{ accounts: 3 }],
  });
});

it('two settings of one change are counted apart, and the same change of two tiers together', () => {
  const zone = { timezone: 'Europe/Berlin', mode: 'shadow' } as const;
  const alike = [
    { policy: { ...NAVIGATOR, timezone: 'Europe/Berlin' }, accounts: 1 },
    { policy: { ...NAVIGATOR, timezone: 'UTC' }, accounts: 2 },
    { policy: { ...PREMIUM, timezone: 'UTC' }, accounts: 4 },
  ];
  expect(effectOf(zone, alike)).toEqual({
    already: 0,
    refused: 0,
    settings: [
      { setting: 'mode', before: 'enforce', after: 'shadow', accounts: 7 },
      { setting: 'time zone', before: 'UTC', after: 'Europe/Berlin', accounts: 6 },
    ],
  });
});

it('the fields that decide a change are its own, tier and daily cap', () => {
  expect(fieldsOf({ ramp: null, dailyCap: 3 })).toEqual(['tier', 'dailyCap', 'ramp']);
});
