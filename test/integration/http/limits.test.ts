/** Limits of an account over HTTP and in forms: set, shown, and refused in words (R10). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

const post = async (url: string, fields: Record<string, string>): Promise<string> => {
  const answer = await stand.app.inject({
    method: 'POST',
    url,
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    payload: new URLSearchParams({ tier: 'premium', ...fields }).toString(),
  });
  return `${answer.statusCode} ${answer.body}`;
};

it('a named ramp is chosen in the form, and page and status show its list and the full cap', async () => {
  const id = stand.newAccount();
  expect(await post('/connect', { accountId: id, ramp: 'slow' })).toMatch(
    /^400 [^]*“Ramp” should be ascending daily caps such as 5, 10, 20, or one of gentle, standard/,
  );
  expect(await post('/connect', { accountId: id, ramp: 'standard' })).toMatch(/^[23]/);
  const policy = await stand.ask(key, `/v1/accounts/${id}/configure`, {});
  expect(policy.json<object>()).toMatchObject({ ramp: { dailyCaps: [5, 10, 15, 20] } });
  const status = await stand.ask(key, `/v1/accounts/${id}/status`);
  const { quotaDay, fullCapOn } = status.json<{ quotaDay: string; fullCapOn: string }>();
  expect(Date.parse(fullCapOn) - Date.parse(quotaDay)).toBe(4 * 86_400_000);
  const page = await stand.ask(key, `/accounts/${id}/settings`);
  expect(page.body).toContain('standard: 5, 10, 15, 20 a day; today is day 1 of 4: 5');
  expect(page.body).toContain(`the full cap comes on ${fullCapOn} at the earliest`);
  const wrong = await stand.ask(key, `/v1/accounts/${id}/configure`, { ramp: { name: 'slow' } });
  expect(wrong.json<object>()).toMatchObject({
    code: 'InvalidInput',
    detail: 'ramp.name should be one of gentle, standard',
  });
});
