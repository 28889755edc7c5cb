/** Which accounts an ask of a group asks, and which denial is its answer (R31). */
import { describe, expect, it } from 'vitest';
import {
  contactEnd,
  endsWalk,
  groupDenial,
  MEMBERS_ASKED_MAX,
  routeOf,
  type GroupContact,
} from '../../../../src/domain/fleet/groupAsk.js';
import type { DenialWire } from '../../../../src/domain/wire/decisions.js';
import { startOf } from '../../../../src/domain/primitives/time.js';

const TODAY = 20_000;
const NOW = startOf(TODAY) + 1;
const contact = (accountId: string, more: Partial<GroupContact> = {}): GroupContact => ({
  accountId,
  isMember: true,
  reservationId: `of-${accountId}`,
  until: NOW + 1,
  ...more,
});
const route = (more: Partial<Parameters<typeof routeOf>[0]> = {}) =>
  routeOf({
    order: ['anna', 'ben', 'cara'],
    placed: null,
    granted: null,
    contacts: [],
    again: false,
    at: NOW,
    ...more,
  });

const free = (...asks: readonly string[]) => ({ asks, isTied: false });
const only = (accountId: string) => ({ asks: [accountId], isTied: true });

describe('the accounts that are asked', () => {
  it('are the members in their order, and first the one that was asked last', () => {
    expect(route()).toEqual(free('anna', 'ben', 'cara'));
    expect(route({ placed: 'cara' })).toEqual(free('cara', 'anna', 'ben'));
    expect(route({ placed: 'gone' })).toEqual(free('gone', 'anna', 'ben', 'cara'));
  });

  it('are at most twenty', () => {
    const order = Array.from({ length: 40 }, (_, n) => `a${n}`);
    expect(route({ order, placed: 'a39' })).toEqual(
      free('a39', ...order.slice(0, MEMBERS_ASKED_MAX - 1)),
    );
  });

  it('are only the one that has contacted the recipient, also after it has forgotten them', () => {
    expect(route({ contacts: [contact('ben')], placed: 'anna' })).toEqual(only('ben'));
    const forgotten = contact('ben', { until: NOW });
    expect(route({ contacts: [forgotten] })).toEqual(only('ben'));
    expect(route({ contacts: [forgotten, contact('cara')] })).toEqual(only('cara'));
    // Of two that stand, the one whose outcome is open refuses longest.
    const open = contact('anna', { until: null });
    expect(route({ contacts: [contact('ben'), open], granted: 'ben' })).toEqual(only('anna'));
    expect(route({ contacts: [forgotten, contact('cara', { until: NOW - 9 })], granted: 'cara' })) //
      .toEqual(only('cara'));
  });

  it('begin with the account of the last grant if its slot was released', () => {
    expect(route({ granted: 'cara' })).toEqual(free('cara', 'anna', 'ben'));
  });

  it('are none while an account that has left the group remembers the recipient', () => {
    const gone = contact('gone', { isMember: false });
    expect(route({ contacts: [gone] })).toEqual({ contacted: gone });
    expect(route({ contacts: [gone], again: true })).toEqual(free('anna', 'ben', 'cara'));
    expect(route({ contacts: [{ ...gone, until: NOW }] })).toEqual(free('anna', 'ben', 'cara'));
    expect(route({ contacts: [gone, contact('ben', { until: NOW })] })).toEqual({
      contacted: gone,
    });
  });
});

it('a contact is remembered as its account remembers it', () => {
  const end = (state: 'in_flight' | 'uncertain' | 'delivered', quotaDay: number, memoryDays = 0) =>
    contactEnd({ state, quotaDay, today: TODAY, memoryDays });
  expect(end('in_flight', TODAY - 50)).toBe(null);
  expect(end('uncertain', TODAY - 2)).toBe(null);
  expect(end('uncertain', TODAY - 3)).toBe(startOf(TODAY));
  expect(end('delivered', TODAY)).toBe(startOf(TODAY + 3));
  expect(end('delivered', TODAY, 30)).toBe(startOf(TODAY + 31));
});

const denial = (
  accountId: string,
  retryAt: string | null,
  more: Partial<DenialWire> = {},
): DenialWire & { readonly accountId: string } => ({
  granted: false,
  reservationId: 'r',
  reason: 'daily_cap',
  accountId,
  retryAt,
  ...more,
});

describe('the denial of a group', () => {
  it('is the one that ends first, and names the reasons of all members', () => {
    const denials = [
      denial('anna', null, { reason: 'held' }),
      denial('ben', '2026-11-25T00:00:00.000Z', { limit: 50, used: 50 }),
      denial('cara', '2026-11-24T12:00:00.000Z', { reason: 'paced' }),
    ];
    const stopped = [{ accountId: 'dan', reason: 'held' as const, notBefore: null }];
    expect(groupDenial({ reservationId: 'r', denials, stopped })).toEqual({
      ...denials[2],
      members: [
        { accountId: 'anna', reason: 'held', retryAt: null, asked: true },
        { accountId: 'ben', reason: 'daily_cap', retryAt: denials[1]?.retryAt, asked: true },
        { accountId: 'cara', reason: 'paced', retryAt: denials[2]?.retryAt, asked: true },
        { accountId: 'dan', reason: 'held', retryAt: null, asked: false },
      ],
    });
  });

  it('is that of the rows if each member needs a person', () => {
    const stopped = [{ accountId: 'dan', reason: 'held' as const, notBefore: null }];
    expect(groupDenial({ reservationId: 'r', denials: [], stopped })).toMatchObject({
      reason: 'held',
      accountId: 'dan',
      retryAt: null,
    });
  });

  it('ends the walk if it concerns the recipient, the time or the fleet', () => {
    expect(endsWalk(denial('a', null, { reason: 'recipient_contacted' }))).toBe(true);
    expect(endsWalk(denial('a', null, { reason: 'held', contactedBy: 'r0' }))).toBe(true);
    expect(endsWalk(denial('a', null, { reason: 'expired' }))).toBe(true);
    // The account that was asked before has not given its claim for this ask back yet (R20).
    const own = denial('a', null, { reason: 'recipient_contacted' });
    expect(endsWalk({ ...own, contactedBy: own.reservationId })).toBe(false);
    const braked = {
      granted: false,
      reservationId: 'r',
      reason: 'fleet_held',
      retryAt: null,
    } as const;
    expect(endsWalk(braked)).toBe(true);
    expect(endsWalk(denial('a', null, { reason: 'paced' }))).toBe(false);
  });
});
