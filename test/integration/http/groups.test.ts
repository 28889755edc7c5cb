/** Groups of accounts over HTTP, on pages and on the command line (R26). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let operator: string;
/** Three accounts: two of `acme`, one without a group. */
let [anna, ben, cara]: readonly string[] = [];
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
  [anna = '', ben = '', cara = ''] = [stand.newAccount(), stand.newAccount(), stand.newAccount()];
  await stand.connect(anna, { group: 'acme' });
  await stand.connect(ben, { group: 'acme' });
  await stand.connect(cara, {});
});
afterAll(() => stand.close());

type List = { readonly items: readonly { readonly accountId: string }[] };
const idsOf = async (url: string, key = operator): Promise<readonly string[]> =>
  (await stand.ask(key, url)).json<List>().items.map(({ accountId }) => accountId);
const configure = async (id: string, body: object) =>
  stand.ask(operator, `/v1/accounts/${id}/configure`, body);
/** A reconcile saves at once. */
const saved = async (id: string) => {
  const { statusCode } = await stand.ask(operator, `/v1/accounts/${id}/reconcileNow`, {});
  expect(statusCode).toBe(200);
};
const sorted = (...ids: (string | undefined)[]) => ids.map(String).toSorted();

it('a group is set, shown by status, list, page, CSV and history, and the list filters by it', async () => {
  const id = stand.newAccount();
  expect(
    (
      await stand.submit(operator, '/connect', {
        accountId: id,
        tier: 'premium',
        group: 'eu-sales',
      })
    ).statusCode,
  ).toBe(303);
  const status = await stand.ask(operator, `/v1/accounts/${id}/status`);
  expect(status.json<object>()).toMatchObject({ group: 'eu-sales' });
  expect(await idsOf('/v1/accounts?group=eu-sales')).toEqual([id]);
  expect(await idsOf('/v1/accounts?group=acme')).toEqual(sorted(anna, ben));
  expect(await idsOf('/v1/accounts?group=nobody')).toEqual([]);
  expect(await idsOf('/v1/accounts?group=none')).toContain(cara);

  expect((await configure(id, { group: 'us-sales' })).json<object>()).toMatchObject({
    group: 'us-sales',
  });
  await saved(id);
  expect(await idsOf('/v1/accounts?group=us-sales')).toEqual([id]);
  expect(await idsOf('/v1/accounts?group=eu-sales')).toEqual([]);
  const csv = await stand.ask(operator, '/v1/accounts?group=us-sales&format=csv');
  const [head = '', line = '', ...more] = csv.body.trim().split('\r\n');
  expect(line.split(',')[head.split(',').indexOf('group')]).toBe('us-sales');
  expect(more).toEqual([]);
  expect((await stand.ask(operator, `/accounts/${id}/settings`)).body).toMatch(
    /Group<\/dt><dd>us-sales/,
  );
  expect((await stand.ask(operator, `/accounts/${id}/changes`)).body).toContain('us-sales');
  const kept = await stand.pool.query<{ group: string }>(
    'select group_name as group from safeband.account_history where account_id = $1 order by version',
    [id],
  );
  expect([...new Set(kept.rows.map(({ group }) => group))]).toEqual(['eu-sales', 'us-sales']);

  // The form shows the group, and an empty field removes it.
  const form = `/accounts/${id}/do/configure`;
  expect((await stand.ask(operator, form)).body).toMatch(/name="group"[^>]*value="us-sales"/);
  expect((await stand.submit(operator, form, { tier: 'premium', group: '' })).statusCode).toBe(303);
  await saved(id);
  expect(await idsOf('/v1/accounts?group=none')).toContain(id);
});

it('a text that is no group is refused with its field, its limit and an example', async () => {
  const refused = {
    code: 'InvalidInput',
    detail: expect.stringMatching(/^group should be a group such as eu-sales: 1 to 64 /),
  };
  expect((await configure(anna ?? '', { group: 'EU Sales' })).json<object>()).toMatchObject(
    refused,
  );
  const filter = await stand.ask(operator, '/v1/accounts?group=EU');
  expect([filter.statusCode, filter.json<object>()]).toMatchObject([400, refused]);
});
