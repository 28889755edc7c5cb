/** Bad input is refused by name or becomes an alert. The account continues with the same counts. */
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, skipToSave, statusOf, update } from '../../support/account.js';
import { failureTypeOf } from '../../support/failure.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
let account: WorkflowHandle;
let id: string;
beforeAll(async () => {
  stand = await createStand();
  id = stand.newAccount();
  account = await stand.connect(id);
  await ask(account, 'kept');
});
afterAll(() => stand.close());

const reserve = { reservationId: 'r' };
const window = { days: ['mon'], start: '09:00', end: '17:00' };
const BAD: readonly (readonly [name: string, payload: unknown, type: string, field: string])[] = [
  ['sendReserve', 'text', 'InvalidInput', 'payload'],
  ['sendReserve', null, 'InvalidInput', 'payload'],
  ['sendReserve', [1], 'InvalidInput', 'payload'],
  ['sendReserve', {}, 'InvalidInput', 'reservationId'],
  ['sendReserve', { reservationId: 7 }, 'InvalidInput', 'reservationId'],
  ['sendReserve', { reservationId: 'x'.repeat(129) }, 'InvalidInput', 'reservationId'],
  ['sendReserve', { reservationId: 'a b' }, 'InvalidInput', 'reservationId'],
  ['sendReserve', { reservationId: 'a\u0000' }, 'InvalidInput', 'reservationId'],
  ['sendReserve', { reservationId: 'a\ud800' }, 'InvalidInput', 'reservationId'],
  ['sendReserve', { ...reserve, leaseSeconds: 0 }, 'InvalidInput', 'leaseSeconds'],
  ['sendReserve', { ...reserve, leaseSeconds: 86_401 }, 'InvalidInput', 'leaseSeconds'],
  ['sendReserve', { ...reserve, recipientId: 'a\u0007' }, 'InvalidInput', 'recipientId'],
  ['sendReserve', { ...reserve, validUntil: 'soon' }, 'InvalidInput', 'validUntil'],
  [
    'sendReserve',
    { ...reserve, replyTo: { workflowId: 'inmail-account/x', signalName: 's' } },
    'InvalidInput',
    'replyTo',
  ],
  ['sendReserveBatch', { requests: [] }, 'InvalidInput', 'requests'],
  [
    'sendReserveBatch',
    { requests: Array.from({ length: 201 }, () => reserve) },
    'InvalidInput',
    'requests',
  ],
  ['sendDelivered', { chatId: 'c' }, 'InvalidInput', 'reservationId'],
  ['sendDelivered', { reservationId: 'kept' }, 'ChatIdMissing', 'chatId'],
  ['sendDelivered', { reservationId: 'kept', chatId: 'x'.repeat(513) }, 'InvalidInput', 'chatId'],
  ['sendFailed', { reservationId: 'kept', kind: 'shy' }, 'InvalidInput', 'kind'],
  ['sendObserved', { chatId: 'c', messageId: 'm' }, 'InvalidInput', 'sentAt'],
  [
    'sendObserved',
    { chatId: 'c', messageId: 'm', sentAt: '2026-02-30T00:00:00.000Z' },
    'InvalidInput',
    'sentAt',
  ],
  ['configure', { tier: 'gold' }, 'InvalidInput', 'tier'],
  ['configure', { dailyCap: 51 }, 'CapAboveSafeBand', 'dailyCap'],
  ['configure', { weeklyCap: 251 }, 'CapAboveSafeBand', 'weeklyCap'],
  ['configure', { dailyCap: -1 }, 'InvalidInput', 'dailyCap'],
  ['configure', { timezone: 'Mars/Olympus' }, 'InvalidInput', 'timezone'],
  ['configure', { sendingWindow: { ...window, days: [] } }, 'InvalidInput', 'sendingWindow'],
  ['configure', { sendingWindow: { ...window, start: '24:00' } }, 'InvalidInput', 'sendingWindow'],
  ['configure', { ramp: { dailyCaps: [5, 3] } }, 'InvalidInput', 'ramp'],
  ['configure', { ramp: { name: 'slow' } }, 'InvalidInput', 'gentle'],
  ['hold', { reason: 'x' }, 'InvalidInput', 'actor'],
  [
    'settleByOperator',
    { reservationId: 'kept', outcome: 'lost', reason: 'x', actor: 'y' },
    'InvalidInput',
    'outcome',
  ],
  ['connect', { accountId: 'another', tier: 'premium' }, 'InvalidInput', 'accountId'],
  ['disconnect', {}, 'InvalidInput', 'reason'],
];

