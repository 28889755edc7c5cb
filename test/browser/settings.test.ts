/** The forms that connect an account and change its settings, in a real browser. */
import { expect, it, vi } from 'vitest';
import { useDesk, picture, violations, type Desk } from '../support/browser.js';
import { connected, shows } from '../support/walk.js';

vi.setConfig({ testTimeout: 180_000 });

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});

it('the form of a new account refuses an account that exists, and its settings change', async () => {
  const id = await connected(desk, 'zoe');
  const { page } = await open();
  await page.goto('/connect');
  await picture(page, 'connect');
  await page.getByLabel('Account id').fill(id);
  await page.getByLabel('Tier').selectOption('free');
  await page.getByRole('button', { name: 'Connect the account' }).click();
  await shows(page, `${id} exists already. Nothing was changed.`);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('link', { name: 'Change its settings' }).click();
  await page.getByLabel('Daily cap').fill('20');
  await page.getByLabel('Sending days').fill('mon, tue');
  await page.getByLabel('Opens at').fill('9');
  await page.getByLabel('Closes at').fill('17:30');
  await page.getByRole('button', { name: 'Change the settings' }).click();
  await shows(page, '“Opens at” should be a local time such as 09:00');
  await page.getByLabel('Opens at').fill('09:00');
  await page.getByRole('button', { name: 'Change the settings' }).click();
  await shows(page, 'daily cap 50 (safe band) → 20; sending window all hours → mon, tue 09:00 to');
});
