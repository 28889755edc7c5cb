/** Every page at every width, light and dark: no sideways scroll, axe 0, console 0. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { run } from '../support/account.js';
import { picture, useDesk, violations, type Desk } from '../support/browser.js';
import { connected, isLive, onceAgain, send, shows } from '../support/walk.js';

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});
const WIDTHS = [320, 360, 768, 1_024, 1_440, 2_560];

/** Returns the widths at which the page is wider than the screen. */
async function tooWide(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const by = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (by > 0) found.push(`${by} px too wide at ${width} px`);
  }
  return found;
}

it('every page fits each width from 320 to 2560 px, and passes the checks of axe, light and dark', async () => {
  const long = `w${'0'.repeat(60)}`;
  const id = await connected(desk, long, 3);
  const campaignId = `c${'0'.repeat(100)}`;
  const reservationId = `9b1deb4d-3b7d-4bad-9bdd-${'2'.repeat(60)}`;
  await desk.client.reserve(id, { reservationId, campaignId });
  await desk.client.configure(id, { ramp: { dailyCaps: [20, 30] }, actor: 'mara' });
  await desk.stand.handle(id).signal('foo', {});
  await run(desk.stand.handle(id));
  const { page, complaints } = await open();
  await page.goto('/alerts');
  const alert = await page.locator('.alerts > li').first().getAttribute('id');
  const at = encodeURIComponent(new Date().toISOString());
  const account = `/accounts/${id}`;
  const found: string[] = [];
  for (const path of [
    '/accounts',
    '/accounts?q=no-account-has-this',
    account,
    ...['/days', '/reservations', '/changes', '/settings', '/why', '/what-if', '/shadow'].map(
      (end) => `${account}${end}`,
    ),
    `${account}/history?at=${at}`,
    `${account}/do/configure`,
    `${account}/do/settle`,
    '/alerts',
    '/alerts?state=all',
    `/alerts/${String(alert).slice('alert-'.length)}/do/close`,
    '/campaigns',
    `/campaigns?campaignId=${campaignId}&accountId=${id}`,
    `/campaigns?from=2026-01-01&to=2026-04-02`,
    '/campaigns?accountId=no-account&from=x',
    '/fleet',
    '/keys',
    '/webhooks',
    '/orders',
    '/groups',
    '/waiting',
    '/groups/eu-sales/policy',
    `/search?q=${id}`,
    `/reservations?accountId=${id}`,
    '/reservations?campaignId=no-campaign',
    '/connect',
    '/runbook',
    '/no-such-page',
  ]) {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(path);
    for (const details of await page.locator('main details').all()) {
      await details.evaluate((one) => one.setAttribute('open', ''));
    }
    const wrong = [...(await tooWide(page)), ...(await violations(page))];
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 360, height: 900 });
    wrong.push(...(await violations(page)).map((one) => `dark: ${one}`));
    found.push(...wrong.map((one) => `${path}: ${one}`));
  }
  expect(found).toEqual([]);
  expect(complaints.filter((text) => !/status of 404/.test(text))).toEqual([]);
});

it('a list has 40 rows on a screen of 900 px, and each is one line', async () => {
  const ids = await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const id = desk.stand.newAccount(`row-${n}`);
      await desk.stand.connect(id);
      return id;
    }),
  );
  const { page } = await open({ width: 1_440, key: await desk.keyOf('reader', ids) });
  await page.setViewportSize({ width: 1_440, height: 900 });
  await page.goto('/accounts');
  await expect.poll(() => page.locator('.accounts tbody tr').count()).toBe(40);
  await isLive(page);
  const end = await page
    .locator('.accounts tbody tr')
    .last()
    .evaluate((one) => one.getBoundingClientRect().bottom);
  expect(end).toBeLessThanOrEqual(900);
});

