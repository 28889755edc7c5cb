/** The pace of grants (R19), by written tables and over many accounts. */
import { describe, expect, it } from 'vitest';
import { configure } from '../../../../src/domain/commands/administer.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { isAccountId } from '../../../../src/domain/primitives/ids.js';
import { HOUR_MS, isoInstant, SECOND_MS } from '../../../../src/domain/primitives/time.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, must, r } from '../../../support/scenario.js';

const NOW = at('09:00');
type Pace = { minGapSeconds: number; jitterPercent?: number; perHour?: number };
const paced = (pacing: Pace, now = NOW, accountId = 'acme') =>
  Life.begin(
    anAccount({ accountId: must(isAccountId, accountId), tier: 'recruiter', pacing }, { now })
      .entity,
    now,
  );
const slotsOf = (life: Life, count: number) => nextSlots(life.account, life.now, count);
const times = (life: Life, count: number) =>
  slotsOf(life, count).map((slot) => isoInstant(slot).slice(11, 19));

describe('the pace of grants', () => {
  it('without jitter, a grant comes exactly one interval after the last one', () => {
    const life = paced({ minGapSeconds: 60 }).asks('a');
    expect(life.decision).toMatchObject({ granted: true });
    const early = life.until(NOW + 59_999).asks('b');
    expect(early.decision).toEqual({
      granted: false,
      reservationId: 'b',
      reason: 'paced',
      retryAt: NOW + 60_000,
    });
    expect(life.until(NOW + 60_000).asks('b').isGranted).toBe(true);
    expect(times(life, 3)).toEqual(['09:01:00', '09:02:00', '09:03:00']);
  });

  it('each interval of 100 accounts differs, and stays within the jitter', () => {
    const gaps = Array.from({ length: 100 }, (_, n) =>
      slotsOf(paced({ minGapSeconds: 60, jitterPercent: 50 }, NOW, `a${n}`), 11),
    ).flatMap((slots) => slots.slice(1).map((slot, i) => (slot - (slots[i] ?? 0)) / SECOND_MS));
    expect(gaps).toHaveLength(1_000);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(90);
    // A mean near 60, and values near both ends: the jitter is spread over its whole part.
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    expect([Math.round(mean / 10), Math.min(...gaps) < 33, Math.max(...gaps) > 87]).toEqual([
      6,
      true,
      true,
    ]);
    expect(new Set(gaps).size).toBeGreaterThan(500);
  });

  it('at most `perHour` grants are in any 60 minutes, also over the full hour', () => {
    const life = paced({ minGapSeconds: 60, perHour: 3 });
    expect(times(life, 7)).toEqual([
      '09:00:00',
      '09:01:00',
      '09:02:00',
      '10:00:00',
      '10:01:00',
      '10:02:00',
      '11:00:00',
    ]);
    const full = life
      .asks('a')
      .until(NOW + 60_000)
      .asks('b')
      .until(NOW + 120_000)
      .asks('c');
    expect(full.until(NOW + HOUR_MS - 1).asks('d').decision).toEqual({
      granted: false,
      reservationId: 'd',
      reason: 'paced',
      limit: 3,
      used: 3,
      retryAt: NOW + HOUR_MS,
    });
    expect(full.until(NOW + HOUR_MS).asks('d').isGranted).toBe(true);
  });

  it('midnight does not shorten an interval', () => {
    const life = paced({ minGapSeconds: 600 }, at('23:55')).asks('a');
    expect(life.until(at('2026-11-25T00:04:59.999Z')).asks('b').decision).toMatchObject({
      reason: 'paced',
    });
    expect(life.until(at('2026-11-25T00:05:00.000Z')).asks('b').isGranted).toBe(true);
  });

  it('a released slot keeps its interval, because it was a grant', () => {
    const life = paced({ minGapSeconds: 60 }).asks('a');
    const back = life.when(fail, { reservationId: r('a'), kind: 'not_attempted' });
    expect(back.asks('b').decision).toMatchObject({ reason: 'paced', retryAt: NOW + 60_000 });
  });

  it('a batch grants one slot, and a repeated request gets its slot again', () => {
    const life = paced({ minGapSeconds: 60 }).asks('a').asks('b');
    expect(life.decision).toMatchObject({ reason: 'paced' });
    expect(life.asks('a').decision).toMatchObject({ granted: true, repeated: true });
  });

  it('a change applies to the last grant at once, and null removes the pace', () => {
    const life = paced({ minGapSeconds: 60 }).asks('a');
    const slower = life.when(configure, { pacing: { minGapSeconds: 3_600 } });
    expect(slower.until(NOW + 61_000).asks('b').decision).toMatchObject({
      reason: 'paced',
      retryAt: NOW + HOUR_MS,
    });
    const off = life.when(configure, { pacing: null });
    expect(off.answer).not.toHaveProperty('pacing');
    expect(off.asks('b').isGranted).toBe(true);
  });
});

describe('a pace as a setting', () => {
  it('a pace is stored with all its fields', () => {
    const life = anAccount().when(configure, { pacing: { minGapSeconds: 60 } });
    expect(life.entity.account.policy.pacing).toEqual({
      minGapSeconds: 60,
      jitterPercent: 0,
      perHour: null,
    });
  });

  it.each([
    [{ minGapSeconds: 0 }, 'minGapSeconds should be a whole number from 1 to 86400'],
    [{ minGapSeconds: 864_000 }, 'minGapSeconds should be a whole number from 1 to 86400'],
    [{ minGapSeconds: 1.5 }, 'minGapSeconds should be a whole number from 1 to 86400'],
    [{ jitterPercent: 50 }, 'minGapSeconds is missing'],
    [
      { minGapSeconds: 60, jitterPercent: 91 },
      'jitterPercent should be a whole number from 0 to 90',
    ],
    [
      { minGapSeconds: 60, jitterPercent: -1 },
      'jitterPercent should be a whole number from 0 to 90',
    ],
    [{ minGapSeconds: 60, perHour: 0 }, 'perHour should be a whole number from 1 to 200'],
    ['60s', 'pacing'],
  ])('%j is refused, and the message names the field and the limit', (pacing, message) => {
    const parsed = parseConfigure({ pacing }, 'strict', NOW);
    expect(parsed).toMatchObject({ ok: false, refused: 'InvalidInput' });
    expect(parsed).toHaveProperty('message', expect.stringContaining(message));
  });
});
