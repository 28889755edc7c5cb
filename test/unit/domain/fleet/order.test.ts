/** An order on many accounts: what it asks each account, and what the answer means (R30). */
import { describe, expect, it } from 'vitest';
import { configure, hold, resume } from '../../../../src/domain/commands/administer.js';
import {
  messageOf,
  outcomeOf,
  parseOrderRequest,
  parseResume,
  reasonOf,
  type KeptOrder,
} from '../../../../src/domain/fleet/order.js';
import { bytesOf } from '../../../../src/domain/primitives/bytes.js';
import { REASON_MAX } from '../../../../src/domain/primitives/text.js';
import { orderFields, parseConfigure } from '../../../../src/domain/wire/adminRequests.js';
import { parserOf } from '../../../../src/domain/wire/message.js';
import { anAccount, at } from '../../../support/scenario.js';

const NINE = at('09:00');
const ORDER: KeptOrder = {
  orderId: '7c2e91d04ab35f68',
  kind: 'hold',
  reason: 'incident 7',
  actor: 'ada',
  change: null,
  takesBack: null,
};
const BACK: KeptOrder = {
  ...ORDER,
  orderId: '00000000000000aa',
  kind: 'resume',
  reason: 'it has ended',
  takesBack: ORDER,
};
const request = { kind: 'hold', filter: { all: true }, reason: 'r', actor: 'ada' };

describe('an order', () => {
  it('sends each account the message of its kind, and names itself in the reason', () => {
    const by = { reason: 'incident 7 (order 7c2e91d04ab35f68)', actor: 'ada' };
    expect(messageOf(ORDER)).toEqual({ name: 'hold', payload: by });
    const change = { dailyCap: 30 };
    expect(messageOf({ ...ORDER, kind: 'configure', change }).payload).toEqual({
      dailyCap: 30,
      ...by,
    });
    expect(messageOf({ ...ORDER, kind: 'reconcile' })).toEqual({
      name: 'reconcileNow',
      payload: {},
    });
    expect(messageOf(BACK)).toEqual({
      name: 'resume',
      payload: {
        reason: 'it has ended (order 00000000000000aa)',
        actor: 'ada',
        heldFor: by.reason,
      },
    });
  });

  it('to configure is in the list of changes of each account that it changes', () => {
    const order = { ...ORDER, kind: 'configure', change: { dailyCap: 30 } } as const;
    const parsed = parseConfigure(messageOf(order).payload, 'strict', NINE);
    if (!parsed.ok) throw new Error(parsed.message);
    const { account } = anAccount().entity;
    const { events, answer } = configure(account, parsed.value, NINE);
    const [event] = events;
    expect(event).toMatchObject({ type: 'PolicyChanged', reason: reasonOf(order), actor: 'ada' });
    if ('refused' in answer) throw new Error(answer.message);
    expect(configure({ ...account, policy: answer }, parsed.value, NINE).events).toEqual([]);
  });

  it('to configure takes reason and actor from the order only', () => {
    for (const own of ['reason', 'actor']) {
      const change = { dailyCap: 30, [own]: 'x' };
      const raw = { ...request, kind: 'configure', change };
      expect(parseOrderRequest(raw, 'strict', NINE)).toMatchObject({
        refused: 'InvalidInput',
        message: expect.stringMatching(`^change.${own} should be absent`),
      });
    }
  });

  it('has a reason that each account accepts with the name of the order, in every script', () => {
    const parseBy = parserOf(orderFields);
    for (const longest of ['中'.repeat(487), '\\'.repeat(487), `${'😀'.repeat(243)}!`]) {
      const parsed = parseOrderRequest({ ...request, reason: longest }, 'strict', NINE);
      expect(parsed).toMatchObject({ ok: true, value: { reason: longest } });
      const reason = reasonOf({ ...ORDER, reason: longest });
      expect(parseBy({ reason, actor: 'ada' }, 'strict', NINE)).toMatchObject({ ok: true });
      expect(bytesOf(reason)).toBeLessThanOrEqual(3 * REASON_MAX + 2);
      const tooLong = parseOrderRequest({ ...request, reason: `${longest}!` }, 'strict', NINE);
      expect(tooLong).toMatchObject({
        message: expect.stringMatching(/^reason .* 487 characters/),
      });
    }
  });

  it('has changed an account only if no other hold was first', () => {
    const before = (reason: string) => ({ state: 'held', heldBefore: { reason } });
    expect(outcomeOf(ORDER, { state: 'held' })).toBe('done');
    expect(outcomeOf(ORDER, before('a person'))).toBe('unchanged');
    expect(outcomeOf(ORDER, before(reasonOf(ORDER)))).toBe('done');
    expect(outcomeOf(BACK, { state: 'held', unchanged: true })).toBe('unchanged');
  });

  it('names every account or a filter, and never both or none', () => {
    const ok = (filter: object) => parseOrderRequest({ ...request, filter }, 'strict', NINE).ok;
    expect([ok({ all: true }), ok({ group: 'acme' }), ok({ tier: 'premium' })]).toEqual(
      Array(3).fill(true),
    );
    expect([ok({}), ok({ all: false }), ok({ all: true, group: 'acme' })]).toEqual(
      Array(3).fill(false),
    );
  });
});

