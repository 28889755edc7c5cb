/** A workflow that is behind its own rows, because a task was lost after its save (R2, R3, R14). */
import { describe, expect, it } from 'vitest';
import type { Entity } from '../../../../src/domain/entity/entity.js';
import { caughtUp } from '../../../../src/domain/entity/catchUp.js';
import { deliver, type Deliver } from '../../../../src/domain/commands/deliver.js';
import { alert } from '../../../../src/domain/account/events.js';
import { accountRow } from '../../../../src/domain/records/toRecords.js';
import { observe } from '../../../../src/domain/commands/observe.js';
import { reserve } from '../../../../src/domain/commands/reserve.js';
import type { EventRow, ReservationRow } from '../../../../src/domain/records/records.js';
import { hold } from '../../../../src/domain/commands/administer.js';
import type { ReadBack, StoredAccount } from '../../../../src/domain/records/snapshot.js';
import { batchOf, sending } from '../../../../src/domain/entity/writes.js';
import { anAccount, c, m, NOTHING, r, type Scenario } from '../../../support/scenario.js';

const begun = (dailyCap = 50): Scenario => anAccount({ dailyCap });
const asks = (account: Scenario, ...names: readonly string[]): Scenario =>
  names.reduce((before, name) => before.when(reserve, { reservationId: r(name) }), account);
const sent = (name: string): Deliver => ({ reservationId: r(name), chatId: c(`chat-${name}`) });

/** The rows after the task that was lost has saved all that it had. */
function rowsOf({ entity }: Scenario): ReadBack & { readonly account: StoredAccount } {
  const rows = entity.outbox.map(({ row }) => row);
  const of = <T extends { readonly table: string }>(table: T['table']): readonly T[] =>
    rows.filter((row): row is (typeof rows)[number] & T => row.table === table);
  const row = accountRow(entity.account, entity.version);
  return {
    ...NOTHING,
    account: { ...row, owner: entity.owner, ownerVersion: 0 },
    highestNumber: entity.version,
    reservations: of<ReservationRow>('reservations'),
    events: of<EventRow>('inmail_events'),
    lastWrite: 7,
    lastRun: null,
    later: {
      alerts: rows.flatMap((one) => (one.table === 'alerts' ? [one] : [])),
      changes: rows.flatMap((one) => (one.table === 'account_changes' ? [one] : [])),
    },
  };
}
const met = (own: Scenario, lost: Scenario): Entity => {
  const found = rowsOf(lost);
  return caughtUp(own.entity, found, found.account);
};
const statesOf = ({ account }: Entity): object =>
  Object.fromEntries(account.slots.map(({ reservationId, state }) => [reservationId, state]));

describe('an account that is behind its rows', () => {
  it('an account that is behind its rows keeps its own slots and those of the lost task', () => {
    const { account } = met(asks(begun(), 'mine', 'both'), asks(begun(), 'both', 'lost'));
    expect(statesOf({ ...begun().entity, account })).toEqual({
      mine: 'in_flight',
      both: 'in_flight',
      lost: 'in_flight',
    });
    const { answer } = reserve(account, { reservationId: r('lost') }, account.now);
    expect(answer).toMatchObject({ granted: true, repeated: true });
  });

  it('an account that is behind its rows allows no call for a slot whose room others have taken', () => {
    const own = asks(begun(2), 'a', 'b');
    const { account } = met(own, asks(begun(2), 'x', 'y'));
    expect(statesOf({ ...own.entity, account })).toEqual({
      a: 'in_flight',
      b: 'in_flight',
      x: 'uncertain',
      y: 'uncertain',
    });
    const { answer } = reserve(account, { reservationId: r('x') }, account.now);
    expect(answer).toMatchObject({ refused: 'ReservationSettled' });
  });

  it('an account that is behind its rows numbers all that is unsaved above the rows, and writes by a number above theirs', () => {
    const own = asks(begun(), 'mine').when(hold, { reason: 'x', actor: 'ada' });
    const lost = asks(begun(), 'one', 'two', 'three', 'four');
    const entity = met(own, lost);
    for (const { number } of entity.outbox) expect(number).toBeGreaterThan(lost.entity.version);
    expect(new Set(entity.outbox.map(({ number }) => number)).size).toBe(entity.outbox.length);
    expect(batchOf(entity).row.version).toBeGreaterThan(lost.entity.version);
    expect(sending(entity).batch.write.number).toBe(8);
  });

  it('an account that is behind its rows adds what the lost task received: deliveries and external sends, once', () => {
    const observed = { chatId: c('x'), messageId: m('x'), sentAt: begun().now };
    const start = asks(begun(), 'a');
    const lost = start.when(deliver, sent('a')).when(observe, observed);
    for (const own of [start, start.when(observe, observed), lost]) {
      const entity = met(own, lost);
      expect(statesOf(entity)).toEqual({ a: 'delivered' });
      expect(entity.account.externals).toHaveLength(1);
    }
  });

  it('an account that is behind its rows writes no change and counts no alert a second time that the lost task has written', () => {
    const result = begun()
      .when(hold, { reason: 'holiday', actor: 'ada' })
      .when(
        () => ({ events: [alert('bad_signal', 'warning', { signal: 's' })], answer: null }),
        null,
      );
    const { outbox } = met(result, result);
    expect(outbox.filter(({ row }) => row.table !== 'reservations')).toEqual([]);
  });
});
