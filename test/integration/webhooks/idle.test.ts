/** The sender while there is no endpoint: it needs few Actions of Temporal, and misses no event. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/domain/primitives/time.js';
import { addEndpoint, removeEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { untilEndpoint } from '../../../src/webhooks/waiting.js';
import { run, sent, update } from '../../support/account.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
let receiver: Receiver;
beforeAll(async () => {
  stand = await createStand();
  receiver = await startReceiver();
});
afterAll(async () => {
  await stand.close();
  await receiver.close();
});
const endpoint = () =>
  addEndpoint(stand.pool, {
    url: receiver.url,
    events: ['account.held'],
    accounts: null,
    by: 'a test',
    at: Date.now(),
  });

it('a sender without an endpoint heartbeats twice in ten minutes, and ends as soon as there is one', async () => {
  let now = 0;
  let beats = 0;
  const needs = {
    db: stand.pool,
    now: () => now,
    pause: async (ms: number) => void (now += ms),
    leaving: new AbortController().signal,
    beat: () => void (beats += 1),
  };
  expect(await untilEndpoint(needs, 10 * MINUTE_MS)).toBe(false);
  expect([now, beats]).toEqual([10 * MINUTE_MS, 2]);
  expect(await untilEndpoint({ ...needs, leaving: AbortSignal.abort() }, now + 1)).toBe(false);
  const { endpointId } = await endpoint();
  expect(await untilEndpoint(needs, now + 1)).toBe(true);
  await removeEndpoint(stand.pool, endpointId);
});

it('a sender without an endpoint waits for one, and the same run sends the next event to it', async () => {
  const sender = await stand.client.workflow.start('inmailWebhooks', {
    workflowId: `webhooks-${stand.taskQueue}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
  const { account } = await sent(stand, 0);
  /** Returns the activities of the run, with the seconds in which each has to send a heartbeat. */
  const scheduled = async (): Promise<readonly object[]> => {
    const { events } = await sender.fetchHistory();
    return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: one }) =>
      one ? [[one.activityType?.name, Number(one.heartbeatTimeout?.seconds)]] : [],
    );
  };
  const waiting = [
    ['sendWebhooks', 20],
    ['awaitEndpoint', 300],
  ];
  await expect.poll(scheduled).toEqual(waiting);
  const { endpointId, secret } = await endpoint();
  receiver.trust(secret);
  await update(account, 'hold', { reason: 'a test', actor: 'ada' });
  await run(account);
  const types = (): readonly string[] => receiver.received.map(({ payload }) => payload.type);
  await expect.poll(types).toEqual(['account.held']);
  expect(await scheduled()).toEqual([...waiting, ['sendWebhooks', 20]]);
  await removeEndpoint(stand.pool, endpointId);
  expect(await sender.result()).toMatchObject({ delivered: 1, isIdle: true });
});
