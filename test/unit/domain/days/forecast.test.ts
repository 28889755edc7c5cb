/**
 * What will be, lived: `retryAt`, `nextSlots` and `peek` are held against an account's own life,
 * in which no message comes, runs come on time and settle what leases leave
 * (docs/contract.md, 2).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandWindow } from '../../../../src/activities/window.js';
import { viewOf } from '../../../../src/domain/entity/entity.js';
import { roomOf } from '../../../../src/domain/gate/caps.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { runAfter } from '../../../../src/domain/days/forecast.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { wantsCheck } from '../../../../src/domain/gate/gate.js';
import { dailyCapOf, weeklyCapOf } from '../../../../src/domain/account/policy.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { RECONCILE_INTERVAL_MS } from '../../../../src/domain/primitives/limits.js';
import { DAY_MS, HOUR_MS, isoInstant } from '../../../../src/domain/primitives/time.js';
import { isOpenAt, WEEKDAYS } from '../../../../src/domain/account/sendingWindow.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, m, r, rows } from '../../../support/scenario.js';
import { CAMPAIGN, livedThrough, newId, stage } from './stages.js';
import { isCooldownDue } from '../../../../src/domain/gate/cooldown.js';
import { decisionWire, peekWire } from '../../../../src/domain/wire/decisions.js';

const RUNS = 400;
/** Answers that these runs must have had, or they showed nothing. */
const REASONS = [
  'granted',
  'held',
  'no_credits',
  'cooldown',
  'tier_has_no_inmail',
  'campaign_cap',
  'weekly_cap',
  'ramp_cap',
  'velocity_cap',
  'learnt_cap',
  'daily_cap',
  'churn_cap',
  'outside_window',
  'paced',
];

/** Only a person can help (docs/contract.md, 2). */
const isHopeless = ({ account }: Life): boolean =>
  account.isDisconnected ||
  account.hold !== null ||
  dailyCapOf(account.policy) === 0 ||
  weeklyCapOf(account.policy) === 0 ||
  account.policy.campaigns?.some(
    ({ campaignId, dailyCap }) => campaignId === CAMPAIGN && dailyCap === 0,
  ) === true;

/** A reserve of the campaign whose cap the stages set (R22). */
const ASK = { campaignId: CAMPAIGN };
const probed = (life: Life): Life => life.asks('probe', undefined, CAMPAIGN);

/**
 * `retryAt` is right if a reserve is granted then, and not a millisecond before. What is wrong with
 * it, if anything.
 */
function wrongRetry(asked: Life): string | null {
  const { decision } = asked;
  if (decision.granted) return null;
  const { reason, retryAt } = decision;
  if (retryAt === null) return isHopeless(asked) ? null : `${reason}: no person has to help`;
  const reasonText = `${reason} until ${isoInstant(retryAt)}`;
  if (isHopeless(asked)) return `${reasonText}: only a person can help`;
  const early = retryAt - 1 > asked.now && probed(asked.until(retryAt - 1)).isGranted;
  if (early) return `${reasonText}: it is granted a millisecond before`;
  const { decision: then } = probed(asked.until(retryAt));
  return then.granted ? null : `${reasonText}: then the answer is ${then.reason}`;
}

/** Each of the next slots is taken at its instant, and asked for a millisecond before it. */
function wrongSlots(life: Life, wanted: number): readonly string[] {
  const slots = nextSlots(viewOf(life.entity, life.now, life.now), life.now, wanted, ASK);
  if (slots.length !== (isHopeless(life) ? 0 : wanted)) return [`${slots.length} slots`];
  let lived = life;
  return slots.flatMap((slot) => {
    const isEarly = slot > lived.now && probed(lived.until(slot - 1)).isGranted;
    lived = lived.until(slot).asks(newId(), undefined, CAMPAIGN);
    const { counter, carried, effective } = roomOf(lived.account);
    const isRight = !isEarly && lived.isGranted && counter + carried <= effective;
    return isRight ? [] : [`${isoInstant(slot)} of ${slots.map(isoInstant).join(' ')}`];
  });
}

describe('what will be', () => {
  it('`retryAt` is the first instant at which a reserve is granted', () => {
    const decided = new Set<string>();
    const isRight = fc.property(stage, (one) => {
      const asked = probed(livedThrough(one));
      decided.add(asked.decision.granted ? 'granted' : asked.decision.reason);
      expect(wrongRetry(asked)).toBe(null);
    });
    fc.assert(isRight, { numRuns: RUNS });
    expect([...decided].toSorted()).toEqual(REASONS.toSorted());
  });

  it('each of the next slots is granted, and none before it', () => {
    const isRight = fc.property(stage, fc.integer({ min: 1, max: 9 }), (one, wanted) => {
      expect(wrongSlots(livedThrough(one), wanted)).toEqual([]);
    });
    fc.assert(isRight, { numRuns: RUNS });
  });

  it('a peek at a later instant equals the answer at that instant', () => {
    const isRight = fc.property(stage, fc.nat(9 * DAY_MS), (one, laterMs) => {
      const life = livedThrough(one);
      const then = life.now + laterMs;
      const lived = life.until(then);
      // The check before the answer may be the run that starts the cooldown.
      fc.pre(!isCooldownDue(lived.account) || !wantsCheck(lived.account, then));
      const { reservationId: _, ...decided } = decisionWire(probed(lived).decision);
      expect(peekWire(viewOf(life.entity, life.now, then), then, true, ASK)).toEqual(decided);
    });
    fc.assert(isRight, { numRuns: RUNS });
  });
});

