/** The group of an account: which labels it accepts, and how the policy keeps it (R26). */
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../../src/domain/account/policy.js';
import { changedPolicy } from '../../../../src/domain/commands/policyChange.js';
import { isGroup } from '../../../../src/domain/primitives/ids.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { must } from '../../../support/scenario.js';

const BARE: Policy = {
  tier: 'premium',
  dailyCap: null,
  weeklyCap: null,
  ramp: null,
  sendingWindow: null,
  timezone: 'UTC',
  identity: null,
};

describe('a group', () => {
  it.each(['acme', 'eu-sales', '7', 'a.b_c-d', 'n'.repeat(64), 'nones'])('may be %s', (group) => {
    expect(parseConfigure({ group }, 'strict', 0)).toMatchObject({ ok: true, value: { group } });
  });

  it.each(['', 'Acme', 'eu sales', '-eu', 'a'.repeat(65), 'eu\n', 'none', 'other', 7, 'größe'])(
    'cannot be %j, and the refusal names the field, the limit and an example',
    (group) => {
      expect(parseConfigure({ group }, 'strict', 0)).toMatchObject({
        ok: false,
        refused: 'InvalidInput',
        message:
          'group should be a group such as eu-sales: 1 to 64 of the characters a-z 0-9 _ . -, ' +
          'first a letter or a digit, and not none or other',
      });
    },
  );

  it('stays if a change does not name it, and null removes it without a trace in the policy', () => {
    const acme = changedPolicy(BARE, { group: must(isGroup, 'acme') });
    expect(acme).toEqual({ ...BARE, group: 'acme' });
    expect(changedPolicy(acme, { dailyCap: 9 })).toEqual({ ...acme, dailyCap: 9 });
    expect(changedPolicy(acme, { group: null })).toEqual(BARE);
  });
});
