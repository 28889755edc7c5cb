/**
 * The reports of one reservation, in every possible order, each report twice: 8! / 2^4 = 2,520
 * orders of four reports, and one end (R4, R5, R15).
 */
import { describe, expect, it } from 'vitest';
import { findSlot } from '../../../../src/domain/account/account.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import { fail } from '../../../../src/domain/commands/fail.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import { dayOf } from '../../../../src/domain/primitives/time.js';
import { ordersOf } from '../../../support/orders.js';
import { anAccount, at, c, m, p, r, type Scenario } from '../../../support/scenario.js';
import { counterOf, sumOf, tallyOf } from '../../../../src/domain/account/counter.js';
import { settleByOperator } from '../../../../src/domain/commands/settle.js';

const ORDERS = 2_520;
const NINE = at('09:00');
const TODAY = dayOf(NINE);
/** After the end of the reservation's lease. */
const LATER = at('10:00');

type Say = (account: Scenario) => Scenario;
const mine = { reservationId: r('r1') };
const proof = { chatId: c('c1'), messageId: m('m1') };
const order = { ...mine, reason: 'looked at the outbox', actor: 'ada' };

const SAYS = {
  delivered: (account) => account.when(deliver, { ...mine, ...proof }),
  'delivered without messageId': (account) => account.when(deliver, { ...mine, chatId: c('c1') }),
  rejected: (account) => account.when(fail, { ...mine, kind: 'rejected' }),
  not_attempted: (account) => account.when(fail, { ...mine, kind: 'not_attempted' }),
  unknown: (account) => account.when(fail, { ...mine, kind: 'unknown' }),
  throttled: (account) => account.when(fail, { ...mine, kind: 'throttled' }),
  no_credits: (account) => account.when(fail, { ...mine, kind: 'no_credits' }),
  restricted: (account) => account.when(fail, { ...mine, kind: 'restricted' }),
  observed: (account) =>
    account.when(observe, { ...proof, recipientId: p('ann'), sentAt: NINE + 1_000 }),
  'settled as delivered': (account) =>
    account.when(settleByOperator, { ...order, outcome: 'delivered', chatId: c('c1') }),
  'settled as released': (account) =>
    account.when(settleByOperator, { ...order, outcome: 'released' }),
} satisfies Record<string, Say>;
type Report = keyof typeof SAYS;

/** What has to be the same, whatever came first. */
type End = {
  readonly state: string | undefined;
  readonly chatId: string | null;
  readonly counter: number;
  readonly conserved: boolean;
  readonly tally: object;
  /** Chats of the rows that wait for the event log: each delivery has one row. */
  readonly chats: readonly string[];
  readonly effects: readonly string[];
  readonly stops: object;
};

function endOf({ entity }: Scenario): End {
  const { account, outbox } = entity;
  const slot = findSlot(account, mine.reservationId);
  const { cooldowns, hold, breakerUntil, rampDay } = account;
  return {
    state: slot?.state,
    chatId: slot?.state === 'delivered' ? slot.chatId : null,
    counter: counterOf(account, TODAY),
    conserved: sumOf(tallyOf(account, TODAY)) === counterOf(account, TODAY),
    tally: tallyOf(account, TODAY),
    chats: outbox.flatMap(({ row }) => (row.table === 'inmail_events' ? [row.chatId] : [])),
    effects: account.effects.map(({ kind }) => kind).toSorted(),
    stops: { cooldowns, isHeld: hold !== null, breakerUntil, rampDay },
  };
}

const begun = (): Scenario => anAccount().when(reserve, { ...mine, recipientId: p('ann') });

/** Every end that some order of those reports has, and how many orders there were. */
function endsOf(reports: readonly Report[], saidAt = NINE): { orders: number; ends: End[] } {
  const ends = new Map<string, End>();
  let orders = 0;
  for (const reported of ordersOf(reports, 2)) {
    orders += 1;
    const account = reported.reduce((before, name) => SAYS[name](before), begun().until(saidAt));
    const end = endOf(account);
    ends.set(JSON.stringify(end), end);
  }
  return { orders, ends: [...ends.values()] };
}

const NOTHING = { inFlight: 0, uncertain: 0, delivered: 0, external: 0, imported: 0 };
const DELIVERED = {
  state: 'delivered',
  chatId: 'c1',
  counter: 1,
  conserved: true,
  tally: { ...NOTHING, delivered: 1 },
  chats: ['c1'],
};

