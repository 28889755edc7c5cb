/** A cold account that is asked reads the database first, and answers within 6 s if it cannot. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, statusOf, update } from '../support/account.js';
import { startProxy, type Proxy } from '../support/proxy.js';
import { createStand, freshDatabase, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let proxy: Proxy;
let stand: Stand;
beforeAll(async () => {
  database = await freshDatabase();
  proxy = await startProxy(database.url);
  stand = await createStand({ databaseUrl: proxy.url });
});
afterAll(async () => {
  await stand.close();
  proxy.close();
  await database.drop();
});

it.each(['refused', 'silent'] as const)('answers unverified while it is %s', async (way) => {
  const account = await stand.connect(stand.newAccount());
  await expect.poll(() => statusOf(account)).toMatchObject({ verified: true });
  await fastForward(stand.client, account.workflowId, 90 * 60);
  proxy.turn(way);
  const requests = [{ reservationId: 'b1' }, { reservationId: 'b2' }];
  const batch = update<{ decisions: DecisionWire[] }>(account, 'sendReserveBatch', { requests });
  const decisions = [
    ...(await Promise.all(['a1', 'a2', 'a3'].map((name) => ask(account, name)))),
    ...(await batch).decisions,
  ];
  // Here the database is still away: an answer did not wait for it.
  expect(decisions.map((one) => !one.granted && one.reason)).toEqual(Array(5).fill('unverified'));
  proxy.turn('open');
  // The next ask after `retryAt` makes the account read again, and gets a grant.
  await expect.poll(() => ask(account, 'a1')).toMatchObject({ granted: true });
});
