/** Forms of accounts, and the search, in a real browser. */
import { expect, it } from 'vitest';
import { useDesk, picture, violations, type Desk } from '../support/browser.js';
import { connected, shows } from '../support/walk.js';

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

it.each([
  [320, false],
  [360, false],
  [1_440, true],
])('the search finds what was sent, and its list is a file, at %d px', async (width, isDark) => {
  const id = await connected(desk, `finn${width}`);
  const campaignId = `q4-${width}`;
  await desk.client.reserve(id, { reservationId: `prospect-${width}`, campaignId });
  await desk.client.reconcileNow(id);
  const { page, complaints } = await open({ width, isDark });
  await page.goto(`/search?q=${campaignId}`);
  await shows(page, 'Show 1 reservation');
  await picture(page, `search-${width}`);
  expect(await violations(page)).toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBe(width);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toMatch(/^safeband-.*\.csv$/);
  await page.getByRole('link', { name: 'Show 1 reservation' }).click();
  await shows(page, `prospect-${width}`);
  await picture(page, `reservations-${width}`);
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  await page.getByRole('searchbox', { name: 'Find an account' }).fill('nothing-like-this');
  await page.getByRole('searchbox', { name: 'Find an account' }).press('Enter');
  await shows(page, 'nothing-like-this');
  expect(complaints).toEqual([]);
});
