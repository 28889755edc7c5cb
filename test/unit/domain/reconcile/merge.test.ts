/** Two tellings of one account, a workflow's and its rows', become one (R4, R14, R15). */
import { describe, expect, it } from 'vitest';
import type { Account } from '../../../../src/domain/account/account.js';
import { record } from '../../../../src/domain/entity/entity.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import type { Event } from '../../../../src/domain/account/events.js';
import { applicable, merged } from '../../../../src/domain/reconcile/merge.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reconcile, type Verdict } from '../../../../src/domain/reconcile/reconcile.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import type { Attempt, Evidence } from '../../../../src/domain/records/snapshot.js';
import { anAccount, at, c, m, r, Scenario } from '../../../support/scenario.js';
import { counterOf } from '../../../../src/domain/account/counter.js';
import { batchOf, reconciled } from '../../../../src/domain/entity/writes.js';

const NOW = at('09:00');
const TODAY = Math.floor(NOW / 86_400_000);
const observed = { chatId: c('c1'), messageId: m('m1'), sentAt: NOW };
const report = { reservationId: r('a'), chatId: c('c1'), messageId: m('m1') };
const withoutMessage = { reservationId: r('a'), chatId: c('c1') };

const asked = anAccount().when(reserve, { reservationId: r('a') });
/** A slot in flight, and a send that was observed before its delivery was reported. */
const rowsSay = asked.when(observe, observed);
const both = (one: Scenario, other: Scenario): Account =>
  record(one.entity, merged(one.entity.account, other.entity.account)).account;
const comparable = ({ slots, externals, day }: Account): unknown => ({
  states: slots.map(({ state }) => state),
  externals: externals.length,
  day,
});
const ONCE = { slots: [{ messageId: 'm1', isAdopted: true }], externals: [] };

describe('a reconcile and the messages that came during it', () => {
  it('a merge counts a send once if it is external in one state and a delivery in the other', () => {
    const workflowSays = rowsSay.when(deliver, report);
    for (const account of [both(rowsSay, workflowSays), both(workflowSays, rowsSay)]) {
      expect(comparable(account)).toMatchObject({ states: ['delivered'], externals: 0 });
      expect(counterOf(account, account.day)).toBe(1);
    }
  });

  it('a merge counts a send once if a reconcile found it in the log while its delivery was reported', () => {
    const meanwhile = rowsSay.when(deliver, report).entity.account;
    const external = rowsSay.entity.account.externals[0];
    const found = external ? [{ type: 'ExternalCounted', external, sentAt: NOW } as const] : [];
    expect(found).toHaveLength(1);
    expect(applicable(meanwhile, found)).toEqual([]);
  });

  it('a merge counts a send once if only one of the two states has its message', () => {
    const delivered = asked.when(deliver, withoutMessage);
    const afterReset = anAccount().when(observe, observed);
    for (const account of [both(delivered, afterReset), both(afterReset, delivered)]) {
      expect(account).toMatchObject(ONCE);
      expect(counterOf(account, account.day)).toBe(1);
    }
    const { entity } = delivered;
    const { outbox } = record(entity, merged(entity.account, afterReset.entity.account));
    expect(outbox.filter(({ row }) => row.table === 'inmail_events')).toHaveLength(1);
  });

  it('a merge counts two sends if one was observed before the slot was taken, or has another message', () => {
    const before = anAccount().when(observe, observed);
    const later = anAccount({}, { now: NOW + 1 }).when(reserve, { reservationId: r('a') });
    const bare = later.when(deliver, withoutMessage);
    const other = { ...report, reservationId: r('b') };
    const brought = anAccount()
      .when(reserve, { reservationId: r('b') })
      .when(deliver, other);
    for (const account of [both(bare, before), both(before, bare), both(bare, brought)]) {
      expect(account.slots.find(({ reservationId }) => reservationId === 'a')).toMatchObject({
        messageId: null,
      });
      expect(counterOf(account, account.day)).toBe(2);
    }
  });
});

