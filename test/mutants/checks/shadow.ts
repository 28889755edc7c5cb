/** Shadow mode (R23): what is denied all the same, and what the mode does to calls and waits. */
import { expect } from 'vitest';
import { SLOTS_MAX } from '../../../src/domain/primitives/limits.js';
import { r } from '../../support/scenario.js';
import { Life, NEXT_DAY, type Check } from './life.js';

const ORDER = { reason: 'asked', actor: 'ada' };
const shadowed = (domain: Parameters<Check>[0], dailyCap = 1): Life =>
  new Life(domain, { dailyCap, mode: 'shadow' });

const always: Check = (domain) => {
  const life = shadowed(domain);
  const late = life.reserve('late', { validUntil: life.now });
  expect(late).toMatchObject({ granted: false, reason: 'expired' });
  life.when((account, order: typeof ORDER) => domain.disconnect(account, order), ORDER);
  expect(life.reserve('a')).toMatchObject({ granted: false, reason: 'disconnected' });
};

const bounded: Check = (domain) => {
  const life = shadowed(domain);
  for (let n = 0; n < SLOTS_MAX; n += 1) life.reserve(`s${n}`);
  expect(life.reserve('one-more')).toMatchObject({ granted: false, reason: 'churn_cap' });
};

const mayCall: Check = (domain) => {
  const life = shadowed(domain);
  life.reserve('a');
  life.when(domain.hold, ORDER);
  const slot = domain.findSlot(life.account, r('a'));
  expect(slot && domain.mayAttempt(life.account, slot, life.now)).toBe(true);
};

const noWait: Check = (domain) => {
  const life = shadowed(domain);
  life.send(1);
  const request = { reservationId: r('a'), wait: true, validUntil: NEXT_DAY };
  expect(life.when(domain.ask, request)).toMatchObject({
    granted: true,
    wouldDeny: { reason: 'daily_cap' },
  });
};

export const shadowChecks = {
  'an account in shadow mode denies if it is disconnected, and a late ask': always,
  'an account in shadow mode keeps at most 600 slots': bounded,
  'a hold stops no call of an account in shadow mode': mayCall,
  'no ask waits in shadow mode': noWait,
} satisfies Record<string, Check>;
