/** Caps of campaigns over HTTP and in forms: set, shown, refused in words, kept by a restart (R22). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const CAPS = [
  { campaignId: 'q4', dailyCap: 1 },
  { campaignId: 'spring', dailyCap: 0, weight: 2 },
];

async function connected() {
  const id = stand.newAccount();
  await stand.connect(id, { campaigns: CAPS });
  const ask = async (url: string, body?: object) =>
    (await stand.ask(key, `/v1/accounts/${id}/${url}`, body)).json<Record<string, unknown>>();
  const reserve = (reservationId: string, campaignId?: string) =>
    ask('sendReserve', { reservationId, campaignId });
  return { id, ask, reserve };
}

it('a campaign with a cap is denied, others are granted, and the client answers for each of them', async () => {
  const { ask, reserve } = await connected();
  expect(await ask('configure', {})).toMatchObject({ campaigns: CAPS });
  expect(await reserve('r1', 'q4')).toMatchObject({ granted: true });
  const denied = await reserve('r2', 'q4');
  expect(denied).toMatchObject({ granted: false, reason: 'campaign_cap', limit: 1, used: 1 });
  expect(await reserve('r3', 'spring')).toMatchObject({ reason: 'campaign_cap', retryAt: null });
  expect(await reserve('r4', 'other')).toMatchObject({ granted: true });
  expect(await ask('peek?campaignId=q4')).toMatchObject({ retryAt: denied['retryAt'] });
  expect(await ask('peek')).toMatchObject({ granted: true });
  const slots = await ask('nextSlots?count=2&campaignId=q4');
  expect(slots).toEqual([denied['retryAt'], expect.any(String)]);
  expect(await ask('nextSlots?count=1&campaignId=spring')).toEqual([]);
  expect(await ask('status')).toMatchObject({ denials: { campaign_cap: 2 } });
});

it('the cap holds after the workflow was terminated and has started again', async () => {
  const { id, ask, reserve } = await connected();
  await reserve('r1', 'q4');
  await reserve('r2', 'q4');
  const rows = async () =>
    (
      await stand.pool.query<object>(
        `select quota_day = (now() at time zone 'UTC')::date as today, asked, granted, denied,
                denials, in_flight from safeband.campaign_days where account_id = $1`,
        [id],
      )
    ).rows;
  const today = { today: true, granted: 1, in_flight: 1 };
  const once = { ...today, asked: 2, denied: 1, denials: { campaign_cap: 1 } };
  await ask('reconcileNow', {});
  expect(await rows()).toEqual([once]);
  await stand.client.workflow.getHandle(`inmail-account/${id}`).terminate('the test ends it');
  await stand.connect(id);
  await ask('resume', { reason: 'the test continues' });
  await expect.poll(() => ask('status')).toMatchObject({ state: 'active' });
  expect(await reserve('r3', 'q4')).toMatchObject({ reason: 'campaign_cap', used: 1 });
  await ask('reconcileNow', {});
  // The new workflow counts its own denials, and the sum has those of both.
  expect(await rows()).toEqual([{ ...once, asked: 3, denied: 2, denials: { campaign_cap: 2 } }]);
});

it.each([
  [[{ campaignId: 'q4' }], 'dailyCap or weight'],
  [[{ campaignId: 'q4', weight: -1 }], 'weight'],
  [[{ campaignId: 'q4', dailyCap: -1 }], 'dailyCap'],
  [[...CAPS, { campaignId: 'q4', dailyCap: 3 }], 'names each campaignId once'],
  [Array.from({ length: 26 }, (_, n) => ({ campaignId: `k${n}`, dailyCap: 1 })), '25'],
])('the caps %j are refused, and nothing changes', async (campaigns, words) => {
  const { id, ask } = await connected();
  const answer = await stand.ask(key, `/v1/accounts/${id}/configure`, { dailyCap: 3, campaigns });
  expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
    400,
    expect.stringContaining(words),
  ]);
  expect(await ask('configure', {})).toMatchObject({ campaigns: CAPS, dailyCap: null });
});

it('the form shows the caps, changes them, and takes them away where the field is empty', async () => {
  const { id, ask } = await connected();
  const post = async (campaigns: string): Promise<string> => {
    const answer = await stand.submit(key, `/accounts/${id}/do/configure`, {
      tier: 'premium',
      campaigns,
    });
    return `${answer.statusCode} ${answer.body}`;
  };
  const caps = async (): Promise<unknown> => (await ask('configure', {}))['campaigns'];
  const form = await stand.ask(key, `/accounts/${id}/do/configure`);
  expect(form.body).toContain('value="q4=1, spring=0+weight2"');
  const settings = await stand.ask(key, `/accounts/${id}/settings`);
  expect(settings.body).toContain('q4=1, spring=0+weight2');
  expect(await post('q4: 3')).toMatch(
    /^400 [^]*“Campaigns” should be campaigns with their daily caps and weights, such as q4=10/,
  );
  expect(await post('q4=weight-1')).toMatch(/^400 [^]*weight should be a whole number from 1 to/);
  expect(await post('q4=7, spring=weight3')).toMatch(/^[23]/);
  const changed = [
    { campaignId: 'q4', dailyCap: 7 },
    { campaignId: 'spring', weight: 3 },
  ];
  expect(await caps()).toEqual(changed);
  const bad = [
    [{ campaignId: 'q4' }],
    [{ campaignId: 'q4', weight: -1 }],
    [{ campaignId: 'q4', weight: '3' }],
    [{ campaignId: 'q4', dailyCap: -1, weight: 1 }],
    [{ dailyCap: 1 }],
  ];
  for (const one of bad) {
    const set = 'update safeband.accounts set campaigns = $2 where account_id = $1';
    const edit = stand.pool.query(set, [id, JSON.stringify(one)]);
    await expect(edit).rejects.toThrow('accounts_campaigns_check');
  }
  expect(await post('')).toMatch(/^[23]/);
  expect(await caps()).toBe(null);
});
