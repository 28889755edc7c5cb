/** Each event comes from a real account on the real servers, and reaches its receiver. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WEBHOOK_TYPES, type WebhookType } from '../../../src/domain/wire/webhookEvents.js';
import { addEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { ask, edit, run, update, sent, statusOf } from '../../support/account.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward, secondsToMidnight } from '../../support/time.js';

let stand: Stand;
let receiver: Receiver;
beforeAll(async () => {
  stand = await createStand();
  receiver = await startReceiver();
  const { secret } = await addEndpoint(stand.pool, {
    url: receiver.url,
    events: WEBHOOK_TYPES,
    accounts: null,
    by: 'a test',
    at: Date.now(),
  });
  receiver.trust(secret);
  await stand.client.workflow.start('inmailWebhooks', {
    workflowId: `webhooks-${stand.taskQueue}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
});
afterAll(async () => {
  await stand.close();
  await receiver.close();
});

/** The events that the receiver has of an account, of the given types or of all. */
const eventsOf = (id: string, ...types: readonly WebhookType[]): readonly object[] =>
  receiver.received
    .map(({ payload }) => payload)
    .filter(({ accountId }) => accountId === id)
    .filter(({ type }) => types.length === 0 || types.some((one) => one === type))
    .map(({ type, data }) => ({ type, ...data }));
/** The events of the state of an account, without those of its numbers and its alerts. */
const STATE_EVENTS: readonly WebhookType[] = WEBHOOK_TYPES.filter(
  (type) => !/^(alert|drift|reset|threshold)\./.test(type),
);
const CONNECTED = { type: 'account.connected', tier: 'sales_navigator', reconnected: false };

/** Expects the events of an account, as its receiver gets them. */
const outside = {
  expect: (id: string, types: readonly WebhookType[], events: readonly object[]) =>
    expect.poll(() => eventsOf(id, ...types)).toEqual(events),
};

it('the events at 80, 95 and 100 % of the cap are sent once, also after a corrected manual edit', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { dailyCap: 20 });
  const reserve = (from: number, count: number) =>
    update(account, 'sendReserveBatch', {
      requests: Array.from({ length: count }, (_, n) => ({ reservationId: `s${from + n}` })),
    });
  await reserve(0, 15);
  await run(account);
  await edit(stand, id, 'inmails_sent_today = 19');
  await run(account);
  await reserve(15, 1);
  await run(account);
  await reserve(16, 4);
  await run(account);
  await update(account, 'sendFailed', { reservationId: 's0', kind: 'rejected' });
  await run(account);
  await ask(account, 'again');
  await run(account);
  const { quotaDay } = await statusOf(account);
  const reached = (percent: number, used: number): object => ({
    type: 'threshold.reached',
    quotaDay,
    percent,
    used,
    counter: used,
    carried: 0,
    cap: 20,
  });
  await outside.expect(
    id,
    ['threshold.reached'],
    [reached(80, 16), reached(95, 20), reached(100, 20)],
  );
});

it('an account sends the start of a cooldown by LinkedIn, and its later end', async () => {
  const { id, account } = await sent(stand, 0);
  const throttled = (reservationId: string, retryAfterSeconds: number) =>
    update(account, 'sendFailed', { reservationId, kind: 'throttled', retryAfterSeconds });
  await ask(account, 'one');
  await ask(account, 'two');
  await throttled('one', 7_200);
  await run(account);
  const first = (await statusOf(account)).cooldown?.until;
  await throttled('two', 86_400);
  await run(account);
  const { until } = (await statusOf(account)).cooldown ?? {};
  await edit(
    stand,
    id,
    `cooldown_until = null, cooldown_cause = null, hold_since = now(),
    hold_actor = 'an editor'`,
  );
  await run(account); // corrects the edit, and sends no event twice
  await update(account, 'hold', { reason: 'the last event of this test', actor: 'a test' });
  await run(account);
  const started = { type: 'cooldown.started', cause: 'throttled' };
  await outside.expect(id, STATE_EVENTS, [
    CONNECTED,
    { ...started, until: first, previousUntil: null },
    { ...started, until, previousUntil: first },
    { type: 'account.held', by: 'operator', reason: null },
  ]);
});

it('the ends of states that end by time are sent once and in order, although no row is written', async () => {
  const { id, account } = await sent(stand, 0);
  await update(account, 'hold', { reason: 'looking at Ms. Roe', actor: 'j.doe@example.com' });
  await ask(account, 'one');
  await run(account);
  // The row of a save from a workflow whose clock was an hour behind.
  const until = Date.now() + 1_500;
  await stand.pool.query(
    `update safeband.accounts
        set cooldown_until = safeband.at_ms($2), cooldown_cause = 'throttled',
            breaker_until = safeband.at_ms($2), updated_at = now() - interval '1 hour', recorded_at = clock_timestamp()
      where account_id = $1`,
    [id, until],
  );
  const types = STATE_EVENTS.filter((type) => /^(cooldown|credits|no_credits)/.test(type));
  const end = { cause: 'throttled', until: new Date(until).toISOString() };
  const credits = { until: end.until };
  const all = [
    { type: 'cooldown.started', ...end, previousUntil: null },
    { type: 'no_credits', ...credits },
    { type: 'cooldown.ended', ...end },
    { type: 'credits.restored', ...credits },
  ];
  await outside.expect(id, types, all);
  await run(account); // its save finds both ended
  await update(account, 'resume', { reason: 'seen', actor: 'a test' });
  await update(account, 'hold', { reason: 'the last event of this test', actor: 'a test' });
  await run(account);
  const held = { type: 'account.held', by: 'operator', reason: null };
  await outside.expect(id, ['account.held'], [held, held]);
  expect(eventsOf(id, ...types)).toEqual(all);
  expect(JSON.stringify(receiver.received)).not.toMatch(/Roe|j\.doe/);
});

