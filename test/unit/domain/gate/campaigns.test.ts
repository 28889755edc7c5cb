/** The daily caps of campaigns (R22), by written tables. */
import { describe, expect, it } from 'vitest';
import { configure, type Configure } from '../../../../src/domain/commands/administer.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { CAMPAIGNS_MAX } from '../../../../src/domain/account/policy.js';
import { isCampaignId } from '../../../../src/domain/primitives/ids.js';
import { DENIED_BYTES_MAX } from '../../../../src/domain/primitives/limits.js';
import { bytesOf } from '../../../../src/domain/primitives/bytes.js';
import { isoInstant } from '../../../../src/domain/primitives/time.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { campaignsIn } from '../../../../src/domain/wire/settingText.js';
import { campaignsText } from '../../../../src/domain/records/settingsChange.js';
import { peekWire } from '../../../../src/domain/wire/decisions.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, must, r, rows } from '../../../support/scenario.js';

const NOW = at('09:00');
const MIDNIGHT = at('2026-11-25T00:00:00.000Z');
const k = (id: string) => must(isCampaignId, id);
const [q4, spring] = [k('q4'), k('spring')];
const capped = (dailyCap: number, more: Configure = {}, now = NOW) =>
  Life.begin(
    anAccount({ campaigns: [{ campaignId: q4, dailyCap }], ...more }, { now }).entity,
    now,
  );
const asks = (life: Life, id: string, campaign = q4) => life.asks(id, undefined, campaign);
const asked = (life: Life, ...ids: readonly string[]) =>
  ids.reduce((before, id) => asks(before, id), life);

/** What a slot of the campaign ends with, and whether it is used of a cap of 1. */
const OUTCOMES = `
  outcome        used
  in_flight      yes
  unknown        yes
  delivered      yes
  rejected       no
  not_attempted  no
`;

describe('the cap of a campaign', () => {
  it('the cap denies a further slot of the campaign until midnight, and no other reserve', () => {
    const full = asked(capped(2), 'a', 'b');
    expect(asks(full, 'c').decision).toEqual({
      granted: false,
      reservationId: 'c',
      reason: 'campaign_cap',
      limit: 2,
      used: 2,
      retryAt: MIDNIGHT,
    });
    expect(asks(full, 'c', spring).isGranted).toBe(true);
    expect(full.asks('c').isGranted).toBe(true);
    expect(asks(full.until(MIDNIGHT - 1), 'c').isGranted).toBe(false);
    expect(asks(full.until(MIDNIGHT), 'c').isGranted).toBe(true);
  });

  it.each(rows(OUTCOMES))('a slot that is $outcome takes room: $used', ({ outcome, used }) => {
    const life = asked(capped(1), 'a');
    const reservationId = r('a');
    const kind = (['unknown', 'rejected', 'not_attempted'] as const).find((one) => one === outcome);
    const settled =
      outcome === 'delivered'
        ? life.when(deliver, { reservationId, chatId: c('chat') })
        : kind
          ? life.when(fail, { reservationId, kind })
          : life;
    expect(asks(settled, 'b').isGranted).toBe(used === 'no');
  });

  it('a slot that is carried over midnight is used on the new day, too, until it is released', () => {
    const late = asked(capped(1, {}, at('23:58')), 'a').until(MIDNIGHT + 60_000);
    expect(asks(late, 'b').decision).toMatchObject({ reason: 'campaign_cap', used: 1 });
    const back = late.when(fail, { reservationId: r('a'), kind: 'rejected' });
    expect(asks(back, 'b').isGranted).toBe(true);
  });

  it('a new cap applies to the slots of today at once, and null takes all caps away', () => {
    const life = asked(capped(9), 'a', 'b');
    const lower = life.when(configure, { campaigns: [{ campaignId: q4, dailyCap: 1 }] });
    expect(asks(lower, 'c').decision).toMatchObject({ limit: 1, used: 2, retryAt: MIDNIGHT });
    const off = lower.when(configure, { campaigns: null });
    expect(off.answer).not.toHaveProperty('campaigns');
    expect(asks(off, 'c').isGranted).toBe(true);
  });

  it('only a person ends a cap of 0, also behind a reason that time ends', () => {
    expect(asks(capped(0), 'a').decision).toMatchObject({ reason: 'campaign_cap', retryAt: null });
    const cooling = capped(0).when(fail, { reservationId: r('x'), kind: 'throttled' });
    expect(asks(cooling, 'a').decision).toMatchObject({ reason: 'cooldown', retryAt: null });
    expect(cooling.asks('a').decision).toMatchObject({ retryAt: at('10:00') });
  });

  it('peek and the next slots answer for the campaign that they name', () => {
    const { account, now } = asked(capped(2), 'a');
    const times = (campaignId = q4) =>
      nextSlots(account, now, 3, { campaignId }).map((slot) => isoInstant(slot).slice(8, 16));
    expect(times()).toEqual(['24T09:00', '25T00:00', '25T00:00']);
    expect(times(spring)).toEqual(['24T09:00', '24T09:00', '24T09:00']);
    const full = asked(capped(1), 'a');
    expect(peekWire(full.account, now, false, { campaignId: q4 })).toMatchObject({ limit: 1 });
    expect(peekWire(full.account, now, false)).toMatchObject({ granted: true });
  });
});

