/** Closed days on the real servers, with skipped time: corrected for 48 hours, audited at the roll. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../../src/client/index.js';
import { RECONCILE_INTERVAL_MS } from '../../../src/domain/primitives/limits.js';
import { hashOf, HOUR_MS, MINUTE_MS } from '../../../src/domain/primitives/time.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { ask, askRead, query, update } from '../../support/account.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward, secondsToMidnight } from '../../support/time.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const all = async (sql: string, id: string, ...more: readonly unknown[]): Promise<unknown[]> =>
  (await stand.pool.query(sql, [id, ...more])).rows;
/** Reads the status through the client, which asks again until a new run has begun. */
const statusOf = (id: string): Promise<StatusWire> =>
  createClient({ client: stand.client, ...PATIENT }).status(id);
const runNow = (id: string): Promise<object> =>
  createClient({ client: stand.client, ...PATIENT }).reconcileNow(id);
const passMidnight = async (id: string): Promise<void> => {
  const { asOf } = await statusOf(id);
  await fastForward(stand.client, `inmail-account/${id}`, secondsToMidnight(asOf));
};
/** Skips to so many seconds before a midnight. */
const toBeforeMidnight = async (id: string, seconds: number): Promise<void> => {
  const left = async (): Promise<number> => secondsToMidnight((await statusOf(id)).asOf) - 100;
  if ((await left()) < seconds + 60) await passMidnight(id);
  await fastForward(stand.client, `inmail-account/${id}`, (await left()) - seconds);
};
const closedDay = async (id: string, day: string): Promise<unknown> =>
  (
    await all(
      `select counter, delivered, uncertain, external, late from safeband.account_days
        where account_id = $1 and quota_day = $2`,
      id,
      day,
    )
  )[0];
const alerts = (id: string): Promise<unknown[]> =>
  all('select kind from safeband.alerts where account_id = $1 order by kind', id);

it('an account corrects a closed day and its week for 48 hours; then a proof counts today', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { dailyCap: 6 });
  await toBeforeMidnight(id, 600);
  for (const name of ['sent', 'unclear', 'given-back']) {
    await ask(account, name, { leaseSeconds: 60 });
  }
  await ask(account, 'flying', { leaseSeconds: 86_400 });
  await update(account, 'sendDelivered', { reservationId: 'sent', chatId: 'c-sent' });
  await update(account, 'sendFailed', { reservationId: 'unclear', kind: 'unknown' });
  await update(account, 'sendFailed', { reservationId: 'given-back', kind: 'rejected' });
  const { quotaDay, asOf } = await statusOf(id);
  expect(await closedDay(id, quotaDay)).toBe(undefined);

  await passMidnight(id);
  const closed = { counter: 3, delivered: 1, uncertain: 1, external: 0, late: 0 };
  await expect.poll(() => closedDay(id, quotaDay)).toEqual(closed);
  expect(await statusOf(id)).toMatchObject({ counter: 0, carried: 1, weekUsed: 3 });

  // A proof after the release. The slot in flight at midnight was not sent.
  await update(account, 'sendDelivered', { reservationId: 'given-back', chatId: 'c-late' });
  await update(account, 'sendFailed', { reservationId: 'flying', kind: 'rejected' });
  // A manual send of that day that is observed today, and a row of a pipeline that bypassed the gate.
  await update(account, 'sendObserved', { chatId: 'c-hand', messageId: 'm-hand', sentAt: asOf });
  await all(
    `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
     values ($1, 'c-wild', 'external', $2, $3)`,
    id,
    quotaDay,
    asOf,
  );
  await runNow(id);
  const corrected = { counter: 5, delivered: 2, uncertain: 1, external: 2, late: 4 };
  await expect.poll(() => closedDay(id, quotaDay)).toEqual(corrected);
  expect(await statusOf(id)).toMatchObject({ counter: 0, carried: 0, weekUsed: 5 });
  expect(await alerts(id)).toEqual([{ kind: 'late_delivery' }, { kind: 'undercount' }]);

  // The third midnight ends the 48 hours. Runs read the log of older days, and count nothing twice.
  await passMidnight(id);
  await passMidnight(id);
  await runNow(id);
  expect(await statusOf(id)).toMatchObject({ counter: 0, weekUsed: 5 });
  const late = { reservationId: 'unclear', chatId: 'c-unclear' };
  expect(await update(account, 'sendDelivered', late)).toEqual({ settled: 'external' });
  await runNow(id);
  expect(await statusOf(id)).toMatchObject({ counter: 1, external: 1, weekUsed: 6 });
  expect(await closedDay(id, quotaDay)).toEqual(corrected);
  expect(await alerts(id)).toContainEqual({ kind: 'old_id' });
});

