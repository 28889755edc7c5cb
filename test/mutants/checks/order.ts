/** Orders on many accounts (R30). */
import { expect } from 'vitest';
import type { KeptOrder } from '../../../src/domain/fleet/order.js';
import { anAccount } from '../../support/scenario.js';
import { NINE, type Check } from './life.js';

const ORDER: KeptOrder = {
  orderId: '7c2e91d04ab35f68',
  kind: 'hold',
  reason: 'incident 7',
  actor: 'ada',
  change: null,
  takesBack: null,
};
const BACK: KeptOrder = { ...ORDER, kind: 'resume', takesBack: { ...ORDER, orderId: 'a' } };
const heldBy = (reason: string) => {
  const { account } = anAccount().entity;
  return { ...account, hold: { reason, actor: 'ada', since: NINE }, breakerUntil: NINE + 9_000 };
};

const takenBack: Check = ({ messageOf, resume, evolve }) => {
  const { payload } = messageOf(BACK);
  const by: { reason: string; actor: string; heldFor?: string } = Object(payload);
  expect(resume(heldBy('a person'), by, NINE).events).toEqual([]);
  const account = heldBy(by.heldFor ?? '');
  const [event] = resume(account, by, NINE).events;
  if (!event) throw new Error('the hold of the order did not end');
  expect(evolve(account, event)).toMatchObject({ hold: null, breakerUntil: NINE + 9_000 });
};
const first: Check = ({ outcomeOf, reasonOf }) => {
  expect(outcomeOf(ORDER, { heldBefore: { reason: 'a person' } })).toBe('unchanged');
  expect(outcomeOf(ORDER, { heldBefore: { reason: reasonOf(ORDER) } })).toBe('done');
};
const narrow: Check = ({ parseOrderRequest }) => {
  const order = { kind: 'hold', filter: {}, reason: 'r', actor: 'ada' };
  expect(parseOrderRequest(order, 'strict', NINE).ok).toBe(false);
};
const configured: Check = ({ messageOf, reasonOf }) => {
  const order = { ...ORDER, kind: 'configure', change: { dailyCap: 30, reason: 'x' } } as const;
  const payload = { dailyCap: 30, reason: reasonOf(order), actor: 'ada' };
  expect(messageOf(order)).toEqual({ name: 'configure', payload });
};

export const orderChecks = {
  'an order that is taken back ends its own holds only': takenBack,
  'an account that was held before is not an account of the order': first,
  'an order without a filter is refused': narrow,
  'an order to configure has its reason in each account': configured,
} satisfies Readonly<Record<string, Check>>;
