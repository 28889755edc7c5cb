/** Alerts in a real browser: the number in the header, the list, its filters, and a close. */
import { expect, it } from 'vitest';
import { run } from '../support/account.js';
import { useDesk, picture, violations, type Desk } from '../support/browser.js';
import { connected, isLive, isText, isUnreloaded, mark, shows, tabTo } from '../support/walk.js';

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});

/** Sends the account a Signal with an unknown name, which raises a warning. */
async function confuse(id: string): Promise<void> {
  const account = desk.stand.handle(id);
  await account.signal('foo', {});
  await run(account);
}
/** Reports that LinkedIn has restricted the account, which raises a critical alert. */
async function restrict(id: string): Promise<void> {
  await desk.client.reserve(id, { reservationId: 'r-1' });
  await desk.client.failed(id, { reservationId: 'r-1', kind: 'restricted' });
  await run(desk.stand.handle(id));
}

it('an alert appears in the header, in the lists and on its account while the pages are open', async () => {
  const id = await connected(desk, 'omar', 4);
  const key = await desk.keyOf('operator', [id]);
  const [list, account, fleet] = [await open({ key }), await open({ key }), await open({ key })];
  await list.page.goto('/accounts');
  await account.page.goto(`/accounts/${id}`);
  await fleet.page.goto('/fleet');
  for (const { page } of [list, account, fleet]) {
    await isLive(page);
    await mark(page);
    expect(await page.locator('#open-alerts').count()).toBe(0);
  }
  await confuse(id);
  for (const { page } of [list, account, fleet]) {
    await shows(page, /^1\b/, '#open-alerts');
  }
  await shows(list.page, /▲ 1\s+warning/, `#account-${id}`);
  await shows(account.page, 'A message could not be read', '#alerts');
  await shows(account.page, 'Next: Correct the program that sent it', '#alerts');
  await shows(account.page, 'A message could not be read', '#timeline');
  await restrict(id);
  await shows(list.page, /◆ 1\s+critical\s+▲ 1\s+warning/, `#account-${id}`);
  await shows(account.page, /LinkedIn has restricted[\s\S]*A message could not be read/, '#alerts');
  // What a person has to do comes before the numbers.
  const [alerts, numbers] = await Promise.all(
    ['#alerts', '#numbers'].map((place) => account.page.locator(place).boundingBox()),
  );
  expect(alerts?.y).toBeLessThan(numbers?.y ?? 0);
  for (const { page, complaints } of [list, account, fleet]) {
    expect([await isUnreloaded(page), complaints]).toEqual([true, []]);
    expect(await violations(page)).toEqual([]);
  }
});

it('the list of alerts applies each filter at once, and keeps what is typed', async () => {
  const [anna, ben] = [await connected(desk, 'pia'), await connected(desk, 'quinn')];
  await confuse(anna);
  await confuse(ben);
  await restrict(ben);
  const { page, complaints } = await open({ key: await desk.keyOf('operator', [anna, ben]) });
  await page.goto('/alerts');
  await mark(page);
  await shows(page, 'Open: 1 critical, 2 warnings.', '#alert-counts');
  expect(await page.locator('.alerts > li').first().innerText()).toContain('◆ critical');
  await picture(page, 'alerts');
  const count = (size: number) =>
    expect.poll(() => page.locator('.alerts > li').count()).toBe(size);
  await count(3);
  await page.getByLabel('Severity').selectOption('critical');
  await count(1);
  expect(new URL(page.url()).search).toBe('?severity=critical');
  await page.getByLabel('Severity').selectOption('');
  await count(3);
  await page.getByLabel('Account', { exact: true }).fill(anna);
  await count(1);
  await page.getByLabel('State').selectOption('resolved');
  await shows(page, 'No alert matches');
  expect(await page.getByLabel('Account', { exact: true }).inputValue()).toBe(anna);
  await page.reload();
  expect(await page.getByLabel('State').inputValue()).toBe('resolved');
  expect(await page.getByLabel('Account', { exact: true }).inputValue()).toBe(anna);
  expect(complaints).toEqual([]);
});

it('a person acknowledges and closes an alert with a reason, and its day keeps it', async () => {
  const id = await connected(desk, 'rosa', 2);
  await confuse(id);
  const { page, complaints } = await open({ key: await desk.keyOf('operator', [id]) });
  await page.goto('/alerts');
  await page.locator('.alerts summary').click();
  await shows(page, 'If no person acts, the program sends the same wrong message again');
  await page.getByRole('link', { name: /^Acknowledge alert/ }).click();
  await shows(page, 'Other people see that you work on it');
  await page.getByLabel('What do you do about it?').fill('I ask the <b>team</b>');
  await page.getByRole('button', { name: 'Acknowledge the alert' }).click();
  await shows(page, 'is acknowledged', '#flash');
  await shows(page, /Acknowledged by operator \d+.*: I ask the <b>team<\/b>/);
  expect(await page.locator('#open-alerts').count()).toBe(0);

  await page.goto(`/accounts/${id}`);
  await page.getByRole('link', { name: /^Close alert/ }).click();
  await picture(page, 'alert-close');
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Why can it be closed?').fill('The pipeline is corrected');
  await page.getByRole('button', { name: 'Close the alert' }).click();
  await page.waitForURL(`**/accounts/${id}`);
  await shows(page, 'is closed', '#flash');
  await shows(page, 'No open alert', '#alerts');
  await shows(page, /Alert closed[\s\S]*The pipeline is corrected/, '#timeline');
  await page.getByRole('link', { name: 'Resolved alerts' }).click();
  await shows(page, /Closed by operator \d+.*: The pipeline is corrected/);
  expect(complaints).toEqual([]);
});

it.each([
  ['light', 360],
  ['dark', 1_440],
] as const)('the pages of alerts pass the checks of axe, %s at %i px', async (name, width) => {
  const id = await connected(desk, `sam-${name}`, 1);
  await confuse(id);
  await restrict(id);
  const { page, complaints } = await open({ isDark: name === 'dark', width });
  await page.goto('/alerts');
  const title = await page.locator('summary[title$=bad_signal]').first().getAttribute('title');
  const [, alertId] = /alert (\d+)/.exec(title ?? '') ?? [];
  const found: unknown[] = [];
  const paths = [
    '/runbook',
    '/alerts',
    '/alerts?state=all',
    '/alerts?state=acknowledged',
    `/accounts/${id}`,
  ];
  for (const path of [...paths, '/accounts', `/alerts/${alertId}/do/close`]) {
    await page.goto(path);
    for (const details of await page.locator('details').all()) await details.click();
    found.push(...(await violations(page)).map((one) => `${path}: ${one}`));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) found.push(`${path} is ${wide} px too wide`);
  }
  expect(found).toEqual([]);
  expect(complaints).toEqual([]);
});

it('a person closes an alert at 360 px with the keyboard only', async () => {
  const id = await connected(desk, 'tess');
  await confuse(id);
  const { page } = await open({ width: 360, key: await desk.keyOf('operator', [id]) });
  await page.goto('/alerts');
  await picture(page, 'alerts-narrow');
  await tabTo(page, 'a[href$="/do/close"]');
  await page.keyboard.press('Enter');
  await tabTo(page, '#reason');
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Enter');
  await shows(page, 'is closed', '#flash');
  await isText(page, '#alert-counts', 'No alert is open.');
  expect(await page.locator('#open-alerts').count()).toBe(0);
});
