/** The waiting line (R21): its order, its end, and when a caller learns a decision. */
import { expect } from 'vitest';
import { findSlot } from '../../../src/domain/account/account.js';
import { isCampaignId } from '../../../src/domain/primitives/ids.js';
import { must, r, p } from '../../support/scenario.js';
import { Life, NEXT_DAY, NINE, type Check } from './life.js';

const k = (id: string) => must(isCampaignId, id);
const LATER = NEXT_DAY + 86_400_000;
const asks = (life: Life, name: string, more: object = {}): unknown =>
  life.when(life.domain.ask, { reservationId: r(name), wait: true, validUntil: LATER, ...more });
const decided = (life: Life): readonly (string | null)[] =>
  life.domain.lineOf(life.account).map((ask) => ask.decided);
const full = (domain: Parameters<Check>[0], dailyCap = 1): Life => {
  const life = new Life(domain, { dailyCap });
  life.send(dailyCap); // delivered, so that nothing is carried over midnight
  return life;
};

const inOrder: Check = (domain) => {
  const life = full(domain, 2);
  for (const name of ['a', 'b']) asks(life, name);
  asks(life, 'urgent', { priority: 0 });
  life.until(NEXT_DAY);
  life.when(domain.serve, null);
  expect(decided(life)).toEqual(['granted', null, 'granted']);
  expect(life.counter).toBe(2);
};

const [one, two] = [k('one'), k('two')];
/** The campaigns of asks that have a slot, in the order of their arrival. */
const granted = (life: Life): readonly (string | null)[] =>
  life.domain
    .lineOf(life.account)
    .filter((ask) => ask.decided === 'granted')
    .map(({ campaignId }) => campaignId);

const inProportion: Check = (domain) => {
  const life = full(domain, 4);
  const weights = [
    { campaignId: one, weight: 1 },
    { campaignId: two, weight: 3 },
  ];
  life.when(domain.configure, { campaigns: weights });
  for (const n of [1, 2, 3, 4]) {
    asks(life, `one-${n}`, { campaignId: one });
    asks(life, `two-${n}`, { campaignId: two });
  }
  life.until(NEXT_DAY);
  life.when(domain.serve, null);
  expect(granted(life)).toEqual(['one', 'two', 'two', 'two']);
};

const todayFirst: Check = (domain) => {
  const life = new Life(domain, { dailyCap: 3 });
  for (const id of ['a', 'b', 'c']) {
    life.reserve(id, { campaignId: one });
    life.deliver(id);
  }
  const validUntil = LATER + 1;
  for (const n of [1, 2, 3]) {
    asks(life, `one-${n}`, { campaignId: one, validUntil });
    asks(life, `two-${n}`, { campaignId: two, validUntil });
  }
  life.until(LATER);
  life.when(domain.serve, null);
  // The third slot is of the second campaign: the first one has all sends that are remembered.
  expect(granted(life)).toEqual(['one', 'two', 'two']);
};

const passedBy: Check = (domain) => {
  const life = new Life(domain, { dailyCap: 1 });
  const recipientId = p('ACoAAB1');
  life.reserve('sent', { recipientId });
  life.deliver('sent');
  const validUntil = NEXT_DAY + 9 * 86_400_000;
  asks(life, 'contacted', { campaignId: one, recipientId, validUntil });
  asks(life, 'one', { campaignId: one, validUntil });
  asks(life, 'two', { campaignId: two, validUntil });
  life.until(NEXT_DAY);
  life.when(domain.serve, null);
  expect(decided(life)).toEqual([null, 'granted', null]);
};

const endsInTime: Check = (domain) => {
  const life = full(domain);
  asks(life, 'a');
  life.when(domain.hold, { reason: 'asked', actor: 'ada' });
  life.until(LATER - 1);
  life.when(domain.serve, null);
  expect(decided(life)).toEqual([null]);
  life.until(LATER);
  life.when(domain.serve, null);
  expect(decided(life)).toEqual(['expired']);
};

const savedFirst: Check = (domain) => {
  const life = full(domain);
  asks(life, 'a');
  life.until(NEXT_DAY);
  life.when(domain.serve, null);
  expect(findSlot(life.account, r('a'))?.state).toBe('in_flight');
  expect(domain.answerable(life.actor)).toEqual([]);
  life.actor = domain.saved(life.actor, domain.batchOf(life.actor), null);
  expect(domain.answerable(life.actor)).toHaveLength(1);
};

const onlyOnce: Check = (domain) => {
  const life = full(domain, 2);
  for (const name of ['a', 'b']) asks(life, name, { recipientId: p('ACoAAB1') });
  life.until(NEXT_DAY);
  life.when(domain.serve, null);
  expect(decided(life)).toEqual(['granted', 'recipient_contacted']);
};

const counted: Check = (domain) => {
  const life = full(domain);
  asks(life, 'a');
  const day = 86_400_000;
  const midnight = NINE - (NINE % day) + day;
  const answer = life.when(domain.ask, { reservationId: r('b') });
  expect(answer).toMatchObject({ granted: false, retryAt: midnight + day });
};

export const lineChecks = {
  'asks that wait are served by priority and arrival, never over the cap': inOrder,
  'campaigns get slots in proportion to their weights': inProportion,
  'today decides between two campaigns, and then the days before': todayFirst,
  'an ask that lets others pass is no send of its campaign': passedBy,
  'an ask that waits is denied at the end of its time, and not before': endsInTime,
  'a caller learns the decision of its ask after it is saved': savedFirst,
  'of two asks that wait for one recipient, one gets a slot': onlyOnce,
  'the forecast for others counts the asks that wait': counted,
} satisfies Readonly<Record<string, Check>>;
