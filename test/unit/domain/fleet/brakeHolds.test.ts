/** The order that holds the accounts of a brake, and the orders that have held them (R27). */
import { describe, expect, it } from 'vitest';
import {
  holdOrdersOf,
  holdsOfBrake,
  type HoldOrder,
} from '../../../../src/domain/fleet/brakeHolds.js';
import { parseOrderRequest } from '../../../../src/domain/fleet/order.js';

const NOON = Date.parse('2026-11-24T12:00:00Z');

describe('the order that holds the accounts of a brake', () => {
  it.each([
    [null, 'wrong texts', { all: true }, 'wrong texts'],
    ['eu-sales', 'wrong texts', { group: 'eu-sales' }, 'wrong texts'],
    [null, 'x'.repeat(512), { all: true }, 'x'.repeat(487)],
    // An emoji has two units, and is not cut in two.
    [null, '😀'.repeat(256), { all: true }, '😀'.repeat(243)],
    [null, `${'x'.repeat(486)} and more`, { all: true }, 'x'.repeat(486)],
  ])('the order for the group %s is accepted as it is', (group, reason, filter, cut) => {
    const order = holdsOfBrake({ group, reason });
    expect(order).toEqual({ kind: 'hold', filter, reason: cut });
    expect(parseOrderRequest({ ...order, actor: 'ada' }, 'strict', NOON)).toMatchObject({
      ok: true,
      value: { reason: cut },
    });
  });
});

describe('the orders that have held the accounts of a brake', () => {
  const order = (at: string, more: Partial<HoldOrder> = {}): HoldOrder => ({
    orderId: at,
    group: null,
    madeAt: `2026-11-24T${at}:00.000Z`,
    isRunning: false,
    done: 3,
    ...more,
  });
  const since = '2026-11-24T12:00:00.000Z';
  const idsOf = (
    brake: { readonly group?: string; readonly releasedAt?: string },
    orders: readonly HoldOrder[],
  ): readonly string[] => {
    const { group = null, releasedAt } = brake;
    const released = releasedAt === undefined ? null : { at: `2026-11-24T${releasedAt}:00.000Z` };
    return holdOrdersOf({ group, since, released }, orders).map(({ orderId }) => orderId);
  };

  it('orders from a minute before the brake on are meant, because two clocks date them', () => {
    const made = ['11:58', '11:59', '12:00', '12:30'].map((at) => order(at));
    expect(idsOf({}, made)).toEqual(['11:59', '12:00', '12:30']);
  });

  it('orders after the release belong to no brake', () => {
    const made = ['12:20', '12:31', '12:32'].map((at) => order(at));
    expect(idsOf({ releasedAt: '12:30' }, made)).toEqual(['12:20', '12:31']);
  });

  it('orders for other accounts are not meant', () => {
    const made = [
      order('12:01', { group: 'acme' }),
      order('12:02'),
      order('12:03', { group: 'x' }),
    ];
    expect([idsOf({}, made), idsOf({ group: 'acme' }, made)]).toEqual([['12:02'], ['12:01']]);
  });

  it('an order that has ended without a held account has nothing to take back', () => {
    const made = [order('12:01', { done: 0 }), order('12:02', { done: 0, isRunning: true })];
    expect(idsOf({}, made)).toEqual(['12:02']);
  });
});
