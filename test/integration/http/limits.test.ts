/** Limits of an account over HTTP and in forms: set, shown, and refused in words (R10, R25). */
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
  const answer = await stand.submit(key, url, { tier: 'premium', ...fields });
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

it('a velocity denies what is above its cap, and list, status, view and page show it', async () => {
  const id = stand.newAccount();
  const ask = async (url: string, body?: object) =>
    (await stand.ask(key, `/v1/accounts/${id}/${url}`, body)).json<Record<string, unknown>>();
  await stand.connect(id, { velocity: { factor: 2, floor: 2 } });
  expect(await ask('configure', {})).toMatchObject({ velocity: { factor: 2, floor: 2 } });
  for (const reservationId of ['a', 'b']) {
    expect(await ask('sendReserve', { reservationId })).toMatchObject({ granted: true });
  }
  const denied = await ask('sendReserve', { reservationId: 'c' });
  expect(denied).toMatchObject({ reason: 'velocity_cap', limit: 2, used: 2 });
  const status = await ask('status');
  expect(status).toMatchObject({
    remaining: 0,
    caps: { daily: 50, velocity: 2, effective: 2, binding: 'velocity' },
    canSend: { reason: 'velocity_cap', notBefore: denied['retryAt'] },
  });
  await ask('reconcileNow', {}); // it saves what the view reads
  const { rows } = await stand.pool.query(
    'select cap_velocity, remaining from safeband.account_status where account_id = $1',
    [id],
  );
  expect(rows).toEqual([{ cap_velocity: 2, remaining: 0 }]);
  const page = await stand.ask(key, `/accounts/${id}`);
  expect(page.body).toContain('the cap by the sends of the last days applies');
  const settings = await stand.ask(key, `/accounts/${id}/settings`);
  expect(settings.body).toContain('2 times the mean of the last days, at least 2; today 2');
});

it('a learnt ceiling denies what is above it, and status, view, page and customer words explain it', async () => {
  const id = stand.newAccount();
  const ask = async (url: string, body?: object) =>
    (await stand.ask(key, `/v1/accounts/${id}/${url}`, body)).json<Record<string, unknown>>();
  await stand.connect(id, {});
  for (const reservationId of ['a', 'b', 'c', 'd', 'e']) {
    expect(await ask('sendReserve', { reservationId })).toMatchObject({ granted: true });
  }
  await ask('sendFailed', { reservationId: 'e', kind: 'restricted' });
  await ask('resume', { reason: 'looked at it' });
  const url = `/accounts/${id}/settings`;
  // The account has learnt; the setting makes it a cap.
  const off = await ask('status');
  expect(off).toMatchObject({ learnt: { cap: 4 }, caps: { learnt: null, effective: 50 } });
  const { growsOn, endsOn } = Object(off['learnt']);
  const days = `It can rise on ${growsOn}, and ends on ${endsOn} at the earliest`;
  expect((await stand.ask(key, url)).body).toContain(`off; today it would be 4. ${days}`);
  expect(await ask('configure', { learntCap: 'on' })).toMatchObject({
    code: 'InvalidInput',
    detail: 'learntCap should be true or false',
  });
  const tier = 'sales_navigator';
  expect(await post(`/accounts/${id}/do/configure`, { tier, learntCap: 'on' })).toMatch(/^[23]/);
  expect(await ask('configure', {})).toMatchObject({ learntCap: true });
  const denied = await ask('sendReserve', { reservationId: 'f' });
  expect(denied).toMatchObject({ reason: 'learnt_cap', limit: 4, used: 4 });
  expect(await ask('status')).toMatchObject({
    remaining: 0,
    caps: { learnt: 4, effective: 4, binding: 'learnt' },
    canSend: { reason: 'learnt_cap', notBefore: denied['retryAt'] },
  });
  await ask('reconcileNow', {}); // it saves what the page reads
  const { rows } = await stand.pool.query(
    'select cap_learnt, remaining from safeband.account_status where account_id = $1',
    [id],
  );
  expect(rows).toEqual([{ cap_learnt: 4, remaining: 0 }]);
  expect((await stand.ask(key, url)).body).toContain(`on; today 4. ${days}`);
  const page = await stand.ask(key, `/accounts/${id}`);
  expect(page.body).toContain('the ceiling after a refusal by LinkedIn applies');
  const why = JSON.stringify(await ask('why'));
  expect(why).toContain('Today the limit is 4: it is lower for a time, because LinkedIn refused');
});

it('the form of a new account sets a velocity and a learnt ceiling', async () => {
  const id = stand.newAccount();
  expect(await post('/connect', { accountId: id, velocity: 'twice' })).toMatch(
    /^400 [^]*“Velocity” should be a factor and a floor such as 2:5/,
  );
  expect(await post('/connect', { accountId: id, learntCap: 'yes' })).toMatch(
    /^400 [^]*“Learnt ceiling” should be on or off/,
  );
  const fields = { accountId: id, velocity: '2:5', learntCap: 'on' };
  expect(await post('/connect', fields)).toMatch(/^[23]/);
  const policy = await stand.ask(key, `/v1/accounts/${id}/configure`, {});
  const velocity = { factor: 2, floor: 5 };
  expect(policy.json<object>()).toMatchObject({ velocity, learntCap: true });
});

it('the form of the settings changes a velocity, and removes it if the field is empty', async () => {
  const id = stand.newAccount();
  await stand.connect(id, { velocity: { factor: 1.5, floor: 5 } });
  const url = `/accounts/${id}/do/configure`;
  const velocity = async (): Promise<unknown> =>
    (await stand.ask(key, `/v1/accounts/${id}/configure`, {})).json<{ velocity: unknown }>()
      .velocity;
  expect((await stand.ask(key, url)).body).toContain('value="1.5:5"');
  expect(await post(url, { velocity: 'twice' })).toMatch(
    /^400 [^]*“Velocity” should be a factor and a floor such as 2:5/,
  );
  expect(await post(url, { velocity: '0:5' })).toMatch(
    /^400 [^]*velocity.factor should be a number from 1 to 10 with at most two decimals/,
  );
  expect(await post(url, { velocity: '3:9' })).toMatch(/^[23]/);
  expect(await velocity()).toEqual({ factor: 3, floor: 9 });
  expect(await post(url, { velocity: '' })).toMatch(/^[23]/);
  expect(await velocity()).toBeNull();
});
