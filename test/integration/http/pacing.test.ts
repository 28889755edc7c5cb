/** The pace of an account over HTTP and in forms: set, shown, and refused in words (R19). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { skipToSave } from '../../support/account.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const PACE = { minGapSeconds: 600, jitterPercent: 50, perHour: 4 };

it('an account with a pace denies the next reserve, and list, status and page show the reason', async () => {
  const id = stand.newAccount();
  await stand.connect(id, { pacing: PACE });
  const ask = async (url: string, body?: object) =>
    (await stand.ask(key, `/v1/accounts/${id}/${url}`, body)).json<Record<string, unknown>>();
  expect(await ask('configure', {})).toMatchObject({ pacing: PACE });
  expect(await ask('sendReserve', { reservationId: 'r1' })).toMatchObject({ granted: true });
  const denied = await ask('sendReserve', { reservationId: 'r2' });
  expect(denied).toMatchObject({ granted: false, reason: 'paced' });
  const line = { canSend: false, reason: 'paced', notBefore: denied['retryAt'] };
  expect(await ask('status')).toMatchObject({ state: 'active', canSend: line });
  await skipToSave(stand.handle(id));
  const listed = async (): Promise<unknown> =>
    (await stand.ask(key, '/v1/accounts')).json<{ items: unknown[] }>().items;
  await expect
    .poll(listed)
    .toContainEqual(
      expect.objectContaining({ accountId: id, canSend: expect.objectContaining(line) }),
    );
  const page = await stand.ask(key, `/accounts/${id}`);
  expect(page.body).toContain('its pacing waits between two sends');
  const settings = await stand.ask(key, `/accounts/${id}/settings`);
  expect(settings.body).toContain('600 s ± 50 %, at most 4 an hour');
});

it.each([
  [{ minGapSeconds: 0 }, 'pacing.minGapSeconds should be a whole number from 1 to 86400'],
  [{ minGapSeconds: 864_000 }, 'pacing.minGapSeconds should be a whole number from 1 to 86400'],
  [{ minGapSeconds: 60, jitterPercent: 100 }, 'pacing.jitterPercent should be a whole number'],
  [{ minGapSeconds: 60, perHour: 0 }, 'pacing.perHour should be a whole number from 1 to 200'],
  [{ perHour: 5 }, 'pacing.minGapSeconds is missing'],
])('the pace %j is refused, and nothing changes', async (pacing, words) => {
  const id = stand.newAccount();
  await stand.connect(id, { pacing: PACE });
  const answer = await stand.ask(key, `/v1/accounts/${id}/configure`, { dailyCap: 3, pacing });
  expect([answer.statusCode, answer.json<{ detail: string }>().detail]).toEqual([
    400,
    expect.stringContaining(words),
  ]);
  const policy = (await stand.ask(key, `/v1/accounts/${id}/configure`, {})).json<object>();
  expect(policy).toMatchObject({ pacing: PACE, dailyCap: null });
});

it('the form proposes a pace, changes it, and removes it if the field is empty', async () => {
  const id = stand.newAccount();
  const post = async (url: string, fields: Record<string, string>): Promise<string> => {
    const answer = await stand.submit(key, url, { tier: 'premium', ...fields });
    return `${answer.statusCode} ${answer.body}`;
  };
  const pacing = async (): Promise<unknown> =>
    (await stand.ask(key, `/v1/accounts/${id}/configure`, {})).json<{ pacing: unknown }>().pacing;
  const form = await stand.ask(key, '/connect');
  expect(form.body).toContain('value="60s, 50%"');
  expect(await post('/connect', { accountId: id, pacing: 'slowly' })).toMatch(
    /^400 [^]*“Pacing” should be a pace such as 60s, 60s,50% or 60s,50%,12\/h/,
  );
  expect(await post('/connect', { accountId: id, pacing: '60s, 50%' })).toMatch(/^[23]/);
  expect(await pacing()).toEqual({ minGapSeconds: 60, jitterPercent: 50, perHour: null });
  const settings = await stand.ask(key, `/accounts/${id}/do/configure`);
  expect(settings.body).toContain('value="60s, 50%"');
  expect(await post(`/accounts/${id}/do/configure`, { pacing: '5s,12/h' })).toMatch(/^[23]/);
  expect(await pacing()).toEqual({ minGapSeconds: 5, jitterPercent: 0, perHour: 12 });
  expect(await post(`/accounts/${id}/do/configure`, { pacing: '' })).toMatch(/^[23]/);
  expect(await pacing()).toBe(null);
});
