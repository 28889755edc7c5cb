/** The permission to call LinkedIn over HTTP, and its row in the journal (R18). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const post = (id: string, name: string, body: object, by = key) =>
  stand.ask(by, `/v1/accounts/${id}/${name}`, body);
/** Connects an account that has granted `job`. */
async function granted(): Promise<string> {
  const id = stand.newAccount();
  await stand.connect(id);
  await post(id, 'sendReserve', { reservationId: 'job', journaled: true });
  return id;
}
const attempt = async (id: string, body: object = {}) =>
  (await post(id, 'attempts', { reservationId: 'job', ...body })).json<Record<string, unknown>>();
const rows = async (id: string) => {
  const { rows: found } = await stand.pool.query<Record<string, unknown>>(
    `select outcome, chat_id, message_id, error_code from safeband.send_attempts
      where account_id = $1`,
    [id],
  );
  return found;
};

describe('attempts', () => {
  it('permit one of many callers to call', async () => {
    const id = await granted();
    const answers = await Promise.all(Array.from({ length: 16 }, () => attempt(id)));
    expect(answers.filter(({ mayAttempt }) => mayAttempt)).toHaveLength(1);
    const others = answers.filter(({ mayAttempt }) => !mayAttempt);
    expect(new Set(others.map(({ reason }) => reason))).toEqual(new Set(['attempted']));
    expect(others[0]).toMatchObject({ attemptedAt: expect.stringMatching('T') });
    expect(await rows(id)).toMatchObject([{ outcome: null }]);
  });

  it('permit the same caller again after a lost answer, only for 30 s', async () => {
    const id = await granted();
    expect(await attempt(id, { attemptId: 'a' })).toMatchObject({ mayAttempt: true });
    expect(await attempt(id, { attemptId: 'a' })).toMatchObject({ mayAttempt: true });
    expect(await attempt(id, { attemptId: 'b' })).toMatchObject({ reason: 'attempted' });
    await stand.pool.query(
      `update safeband.send_attempts set attempted_at = now() - interval '31 s'
        where account_id = $1`,
      [id],
    );
    expect(await attempt(id, { attemptId: 'a' })).toMatchObject({ reason: 'attempted' });
  });

  it('are refused while the account is held, and for an ask that waits or has its outcome', async () => {
    const id = await granted();
    await post(id, 'hold', { reason: 'a check' });
    expect(await attempt(id)).toMatchObject({ mayAttempt: false, reason: 'not_allowed' });
    expect(await rows(id)).toEqual([]);
    await post(id, 'resume', { reason: 'looked' });
    await post(id, 'configure', { dailyCap: 1 });
    const validUntil = new Date(Date.now() + 2 * 86_400_000).toISOString();
    const ask = { reservationId: 'next', wait: true, validUntil };
    expect((await post(id, 'sendReserve', ask)).json()).toMatchObject({ waiting: true });
    expect(await attempt(id, { reservationId: 'next' })).toMatchObject({ reason: 'waiting' });
    await post(id, 'sendFailed', { reservationId: 'job', kind: 'rejected' });
    expect(await attempt(id)).toMatchObject({
      reason: 'not_allowed',
      detail: expect.stringContaining('released'),
    });
  });

  it('have their outcome in the journal as soon as it is reported', async () => {
    const id = await granted();
    await attempt(id);
    const proof = { chatId: `chat-${id}`, messageId: `message-${id}` };
    await post(id, 'sendDelivered', { reservationId: 'job', ...proof });
    // A report waits two seconds for its row, which a slow machine may need.
    await expect
      .poll(() => rows(id))
      .toEqual([
        {
          outcome: 'delivered',
          chat_id: proof.chatId,
          message_id: proof.messageId,
          error_code: null,
        },
      ]);
    const other = await granted();
    await attempt(other);
    await post(other, 'sendFailed', { reservationId: 'job', kind: 'unknown' });
    expect(await rows(other)).toMatchObject([{ outcome: null }]);
    const third = await granted();
    await attempt(third);
    await post(third, 'sendFailed', { reservationId: 'job', kind: 'throttled' });
    const failed = [{ outcome: 'failed', error_code: 'throttled' }];
    await expect.poll(() => rows(third)).toMatchObject(failed);
  });

  it('of an unknown reservation, a bad id or a key that only reads are refused', async () => {
    const id = await granted();
    const unknown = await post(id, 'attempts', { reservationId: 'other' });
    expect([unknown.statusCode, unknown.json()]).toMatchObject([
      404,
      { code: 'ReservationUnknown' },
    ]);
    const bad = await post(id, 'attempts', { reservationId: 'job', attemptId: '' });
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { field: 'attemptId' }]);
    const reader = await stand.key('reader');
    expect((await post(id, 'attempts', { reservationId: 'job' }, reader)).statusCode).toBe(403);
  });
});
