/** The form of the brake on *Fleet*: its choice of accounts, its preview, and who may use it (R27). */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { PATIENCE } from '../../support/patience.js';

let stand: HttpStand;
let key: string;
let ofAcme: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
  ofAcme = await stand.key('operator', null, ['acme']);
  for (const group of ['acme', 'acme', 'else']) {
    const id = stand.newAccount();
    await stand.connect(id, { group });
    const saved = `select from safeband.accounts where account_id = $1 and state = 'active'`;
    const rows = async () => (await stand.pool.query(saved, [id])).rowCount;
    await vi.waitFor(async () => expect(await rows()).toBe(1), PATIENCE);
  }
});
afterAll(() => stand.close());
afterEach(async () => {
  for (const group of ['', 'acme', 'else']) {
    await stand.submit(key, '/fleet/brake/release', { group, reason: 'over' });
  }
});
const held = async () =>
  (await stand.ask(key, '/v1/brake')).json<{ held: { group: string | null }[] }>().held;
const fleet = async (by: string): Promise<string> =>
  (await stand.ask(by, '/fleet')).body.replaceAll(/<!-- -->/g, '');
const choices = (page: string): readonly string[] => {
  const [, form = ''] = page.split('action="/fleet/brake/preview"');
  const [select = ''] = form.split('</select>');
  return [...select.matchAll(/<option value(?:="([^"]*)")?/g)].map(([, value = '']) => value);
};
/** Sends the form of the preview, and then the form that its page has. */
async function confirmed(by: string, form: Readonly<Record<string, string>>) {
  const page = await stand.submit(by, '/fleet/brake/preview', form);
  const fields = [...page.body.matchAll(/type="hidden" name="(\w+)" value(?:="([^"]*)")?/g)];
  const hidden = Object.fromEntries(fields.map(([, name = '', value = '']) => [name, value]));
  expect(await held()).toEqual([]);
  return { text: page.body.replaceAll(/<!-- -->/g, ''), hidden };
}

it('a person chooses a group, sees what stops, and confirms it', async () => {
  expect(choices(await fleet(key))).toEqual(['', 'acme', 'else']);
  const { text, hidden } = await confirmed(key, { group: 'acme', reason: 'wrong texts' });
  expect(text).toContain('the accounts of the group acme</strong>, now 2 connected accounts,');
  expect(hidden).toMatchObject({ group: 'acme', reason: 'wrong texts' });
  expect((await stand.submit(key, '/fleet/brake', hidden)).headers.location).toBe('/fleet');
  expect(await held()).toMatchObject([{ group: 'acme' }]);
  await expect.poll(() => fleet(key)).toContain(', by operator-1: wrong texts. No account of this');
  expect(choices(await fleet(key))).toEqual(['', 'else']);
});

it('without a group the form stops all accounts', async () => {
  const { text, hidden } = await confirmed(key, { group: '', reason: 'wrong texts' });
  expect(text).toContain('any account</strong>, now 3 connected accounts,');
  await stand.submit(key, '/fleet/brake', hidden);
  expect(await held()).toMatchObject([{ group: null }]);
  expect(choices(await fleet(key))).toEqual(['', 'acme', 'else']); // the first one chooses none
});

it('a preview without a reason or of no group shows the form again, with what was typed', async () => {
  const none = await stand.submit(key, '/fleet/brake/preview', { group: 'acme', reason: ' ' });
  expect([none.statusCode, none.body]).toMatchObject([400, expect.stringContaining('“Reason”')]);
  expect(none.body).toContain('<option value="acme" selected');
  const wrong = await stand.submit(key, '/fleet/brake/preview', { group: 'A B', reason: 'r' });
  expect([wrong.statusCode, wrong.body]).toMatchObject([
    400,
    expect.stringContaining('“Accounts”'),
  ]);
});

it('an operator of a group stops and releases this group only; others have no form', async () => {
  expect(choices(await fleet(ofAcme))).toEqual(['', 'acme']);
  const { text, hidden } = await confirmed(ofAcme, { group: 'acme', reason: 'wrong texts' });
  expect(text).toContain('now 2 connected accounts');
  expect((await stand.submit(ofAcme, '/fleet/brake', hidden)).statusCode).toBe(303);
  for (const group of ['', 'else']) {
    for (const path of ['/fleet/brake/preview', '/fleet/brake', '/fleet/brake/release']) {
      const { statusCode } = await stand.submit(ofAcme, path, { group, reason: 'r' });
      expect([group, path, statusCode]).toEqual([group, path, 403]);
    }
  }
  expect(await fleet(ofAcme)).toContain('Release the brake of acme');
  const reader = await stand.key('reader');
  expect(await fleet(reader)).toContain('The brake is on for the group acme');
  expect(await fleet(reader)).not.toContain('action="/fleet/brake');
});