describe('the denials of campaigns', () => {
  it('denials are counted by campaign and reason, and begin again at midnight', () => {
    const life = asked(capped(1, { dailyCap: 2 }), 'a', 'b', 'c');
    const more = asks(asks(life, 'd', spring), 'e', spring).asks('f');
    expect(more.account.denied).toEqual([
      { campaignId: q4, reason: 'campaign_cap', count: 2 },
      { campaignId: spring, reason: 'daily_cap', count: 1 },
    ]);
    expect(more.until(MIDNIGHT + 1).account.denied).toEqual([]);
  });

  it('a repeated reserve and a refusal are no denials', () => {
    const life = asked(capped(1), 'a', 'a').when(fail, { reservationId: r('a'), kind: 'unknown' });
    expect(asked(life, 'a').account.denied ?? []).toEqual([]);
  });

  it('a limited number of pairs is counted, and known pairs continue', () => {
    const life = Array.from({ length: 100 }, (_, n) => k(`k${n}`)).reduce(
      (before, campaign) => asks(before, 'x', campaign),
      capped(1, { dailyCap: 0 }),
    );
    expect(life.account.denied?.length).toBeGreaterThan(50);
    expect(bytesOf(life.account.denied)).toBeLessThanOrEqual(DENIED_BYTES_MAX);
    const again = asks(asks(life, 'x', k('k3')), 'x', k('k99'));
    expect(again.account.denied?.filter(({ count }) => count > 1)).toEqual([
      { campaignId: 'k3', reason: 'weekly_cap', count: 2 },
    ]);
  });
});

describe('caps of campaigns as a setting', () => {
  it('the order of the list has no meaning, and an empty list is none', () => {
    const caps = [
      { campaignId: spring, dailyCap: 5 },
      { campaignId: q4, dailyCap: 3 },
    ];
    const life = anAccount().when(configure, { campaigns: caps });
    expect(life.entity.account.policy.campaigns).toEqual(caps.toReversed());
    const version = life.entity.version;
    expect(life.when(configure, { campaigns: caps.toReversed() }).entity.version).toBe(version);
    const none = life.when(configure, { campaigns: [] }).entity.account.policy;
    expect(none).not.toHaveProperty('campaigns');
  });

  it('a campaign with a weight alone has no cap of its own, and null is the same as no field', () => {
    const parsed = parseConfigure(
      { campaigns: [{ campaignId: 'q4', dailyCap: null, weight: 3 }] },
      'strict',
      NOW,
    );
    if (!parsed.ok) throw new Error(parsed.message);
    const life = capped(1).when(configure, parsed.value);
    expect(life.account.policy.campaigns).toStrictEqual([{ campaignId: q4, weight: 3 }]);
    expect(asked(life, 'a', 'b').isGranted).toBe(true);
  });

  it.each([
    ['q4=10, spring=5+weight3, may=weight2', 'q4=10, spring=5+weight3, may=weight2'],
    ['q4=weight3;spring=0', 'q4=weight3, spring=0'],
  ])('the text %s is read, and written again as %s', (text, again) => {
    const caps = campaignsIn(text)?.map((cap) => ({ ...cap, campaignId: k(cap.campaignId) }));
    expect(campaignsText(caps ?? [])).toBe(again);
  });

  it.each(['q4', 'q4:3', 'q4=ten', 'q4=weight', 'q4=5+3'])('the text %s is not read', (text) => {
    expect(campaignsIn(text)).toBe(undefined);
  });

  const many = Array.from({ length: CAMPAIGNS_MAX + 1 }, (_, n) => ({
    campaignId: `k${n}`,
    dailyCap: 1,
  }));
  it.each([
    ['q4', 'campaigns should be a list of at most 25'],
    [many, 'campaigns should be a list of at most 25'],
    [[3], 'campaigns[0] should be a JSON object'],
    [[{ dailyCap: 1 }], 'campaigns[0].campaignId is missing'],
    [
      [{ campaignId: 'q4', weight: null }],
      'campaigns should be a list of objects with dailyCap or weight: campaigns[0] has neither',
    ],
    [[{ campaignId: 'q4', weight: -1 }], 'weight should be a whole number from 1 to 1000'],
    [[{ campaignId: 'q4', weight: 0 }], 'weight should be a whole number from 1 to 1000'],
    [[{ campaignId: 'q4', weight: 1_001 }], 'weight should be a whole number from 1 to 1000'],
    [[{ campaignId: 'q 4', dailyCap: 1 }], 'campaigns[0].campaignId should be'],
    [[{ campaignId: 'q4', dailyCap: -1 }], 'dailyCap should be a whole number from 0 to 100000'],
    [[{ campaignId: 'q4', dailyCap: 1.5 }], 'dailyCap should be a whole number from 0 to 100000'],
    [
      [
        { campaignId: 'q4', dailyCap: 1 },
        { campaignId: 'q5', dailyCap: 2 },
        { campaignId: 'q4', dailyCap: 3 },
      ],
      'campaigns should be a list that names each campaignId once: campaigns[2] repeats q4',
    ],
  ])('%j is refused, and the message names the field and the limit', (campaigns, message) => {
    const parsed = parseConfigure({ campaigns }, 'strict', NOW);
    expect(parsed).toMatchObject({ ok: false, refused: 'InvalidInput' });
    expect(parsed).toHaveProperty('message', expect.stringContaining(message));
  });
});