describe('the window', () => {
  it('retryAt is the first opening of the window after the end of the breaker, also if the window has to be computed', () => {
    const now = at('2026-12-01T00:00:01.000Z');
    const days = ['mon', 'tue', 'wed', 'thu'] as const;
    const sendingWindow = { days, start: '09:00', end: '17:00' };
    // As old as openings get before they are worked out anew.
    const before = now - 7 * DAY_MS + 2_000;
    const old = Life.begin(anAccount({ sendingWindow }, { now: before }).entity, before).until(now);
    const broken = old.when(fail, { reservationId: r('gone'), kind: 'no_credits' }).asks('a');
    // 1 January 2027 is a Friday.
    const retryAt = at('2027-01-04T09:00:00.000Z');
    expect(broken.decision).toMatchObject({ reason: 'no_credits', retryAt });
  });

  const POLICIES = `
    cap  weekly  days             hours        zone
    50   -       mon              09:00-17:00  UTC
    1    -       sun              02:15-02:45  America/New_York
    1    1       sat,sun          23:30-00:30  Africa/Cairo
    2    3       mon,wed,fri      22:00-02:30  Australia/Lord_Howe
    1    -       mon,tue,wed,thu  23:50-00:10  UTC
  `;
  it.each(rows(POLICIES))(
    'the window holds each of the next 200 slots: $cap a day, $days $hours',
    (row) => {
      const [start = '', end = ''] = (row['hours'] ?? '').split('-');
      const days = WEEKDAYS.filter((day) => row['days']?.split(',').includes(day));
      const timezone = row['zone'] ?? '';
      const sendingWindow = { days, start, end };
      const weeklyCap = row['weekly'] === '-' ? null : Number(row['weekly']);
      const policy = { dailyCap: Number(row['cap']), weeklyCap, sendingWindow, timezone };
      const now = at('2026-02-10T09:00:00.000Z');
      // As old as openings get before they are worked out anew.
      const life = Life.begin(anAccount(policy, { now }).entity, now).until(now + 7 * DAY_MS - 1);
      const slots = nextSlots(life.account, life.now, 200);
      const known = expandWindow({ window: sendingWindow, timezone, from: now, days: 3_000 });
      expect(slots.length).toBe(200);
      expect(slots.filter((slot) => !isOpenAt(known, slot))).toEqual([]);
      expect(slots.filter((slot) => slot >= (life.account.openings?.until ?? 0))).toEqual([]);
    },
  );

  it('the window that is not known yet, or too far ahead, has no answer', () => {
    const sendingWindow = { days: ['mon'], start: '09:00', end: '17:00' } as const;
    const { entity } = anAccount({ sendingWindow });
    const now = at('09:00');
    const { account } = Life.begin(entity, now);
    const farAway = now + 1_000 * DAY_MS;
    expect(nextSlots(entity.account, now, 3)).toEqual([]);
    expect(peekWire(viewOf(entity, now, farAway), farAway, true)).toMatchObject({
      reason: 'unverified',
    });
    expect(nextSlots(account, now, 1)).toEqual([at('2026-11-30T09:00:00.000Z')]);
    expect(peekWire(account, farAway, true)).toMatchObject({ reason: 'unverified' });
  });
});

describe('an overshoot', () => {
  const midnight = at('2026-11-25T00:00:00.000Z');
  /** Three seen in the outbox, of two, at that instant. */
  const over = (now: number): Life =>
    ['a', 'b', 'c'].reduce(
      (life, name) => life.when(observe, { chatId: c(name), messageId: m(name), sentAt: life.now }),
      Life.begin(anAccount({ dailyCap: 2 }, { now }).entity, now),
    );
  const retryAt = (life: Life): number | null => {
    const { decision } = life.asks('probe');
    return decision.granted ? life.now : decision.retryAt;
  };

  it('an overshoot whose next reconcile is an hour before midnight starts a cooldown that ends at midnight', () => {
    const life = over(at('12:00'));
    expect(life.asks('probe').decision).toMatchObject({ reason: 'daily_cap', retryAt: midnight });
    const rested = life.until(at('12:10'));
    expect(rested.account.cooldowns).toMatchObject([{ cause: 'overshoot' }]);
    expect(retryAt(rested)).toBe(midnight);
  });

  it('an overshoot that no reconcile finds before midnight starts a cooldown at midnight', () => {
    const { accountId } = over(at('12:00')).account;
    const lastRun = runAfter(accountId, midnight) - RECONCILE_INTERVAL_MS;
    expect(retryAt(over(lastRun - 1))).toBe(lastRun + HOUR_MS);
    expect(retryAt(over(lastRun + 1))).toBe(midnight + HOUR_MS);
  });

  it('an overshoot during another cooldown starts its own cooldown with the first reconcile after that', () => {
    const life = over(at('12:00')).when(fail, { reservationId: r('x'), kind: 'throttled' });
    const { accountId } = life.account;
    const until = runAfter(accountId, at('13:00')) + HOUR_MS;
    const later = life.until(at('13:10'));
    expect(later.account.cooldowns).toContainEqual({ cause: 'overshoot', until });
    expect(peekWire(viewOf(life.entity, life.now, at('13:10')), at('13:10'), true)).toMatchObject({
      reason: 'cooldown',
    });
  });
});
