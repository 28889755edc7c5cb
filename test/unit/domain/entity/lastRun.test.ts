/** What the history of a closed run adds to the rows: each message once, in its order (R5, R13). */
import { describe, expect, it } from 'vitest';
import { findSlot, type Account } from '../../../../src/domain/account/account.js';
import { record, type Entity } from '../../../../src/domain/entity/entity.js';
import { deliver } from '../../../../src/domain/commands/deliver.js';
import type { ReservationId } from '../../../../src/domain/primitives/ids.js';
import { nothingRecovered, recover } from '../../../../src/domain/entity/lastRun.js';
import { parseDeliver, parseFail, parseReserve } from '../../../../src/domain/wire/requests.js';
import { dayOf, startOf } from '../../../../src/domain/primitives/time.js';
import { anAccount, at } from '../../../support/scenario.js';
import { counterOf } from '../../../../src/domain/account/counter.js';
import type { RunMessage } from '../../../../src/domain/entity/lastRunMessages.js';

const NOW = at('12:00');
const same = (account: Account): Account => account;
/** The value of a payload that is good. */
function value<T>(parsed: { ok: true; value: T } | { ok: false; message: string }): T {
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.value;
}
const idOf = (reservationId: string): ReservationId =>
  value(parseReserve({ reservationId }, 'strict', NOW)).reservationId;
const context = (isInRow = false, when = NOW) => ({ at: when, isInRow });
const reserved = (id: string, isPromised = true, when = NOW): RunMessage => ({
  name: 'reserve',
  input: value(parseReserve({ reservationId: id }, 'strict', NOW)),
  promised: isPromised ? { quotaDay: dayOf(when), leaseExpiresAt: when + 900_000 } : null,
  ...context(false, when),
});
function delivered(reservationId: string, isInRow = false): RunMessage {
  const report = { reservationId, chatId: `chat-${reservationId}` };
  const { chatId, ...input } = value(parseDeliver(report, 'strict', NOW));
  if (chatId === null) throw new Error('it has a chat');
  return { name: 'deliver', input: { ...input, chatId }, ...context(isInRow) };
}
const failed = (reservationId: string, kind: string, isInRow = false): RunMessage => ({
  name: 'fail',
  input: value(parseFail({ reservationId, kind }, 'strict', NOW)),
  ...context(isInRow),
});
const order = (name: 'hold' | 'resume', isInRow = false): RunMessage => ({
  name,
  input: { reason: 'looked', actor: 'ada' },
  ...context(isInRow),
});
const apply = (entity: Entity, messages: readonly RunMessage[], recount = same) =>
  messages.reduce((before, one) => recover(before, one, recount), nothingRecovered(entity));

const stored = (): Entity => anAccount().until(NOW - 60_000).entity;

describe('the messages of a closed run', () => {
  const received = [
    ...['a', 'b', 'c', 'd'].map((id) => reserved(id)),
    delivered('a'),
    failed('b', 'unknown'),
    failed('c', 'rejected'),
    order('hold'),
  ];

  it('the messages of a closed run are applied in their order, and counted by kind', () => {
    const { entity, grants, outcomes, orders } = apply(stored(), received);
    const states = ['a', 'b', 'c', 'd'].map((id) => findSlot(entity.account, idOf(id))?.state);
    expect(states).toEqual(['delivered', 'uncertain', 'released', 'in_flight']);
    expect(counterOf(entity.account, entity.account.day)).toBe(3);
    expect(entity.account.hold).toMatchObject({ actor: 'ada' });
    expect([grants, outcomes, orders]).toEqual([4, 3, 1]);
  });

  it('the messages of a closed run change nothing when they are applied a second time', () => {
    const once = apply(stored(), received);
    const twice = apply(once.entity, received);
    expect(twice.entity).toEqual(once.entity);
    expect([twice.grants, twice.outcomes, twice.orders]).toEqual([0, 0, 0]);
  });

  it('the messages of a closed run do not repeat a hold that the row no longer has', () => {
    const { account } = apply(stored(), [
      order('hold', true),
      failed('gone', 'restricted', true),
      failed('gone', 'throttled', true),
    ]).entity;
    expect([account.hold, account.cooldowns]).toEqual([null, []]);
  });

  it('the messages of a closed run do not end a hold that is newer than the order to resume', () => {
    const hold = { reason: 'restricted', actor: 'safeband', since: NOW + 1 };
    const held = record(stored(), [{ type: 'Held', hold }]);
    expect(apply(held, [order('resume')]).entity.account.hold).toEqual(hold);
  });

  it('the messages of a closed run take a slot without a known answer only while there is room', () => {
    const asks = Array.from({ length: 60 }, (_, n) => reserved(`doubt-${n}`, false));
    const { entity } = apply(stored(), asks);
    expect(counterOf(entity.account, entity.account.day)).toBe(50);
  });

  it('the messages of a closed run keep the quota day of a slot that was granted before midnight, and the slot is carried', () => {
    const midnight = startOf(dayOf(NOW) + 1);
    const evening = reserved('eve', true, midnight - 1_000);
    const morning = { ...delivered('eve'), at: midnight + 1_000 };
    const { account } = apply(stored(), [evening, morning]).entity;
    expect(account.day).toBe(dayOf(midnight));
    expect(findSlot(account, idOf('eve'))).toMatchObject({
      state: 'delivered',
      quotaDay: dayOf(NOW),
      carriedInto: dayOf(midnight),
    });
    expect(counterOf(account, account.day)).toBe(0);
  });

  it('the messages of a closed run count a delivery that the rows have already only once', () => {
    const once = apply(stored(), [reserved('a'), delivered('a')]).entity;
    const report = delivered('a', true);
    if (report.name !== 'deliver') throw new Error('it is a delivery');
    expect(deliver(once.account, report.input, NOW).answer).toEqual({
      settled: 'already_delivered',
    });
    expect(apply(once, [report]).entity).toEqual(once);
  });
});