it('the page shows each of these states, and offers a resume only where it ends something', async () => {
  const { page, complaints } = await open();
  const canResume = () => page.getByRole('link', { name: 'Resume', exact: true }).count();
  const restricted = await connected(desk, 'restricted');
  await desk.client.reserve(restricted, { reservationId: 'r-1' });
  await desk.client.failed(restricted, { reservationId: 'r-1', kind: 'restricted' });
  await page.goto(`/accounts/${restricted}`);
  await shows(page, 'Stopped by LinkedIn', '#can-send');
  expect(await canResume()).toBe(1);

  const free = await connected(desk, 'free', 0, { tier: 'free' });
  await page.goto(`/accounts/${free}`);
  await shows(page, /tier has no InMail/, '#can-send');
  expect(await canResume()).toBe(0);

  const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7];
  const sendingWindow = { days: [day], start: '09:00', end: '17:00' };
  const outside = await connected(desk, 'outside', 0, { sendingWindow });
  await page.goto(`/accounts/${outside}`);
  await shows(page, /Not before .*: outside its sending hours/, '#can-send');
  expect(await canResume()).toBe(0);

  const used = await connected(desk, 'used', 0, { dailyCap: 3 });
  await send(desk, used, 3);
  await page.goto(`/accounts/${used}`);
  await shows(page, /Not before .*: its daily cap is used up/, '#can-send');
  await shows(page, '0', '#remaining');
  expect(await canResume()).toBe(0);

  const throttled = await connected(desk, 'throttled');
  await desk.client.reserve(throttled, { reservationId: 'r-1' });
  await desk.client.failed(throttled, { reservationId: 'r-1', kind: 'throttled' });
  await page.goto(`/accounts/${throttled}`);
  await shows(page, /Not before .*: LinkedIn asked for a pause/, '#can-send');
  expect(await canResume()).toBe(0);
  expect(complaints).toEqual([]);
});

it('the page shows a balance of InMail credits, what passes at 0, and a credit that a reply gave back', async () => {
  const { page, complaints } = await open();
  const id = await connected(desk, 'credits', 2);
  const now = () => new Date(Date.now()).toISOString();
  await desk.client.credits(id, { balance: 2, at: now() });
  await page.goto(`/accounts/${id}`);
  await onceAgain(page, /2 InMail credits left, for 7 days at the present rate; 50 more at/);
  await shows(page, /LinkedIn showed 2 at .*; since then 0 spent, 0 back by replies, 0 renewed/);
  await picture(page, 'credits');

  await send(desk, id, 2, 'paid');
  await onceAgain(page, /0 InMail credits left; 50 more at .*only InMails that cost no credit/);
  await shows(page, /Not before .*: its InMail credits are used up/, '#can-send');
  await picture(page, 'credits-0');
  expect(await tooWide(page)).toEqual([]);
  expect(await violations(page)).toEqual([]);
  const free = await desk.client.reserve(id, { reservationId: 'open-profile', free: true });
  expect(free).toMatchObject({ granted: true });

  await desk.client.replied(id, { chatId: 'chat-paid-0', at: now() });
  await onceAgain(page, /1 InMail credit left, for 1 day .*2 spent, 1 back by replies/);
  await picture(page, 'credits-1');
  expect(complaints).toEqual([]);
});

it('a chart shows its values at the pointer and at the arrow keys', async () => {
  const id = await connected(desk, 'chart', 3);
  const { page, complaints } = await open({ width: 360 });
  await page.goto(`/accounts/${id}`);
  await isLive(page);
  const plot = page.locator('#day .plot');
  await plot.focus();
  await shows(page, /^\d\d:\d\d:\d\d, Counter 3, Event log 3$/, '#day .readout');
  await page.keyboard.press('ArrowLeft');
  expect(await plot.getAttribute('aria-valuetext')).toMatch(/, Counter 3, Event log [23]/);
  await page.keyboard.press('Home');
  await shows(page, /Counter 0, Event log 0$/, '#day .readout');
  await page.locator('#live').focus();
  await page.locator('h1 .copy').focus();
  await plot.hover({ position: { x: 0, y: 60 } }); // shortly after midnight, a pixel is later than all
  await shows(page, /Counter 0, Event log 0$/, '#day .readout');
  expect(complaints).toEqual([]);
});
