/** What a gap is made of: the parts add up to it, whatever happened to the rows (R8, R17). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findSlot } from '../../../../src/domain/account/account.js';
import type { GapPart } from '../../../../src/domain/gap/breakdown.js';
import { REMEMBERED_DAYS } from '../../../../src/domain/primitives/limits.js';
import { gap, runAgain, runOn, type Gap, type Ran } from '../../../support/gaps.js';

const sum = (parts: readonly GapPart[]): number => parts.reduce((n, { count }) => n + count, 0);
const rowsOn = ({ evidence: sources }: Ran, day: number): number =>
  sources.events.filter(({ quotaDay }) => quotaDay === day).length;

/** Of two InMails in one chat without message ids the log can hold one row only. */
const isRowTaken = (
  { account, evidence: sources }: Ran,
  { cause, reservations }: GapPart,
): boolean =>
  cause === 'missing_event' &&
  reservations.every((id) => {
    const { slots } = account.entity.account;
    const chats = slots.flatMap((slot) => (slot.state === 'delivered' ? [slot.chatId] : []));
    const slot = findSlot(account.entity.account, id);
    if (slot?.state !== 'delivered') return false;
    const isShared = chats.filter((chatId) => chatId === slot.chatId).length > 1;
    const isBare = sources.events.some(
      ({ chatId, messageId }) => chatId === slot.chatId && messageId === null,
    );
    return isShared && isBare;
  });

/** The log loses rows, or holds others' rows under our names; not one in the place of the other. */
const withoutSwaps = (one: Gap): Gap => {
  const isLogged = one.mischiefs.some((what) => what.do === 'log');
  const mischiefs = one.mischiefs.filter((what) => !isLogged || what.do !== 'loseEvent');
  return { ...one, mischiefs };
};

const NUMBERS = ['edited_by_hand', 'imported', 'unexplained'];
const OURS = ['in_flight', 'uncertain', 'lost_rollback', 'missing_event'];

describe('the parts of a gap', () => {
  it('the parts of a gap add up to the counter before the reconcile minus the rows of that day', () => {
    const causes = new Set<string>();
    fc.assert(
      fc.property(gap, (one) => {
        const ran = runOn(one);
        for (const { day, before, parts, drift } of ran.verdict.days) {
          expect(before).toBe(ran.counterOf(day));
          expect(sum(parts)).toBe(before - rowsOn(ran, day));
          const imported = parts.filter(({ cause }) => cause === 'imported');
          expect(drift).toBe(sum(parts) - sum(imported));
          for (const { cause } of parts) causes.add(cause);
        }
      }),
      { numRuns: 1_000 },
    );
    expect([...causes].toSorted()).toEqual([
      'bypassed_gate',
      'edited_by_hand',
      'external',
      'imported',
      'in_flight',
      'late_delivery',
      'lost_rollback',
      'missing_event',
      'uncertain',
      'unexplained',
    ]);
  });

  it.each([
    { mischiefs: [], left: [] },
    { mischiefs: [{ do: 'loseEvent', n: 0 } as const], left: ['missing_event'] },
  ])(
    'the parts of a gap add up on a day that is no longer remembered send by send: $left',
    ({ mischiefs, left }) => {
      const ask = { do: 'reserve', recipient: 'ann', journaled: false } as const;
      const halfADay = { do: 'pass', ms: 36_000_000 } as const;
      const delivered = { do: 'deliver', id: 'r0', chat: 'c1', message: 'm1' } as const;
      const later = [halfADay, halfADay, delivered, halfADay, halfADay, halfADay];
      const steps: Gap['steps'] = [{ ...ask, id: 'r4' }, { ...ask, id: 'r0' }, ...later];
      const begin = { begin: '23:40', imported: 0, stated: 0, isFirstRun: false } as const;
      const ran = runOn({ ...begin, steps, mischiefs });
      const [first] = ran.verdict.days;
      expect(sum(first?.parts ?? [])).toBe(2 - rowsOn(ran, first?.day ?? 0));
      expect(first?.parts.map(({ cause }) => cause)).toEqual(['uncertain', ...left]);
    },
  );

  it('the parts of a gap name the reservations behind them, one for each that counts', () => {
    fc.assert(
      fc.property(gap, (one) => {
        const ran = runOn(one);
        for (const { day, parts } of ran.verdict.days) {
          const isRemembered = day + REMEMBERED_DAYS >= ran.account.entity.account.day;
          for (const { cause, count, reservations } of parts) {
            expect(new Set(reservations).size).toBe(reservations.length);
            const isOfEach = reservations.length > 0 && count !== 0;
            expect(isOfEach ? Math.abs(count) : reservations.length).toBe(reservations.length);
            expect(NUMBERS.includes(cause) ? reservations : []).toEqual([]);
            const isNamed = OURS.includes(cause) && (isRemembered || reservations.length > 0);
            expect(isNamed ? reservations.length : count).toBe(count);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('the next reconcile ends all parts of a gap, except sends in flight and rows that stay in the log', () => {
    fc.assert(
      fc.property(gap, (one) => {
        const ran = runAgain(runOn(withoutSwaps(one)));
        for (const { day, parts } of ran.verdict.days) {
          expect(sum(parts)).toBe(ran.counterOf(day) - rowsOn(ran, day));
          const left = parts.filter(
            ({ cause, reservations }) =>
              !['in_flight', 'uncertain', 'imported'].includes(cause) &&
              !(cause === 'external' && reservations.length > 0),
          );
          expect(left.filter((part) => !isRowTaken(ran, part))).toEqual([]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
