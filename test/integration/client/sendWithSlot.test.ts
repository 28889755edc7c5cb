/** The complete send of one InMail on the real servers, with failures of LinkedIn (R18). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createClient,
  pgJournal,
  SendFailure,
  sendWithSlot,
  type Journal,
  type SafebandClient,
  type Send,
} from '../../../src/client/index.js';
import { startLinkedIn, type LinkedIn } from '../../../dev/linkedin.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { failureTypeOf } from '../../support/failure.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
let safeband: SafebandClient;
let linkedIn: LinkedIn;
let journal: Journal;
let id: string;
beforeAll(async () => {
  stand = await createStand();
  safeband = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
  linkedIn = await startLinkedIn();
  journal = pgJournal(stand.pool);
  id = stand.newAccount();
  await stand.connect(id);
});
afterAll(async () => {
  await linkedIn.close();
  await stand.close();
});

const journalRow = async (reservationId: string): Promise<unknown> => {
  const { rows } = await stand.pool.query(
    'select outcome, chat_id, error_code from safeband.send_attempts where account_id = $1 and reservation_id = $2',
    [id, reservationId],
  );
  return rows[0];
};
const stateOf = async (reservationId: string): Promise<string> =>
  (await safeband.reservation(id, reservationId)).state;
const delivers: Send = async ({ reservationId }) => ({ chatId: `chat-${reservationId}` });

describe('sendWithSlot', () => {
  it('sendWithSlot counts before the call, and reports to the journal and the account after it', async () => {
    let before: StatusWire | undefined;
    const result = await sendWithSlot(
      safeband,
      id,
      { reservationId: 'good' },
      async (call) => {
        before = await safeband.status(id);
        expect(await journalRow('good')).toEqual({
          outcome: null,
          chat_id: null,
          error_code: null,
        });
        return delivers(call);
      },
      { journal },
    );
    expect(before).toMatchObject({ counter: 1, inFlight: 1 });
    expect(result).toEqual({ sent: true, chatId: 'chat-good', reported: true });
    expect(await journalRow('good')).toEqual({
      outcome: 'delivered',
      chat_id: 'chat-good',
      error_code: null,
    });
    await expect.poll(() => stateOf('good')).toBe('delivered');
  });

  it('sendWithSlot releases the slot if LinkedIn certainly did not accept the InMail', async () => {
    const refused: Send = () => Promise.reject(new SendFailure('rejected', 'no'));
    expect(
      await sendWithSlot(safeband, id, { reservationId: 'no' }, refused, { journal }),
    ).toMatchObject({ sent: false, kind: 'rejected' });
    expect(await journalRow('no')).toMatchObject({ outcome: 'failed', error_code: 'rejected' });
    await expect.poll(() => stateOf('no')).toBe('released');
  });

  const UNCLEAR: readonly (readonly [string, Send])[] = [
    ['throws', () => Promise.reject(new TypeError('socket hang up'))],
    ['hangs', () => new Promise(() => undefined)],
    ['answers without a chat', () => Promise.resolve({ chatId: '' })],
  ];
  it.each(UNCLEAR)(
    'sendWithSlot keeps the slot spent, and writes no outcome to the journal, if send %s',
    async (how, send) => {
      const reservationId = how.replaceAll(' ', '-');
      const result = await sendWithSlot(safeband, id, { reservationId }, send, {
        journal,
        sendTimeoutMs: 200,
      });
      expect(result).toMatchObject({ sent: 'unknown', reported: true });
      expect(await journalRow(reservationId)).toMatchObject({ outcome: null });
      await expect.poll(() => stateOf(reservationId)).toBe('uncertain');
    },
  );

  it('sendWithSlot never calls LinkedIn twice for one reservation', async () => {
    let calls = 0;
    const counting: Send = (call) => {
      calls += 1;
      return delivers(call);
    };
    const request = { reservationId: 'once' };
    const results = await Promise.all(
      [1, 2, 3].map(() =>
        sendWithSlot(safeband, id, request, counting, { journal }).catch(failureOf),
      ),
    );
    expect(calls).toBe(1);
    expect(
      results.filter((result) => typeof result === 'object' && result.sent === true),
    ).toHaveLength(1);
    await expect.poll(() => stateOf('once')).toBe('delivered');
  });

  it('sendWithSlot does not call LinkedIn without a journal if the grant is repeated', async () => {
    await safeband.reserve(id, { reservationId: 'again', leaseSeconds: 900 });
    const result = await sendWithSlot(safeband, id, { reservationId: 'again' }, delivers);
    expect(result).toMatchObject({ sent: false, kind: 'not_attempted', reported: false });
    expect(await stateOf('again')).toBe('in_flight');
  });

  it('sendWithSlot does not call LinkedIn if the account was stopped while the journal was slow', async () => {
    const held = stand.newAccount();
    await stand.connect(held);
    const slow: Journal = {
      begin: async () => {
        await safeband.hold(held, { reason: 'looks odd', actor: 'ada' });
        await new Promise((resolve) => {
          setTimeout(resolve, 5_100); // longer than a grant alone permits a call
        });
        return true;
      },
      settle: async () => undefined,
    };
    const result = await sendWithSlot(safeband, held, { reservationId: 'late' }, delivers, {
      journal: slow,
    });
    expect(result).toMatchObject({ sent: false, kind: 'not_attempted' });
    await expect
      .poll(async () => (await safeband.reservation(held, 'late')).state)
      .toBe('released');
  });

  it('sendWithSlot returns a denial with the time to ask again', async () => {
    const full = stand.newAccount();
    await stand.connect(full, { dailyCap: 1 });
    await sendWithSlot(safeband, full, { reservationId: 'a' }, delivers);
    expect(await sendWithSlot(safeband, full, { reservationId: 'b' }, delivers)).toMatchObject({
      sent: false,
      denial: { reason: 'daily_cap', retryAt: expect.stringMatching(/T00:00:00.000Z$/) },
    });
  });
});

const failureOf = (error: unknown): string => String(error);

describe('the client', () => {
  it('the client fails with the type AccountUnknown for an account that is not connected', async () => {
    const call = () => safeband.reserve('never-connected', { reservationId: 'r' });
    expect(await failureTypeOf(call)).toBe('AccountUnknown');
  });

  it('the client fails with the type ReservationUnknown for a reservation that is not known', async () => {
    await expect(safeband.reservation(id, 'unknown')).rejects.toMatchObject({
      type: 'ReservationUnknown',
      message: 'reservation unknown is not known here',
    });
    await expect(safeband.nextSlots(id, 0)).rejects.toMatchObject({ type: 'InvalidInput' });
  });
  it('the client refuses a wrong value, and names the field', async () => {
    expect(await failureTypeOf(() => safeband.reserve(id, { reservationId: 'a b' }))).toBe(
      'InvalidInput',
    );
    expect(await failureTypeOf(() => safeband.configure(id, { dailyCap: 51 }))).toBe(
      'CapAboveSafeBand',
    );
    const many = await safeband.reserveMany(id, [{ reservationId: 'fine' }, { reservationId: '' }]);
    expect(many).toMatchObject([{ granted: true }, { type: 'InvalidInput' }]);
  });

  it('the client decides 300 reserves of one account in a few Updates, each once', async () => {
    const crowded = stand.newAccount();
    const account = await stand.connect(crowded);
    const eager = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
    const asks = Array.from({ length: 300 }, (_, i) =>
      eager.reserve(crowded, { reservationId: `r${i}` }),
    );
    const decisions = await Promise.all(asks);
    expect(decisions.filter(({ granted }) => granted)).toHaveLength(50);
    const { events } = await account.fetchHistory();
    const updates = (events ?? []).filter(
      (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
    );
    expect(updates.length).toBeLessThan(10);
  });

  it('the client remembers a denial until something changes', async () => {
    const stopped = stand.newAccount();
    const account = await stand.connect(stopped);
    const person = { reason: 'x', actor: 'ada' };
    await safeband.hold(stopped, person);
    for (const n of [1, 2, 3]) {
      expect(await safeband.reserve(stopped, { reservationId: `r${n}` })).toMatchObject({
        reason: 'held',
      });
    }
    const { historyLength } = await account.describe();
    await safeband.reserve(stopped, { reservationId: 'r4' });
    expect((await account.describe()).historyLength).toBe(historyLength);
    await safeband.resume(stopped, person);
    expect(await safeband.reserve(stopped, { reservationId: 'r1' })).toMatchObject({
      granted: true,
    });
  });
});