const counts = async (): Promise<object> => {
  const { counter, inFlight, delivered, external, state } = await statusOf(account);
  return { counter, inFlight, delivered, external, state };
};
const UNCHANGED = { counter: 1, inFlight: 1, delivered: 0, external: 0, state: 'active' };
const alertsOf = async (kind: string): Promise<readonly { times: number; details: object }[]> => {
  const { rows } = await stand.pool.query<{ times: number; details: object }>(
    'select times, details from safeband.alerts where account_id = $1 and kind = $2',
    [id, kind],
  );
  return rows;
};

describe('an Update', () => {
  it.each(BAD)('%s %j is refused as %s, by the name %s', async (name, payload, type, field) => {
    const call = update(account, name, payload);
    expect(await failureTypeOf(() => call)).toBe(type);
    await expect(call).rejects.toMatchObject({
      cause: { message: expect.stringContaining(field) },
    });
  });

  it('a refused Update leaves every count unchanged', async () => {
    expect(await counts()).toEqual(UNCHANGED);
  });
});

describe('a Signal', () => {
  it('a Signal with any bad content is counted, kept as an alert, and changes no count', async () => {
    const signals = BAD.filter(
      ([, payload, type]) => type !== 'ChatIdMissing' && !isHarmless(payload),
    );
    for (const [name, payload] of signals) await account.signal(name, payload);
    await skipToSave(account);
    await expect
      .poll(async () => (await alertsOf('bad_signal'))[0]?.times)
      .toBeGreaterThanOrEqual(signals.length);
    expect(await counts()).toEqual(UNCHANGED);
  });

  it('a Signal with an unknown name, or a name that the SDK reserves, is counted', async () => {
    const before = (await alertsOf('bad_signal'))[0]?.times ?? 0;
    await account.signal('sendGreetings', {});
    await account.signal('__temporal_secret', {});
    await account.signal('constructor', {});
    await skipToSave(account);
    await expect
      .poll(async () => (await alertsOf('bad_signal'))[0]?.times)
      .toBeGreaterThanOrEqual(before + 3);
  });

  it('a Signal that cannot be decoded neither fails nor blocks the workflow', async () => {
    const before = (await alertsOf('bad_signal'))[0]?.times ?? 0;
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const payloads: readonly temporal.api.common.v1.IPayload[] = [
      { metadata: { encoding: bytes('json/plain') }, data: bytes('{"reservationId":') },
      { metadata: { encoding: bytes('binary/unheard-of') }, data: bytes('x') },
      { metadata: {}, data: bytes('x') },
    ];
    for (const payload of payloads) {
      await stand.client.workflowService.signalWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: account.workflowId },
        signalName: 'sendDelivered',
        input: { payloads: [payload] },
      });
    }
    await skipToSave(account);
    await expect
      .poll(async () => (await alertsOf('bad_signal'))[0]?.times)
      .toBeGreaterThanOrEqual(before + payloads.length);
    expect(await counts()).toEqual(UNCHANGED);
  });

  it('a Signal with one bad optional field keeps the rest', async () => {
    const payload = { reservationId: 'toString', leaseSeconds: 'long', campaignId: 'constructor' };
    await account.signal('sendReserve', payload);
    await expect.poll(async () => (await statusOf(account)).openReservations.length).toBe(2);
  });
});

/** Fields that a Signal may omit or have wrong: its other fields change the state (R16, R18). */
const isHarmless = (payload: unknown): boolean =>
  typeof payload === 'object' &&
  payload !== null &&
  (JSON.stringify(payload).includes('"r"') || 'messageId' in payload);

it('a refused start answers callers with the reason, and does not try to read its rows without limit', async () => {
  const workflowId = `inmail-account/${stand.newAccount()}`;
  const args = [{ accountId: workflowId.slice(15), tier: 'premium', timezone: 'Nowhere/At all' }];
  const options = { workflowId, taskQueue: stand.taskQueue, args };
  const handle = await stand.client.workflow.start('inmailAccount', options);
  await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
  await expect(statusOf(handle)).rejects.toThrow('the account was not started: timezone');
});
