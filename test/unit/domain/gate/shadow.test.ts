/** Shadow mode (R23), by written tables: the gate decides, records the denial, and grants. */
import { describe, expect, it } from 'vitest';
import {
  configure,
  disconnect,
  hold,
  type Configure,
} from '../../../../src/domain/commands/administer.js';
import { ask } from '../../../../src/domain/commands/line.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { nextSlots } from '../../../../src/domain/days/slotTimes.js';
import { waitingOf } from '../../../../src/domain/gate/line.js';
import { pass, record } from '../../../../src/domain/entity/entity.js';
import { SLOTS_MAX } from '../../../../src/domain/primitives/limits.js';
import { HOUR_MS, isoInstant, SECOND_MS } from '../../../../src/domain/primitives/time.js';
import { settingsChanged } from '../../../../src/domain/records/settingsChange.js';
import { parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { decisionWire, peekWire } from '../../../../src/domain/wire/decisions.js';
import { policyWire } from '../../../../src/domain/commands/policyAnswer.js';
import { reservationWire } from '../../../../src/domain/wire/responses.js';
import { Life } from '../../../support/life.js';
import { anAccount, at, c, p, r, rows } from '../../../support/scenario.js';

const NOW = at('09:00');
const MIDNIGHT = at('2026-11-25T00:00:00.000Z');
const NOON = at('12:00');
const alive = (policy: Configure = {}, now = NOW) =>
  Life.begin(anAccount(policy, { now }).entity, now);
const shadowed = (policy: Configure = {}) => alive({ mode: 'shadow', ...policy });
const asked = (life: Life, ...ids: readonly string[]) =>
  ids.reduce((before, id) => before.asks(id), life);
const rowOf = (life: Life, id: string) =>
  life.stored.reservations.find((row) => row.reservationId === id);

/** What stops the account, and the denial that shadow mode records. */
const STOPS: readonly (readonly [
  reason: string,
  policy: Configure,
  stop: (life: Life) => Life,
  retryAt: number | null,
])[] = [
  ['held', {}, (life) => life.when(hold, { reason: 'x', actor: 'ada' }), null],
  [
    'no_credits',
    {},
    (life) => asked(life, 'a').when(fail, { reservationId: r('a'), kind: 'no_credits' }),
    at('2026-12-01T00:00:00.000Z'),
  ],
  [
    'cooldown',
    {},
    (life) => asked(life, 'a').when(fail, { reservationId: r('a'), kind: 'throttled' }),
    NOW + HOUR_MS,
  ],
  ['tier_has_no_inmail', { tier: 'free' }, (life) => life, null],
  ['weekly_cap', { weeklyCap: 1 }, (life) => asked(life, 'a'), at('2026-12-01T00:00:00.000Z')],
  ['ramp_cap', { ramp: { dailyCaps: [1] } }, (life) => asked(life, 'a'), MIDNIGHT],
  ['daily_cap', { dailyCap: 1 }, (life) => asked(life, 'a'), MIDNIGHT],
  [
    'outside_window',
    { sendingWindow: { days: ['tue'], start: '12:00', end: '13:00' } },
    (life) => life,
    NOON,
  ],
  ['paced', { pacing: { minGapSeconds: 60 } }, (life) => asked(life, 'a'), NOW + 60 * SECOND_MS],
];

/** Reasons that deny in shadow mode, too. */
const ALWAYS = `
  reason        enforce       shadow
  expired       expired       expired
  disconnected  disconnected  disconnected
  held          held          granted
`;

describe('an account in shadow mode', () => {
  it.each(STOPS)('grants what %s would deny, and names it', (reason, policy, stop, retryAt) => {
    const denied = stop(alive(policy)).asks('b').decision;
    const life = stop(shadowed(policy)).asks('b');
    expect(denied).toMatchObject({ granted: false, reason, retryAt });
    const { granted: _, reservationId: __, ...why } = denied;
    expect(life.decision).toMatchObject({ granted: true, repeated: false, wouldDeny: why });
    expect(rowOf(life, 'b')).toMatchObject({ state: 'in_flight', wouldDeny: why });
    const { account, now } = life;
    expect(reservationWire(account, r('b'), now)).toMatchObject({ mayAttempt: true });
  });

  it('has no wouldDeny where the gate grants, in a repeated answer, and in the mode enforce', () => {
    const first = shadowed({ dailyCap: 1 }).asks('a');
    expect(first.decision).not.toHaveProperty('wouldDeny');
    expect(rowOf(first, 'a')).not.toHaveProperty('wouldDeny');
    const again = first.asks('b').asks('b').decision;
    expect(again).toMatchObject({ granted: true, repeated: true });
    expect(again).not.toHaveProperty('wouldDeny');
    expect(alive().asks('a').decision).not.toHaveProperty('wouldDeny');
  });

  it('counts above the cap, and names the last instant of the denial exactly', () => {
    const over = asked(shadowed({ dailyCap: 2 }), 'a', 'b', 'c', 'd');
    const { decision, account, now } = over;
    expect(decisionWire(decision)).toMatchObject({
      granted: true,
      remainingToday: 0,
      wouldDeny: { reason: 'daily_cap', limit: 2, used: 3, retryAt: isoInstant(MIDNIGHT) },
    });
    expect(peekWire(account, now, false)).toMatchObject({
      granted: true,
      wouldDeny: { reason: 'daily_cap', used: 4 },
    });
    expect(nextSlots(account, now, 1)).toEqual([MIDNIGHT]);
    // The slots become uncertain, so they are not carried over midnight.
    expect(over.until(MIDNIGHT - 1).asks('e').decision).toHaveProperty('wouldDeny');
    expect(over.until(MIDNIGHT).asks('e').decision).not.toHaveProperty('wouldDeny');
  });

  it('names the reservation that has contacted the recipient', () => {
    const to = { recipientId: p('ACoAAB1') };
    const life = shadowed().when(reserve, { reservationId: r('a'), ...to });
    const second = life.when(reserve, { reservationId: r('b'), ...to });
    expect(second.decision).toMatchObject({
      granted: true,
      wouldDeny: { reason: 'recipient_contacted', contactedBy: 'a', retryAt: null },
    });
  });

  it('raises over_cap and a cooldown for an overshoot, and both name shadow mode', () => {
    const over = asked(shadowed({ dailyCap: 1 }), 'a', 'b', 'c');
    const cooled = over.runs();
    expect(cooled.account.cooldowns).toMatchObject([{ cause: 'overshoot' }]);
    const wouldDeny = { reason: 'cooldown' };
    expect(cooled.asks('d').decision).toMatchObject({ granted: true, wouldDeny });
    const rolled = pass(over.entity, MIDNIGHT).outbox.map(({ row }) => row);
    expect(rolled).toContainEqual(
      expect.objectContaining({
        kind: 'over_cap',
        details: expect.objectContaining({
          mode: 'shadow',
          sentences: [
            '2026-11-24 closed with 3 of a cap of 1.',
            'The account is in shadow mode, which grants over the cap.',
          ],
        }),
      }),
    );
    expect(rolled).toContainEqual(
      expect.objectContaining({ kind: 'cooldown', reason: '3 of a cap of 1 in shadow mode' }),
    );
  });

  it.each(rows(ALWAYS))(
    'a reserve that is $reason in the mode enforce is $shadow',
    ({ reason, ...expected }) => {
      const decided = (mode: 'enforce' | 'shadow'): string => {
        const life = alive({ mode });
        const order = { reason: 'x', actor: 'ada' };
        const stopped =
          reason === 'disconnected'
            ? life.when((account, input: typeof order) => disconnect(account, input), order)
            : reason === 'held'
              ? life.when(hold, order)
              : life;
        const validUntil = reason === 'expired' ? NOW : NOW + 1;
        const { decision } = stopped.when(reserve, { reservationId: r('a'), validUntil });
        return decision.granted ? 'granted' : decision.reason;
      };
      expect([decided('enforce'), decided('shadow')]).toEqual([
        expected['enforce'],
        expected['shadow'],
      ]);
    },
  );

  it('denies an account whose state is full or which has too many rows, until that ends', () => {
    const ids = Array.from({ length: SLOTS_MAX }, (_, n) => `s${n}`);
    const full = asked(shadowed(), ...ids).until(NOON);
    expect(full.asks('one-more').decision).toEqual({
      granted: false,
      reservationId: 'one-more',
      reason: 'churn_cap',
      limit: SLOTS_MAX,
      used: SLOTS_MAX,
      // The slots are forgotten 48 h after the end of their day.
      retryAt: at('2026-11-27T00:00:00.000Z'),
    });
    const life = shadowed();
    const crowded = { type: 'ReconcileFailed', at: NOW, isCrowded: true } as const;
    const many = new Life(record(life.entity, [crowded]), NOW, life.stored);
    expect(many.when(reserve, { reservationId: r('a') }).decision).toMatchObject({
      granted: false,
      reason: 'unverified',
    });
  });

  it('still refuses ids that are settled or conflict', () => {
    const taken = shadowed().asks('a');
    const conflict = taken.when(reserve, { reservationId: r('a'), recipientId: p('ann') });
    expect(conflict.answer).toMatchObject({ refused: 'ReservationConflict' });
    const settled = taken.when(deliver, { reservationId: r('a'), chatId: c('chat') });
    const again = settled.when(reserve, { reservationId: r('a') });
    expect(again.answer).toMatchObject({ refused: 'ReservationSettled' });
  });

  it('lets no new ask wait, and serves the asks that waited before as in the mode enforce', () => {
    const full = alive({ dailyCap: 1 })
      .asks('a')
      .waits('b', MIDNIGHT + HOUR_MS);
    expect(waitingOf(full.account)).toHaveLength(1);
    const shadow = full.when(configure, { mode: 'shadow' });
    expect(waitingOf(shadow.account)).toHaveLength(1);
    expect(shadow.turns).toEqual([]);
    const input = { reservationId: r('c'), wait: true, validUntil: MIDNIGHT + HOUR_MS };
    const next = shadow.when(ask, input);
    expect(next.decision).toMatchObject({ granted: true, wouldDeny: { reason: 'daily_cap' } });
    const later = next.until(MIDNIGHT + 10 * 60 * SECOND_MS);
    expect(later.turns).toMatchObject([{ reservationId: 'b', decided: 'granted' }]);
  });

  it('denies at once after the mode is enforce again, and the counter of the day stays', () => {
    const over = asked(shadowed({ dailyCap: 1 }), 'a', 'b', 'c');
    const enforced = over.when(configure, { mode: 'enforce' });
    expect(enforced.asks('d').decision).toMatchObject({
      granted: false,
      reason: 'daily_cap',
      limit: 1,
      used: 3,
      retryAt: MIDNIGHT,
    });
    expect(enforced.account.policy).toEqual(alive({ dailyCap: 1 }).account.policy);
    const { policy } = over.account;
    expect(settingsChanged(policy, enforced.account.policy)).toEqual([
      { setting: 'mode', before: 'shadow', after: 'enforce' },
    ]);
    expect([policyWire(policy).mode, policyWire(enforced.account.policy).mode]).toEqual([
      'shadow',
      'enforce',
    ]);
  });

  it('refuses a mode that does not exist, and names the allowed ones', () => {
    expect(parseConfigure({ mode: 'dry-run' }, 'strict', NOW)).toMatchObject({
      ok: false,
      refused: 'InvalidInput',
      message: expect.stringMatching(/mode.*enforce.*shadow/s),
    });
    expect(parseConfigure({ mode: null }, 'strict', NOW)).toMatchObject({ ok: true });
  });
});
