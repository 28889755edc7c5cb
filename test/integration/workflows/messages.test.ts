/** Each message of the contract, by name, as an Update and as a Signal: the same effect. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { createStand, type Stand } from '../../support/stand.js';
import { failureTypeOf } from '../../support/failure.js';
import { ask, query, statusOf, update as send } from '../../support/account.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

type Step = readonly [name: string, payload: object];
type Way = (account: WorkflowHandle, step: Step) => Promise<unknown>;
const update: Way = (account, [name, payload]) => send(account, name, payload);
const signal: Way = (account, [name, payload]) => account.signal(name, payload);

const SENT_AT = new Date().toISOString();
const PERSON = { reason: 'looked', actor: 'ada' };

/** Earlier messages, the message, and its answer as an Update. */
const CASES: readonly {
  readonly before?: readonly Step[];
  readonly message: (accountId: string) => Step;
  readonly answers: object;
}[] = [
  {
    message: (accountId) => ['connect', { accountId, tier: 'premium', dailyCap: 7 }],
    answers: { state: 'active' },
  },
  {
    message: () => ['sendReserve', { reservationId: 'r1', campaignId: 'c', recipientId: 'x' }],
    answers: { granted: true, reservationId: 'r1', remainingToday: 49, repeated: false },
  },
  {
    message: () => [
      'sendReserveBatch',
      { requests: [{ reservationId: 'a' }, { reservationId: '' }] },
    ],
    answers: {
      decisions: [{ granted: true }, { granted: false, error: { type: 'InvalidInput' } }],
    },
  },
  {
    before: [['sendReserve', { reservationId: 'r1' }]],
    message: () => ['sendDelivered', { reservationId: 'r1', chatId: 'chat', messageId: 'm' }],
    answers: { settled: 'delivered' },
  },
  {
    before: [['sendReserve', { reservationId: 'r1' }]],
    message: () => ['sendFailed', { reservationId: 'r1', kind: 'throttled' }],
    answers: { settled: 'released' },
  },
  {
    before: [['sendReserve', { reservationId: 'r1', recipientId: 'x' }]],
    message: () => [
      'sendObserved',
      { chatId: 'chat', messageId: 'm', recipientId: 'x', sentAt: SENT_AT },
    ],
    answers: { matched: 'r1', counted: false },
  },
  {
    message: () => ['configure', { dailyCap: 3, ramp: { dailyCaps: [1, 2] }, actor: 'ada' }],
    answers: { tier: 'sales_navigator', dailyCap: 3, ramp: { dailyCaps: [1, 2] } },
  },
  { message: () => ['hold', PERSON], answers: { state: 'held' } },
  { before: [['hold', PERSON]], message: () => ['resume', PERSON], answers: { state: 'active' } },
  {
    before: [
      ['sendReserve', { reservationId: 'r1' }],
      ['sendFailed', { reservationId: 'r1', kind: 'unknown' }],
    ],
    message: () => [
      'settleByOperator',
      { reservationId: 'r1', outcome: 'delivered', chatId: 'seen', ...PERSON },
    ],
    answers: { settled: 'delivered' },
  },
  {
    before: [['sendReserve', { reservationId: 'r1' }]],
    message: () => ['disconnect', PERSON],
    answers: { state: 'disconnected' },
  },
  {
    message: () => ['reconcileNow', {}],
    before: [['sendReserve', { reservationId: 'r1' }]],
    answers: { runId: expect.any(String), drift: 1, healed: false, alerted: false, cooled: false },
  },
];

const INSTANTS: readonly string[] = [
  'reservedAt',
  'leaseExpiresAt',
  'until',
  'notBefore',
  'since',
  'lastReconciledAt',
  'nextReconcileAt',
];
/** Returns the fields of a status that depend neither on the time nor on the id. */
function effectIn(status: StatusWire): unknown {
  const { accountId: _id, asOf: _asOf, version: _version, unsaved: _unsaved, ...rest } = status;
  return JSON.parse(
    JSON.stringify(rest, (key, value: unknown) =>
      INSTANTS.includes(key) && value !== null ? 'some time' : value,
    ),
  );
}

