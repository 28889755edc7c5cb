import { describe, expect, it } from 'vitest';
import type { Account } from '../../../../src/domain/account/account.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { barrierAt, DENIAL_REASONS, wantsCheck } from '../../../../src/domain/gate/gate.js';
import { isCampaignId } from '../../../../src/domain/primitives/ids.js';
import { SLOTS_MAX } from '../../../../src/domain/primitives/limits.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { configure, disconnect, hold } from '../../../../src/domain/commands/administer.js';
import { contactsOf } from '../../../../src/domain/gate/recipient.js';
import { DAY_MS, startOf } from '../../../../src/domain/primitives/time.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, must, p, r, rows } from '../../../support/scenario.js';
import { isOvershoot } from '../../../../src/domain/gate/cooldown.js';

const NOW = at('09:00');
const shut = { bounds: [], from: NOW, until: at('2027-01-01T00:00:00.000Z'), zoneVersion: 'x' };
const q4 = must(isCampaignId, 'q4');
const day = { days: ['mon'], start: '09:00', end: '10:00' } as const;

/** An account at which every reason holds, and each reason taken away, in the gate's order. */
const all: Account = {
  ...anAccount({
    dailyCap: 0,
    weeklyCap: 0,
    sendingWindow: day,
    pacing: { minGapSeconds: 1 },
    campaigns: [{ campaignId: q4, dailyCap: 0 }],
    velocity: { factor: 1, floor: 0 },
    learntCap: true,
  }).entity.account,
  isDisconnected: true,
  hold: { reason: 'x', actor: 'y', since: NOW },
  breakerUntil: NOW + 1,
  cooldowns: [{ until: NOW + 1, cause: 'throttled' }],
  isIdentityChecked: false,
  reconciledAt: NOW,
  learnt: { cap: 0, until: 0 },
};
const twentyGone: Account['slots'] = Array.from({ length: 20 }, (_, i) => ({
  reservationId: r(`gone${i}`),
  quotaDay: all.day,
  reservedAt: NOW,
  leaseExpiresAt: NOW,
  campaignId: null,
  recipientId: null,
  journaled: false,
  carriedInto: null,
  state: 'released',
  settledAt: NOW,
  reason: 'rejected',
}));
/** Delivered yesterday, to the recipient that is asked for. */
const contact: Account['slots'][number] = {
  reservationId: r('contact'),
  quotaDay: all.day - 1,
  reservedAt: NOW - DAY_MS,
  leaseExpiresAt: NOW - DAY_MS,
  campaignId: null,
  recipientId: p('ann'),
  journaled: false,
  carriedInto: null,
  state: 'delivered',
  settledAt: NOW - DAY_MS,
  chatId: c('chat'),
  messageId: null,
  isAdopted: false,
};
const forAnn = (account: Account) => ({
  contacts: contactsOf(account, { recipientId: p('ann') }),
});
const lifted: readonly (readonly [string, (account: Account) => Account])[] = [
  ['disconnected', (a) => ({ ...a, isDisconnected: false })],
  ['held', (a) => ({ ...a, hold: null })],
  ['no_credits', (a) => ({ ...a, breakerUntil: null })],
  ['cooldown', (a) => ({ ...a, cooldowns: [] })],
  ['unverified', (a) => ({ ...a, isIdentityChecked: true, openings: shut })],
  ['tier_has_no_inmail', (a) => ({ ...a, policy: { ...a.policy, tier: 'recruiter' } })],
  ['recipient_contacted', (a) => ({ ...a, slots: a.slots.filter((one) => one !== contact) })],
  ['campaign_cap', (a) => ({ ...a, policy: { ...a.policy, campaigns: [] } })],
  ['weekly_cap', (a) => ({ ...a, policy: { ...a.policy, weeklyCap: 5 } })],
  ['ramp_cap', (a) => ({ ...a, policy: { ...a.policy, ramp: null } })],
  ['velocity_cap', (a) => ({ ...a, policy: { ...a.policy, velocity: undefined } })],
  ['learnt_cap', (a) => ({ ...a, learnt: null })],
  ['daily_cap', (a) => ({ ...a, policy: { ...a.policy, dailyCap: 1 } })],
  ['churn_cap', (a) => ({ ...a, slots: a.slots.slice(0, 1) })],
];

