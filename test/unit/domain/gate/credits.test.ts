/** The day on which InMail credits are granted anew, and the breaker that waits for it (R5). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renewalAfter } from '../../../../src/domain/account/credits.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { parseConfigure, parseStart } from '../../../../src/domain/wire/adminRequests.js';
import { configure, connect, resume } from '../../../../src/domain/commands/administer.js';
import { DAY_MS, isoInstant } from '../../../../src/domain/primitives/time.js';
import { anAccount, at, must, r } from '../../../support/scenario.js';
import { isAccountId } from '../../../../src/domain/primitives/ids.js';
import { isRefusal } from '../../../../src/domain/account/refusals.js';
import { peekWire } from '../../../../src/domain/wire/decisions.js';

const policy = (creditsRenewOn?: number) => ({
  ...anAccount().entity.account.policy,
  creditsRenewOn,
});
const person = { reason: 'looked', actor: 'ada' };
const used = { reservationId: r('x'), kind: 'no_credits' } as const;

describe('the renewal after an instant', () => {
  it.each([
    ['2026-12-31T23:59:59.999Z', undefined, '2027-01-01'],
    ['2026-11-24T09:00:00.000Z', 1, '2026-12-01'],
    ['2026-11-24T09:00:00.000Z', 25, '2026-11-25'],
    ['2026-11-24T23:59:59.999Z', 24, '2026-12-24'],
    ['2026-11-24T00:00:00.000Z', 24, '2026-12-24'],
    ['2026-11-23T23:59:59.999Z', 24, '2026-11-24'],
    ['2026-11-24T09:00:00.000Z', 31, '2026-11-30'],
    ['2026-11-30T00:00:00.000Z', 31, '2026-12-31'],
    ['2026-01-31T12:00:00.000Z', 31, '2026-02-28'],
    ['2026-02-28T12:00:00.000Z', 30, '2026-03-30'],
    ['2028-01-30T12:00:00.000Z', 29, '2028-02-29'],
    ['2027-01-30T12:00:00.000Z', 29, '2027-02-28'],
    ['2100-02-01T00:00:00.000Z', 29, '2100-02-28'],
    ['2026-12-15T12:00:00.000Z', 15, '2027-01-15'],
  ])('%s, with the day %s, is %s', (now, on, day) => {
    expect(isoInstant(renewalAfter(at(now), policy(on)))).toBe(`${day}T00:00:00.000Z`);
  });

  it('the renewal after an instant is the next day, of all days, that is the renewal day of its month', () => {
    const instant = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2105, 0, 1) });
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 31 }), (now, on) => {
        const isRenewal = (day: number): boolean => {
          const [date, next] = [new Date(day), new Date(day + DAY_MS)].map((one) =>
            one.getUTCDate(),
          );
          return date === on || (next === 1 && (date ?? 0) < on);
        };
        let day = Math.floor(now / DAY_MS) * DAY_MS + DAY_MS;
        while (!isRenewal(day)) day += DAY_MS;
        expect(renewalAfter(now, policy(on))).toBe(day);
      }),
      { numRuns: 500 },
    );
  });
  it('the renewal after an instant comes once in each month of each year, for every day', () => {
    for (let on = 1; on <= 31; on += 1) {
      let now = Date.UTC(2027, 11, 31, 23);
      for (let month = 0; month < 26; month += 1) {
        now = renewalAfter(now, policy(on));
        const found = new Date(now);

        expect([on, found.getUTCFullYear() * 12 + found.getUTCMonth()]).toEqual([
          on,
          2028 * 12 + month,
        ]);
      }
    }
  });
});

describe('the breaker of used-up credits', () => {
  const broken = (creditsRenewOn?: number, now = at('09:00')) =>
    anAccount({ creditsRenewOn }, { now }).when(fail, used);

  it('the breaker of used-up credits ends on the day of the account, and the forecast knows it', () => {
    const account = broken(27);
    account.expect({ state: 'no_credits', breakerUntil: '2026-11-27T00:00:00.000Z' });
    const known = account.entity.account;
    expect(peekWire(known, known.now, false)).toMatchObject({
      reason: 'no_credits',
      retryAt: '2026-11-27T00:00:00.000Z',
    });
    expect(nextSlots(known, known.now, 1).map(isoInstant)).toEqual(['2026-11-27T00:00:00.000Z']);
    account.until(at('2026-11-26T23:59:59.999Z')).expect({ state: 'no_credits' });
    account.until(at('2026-11-27T00:00:00.000Z')).expect({ breakerUntil: null });
  });
  it('the breaker of used-up credits waits for the next month if the renewal is today', () => {
    broken(24).expect({ breakerUntil: '2026-12-24T00:00:00.000Z' });
  });
  it.each([
    [undefined, 27, '2026-11-27T00:00:00.000Z'],
    [27, null, '2026-12-01T00:00:00.000Z'],
    [undefined, 24, '2026-12-24T00:00:00.000Z'],
    [undefined, 20, '2026-12-20T00:00:00.000Z'],
    [27, 31, '2026-11-30T00:00:00.000Z'],
  ])(
    'the breaker of used-up credits moves from the day %s to %s: it ends at %s',
    (before, creditsRenewOn, until) => {
      const moved = broken(before).when(configure, { creditsRenewOn, actor: 'ada' });
      moved.expect({ state: 'no_credits', breakerUntil: until });
      const rows = moved.entity.outbox.map(({ row }) => row);
      expect(rows).toContainEqual(
        expect.objectContaining({
          table: 'account_changes',
          kind: 'breaker',
          actor: 'ada',
          details: { until },
        }),
      );
      expect(rows).toContainEqual(expect.objectContaining({ kind: 'policy', actor: 'ada' }));
    },
  );
  it('a connect also changes the end of the breaker of used-up credits', () => {
    const start = { accountId: must(isAccountId, 'acme'), connect: true, creditsRenewOn: 27 };
    broken().when(connect, start).expect({ breakerUntil: '2026-11-27T00:00:00.000Z' });
  });
  it('the breaker of used-up credits is not begun by a change of the day, nor again after a resume', () => {
    anAccount().when(configure, { creditsRenewOn: 27 }).expect({ breakerUntil: null });
    broken()
      .when(resume, person)
      .when(configure, { creditsRenewOn: 27 })
      .expect({ breakerUntil: null, state: 'active' });
  });
  it('the breaker of used-up credits does not change if another setting changes', () => {
    broken(27)
      .until(at('2026-11-25T09:00:00.000Z'))
      .when(configure, { dailyCap: 5, creditsRenewOn: 27 })
      .expect({ breakerUntil: '2026-11-27T00:00:00.000Z' });
  });
});

describe('the setting', () => {
  it.each([0, 32, -1, 1.5, '15', true, [15]])(
    'the setting is refused where it is %j',
    (creditsRenewOn) => {
      const shouldBe = 'creditsRenewOn should be a whole number from 1 to 31';
      expect(parseConfigure({ creditsRenewOn }, 'strict', 0)).toMatchObject({ message: shouldBe });
      const start = { accountId: 'a', tier: 'premium', creditsRenewOn };
      expect(parseStart(start, 'strict', 0)).toMatchObject({ message: shouldBe });
      expect(parseConfigure({ creditsRenewOn }, 'lenient', 0)).toMatchObject({
        ok: true,
        dropped: [shouldBe],
      });
    },
  );
  it('the setting that is the default leaves a policy of older code as it is', () => {
    const account = anAccount();
    const { version } = account.entity;
    for (const creditsRenewOn of [undefined, null]) {
      const same = account.when(configure, { creditsRenewOn });
      expect(same.entity.version).toBe(version);
      expect(Object.keys(same.entity.account.policy)).not.toContain('creditsRenewOn');
    }
    const { answer } = configure(account.entity.account, { creditsRenewOn: 15 }, account.now);
    expect(isRefusal(answer) ? null : answer.creditsRenewOn).toBe(15);
  });
});
