/** Midnight on the real server, with skipped time: sends keep their day, all changes together. */
import type { WorkflowHandle } from '@temporalio/client';
import type Long from 'long';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { createClient } from '../../../src/client/index.js';
import {
  dayOf,
  hashOf,
  MINUTE_MS,
  SECOND_MS,
  startOf,
} from '../../../src/domain/primitives/time.js';
import { USUAL_SIZES } from '../../../src/platform/sizes.js';
import { workflowIdOf } from '../../../src/temporal/protocol.js';
import { ask, askRead, update, skipToSave } from '../../support/account.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward, secondsToMidnight } from '../../support/time.js';
import type { DecisionWire } from '../../../src/domain/wire/decisions.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** Reads the status through the client, which asks again until a new run has begun. */
const statusOf = ({ workflowId }: WorkflowHandle, { client } = stand): Promise<StatusWire> =>
  createClient({ client, ...PATIENT }).status(workflowId.replace('inmail-account/', ''));
const msOf = (time?: { seconds?: Long | null; nanos?: number | null } | null): number =>
  Number(time?.seconds) * SECOND_MS + Number(time?.nanos) / 1e6;
const passMidnight = async (account: WorkflowHandle): Promise<void> => {
  const { asOf } = await statusOf(account);
  await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
};

it('midnight keeps the day of slots in flight, and resets counter, day and ramp step', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { ramp: { dailyCaps: [3, 6, 9] } });
  await ask(account, 'done');
  await update(account, 'sendDelivered', { reservationId: 'done', chatId: 'c1' });
  await ask(account, 'flying', { leaseSeconds: 86_400 });
  const before = await statusOf(account);
  await passMidnight(account);
  await expect
    .poll(async () => {
      const { rows } = await stand.pool.query<{ n: number }>(
        'select inmails_sent_today as n from safeband.accounts where account_id = $1',
        [id],
      );
      return rows[0]?.n;
    })
    .toBe(0);
  const after = await statusOf(account);
  expect(after).toMatchObject({ counter: 0, carried: 1, rampDay: 2, remaining: 5 });
  expect(after.quotaDay > before.quotaDay).toBe(true);
  await update(account, 'sendDelivered', { reservationId: 'flying', chatId: 'c2' });
  expect(await statusOf(account)).toMatchObject({ counter: 0, delivered: 0, carried: 1 });
  const { rows } = await stand.pool.query(
    'select quota_day::text from safeband.inmail_events where account_id = $1',
    [id],
  );
  expect(new Set(rows.map((row: { quota_day: string }) => row.quota_day))).toEqual(
    new Set([before.quotaDay]),
  );
});

it('an idle account writes its reset two days in a row', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await passMidnight(account);
  await passMidnight(account);
  const { quotaDay } = await statusOf(account);
  await expect
    .poll(async () => {
      const { rows } = await stand.pool.query<{ day: string }>(
        'select counter_day::text as day from safeband.accounts where account_id = $1',
        [id],
      );
      return rows[0]?.day;
    })
    .toBe(quotaDay);
});

it('the setting of the worker decides how far the next midnight is spread', async () => {
  const spreadMs = 60 * MINUTE_MS;
  const sizes = { ...USUAL_SIZES, midnightSpreadSeconds: spreadMs / SECOND_MS };
  const slow = await createStand({ sizes });
  const placeOf = (id: string): number => hashOf(workflowIdOf(id)) % spreadMs;
  let id = slow.newAccount();
  while (placeOf(id) < 10 * MINUTE_MS) id = slow.newAccount();
  const account = await slow.connect(id);
  const { runId } = await account.describe();
  await update(account, 'configure', { dailyCap: 7 });
  await skipToSave(account);
  const { asOf } = await statusOf(account, slow);
  await fastForward(slow.client, account.workflowId, secondsToMidnight(asOf));
  const next = async () => (await account.describe()).runId;
  await expect.poll(next).not.toBe(runId);
  const { events } = await account.fetchHistory();
  const [begin, timer] = [events?.[0], events?.find((event) => event.timerStartedEventAttributes)];
  const begunAt = msOf(begin?.eventTime);
  const firesAt = begunAt + msOf(timer?.timerStartedEventAttributes?.startToFireTimeout);
  await slow.close();
  const lateness = firesAt - startOf(dayOf(begunAt) + 1) - placeOf(id);
  expect(Math.abs(lateness)).toBeLessThan(MINUTE_MS);
});

/** Computed manually: ramp 2, 4, then none; cap 5 a day, 9 a week. A day with a delivery is a step. */
const DAYS = `
  asked  granted  refused
      6        2  ramp_cap
      6        4  ramp_cap
      6        3  weekly_cap
`;

it('an account grants on three days in a row exactly the numbers of the table', async () => {
  const account = await stand.connect(stand.newAccount(), {
    dailyCap: 5,
    weeklyCap: 9,
    ramp: { dailyCaps: [2, 4] },
  });
  const days = DAYS.trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  for (const [n, [asked, granted, refused]] of days.entries()) {
    const decisions: DecisionWire[] = [];
    for (let i = 0; i < Number(asked); i += 1) {
      const reservationId = `day${n}-${i}`;
      const decision = await askRead(account, reservationId);
      decisions.push(decision);
      if (!decision.granted) continue;
      await update(account, 'sendDelivered', { reservationId, chatId: reservationId });
    }
    const denied = decisions.find((decision) => !decision.granted);
    expect([n, decisions.filter((decision) => decision.granted).length]).toEqual([
      n,
      Number(granted),
    ]);
    expect(denied).toMatchObject({ reason: refused });
    await passMidnight(account);
  }
});

it('repeated messages after midnight and continue-as-new change nothing', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const sentAt = (await statusOf(account)).asOf;
  const messages: readonly (readonly [string, object])[] = [
    ['sendDelivered', { reservationId: 'r1', chatId: 'c1' }],
    ['sendFailed', { reservationId: 'r2', kind: 'unknown' }],
    ['sendFailed', { reservationId: 'r3', kind: 'throttled' }],
    ['sendDelivered', { reservationId: 'r4', chatId: 'c4', messageId: 'm4' }],
    ['sendObserved', { chatId: 'c5', messageId: 'm5', sentAt }],
    ['sendDelivered', { reservationId: 'never-asked', chatId: 'c6' }],
  ];
  for (const reservationId of ['r1', 'r2', 'r3', 'r4']) await ask(account, reservationId);
  const sayAll = async (): Promise<void> => {
    for (const [name, payload] of messages) {
      await update(account, name, payload);
      await account.signal(name, payload);
    }
  };
  const numbers = async (): Promise<object> => {
    const { asOf: _, version: _v, unsaved: _u, ...rest } = await statusOf(account);
    return { ...rest, lastReconciledAt: null, nextReconcileAt: null }; // its own tick may come
  };
  await sayAll();
  const first = await numbers();
  await sayAll();
  expect(await numbers()).toEqual(first);
  const { firstExecutionRunId } = await account.describe().then(({ raw }) => ({
    firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId,
  }));
  await passMidnight(account);
  const next = await numbers();
  await sayAll();
  expect(await numbers()).toEqual(next);
  const { runId } = await account.describe();
  expect(runId).not.toBe(firstExecutionRunId);
  const { rows } = await stand.pool.query(
    'select chat_id from safeband.inmail_events where account_id = $1 order by chat_id',
    [id],
  );
  expect(rows.map((row: { chat_id: string }) => row.chat_id)).toEqual(['c1', 'c4', 'c5', 'c6']);
});
