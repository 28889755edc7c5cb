/** The order in which the accounts of a group are asked (R26). */
import { expect, it } from 'vitest';
import { orderOf } from '../../../../src/domain/diagnostics/canSend/groupOrder.js';
import type { CanSend } from '../../../../src/domain/wire/canSend.js';

const can: CanSend = {
  canSend: true,
  reason: null,
  notBefore: null,
  left: 5,
  needsPerson: false,
  until: null,
};
const waits = (notBefore: string | null): CanSend => ({
  ...can,
  canSend: false,
  reason: notBefore === null ? 'unverified' : 'outside_window',
  notBefore,
  left: 0,
});
const held: CanSend = { ...waits(null), reason: 'held', needsPerson: true };
const idsOf = (members: Readonly<Record<string, CanSend>>): readonly string[] =>
  orderOf(
    Object.entries(members).map(([accountId, canSend]) => ({ accountId, canSend, slots: [] })),
  ).map(({ accountId }) => accountId);

it('the account with the most slots left is asked first, and equal ones by their ids', () => {
  expect(idsOf({ c: { ...can, left: 7 }, b: can, a: can, d: { ...can, left: 40 } })).toEqual([
    'd',
    'c',
    'a',
    'b',
  ]);
});

it('accounts that wait come after those that can send, the earliest first', () => {
  const [early, late] = [waits('2026-11-24T09:00:00.000Z'), waits('2026-11-25T00:00:00.000Z')];
  expect(idsOf({ unknown: waits(null), late, early, now: { ...can, left: 1 } })).toEqual([
    'now',
    'early',
    'late',
    'unknown',
  ]);
});

it('an account that needs a person is not asked', () => {
  expect(idsOf({ held, now: can })).toEqual(['now']);
});