it('a counter of 104 with 17 sends raises a drift alert and starts a cooldown', async () => {
  const { id, account } = await sent(stand, 17);
  await edit(stand, id, 'inmails_sent_today = 104');
  await run(account);
  const { quotaDay, cooldown } = await statusOf(account);
  await run(account);
  await outside.expect(
    id,
    ['drift.alert', 'cooldown.started'],
    [
      {
        type: 'drift.alert',
        quotaDay,
        severity: 'warning',
        drift: 87,
        counter: 104,
        healedTo: 17,
        parts: [{ cause: 'edited_by_hand', count: 87 }],
      },
      {
        type: 'cooldown.started',
        cause: 'overshoot',
        until: cooldown?.until,
        previousUntil: null,
      },
    ],
  );
});

it('slots in flight raise one drift alert, and not one for each reconcile', async () => {
  const { id, account } = await sent(stand, 0);
  const requests = Array.from({ length: 6 }, (_, n) => ({ reservationId: `s${n}` }));
  await update(account, 'sendReserveBatch', { requests });
  await run(account);
  await run(account);
  await update(account, 'hold', { reason: 'the last event of this test', actor: 'a test' });
  await run(account);
  const drift = { type: 'drift.alert', severity: 'info', drift: 6 };
  await expect
    .poll(() => eventsOf(id, 'drift.alert', 'account.held'))
    .toMatchObject([drift, { type: 'account.held' }]);
  const alert = { type: 'alert.raised', kind: 'drift', severity: 'info' };
  expect(eventsOf(id, 'alert.raised', 'alert.resolved')).toMatchObject([alert]);
});

it('hold, used-up credits, alert and disconnect are sent with their ends', async () => {
  const { id, account } = await sent(stand, 0);
  const order = { reason: 'Ms. Roe agreed', actor: 'j.doe@example.com' };
  for (const reservationId of ['one', 'two', 'open']) await ask(account, reservationId);
  await update(account, 'sendFailed', { reservationId: 'one', kind: 'no_credits' });
  await update(account, 'sendFailed', { reservationId: 'two', kind: 'restricted' });
  await run(account);
  const { hold, breakerUntil: until } = await statusOf(account);
  // The correction of an edit neither ends a state nor begins one.
  await edit(stand, id, `hold_since = null, hold_actor = null, state = 'disconnected'`);
  await run(account);
  await update(account, 'resume', order);
  await run(account);
  await update(account, 'disconnect', order);
  await run(account);
  await update(account, 'connect', { accountId: id, tier: 'sales_navigator', actor: 'j.doe' });
  await run(account);
  await outside.expect(id, STATE_EVENTS, [
    CONNECTED,
    { type: 'account.held', by: 'safeband', reason: 'restricted' },
    { type: 'no_credits', until },
    { type: 'account.resumed', heldSince: hold?.since },
    { type: 'credits.restored', until },
    { type: 'account.disconnected', inFlight: 1 },
    { ...CONNECTED, reconnected: true },
  ]);
  const restricted = { kind: 'restricted', severity: 'critical' };
  expect(eventsOf(id, 'alert.raised', 'alert.resolved')).toMatchObject([
    { type: 'alert.raised', ...restricted },
    { type: 'alert.resolved', ...restricted, by: 'safeband' },
  ]);
  expect(JSON.stringify(receiver.received)).not.toMatch(/Roe|j\.doe/);
});

it('an account sends the end of its InMail credits, its restriction, and its reset', async () => {
  const { id, account } = await sent(stand, 0);
  await ask(account, 'one');
  await ask(account, 'two');
  await update(account, 'sendFailed', { reservationId: 'one', kind: 'no_credits' });
  await update(account, 'sendFailed', { reservationId: 'two', kind: 'restricted' });
  await run(account);
  const before = await statusOf(account);
  await fastForward(stand.client, account.workflowId, secondsToMidnight(before.asOf));
  await outside.expect(
    id,
    ['no_credits', 'account.held', 'reset.done'],
    [
      { type: 'account.held', by: 'safeband', reason: 'restricted' },
      { type: 'no_credits', until: before.breakerUntil },
      {
        type: 'reset.done',
        quotaDay: new Date(Date.parse(before.quotaDay) + 86_400_000).toISOString().slice(0, 10),
        previousQuotaDay: before.quotaDay,
        carried: 0,
        rampDay: 1,
      },
    ],
  );
  expect(receiver.refused()).toBe(0);
});
