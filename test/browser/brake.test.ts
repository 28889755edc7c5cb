/** The brake on *Fleet* in a real browser: a group, its preview, and its release (R27). */
import { expect, it } from 'vitest';
import { picture, useDesk, violations, type Desk } from '../support/browser.js';
import { shows } from '../support/walk.js';

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});

it.each([
  [360, false],
  [1_280, true],
])('a person stops a group after its preview, and releases it, at %d px', async (width, isDark) => {
  const { stand, client } = desk;
  const [id, group] = [stand.newAccount(), `eu-sales-${width}`];
  await stand.connect(id, { group });
  const saved = `select from safeband.accounts where account_id = $1 and state = 'active'`;
  await expect.poll(async () => (await stand.pool.query(saved, [id])).rowCount).toBe(1);
  const { page, complaints } = await open({ width, isDark });
  const isCut = () => page.evaluate(() => document.documentElement.scrollWidth);
  await page.goto('/fleet');
  await page.locator('#brake').getByLabel('Accounts').selectOption(group);
  await page.getByLabel('Reason').fill('wrong texts');
  await page.getByRole('button', { name: 'Stop sends' }).click();
  await shows(page, `the accounts of the group ${group}, now 1 connected account`);
  await picture(page, `brake-preview-${width}`);
  expect(await violations(page)).toEqual([]);
  expect(await isCut()).toBe(width);
  await page.getByRole('button', { name: `Stop the sends of ${group}` }).click();
  await shows(page, `The brake is on for the group ${group}`);
  await expect.poll(async () => (await client.brake.state()).length).toBe(1);
  const bySomebody = async (): Promise<string> => {
    await page.reload();
    return page.locator('#brake').innerText();
  };
  await expect.poll(bySomebody).toContain('by Mara, on call: wrong texts');
  await page.locator('#brake').scrollIntoViewIfNeeded();
  await picture(page, `brake-on-${width}`);
  expect(await violations(page)).toEqual([]);
  expect(await isCut()).toBe(width);
  await page.getByLabel('Reason of the release').fill('texts corrected');
  await page.getByRole('button', { name: `Release the brake of ${group}` }).click();
  await shows(page, 'The brake is released');
  expect(await client.brake.state()).toEqual([]);
  expect(complaints).toEqual([]);
});
