/** Named ramps, and the day of the full cap (R10). */
import { describe, expect, it } from 'vitest';
import { configure, type Configure } from '../../../../src/domain/commands/administer.js';
import { fullCapOn, nameOfRamp, RAMP_NAMES, rampOf } from '../../../../src/domain/gate/ramps.js';
import { beyondBand } from '../../../../src/domain/account/policy.js';
import { SAFE_BAND, TIERS } from '../../../../src/domain/primitives/tier.js';
import { isoDay } from '../../../../src/domain/primitives/time.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { rampIn } from '../../../../src/domain/wire/settingText.js';
import { anAccount, type Scenario } from '../../../support/scenario.js';

const listOf = (change: Configure): unknown =>
  anAccount({ tier: 'premium' }).when(configure, change).entity.account.policy.ramp;

describe('a named ramp', () => {
  it('becomes the list of the tier', () => {
    expect(listOf({ ramp: { name: 'gentle' } })).toEqual({
      dailyCaps: [5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 23, 24],
    });
    expect(listOf({ ramp: { name: 'standard' }, tier: 'recruiter' })).toEqual({
      dailyCaps: [10, 20, 30, 40],
    });
  });

  it('is no ramp for a tier without InMails', () => {
    expect(listOf({ ramp: { name: 'standard' }, tier: 'free' })).toBeNull();
  });

  it('ascends, begins with 1 at least and stays within the band of each tier', () => {
    for (const tier of TIERS.filter((one) => SAFE_BAND[one] > 0)) {
      for (const name of RAMP_NAMES) {
        const { dailyCaps = [] } = rampOf({ name }, tier) ?? {};
        expect(parseConfigure({ ramp: { dailyCaps } }, 'strict', 0).ok).toBe(true);
        const policy = { ...anAccount({ tier }).entity.account.policy, ramp: { dailyCaps } };
        expect(beyondBand(policy)).toBeUndefined();
        expect(nameOfRamp(dailyCaps, tier)).toBe(name);
      }
    }
    expect(nameOfRamp([5, 10], 'premium')).toBeUndefined();
  });

  it('is read from the text of an option or a form', () => {
    expect(rampIn(' Gentle ')).toEqual({ name: 'gentle' });
    expect(rampIn('5, 10;20')).toEqual({ dailyCaps: [5, 10, 20] });
    expect(rampIn('slow')).toBeUndefined();
    expect(rampIn(',')).toBeUndefined();
  });

  it.each([
    [{ name: 'slow' }, 'ramp should be whole: ramp.name should be one of gentle, standard'],
    [
      { name: 'gentle', dailyCaps: [5] },
      'ramp should be either {dailyCaps: [...]} or {name: one of gentle, standard}',
    ],
    [{}, 'ramp should be either {dailyCaps: [...]} or {name: one of gentle, standard}'],
  ])('a wrong one is refused with the field and the fix: %j', (ramp, message) => {
    const read = parseConfigure({ ramp }, 'strict', 0);
    expect(read).toMatchObject({ ok: false, refused: 'InvalidInput', message });
  });
});

describe('the day of the full cap', () => {
  // 24 November 2026 is a Tuesday.
  const TUESDAY = { now: Date.UTC(2026, 10, 24, 9) };
  const fullOn = ({ entity: { account } }: Scenario, rampDay = account.rampDay): string | null => {
    const day = fullCapOn({ ...account, rampDay });
    return day === null ? null : isoDay(day);
  };
  const ramp = { dailyCaps: [5, 10, 15, 20] };

  it('comes after one delivery for each step that still limits the cap', () => {
    const account = anAccount({ ramp }, TUESDAY);
    expect(fullOn(account)).toBe('2026-11-28');
    expect(fullOn(account, 3)).toBe('2026-11-26');
    expect(fullOn(anAccount({ ramp, dailyCap: 15 }, TUESDAY))).toBe('2026-11-26');
  });

  it('is null without a ramp, after its last step, and while a step is as high as the cap', () => {
    expect(fullOn(anAccount({}, TUESDAY))).toBeNull();
    expect(fullOn(anAccount({ ramp }, TUESDAY), 5)).toBeNull();
    expect(fullOn(anAccount({ ramp, dailyCap: 5 }, TUESDAY))).toBeNull();
  });

  it('counts only the weekdays of the sending window', () => {
    const sendingWindow = { days: ['mon', 'tue'], start: '09:00', end: '17:00' } as const;
    // Tuesday, Monday, Tuesday, Monday: the full cap comes on Tuesday, 8 December.
    expect(fullOn(anAccount({ ramp, sendingWindow }, TUESDAY))).toBe('2026-12-08');
  });
});