describe('an order to resume after an unclean end', () => {
  const cooldown = 'unclean_end' as const;
  const order = { ...BACK, takesBack: null, cooldown };
  const message = { reason: reasonOf(order), actor: 'ada', cooldown };

  it('ends that cooldown only, and changes nothing of an account without it', () => {
    expect(messageOf(order)).toEqual({ name: 'resume', payload: message });
    const { account } = anAccount().when(hold, { reason: 'a person', actor: 'ben' }).entity;
    const cooldowns = [{ cause: cooldown, until: NINE + 9_000 }];
    const waits = { ...account, cooldowns, breakerUntil: NINE + 9_000 };
    expect(resume(waits, message, NINE)).toEqual({
      events: [{ type: 'CooldownEnded', cause: cooldown, actor: 'ada', reason: message.reason }],
      answer: { state: 'held' },
    });
    expect(resume(account, message, NINE)).toMatchObject({
      events: [],
      answer: { unchanged: true },
    });
  });

  it('is refused for a cooldown that no person may end, and together with heldFor', () => {
    const resumes = { ...request, kind: 'resume' };
    const reads = (cause: string) =>
      parseOrderRequest({ ...resumes, filter: { cooldown: cause } }, 'strict', NINE);
    expect(reads(cooldown)).toMatchObject({ ok: true });
    expect(reads('throttled')).toMatchObject({ refused: 'InvalidInput' });
    const both = parseResume({ ...message, heldFor: 'x' }, 'strict', NINE);
    expect(both).toMatchObject({ ok: false, message: expect.stringContaining('cooldown') });
  });
});

describe('a take-back', () => {
  const { reason, ...by } = { reason: reasonOf(BACK), actor: 'ada' };
  const back = { ...by, reason, heldFor: reasonOf(ORDER) };

  it('ends the hold of its order, and no breaker', () => {
    const order = { reason: reasonOf(ORDER), actor: 'ada' };
    const held = anAccount().when(hold, order).entity.account;
    const account = { ...held, breakerUntil: NINE + 86_400_000 };
    const { events } = resume(account, back, NINE);
    expect(events).toMatchObject([{ type: 'Resumed', keepsBreaker: true }]);
    expect(anAccount().when(hold, order).when(resume, back).entity.account.hold).toBe(null);
  });

  it('changes nothing of a hold of a person', () => {
    const { account } = anAccount().when(hold, { reason: 'a person', actor: 'ben' }).entity;
    expect(resume(account, back, NINE)).toMatchObject({ events: [], answer: { unchanged: true } });
  });
});
