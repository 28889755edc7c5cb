/** The brake as webhooks (R27): which endpoint gets which brake, and each once. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { WebhookType } from '../../../src/domain/wire/webhookEvents.js';
import { writeBrakeChange } from '../../../src/postgres/fleet/brakes.js';
import { addEndpoint, changeEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { PATIENCE } from '../../support/patience.js';
import { startReceiver, type Receiver } from '../../support/receiver.js';
import { sendWebhooks } from '../../support/sendWebhooks.js';

const EVENTS: readonly WebhookType[] = ['brake.engaged', 'brake.released'];
const WHOSE = ['all', 'acme', 'else', 'member', 'single', 'none'] as const;

let stand: HttpStand;
let key: string;
const receivers = new Map<string, Receiver>();
const endpoints = new Map<string, string>();
let accounts: Readonly<Record<'member' | 'single', string>>;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
  accounts = { member: stand.newAccount(), single: stand.newAccount() };
  await stand.connect(accounts.member, { group: 'acme' });
  await stand.connect(accounts.single);
  const saved = `select from safeband.accounts where account_id = $1 and group_name = 'acme'`;
  const rows = async (): Promise<number | null> =>
    (await stand.pool.query(saved, [accounts.member])).rowCount;
  await vi.waitFor(async () => expect(await rows()).toBe(1), PATIENCE);
  for (const whose of WHOSE) {
    const receiver = await startReceiver();
    receivers.set(whose, receiver);
    const { endpointId, secret } = await addEndpoint(stand.pool, {
      url: receiver.url,
      events: whose === 'none' ? ['account.held'] : EVENTS,
      accounts: whose === 'member' || whose === 'single' ? [accounts[whose]] : null,
      groups: whose === 'acme' || whose === 'else' ? [whose] : null,
      by: 'a test',
      at: Date.now(),
    });
    receiver.trust(secret);
    endpoints.set(whose, endpointId);
  }
});
afterAll(async () => {
  await stand.close();
  for (const one of receivers.values()) await one.close();
});

const send = (): Promise<void> => sendWebhooks(stand.pool);
/** What a receiver has, as `engaged acme: reason`. */
const receivedBy = (whose: string): readonly string[] =>
  (receivers.get(whose)?.received ?? []).map(({ payload: { type, group, data } }) => {
    const { reason } = data;
    return `${type.slice(6)} ${group ?? '-'}: ${String(reason)}`;
  });
const written = async (count: number): Promise<void> => {
  const sql = `select from safeband.webhook_events where type like 'brake.%'`;
  await expect.poll(async () => (await stand.pool.query(sql)).rowCount).toBe(count);
};

it('an endpoint gets the brake of all, of its groups, and of the groups of its accounts', async () => {
  let count = 0;
  for (const group of [undefined, 'acme']) {
    const of = group === undefined ? {} : { group };
    await stand.ask(key, '/v1/brake', { ...of, reason: 'wrong texts', actor: 'ada' });
    await written((count += 1));
    await stand.ask(key, '/v1/brake', { ...of, reason: 'a second time' }); // changes nothing
    await stand.ask(key, '/v1/brake/release', { ...of, reason: 'corrected' });
    await written((count += 1));
  }
  await send();
  const ofAll = ['engaged -: wrong texts', 'released -: corrected'];
  const all = [...ofAll, 'engaged acme: wrong texts', 'released acme: corrected'];
  const got = Object.fromEntries(WHOSE.map((whose) => [whose, receivedBy(whose)]));
  expect(got).toEqual({ all, acme: all, else: ofAll, member: all, single: ofAll, none: [] });
  const [first, , third] = receivers.get('all')?.received ?? [];
  const { held, history } = (await stand.ask(key, '/v1/brake')).json();
  expect(held).toEqual([]);
  const [{ brakeId, since }] = history;
  expect(third?.payload).toMatchObject({
    type: 'brake.engaged',
    accountId: null,
    group: 'acme',
    timestamp: since,
    data: { brakeId, scope: 'group', since, actor: 'ada via operator-1', reason: 'wrong texts' },
  });
  expect(first?.payload).toMatchObject({ group: null, data: { scope: 'all' } });
});

it('a change that is written again is no second event, and a replay sends the same ones', async () => {
  const change = { brakeId: '00000000000000aa', actor: 'ada', reason: 'r' };
  const at = new Date().toISOString();
  for (let n = 0; n < 2; n += 1) {
    await writeBrakeChange(stand.pool, { type: 'engaged', ...change, group: 'acme', since: at });
    await writeBrakeChange(stand.pool, { type: 'released', ...change, at });
  }
  await send();
  const both = ['engaged acme: r', 'released acme: r'];
  expect(receivedBy('acme').slice(4)).toEqual(both);
  expect(receivedBy('else')).toHaveLength(2);
  // A limited key reads the tries of its endpoint, and replays from an event of its groups.
  const limited = await stand.key('operator', null, ['acme', 'else']);
  const log = async (whose: string) => {
    const url = `/v1/webhooks/${endpoints.get(whose)}/deliveries`;
    return (await stand.ask(limited, url)).json<{ items: { eventId: string }[] }>().items;
  };
  const ofAcme = await log('acme');
  expect(ofAcme).toHaveLength(6);
  const ofGroup = async (group: string): Promise<readonly string[]> => {
    const url = `/v1/webhooks/${endpoints.get('all')}/deliveries?group=${group}`;
    return (await stand.ask(key, url))
      .json<{ items: { type: string }[] }>()
      .items.map(({ type }) => type);
  };
  const newestFirst = ['brake.released', 'brake.engaged'];
  expect([await ofGroup('acme'), await ofGroup('none')]).toEqual([
    [...newestFirst, ...newestFirst],
    [],
  ]);
  const replayed = async (whose: string): Promise<number> => {
    const url = `/v1/webhooks/${endpoints.get(whose)}/replay`;
    return (await stand.ask(limited, url, { eventId: ofAcme[1]?.eventId })).statusCode;
  };
  expect([await replayed('acme'), await replayed('else')]).toEqual([200, 400]);
  await send();
  expect(receivedBy('acme').slice(6)).toEqual(both);
});

it('Slack gets a sentence with who and why', async () => {
  const endpointId = endpoints.get('all') ?? '';
  const change = { format: 'slack', by: 'a test', at: Date.now() } as const;
  await changeEndpoint(stand.pool, endpointId, change);
  const receiver = receivers.get('all');
  const before = receiver?.received.length ?? 0;
  await stand.ask(key, '/v1/brake', { reason: 'a < b', actor: 'ada' });
  await expect
    .poll(async () => {
      await send();
      return receiver?.received.slice(before).map(({ body }) => body);
    })
    .toEqual([
      '{"text":"ada via operator-1 stopped the sends of all accounts with the brake: a &lt; b"}',
    ]);
  await stand.ask(key, '/v1/brake/release', { reason: 'over' });
});
