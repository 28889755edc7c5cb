/** After a reset: what the rows know and what the workflow knows become one account (R14, R15). */
import { describe, expect, it } from 'vitest';
import { counterOf, type Account } from '../../src/domain/account.js';
import { record } from '../../src/domain/actor.js';
import { deliver } from '../../src/domain/deliver.js';
import { applicable, merged } from '../../src/domain/merge.js';
import { observe } from '../../src/domain/observe.js';
import { reserve } from '../../src/domain/reserve.js';
import { anAccount, at, c, m, r, type Scenario } from '../support/scenario.js';

const NOW = at('09:00');
const seen = { chatId: c('c1'), messageId: m('m1'), sentAt: NOW };
const report = { reservationId: r('a'), chatId: c('c1'), messageId: m('m1') };

/** A slot in flight, and a send that was seen before anybody said that it is that slot's. */
const rowsSay = anAccount()
  .when(reserve, { reservationId: r('a') })
  .when(observe, seen);
const both = (one: Scenario, other: Scenario): Account =>
  record(one.actor, merged(one.actor.account, other.actor.account)).account;
const told = ({ slots, externals, day }: Account): unknown => ({
  states: slots.map(({ state }) => state),
  externals: externals.length,
  day,
});

describe('two tellings of one account', () => {
  it('count a send once that one knows as external, and the other as a delivery', () => {
    const workflowSays = rowsSay.when(deliver, report);
    for (const account of [both(rowsSay, workflowSays), both(workflowSays, rowsSay)]) {
      expect(told(account)).toMatchObject({ states: ['delivered'], externals: 0 });
      expect(counterOf(account, account.day)).toBe(1);
    }
  });

  it('count a send once that a run found in the log while its delivery was told', () => {
    const meanwhile = rowsSay.when(deliver, report).actor.account;
    const external = rowsSay.actor.account.externals[0];
    const found = external ? [{ type: 'ExternalCounted', external, sentAt: NOW } as const] : [];
    expect(found).toHaveLength(1);
    expect(applicable(meanwhile, found)).toEqual([]);
  });
});