describe.each(CASES.map((one) => ({ ...one, name: one.message('x')[0] })))('$name', (one) => {
  it('has the same effect as a Signal and as an Update', async () => {
    const run = async (way: Way): Promise<{ status: unknown; answer: unknown }> => {
      const id = stand.newAccount();
      const account = await stand.connect(id);
      await expect.poll(() => statusOf(account)).toMatchObject({ verified: true });
      for (const step of one.before ?? []) await update(account, step);
      const answer = await way(account, one.message(id));
      return { answer, status: effectIn(await statusOf(account)) };
    };
    const asked = await run(update);
    const signalled = await run(signal);
    expect(asked.answer).toMatchObject(one.answers);
    expect(signalled.status).toEqual(asked.status);
  });
});

describe('queries', () => {
  it('the queries status, reservation, peek and nextSlots are answered, and the stack trace', async () => {
    const account = await stand.connect(stand.newAccount());
    await ask(account, 'r1');
    expect(await statusOf(account)).toMatchObject({ counter: 1, inFlight: 1 });
    expect(await query(account, 'reservation', { reservationId: 'r1' })).toMatchObject({
      state: 'in_flight',
      mayAttempt: true,
    });
    expect(await query(account, 'peek')).toMatchObject({ granted: true, remainingToday: 48 });
    const slots = await query<string[]>(account, 'nextSlots', { count: 200 });
    expect(slots).toHaveLength(200);
    expect(slots.filter((at) => at.slice(0, 10) === slots[0]?.slice(0, 10))).toHaveLength(49);
    expect(await query(account, '__stack_trace')).toContain('inmailAccount.ts');
  });

  it('peek shows an account as it will be, if no message comes until then', async () => {
    const account = await stand.connect(stand.newAccount());
    await ask(account, 'r1', { leaseSeconds: 86_400 });
    const at = new Date(Date.now() + 24 * 3_600_000).toISOString();
    const status = await query<StatusWire>(account, 'status', { at });
    expect(status).toMatchObject({ quotaDay: at.slice(0, 10), counter: 0, carried: 1 });
    const error = await query(account, 'nextSlots', { count: 201 }).catch(String);
    expect(error).toContain('count should be a whole number from 1 to 200');
  });
});

describe('errors', () => {
  const answerOf = async (account: WorkflowHandle, step: Step): Promise<string> =>
    failureTypeOf(() => update(account, step));

  it('each error of the contract has its type', async () => {
    const account = await stand.connect(stand.newAccount());
    await update(account, ['sendReserve', { reservationId: 'r1', campaignId: 'a' }]);
    await update(account, ['sendReserve', { reservationId: 'r2' }]);
    await update(account, ['sendDelivered', { reservationId: 'r2', chatId: 'c' }]);
    const steps: readonly (readonly [string, Step])[] = [
      ['InvalidInput', ['sendReserve', { reservationId: 'not an id' }]],
      ['ReservationConflict', ['sendReserve', { reservationId: 'r1', campaignId: 'b' }]],
      ['ReservationSettled', ['sendReserve', { reservationId: 'r2' }]],
      ['ReservationSettled', ['sendFailed', { reservationId: 'r2', kind: 'rejected' }]],
      ['ReservationUnknown', ['sendFailed', { reservationId: 'r9', kind: 'rejected' }]],
      ['ChatIdMissing', ['sendDelivered', { reservationId: 'r1', chatId: ' ' }]],
      ['ChatIdTaken', ['sendDelivered', { reservationId: 'r1', chatId: 'c' }]],
      ['CapAboveSafeBand', ['configure', { dailyCap: 51, timezone: 'Asia/Tokyo' }]],
    ];
    for (const [type, step] of steps)
      expect([step, await answerOf(account, step)]).toEqual([step, type]);
    expect(await statusOf(account)).toMatchObject({ counter: 2, delivered: 1 });
  });

  it('a bad start object is refused, and its run fails at once', async () => {
    const id = stand.newAccount();
    const type = await failureTypeOf(() => stand.connect(id, { tier: 'gold' }));
    expect(type).toBe('InvalidInput');
    await expect(stand.handle(id).result()).rejects.toMatchObject({
      cause: { type: 'InvalidInput', message: expect.stringContaining('tier') },
    });
  });

  it('a message to an account that never existed is refused', async () => {
    const account = stand.handle(`nobody-${randomUUID()}`);
    await expect(update(account, ['hold', PERSON])).rejects.toThrow(/not found/i);
  });
});