describe('the gate', () => {
  it('the gate answers with the first reason that holds, in the order of the contract', () => {
    let account: Account = {
      ...all,
      policy: { ...all.policy, tier: 'free', ramp: { dailyCaps: [0] } },
      slots: [...twentyGone, contact],
    };
    expect(barrierAt(account, NOW, { validUntil: NOW })?.reason).toBe('expired');
    for (const [reason, lift] of lifted) {
      const ask = { ...forAnn(account), campaignId: q4 };
      expect(barrierAt(account, NOW, ask)?.reason).toBe(reason);
      account = lift(account);
    }
    expect(barrierAt(account, NOW)?.reason).toBe('outside_window');
    account = { ...account, openings: { ...shut, bounds: [NOW, NOW + 1] } };
    expect(barrierAt(account, NOW)?.reason).toBe('paced');
    const { pacing: _, ...policy } = account.policy;
    expect(barrierAt({ ...account, policy }, NOW)).toBeUndefined();
    const reasons = lifted.map(([reason]) => reason);
    expect(['expired', ...reasons, 'outside_window', 'paced']).toEqual([...DENIAL_REASONS]);
  });

  it('the gate names the cap that refused, what is used of it, and when to ask again', () => {
    anAccount({ dailyCap: 1 })
      .when(reserve, { reservationId: r('a') })
      .answered({ granted: true, remainingToday: 0 })
      .when(reserve, { reservationId: r('b') })
      .answered({
        reason: 'daily_cap',
        limit: 1,
        used: 1,
        retryAt: at('2026-11-25T00:00:00.000Z'),
      });
  });

  it('the gate returns no retryAt if only a person can help', () => {
    const asked = { reservationId: r('a') };
    const person = { reason: 'x', actor: 'ada' };
    anAccount().when(hold, person).when(reserve, asked).answered({ reason: 'held', retryAt: null });
    anAccount({ tier: 'free' })
      .when(reserve, asked)
      .answered({ reason: 'tier_has_no_inmail', retryAt: null });
    anAccount().when(configure, { dailyCap: 0 }).when(reserve, asked).answered({ retryAt: null });
    anAccount()
      .when((account, order: typeof person) => disconnect(account, order), person)
      .when(reserve, asked)
      .answered({ reason: 'disconnected', retryAt: null });
  });

  it('the gate counts nothing for a reserve whose validUntil has passed', () => {
    anAccount()
      .when(reserve, { reservationId: r('a'), validUntil: NOW })
      .answered({ granted: false, reason: 'expired', retryAt: NOW })
      .expect({ counter: 0 });
  });

  it('the gate asks for a check of a cold account also if it will deny, so that the reason is right', () => {
    const spent = Life.begin(anAccount({ dailyCap: 1 }).entity, NOW).asks('a');
    // Its slot is uncertain since the first run after its lease: the account has been cold since.
    const cold = spent.until(at('12:00'));
    expect(cold.until(at('12:00') + 1).asks('b').answer).toMatchObject({
      reason: 'daily_cap',
      retryAt: at('2026-11-25T00:00:00.000Z'),
    });
  });

  it('the gate grants nothing while the window of a new policy is not computed', () => {
    anAccount()
      .when(configure, { sendingWindow: day })
      .when(reserve, { reservationId: r('a') })
      .answered({ reason: 'unverified' })
      .expect({ state: 'unverified', verified: false });
  });
});

describe('caps', () => {
  const TABLE = `
    tier             set   daily  weekly
    free             -     0      0
    premium          -     25     125
    sales_navigator  -     50     250
    recruiter        -     50     250
    recruiter        7     7      35
  `;
  it.each(rows(TABLE))('$tier with $set: $daily a day, $weekly a week', (row) => {
    const tier = (['free', 'premium', 'sales_navigator', 'recruiter'] as const).find(
      (one) => one === row['tier'],
    );
    const dailyCap = row['set'] === '-' ? null : Number(row['set']);
    anAccount({ ...(tier ? { tier } : {}), dailyCap }).expect({
      caps: {
        daily: Number(row['daily']),
        weekly: Number(row['weekly']),
        ramp: null,
        effective: Number(row['daily']),
        binding: Number(row['weekly']) === 0 ? 'weekly' : 'daily',
      },
    });
  });

  const OVERSHOOT = `
    counter  cap  overshoot
    59       50   -
    60       50   yes
    29       25   -
    30       25   yes
    0        0    -
    1        0    yes
  `;
  it.each(rows(OVERSHOOT))('$counter of $cap: $overshoot', (row) => {
    expect(isOvershoot(Number(row['counter']), Number(row['cap']))).toBe(
      row['overshoot'] === 'yes',
    );
  });

  it('the gate never grants more than three times the cap, whatever the outcomes of the slots', () => {
    let account = anAccount({ dailyCap: 10 });
    for (let i = 0; i < 30; i += 1) {
      account = account.when(reserve, { reservationId: r(`a${i}`) });
      account = account.when(fail, { reservationId: r(`a${i}`), kind: 'rejected' });
    }
    account
      .when(reserve, { reservationId: r('more') })
      .answered({ reason: 'churn_cap', limit: 30, used: 30 });
  });

  it('the gate grants nothing while the account has 600 slots, of whatever days', () => {
    const [gone] = twentyGone;
    const slots = Array.from({ length: SLOTS_MAX }, (_, i) =>
      gone === undefined ? [] : [{ ...gone, reservationId: r(`old${i}`), quotaDay: all.day - 1 }],
    ).flat();
    const account = { ...anAccount().entity.account, slots };
    const full = { reason: 'churn_cap', limit: 600, used: 600, until: startOf(all.day + 1) };
    expect(barrierAt(account, NOW, { isForecast: true })).toEqual(full);
    const oneLess = { ...account, slots: slots.slice(1) };
    expect(barrierAt(oneLess, NOW, { isForecast: true })).toBe(undefined);
  });

  it('the gate limits a cap above the band of a lower tier to that band, and raises an alert', () => {
    const lowered = anAccount({ dailyCap: 40 }).when(configure, { tier: 'premium' });
    lowered.expect({
      caps: {
        daily: 25,
        weekly: 125,
        ramp: null,
        velocity: null,
        learnt: null,
        effective: 25,
        binding: 'daily',
      },
    });
    expect(lowered.alerts).toEqual(['cap_lowered']);
    lowered.when(configure, { dailyCap: 26 }).answered({ refused: 'CapAboveSafeBand' });
  });

  it('the gate asks for a reconcile first if the last one is old, also at the cap', () => {
    const stale = { reconciledAt: NOW - 31 * 60_000 };
    const cold = { ...anAccount({ dailyCap: 0 }).entity.account, ...stale };
    expect(barrierAt(cold, NOW)).toMatchObject({ reason: 'unverified' });
    expect(wantsCheck(cold, NOW)).toBe(true);
    // The answer that a person stopped the account needs no database.
    const held = { ...cold, hold: { reason: 'x', actor: 'y', since: NOW } };
    expect(wantsCheck(held, NOW)).toBe(false);
  });
});
