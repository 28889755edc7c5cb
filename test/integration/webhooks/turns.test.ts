/** The sender with more endpoints and more pings than it calls at the same time. */
import { beforeEach, expect, it } from 'vitest';
import type { Pool } from '../../../src/postgres/pool.js';
import { addEndpoint, pingEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { sendDue, sendUntil, type SenderNeeds } from '../../../src/webhooks/sender.js';
import { withDatabase } from '../../support/database.js';

let pool: Pool;
withDatabase((own) => {
  pool = own;
});
let now: number;
beforeEach(async () => {
  now = Date.now();
  await pool.query('delete from safeband.webhook_events');
  await pool.query('delete from safeband.webhook_endpoints');
});

/** Makes endpoints for the events from now on, and returns their ids. */
async function make(count: number): Promise<readonly string[]> {
  const made: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const url = `https://example.com/${n}`;
    const input = { url, events: ['account.held' as const], accounts: null, by: 'a test', at: now };
    made.push((await addEndpoint(pool, input)).endpointId);
  }
  return made;
}
const happens = (times: number) =>
  pool.query(
    `select safeband.tell_webhook('a', 'account.held', n::text, now(), '{}')
       from generate_series(1, $1) n`,
    [times],
  );
/** A sender whose receivers accept all; `heard` gets the URL and the type of each event. */
const sender = (received: (url: string, type: string) => void): SenderNeeds => ({
  pool,
  post: async (url, _, body) => {
    const { type }: { type: string } = JSON.parse(body);
    received(url, type);
    return { status: 204, answer: '' };
  },
  now: () => now,
  random: () => 0.5,
  leaving: new AbortController().signal,
  beat: () => undefined,
  warn: () => undefined,
});

it('an endpoint gets one ping at a time, all get two, and no event waits', async () => {
  const [first = '', ...others] = await make(3);
  for (const one of [first, first, first, ...others]) await pingEndpoint(pool, one, now);
  await happens(1);
  const types = async (): Promise<readonly string[]> => {
    const received: string[] = [];
    await sendDue(sender((_, type) => received.push(type)));
    return received.toSorted();
  };
  expect(await types()).toEqual(['account.held', 'account.held', 'account.held', 'ping', 'ping']);
  expect(await types()).toEqual(['ping', 'ping']);
  expect(await types()).toEqual(['ping']);
});

it('an endpoint with many events yields to others that wait after ten seconds', async () => {
  await make(17);
  await happens(4);
  const urls: string[] = [];
  const leaving = new AbortController();
  const needs = sender((url) => {
    urls.push(url);
    now += 10_000;
    if (new Set(urls).size === 17) leaving.abort();
  });
  await sendUntil({ ...needs, leaving: leaving.signal }, Number.POSITIVE_INFINITY);
  // Sixteen endpoints with four events each begin; the last endpoint does not wait for all of them.
  expect(urls.length).toBeLessThan(16 * 4);
});