/** The account of its rows, with a delivery and its observed send. */
const doubled = new Scenario(
  record(asked.when(deliver, withoutMessage).entity, rowsSay.entity.account.externals.map(counted)),
  NOW,
);
function counted(one: Account['externals'][number]): Event {
  return { type: 'ExternalCounted', external: one, sentAt: NOW };
}
function written({ entity }: Scenario, attempts: readonly Attempt[] = []): Evidence {
  const rows = entity.outbox.map(({ row }) => row);
  return {
    reservations: rows.flatMap((row) => (row.table === 'reservations' ? [row] : [])),
    events: rows.flatMap((row) => (row.table === 'inmail_events' ? [row] : [])),
    attempts,
  };
}
const runOf = ({ entity }: Scenario, found: Evidence): Verdict =>
  reconcile(entity.account, found, null, NOW);
const applied = ({ entity }: Scenario, { events }: Verdict): Scenario =>
  new Scenario(reconciled(entity, batchOf(entity), events, null, NOW), NOW);
const sum = ({ days }: Verdict): number =>
  days.at(-1)?.parts.reduce((n, { count }) => n + count, 0) ?? Number.NaN;

describe('a run', () => {
  it('a reconcile counts a delivery and its observed send once, and explains the second row', () => {
    expect(counterOf(doubled.entity.account, TODAY)).toBe(2);
    const found = written(doubled);
    expect(found.events).toHaveLength(2);
    const run = runOf(doubled, found);
    expect(sum(run)).toBe(0);
    const after = applied(doubled, run);
    expect(after.entity.account).toMatchObject(ONCE);
    expect(counterOf(after.entity.account, TODAY)).toBe(1);
    const next = runOf(after, { ...written(after), events: found.events });
    expect(next.events).toEqual([]);
    expect(next.days.at(-1)?.parts).toEqual([
      { cause: 'external', count: -1, reservations: ['a'] },
    ]);
  });

  it('a reconcile takes a row without a reservation as the message of the delivery in its chat', () => {
    const delivered = asked.when(deliver, withoutMessage);
    const found = { ...written(delivered), events: written(doubled).events };
    const after = applied(delivered, runOf(delivered, found));
    expect(after.entity.account).toMatchObject(ONCE);
    expect(counterOf(after.entity.account, TODAY)).toBe(1);
  });

  it('a reconcile does not change an external send if its delivery has got another message meanwhile', () => {
    const { events } = runOf(doubled, written(doubled));
    const meanwhile = doubled.when(deliver, { ...report, messageId: m('m2') });
    const { account } = reconciled(meanwhile.entity, batchOf(doubled.entity), events, null, NOW);
    expect(account).toMatchObject({
      slots: [{ messageId: 'm2' }],
      externals: [{ messageId: 'm1' }],
    });
    expect(counterOf(account, TODAY)).toBe(2);
  });

  it('a reconcile adds nothing for an attempt without a slot if its chat was observed later', () => {
    const account = anAccount({}, { now: NOW - 2 })
      .when(observe, observed)
      .until(NOW);
    const attempt: Attempt = {
      reservationId: r('bypass'),
      quotaDay: TODAY,
      attemptedAt: NOW - 3,
      outcome: 'delivered',
      chatId: c('c1'),
      messageId: null,
      errorCode: null,
    };
    expect(runOf(account, written(account, [attempt])).events).toEqual([]);
    const later = { ...attempt, attemptedAt: NOW - 1 };
    const after = applied(account, runOf(account, written(account, [later])));
    expect(counterOf(after.entity.account, TODAY)).toBe(2);
  });

  it('a reconcile gives a message to one delivery only, also if another took it during the reconcile', () => {
    const bare = asked.when(deliver, withoutMessage);
    const found: readonly Event[] = bare.entity.account.slots.flatMap((slot) =>
      slot.state === 'delivered'
        ? [{ type: 'ProofCompleted', slot: { ...slot, messageId: m('m1') } }]
        : [],
    );
    expect(found).toHaveLength(1);
    expect(applicable(bare.entity.account, found)).toEqual(found);
    const meanwhile = bare
      .when(reserve, { reservationId: r('b') })
      .when(deliver, { reservationId: r('b'), chatId: c('c1'), messageId: m('m1') });
    expect(applicable(meanwhile.entity.account, found)).toEqual([]);
  });
});