/** Returns an id whose runs come in the middle of each ten minutes, so not just before midnight. */
function idWithoutRunBeforeMidnight(): string {
  for (;;) {
    const id = stand.newAccount();
    const phase = hashOf(id) % RECONCILE_INTERVAL_MS;
    if (phase > 3 * MINUTE_MS && phase < 8 * MINUTE_MS) return id;
  }
}

it('62 of 50 a minute before midnight: the roll starts a cooldown until 01:00', async () => {
  const id = idWithoutRunBeforeMidnight();
  const account = await stand.connect(id);
  await toBeforeMidnight(id, 60);
  const { asOf: sentAt, quotaDay } = await statusOf(id);
  for (let n = 0; n < 62; n += 1) {
    await account.signal('sendObserved', { chatId: `c${n}`, messageId: `m${n}`, sentAt });
  }
  await expect
    .poll(() => statusOf(id))
    .toMatchObject({ counter: 62, external: 62, state: 'active', quotaDay });
  const midnight = Date.parse(`${quotaDay}T00:00:00.000Z`) + 24 * HOUR_MS;
  const rested = new Date(midnight + HOUR_MS).toISOString();
  // The external sends come before: the roll will audit the closing day. (An ask would cause a check,
  // and the check would start the cooldown.)
  expect(await query(account, 'peek')).toMatchObject({
    reason: 'daily_cap',
    used: 62,
    retryAt: rested,
  });

  await passMidnight(id);
  await expect
    .poll(() => statusOf(id))
    .toMatchObject({ counter: 0, state: 'cooldown', cooldown: { until: rested } });
  expect(await ask(account, 'a')).toMatchObject({ reason: 'cooldown', retryAt: rested });
  const row = () =>
    all(
      `select inmails_sent_today as n, cooldown_until as until, cooldown_cause as cause
         from safeband.accounts where account_id = $1`,
      id,
    );
  await expect.poll(row).toEqual([{ n: 0, until: new Date(rested), cause: 'overshoot' }]);
  expect(await closedDay(id, quotaDay)).toMatchObject({ counter: 62, external: 62, late: 0 });

  const { asOf } = await statusOf(id);
  const seconds = Math.ceil((Date.parse(rested) - Date.parse(asOf)) / 1_000);
  await fastForward(stand.client, account.workflowId, seconds);
  expect(await askRead(account, 'a')).toMatchObject({ granted: true });
});

it('a cold account at its cap is checked first, and then answers with its retryAt', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { dailyCap: 1 });
  await ask(account, 'a');
  await update(account, 'sendDelivered', { reservationId: 'a', chatId: 'c' });
  // Two hours of silence have to fit into one day.
  const { asOf } = await statusOf(id);
  if (secondsToMidnight(asOf) < 3 * 3_600) await passMidnight(id);
  if ((await statusOf(id)).counter === 0) await ask(account, 'b');
  await fastForward(stand.client, account.workflowId, 2 * 3_600);
  const { quotaDay } = await statusOf(id);
  const retryAt = new Date(Date.parse(`${quotaDay}T00:00:00.000Z`) + 24 * HOUR_MS).toISOString();
  expect(await askRead(account, 'c')).toMatchObject({ reason: 'daily_cap', limit: 1, retryAt });
});