describe('all orders of four reports, each twice, with a proof among them', () => {
  it.each<[readonly Report[], readonly string[]]>([
    [['delivered', 'rejected', 'unknown', 'observed'], []],
    [['delivered without messageId', 'not_attempted', 'unknown', 'observed'], []],
    [['delivered', 'delivered without messageId', 'rejected', 'observed'], []],
    [['delivered', 'throttled', 'unknown', 'observed'], ['throttled']],
    [
      ['delivered without messageId', 'no_credits', 'restricted', 'observed'],
      ['no_credits', 'restricted'],
    ],
  ])('%j end delivered, counted once, with one row', (reports, effects) => {
    const { orders, ends } = endsOf(reports);
    expect(orders).toBe(ORDERS);
    expect(ends).toMatchObject([{ ...DELIVERED, effects }]);
    const [end] = ends;
    expect(end?.stops).toMatchObject({
      cooldowns: effects.includes('throttled') ? [{ cause: 'throttled' }] : [],
      isHeld: effects.includes('restricted'),
    });
  });

  it.each<[readonly Report[]]>([
    [['settled as delivered', 'rejected', 'unknown', 'delivered without messageId']],
    [['settled as released', 'delivered', 'unknown', 'observed']],
    [['settled as released', 'settled as delivered', 'unknown', 'rejected']],
  ])('%j end delivered as well, after the lease, whatever a person settles', (reports) => {
    const { orders, ends } = endsOf(reports, LATER);
    expect(orders).toBe(ORDERS);
    expect(ends).toMatchObject([{ ...DELIVERED, effects: [] }]);
  });
});

describe('all orders without a proof', () => {
  it('all orders without a proof end released, with nothing counted and each effect applied once', () => {
    const { orders, ends } = endsOf(['rejected', 'unknown', 'throttled', 'no_credits']);
    expect(orders).toBe(ORDERS);
    const effects = ['no_credits', 'throttled'];
    expect(ends).toMatchObject([
      { state: 'released', counter: 0, conserved: true, tally: NOTHING, chats: [], effects },
    ]);
  });

  it('all orders without a proof never release a slot whose lease runs, whatever a person settles', () => {
    const { ends } = endsOf(['settled as released', 'unknown']);
    expect(ends).toMatchObject([{ state: 'uncertain', counter: 1, chats: [] }]);
  });
});

describe('where the contract makes the order matter', () => {
  it('an observed send is its open slot (R15), or external once that was released (R5)', () => {
    const { orders, ends } = endsOf(['rejected', 'unknown', 'observed']);
    expect(orders).toBe(90);
    // Either way it is counted once, today, and has one row.
    expect(ends.every(({ counter, chats }) => counter === 1 && chats.length === 1)).toBe(true);
    expect(ends.map(({ state, tally }) => ({ state, tally }))).toEqual(
      expect.arrayContaining([
        { state: 'delivered', tally: { ...NOTHING, delivered: 1, unexplained: 0 } },
        { state: 'released', tally: { ...NOTHING, external: 1, unexplained: 0 } },
      ]),
    );
    expect(ends).toHaveLength(2);
  });

  it('a send that was observed before its slot was reserved stays external (R15): ChatIdTaken', () => {
    const observed = anAccount().when(observe, { ...proof, sentAt: NINE });
    const after = SAYS.delivered(observed.until(NINE + 1).when(reserve, mine));
    after.answered({ refused: 'ChatIdTaken' }).expect({ external: 1, inFlight: 1, delivered: 0 });
    const before = SAYS.delivered(
      begun()
        .until(NINE + 1)
        .when(observe, { ...proof, sentAt: NINE }),
    );
    before.answered({ settled: 'delivered' }).expect({ external: 0, inFlight: 0, delivered: 1 });
  });

  it('if an external send of another day is claimed by a reservation, both days keep their counts (R15)', () => {
    const sentAt = at('2026-11-24T23:59:59.000Z');
    const next = at('2026-11-25T00:00:01.000Z');
    const taken = anAccount({}, { now: sentAt }).when(reserve, mine).until(next);
    const observed = taken.when(observe, { ...proof, sentAt: next });
    const { account } = SAYS.delivered(observed).entity;
    expect([counterOf(account, TODAY), counterOf(account, TODAY + 1)]).toEqual([1, 1]);
  });
});
