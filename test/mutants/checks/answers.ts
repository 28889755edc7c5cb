/** What people see: "can it send?", and what a person may do with an alert. */
import { expect } from 'vitest';
import type { ActOn } from '../../../src/domain/diagnostics/alerts/act.js';
import { startOf } from '../../../src/domain/primitives/time.js';
import { at } from '../../support/scenario.js';
import { Life, NINE, NEXT_DAY, type Check } from './life.js';

const leftNow: Check = (domain) => {
  const life = new Life(domain, { dailyCap: 3 });
  life.reserve('a');
  expect(domain.canSendAt(life.account, life.now)).toMatchObject({ canSend: true, left: 2 });
  life.reserve('b');
  life.reserve('c');
  const midnight = new Date(startOf(life.account.day + 1)).toISOString();
  expect(domain.canSendAt(life.account, life.now)).toMatchObject({
    canSend: false,
    left: 0,
    notBefore: midnight,
    needsPerson: false,
  });
};

const unverified: Check = ({ canSendOf }) => {
  const retryAt = new Date(NEXT_DAY).toISOString();
  const peek = { granted: false, reason: 'unverified', retryAt } as const;
  const answer = canSendOf(peek, null);
  expect([answer.canSend, answer.notBefore, answer.needsPerson]).toEqual([false, null, false]);
};

const groups: Check = (domain) => {
  const life = new Life(domain, { dailyCap: 1 });
  const group = (): string =>
    domain.sendingOf({ canSend: domain.canSendAt(life.account, life.now) });
  expect(group()).toBe('yes');
  life.reserve('a');
  expect(group()).toBe('waits');
  life.when(domain.hold, { reason: 'asked', actor: 'ada' });
  expect(group()).toBe('person');
  life.when(domain.disconnect, { reason: 'left', actor: 'ada' });
  expect(group()).toBe('none');
};

const ALERT: ActOn = {
  alertId: 7,
  kind: 'drift',
  raisedAt: NINE,
  resolvedAt: null,
  acknowledged: null,
  closed: null,
  isConnected: true,
};

const causes: Check = ({ refusalOfAct }) => {
  const closing = (change: Partial<ActOn>) =>
    refusalOfAct('close', { ...ALERT, ...change }, null)?.code;
  expect(closing({})).toBe('AlertNotClosable');
  expect(closing({ kind: 'bad_signal' })).toBeUndefined();
  expect(closing({ isConnected: false })).toBeUndefined();
  expect(closing({ kind: 'tasks_failing', isConnected: false })).toBe('AlertNotClosable');
};

const unseen: Check = ({ refusalOfAct }) => {
  const alert = { ...ALERT, kind: 'bad_signal', raisedAt: at('09:10') } as const;
  expect(refusalOfAct('close', alert, NINE)?.code).toBe('AlertRaisedAgain');
  expect(refusalOfAct('close', alert, at('09:10'))).toBeUndefined();
};

export const answerChecks = {
  'an account that can send shows what is left, and a full one the next midnight': leftNow,
  'an account that waits for a reconcile promises no instant': unverified,
  'an account is in the group of what it waits for': groups,
  'a person closes only an alert that ends with no cause': causes,
  'a report that the person did not see is not closed': unseen,
} satisfies Readonly<Record<string, Check>>;
