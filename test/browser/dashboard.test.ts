/** The dashboard in a real browser, used as a person uses it. */
import { expect, it } from 'vitest';
import { workflowIdOf } from '../../src/temporal/protocol.js';
import { edit, run, whenSaved } from '../support/account.js';
import { useDesk, picture, violations, type Desk } from '../support/browser.js';
import { fastForward } from '../support/time.js';
import {
  connected,
  isLive,
  isText,
  isUnreloaded,
  mark,
  onceAgain,
  send,
  shows,
  tabTo,
} from '../support/walk.js';

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});
const handle = (id: string) => desk.stand.handle(id);

it('the dashboard starts without an account, and connects the first account', async () => {
  const { page, complaints } = await open({ key: null });
  await page.goto('/accounts');
  await shows(page, 'Paste an API key');
  await page.getByLabel('API key').fill('sb_wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await shows(page, 'This key is not known');
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('API key').fill(await desk.keyOf('operator'));
  await page.getByRole('button', { name: 'Log in' }).click();
  await shows(page, 'No account yet');
  await picture(page, 'first-start');

  await page.getByRole('link', { name: 'Connect the first account' }).click();
  await page.getByLabel('Account id').fill('no spaces');
  await page.getByLabel('Tier').selectOption('sales_navigator');
  await page.getByRole('button', { name: 'Connect the account' }).click();
  await shows(page, '“Account id” should begin with a letter, a digit, _ or -');
  const id = process.env['SAFEBAND_SCREENSHOTS'] ? 'first' : desk.stand.newAccount('first');
  await page.getByLabel('Account id').fill(id);
  await page.getByRole('button', { name: 'Connect the account' }).click();
  await shows(page, `${id} is connected`);
  await shows(page, /Active/);
  await shows(page, /0 of 50/);
  // The browser reports only the two refusals.
  expect(complaints.filter((text) => !/status of 40[01]/.test(text))).toEqual([]);
});

it('the dashboard shows the sends of an account and of all accounts while they happen', async () => {
  const id = await connected(desk, 'anna', 3, { ramp: { dailyCaps: [30, 40, 50] } });
  const account = await open();
  const list = await open();
  await account.page.goto(`/accounts/${id}`);
  await list.page.goto('/accounts');
  await Promise.all([isLive(account.page), isLive(list.page)]);
  await Promise.all([mark(account.page), mark(list.page)]);
  await list.page.getByLabel('Search').fill(id);
  await expect.poll(() => list.page.locator('.accounts tbody tr').count()).toBe(1);
  await list.page.locator('select[name=send]').focus(); // what was typed stays without the focus, too

  await send(desk, id, 9, 'more');
  for (const n of [1, 2]) await desk.client.reserve(id, { reservationId: `flight-${n}` });
  await desk.client.failed(id, { reservationId: 'flight-2', kind: 'unknown' });
  const sentAt = new Date().toISOString();
  await desk.client.observed(id, { chatId: 'manual', messageId: 'm1', sentAt });
  await isText(account.page, '#counter', '15');
  await isText(account.page, '#logged', '13');
  await shows(account.page, /15 counter\s*=\s*1 in flight\s*\+\s*1 uncertain\s*\+\s*12 delivered/);
  await shows(account.page, 'Sent manually', '#timeline');
  await expect
    .poll(() => list.page.locator(`#account-${id} .bar`).getAttribute('aria-label'))
    .toBe('15 of 30: 12 delivered, 1 sent manually, 1 in flight, 1 uncertain');
  expect(await list.page.getByLabel('Search').inputValue()).toBe(id);
  expect([await isUnreloaded(account.page), await isUnreloaded(list.page)]).toEqual([true, true]);
  // Each instant is shown once, in the reader's time zone; UTC is shown on hover.
  const instant = account.page.locator('#timeline time').first();
  expect(await instant.innerText()).toMatch(/^\d\d:\d\d:\d\d$/);
  expect(await instant.getAttribute('title')).toMatch(/^\d+ \w+, \d\d:\d\d:\d\d UTC$/);
  await picture(account.page, 'account');
  expect([...account.complaints, ...list.complaints]).toEqual([]);
});

it('the dashboard shows a counter of 104, its correction and cooldown, without a reload', async () => {
  const id = await connected(desk, 'lena', 17);
  await whenSaved(handle(id));
  const { page, complaints } = await open();
  const article = await open();
  await page.goto(`/accounts/${id}`);
  await article.page.goto(`/accounts/${id}/why`);
  await Promise.all([isLive(page), isLive(article.page)]);
  await Promise.all([mark(page), mark(article.page)]);

  await edit(desk.stand, id, 'inmails_sent_today = 104');
  const edited =
    'The row of the account was edited manually (inmails_sent_today): its counter is 104, and the gate counts 17.';
  await shows(page, edited);
  await isText(page, '#counter', '17');
  await isText(page, '#logged', '17');
  await isText(page, '#drift', '0');
  await isText(page, '#remaining', '33');
  await shows(article.page, 'The counter is 17, the event log has 17: they agree.');
  await shows(article.page, edited);
  expect([...(await violations(page)), ...(await violations(article.page))]).toEqual([]);
  await picture(page, 'drift');
  await picture(article.page, 'why');

  await run(handle(id));
  await shows(page, /Not before (\d+ \w+, )?\d\d:\d\d:\d\d \(in (59 min|1 h)/);
  await shows(page, /Corrected the counter of \d+ \w+ from 104 to 17/);
  await shows(article.page, 'It ends automatically at');
  await picture(page, 'healed');
  await page.locator('#timeline').scrollIntoViewIfNeeded();
  await picture(page, 'day');

  // An hour later: the account's own clock, and that of the server.
  await fastForward(desk.stand.client, workflowIdOf(id), 3_700);
  desk.clock.aheadMs = 3_700_000;
  try {
    await shows(page, /Active/, '.head');
    await shows(article.page, /^((?!The account is in a cooldown)[\s\S])*$/);
    expect([await isUnreloaded(page), await isUnreloaded(article.page)]).toEqual([true, true]);
  } finally {
    desk.clock.aheadMs = 0;
  }
  expect([...complaints, ...article.complaints]).toEqual([]);
});

it('the dashboard caches numbers for a minute, shows their age, and renews them on hard refresh', async () => {
  const id = await connected(desk, 'ben', 2);
  await whenSaved(handle(id));
  const { page, complaints } = await open();
  await page.goto(`/accounts/${id}`);
  await isText(page, '#counter', '2');
  await onceAgain(page, 'Read from the workflow');
  // Postgres reports no changes now, so only the cache can answer.
  await desk.stand.pool.query('alter table safeband.accounts disable trigger user');
  try {
    await desk.client.reserve(id, { reservationId: 'late' });
    await page.reload();
    await isText(page, '#counter', '2');
    await shows(page, /Read from the workflow \d+ s ago/);
    await onceAgain(page, /3 of 50/);
  } finally {
    await desk.stand.pool.query('alter table safeband.accounts enable trigger user');
  }
  expect(complaints).toEqual([]);
});

it('the dashboard holds and resumes an account, after a page that describes the effect', async () => {
  const id = await connected(desk, 'kira', 1);
  const { page, complaints } = await open();
  await page.goto(`/accounts/${id}`);
  expect(await page.getByRole('link', { name: 'Resume' }).count()).toBe(0);
  await page.getByText('Actions', { exact: true }).click();
  await picture(page, 'menu');
  await page.getByRole('link', { name: 'Hold', exact: true }).click();
  await shows(page, 'The account grants no slot until an operator resumes it');
  await picture(page, 'confirm');
  await page.getByLabel('Why do you hold it?').fill('The customer asked <b>us</b> to wait');
  await page.getByRole('button', { name: 'Hold the account' }).click();
  await shows(page, 'The account is held');
  await shows(page, /Mara, on call held the account at .*: The customer asked <b>us<\/b> to wait/);
  expect((await desk.client.status(id)).hold).toMatchObject({
    reason: 'The customer asked <b>us</b> to wait',
    actor: 'Mara, on call',
  });
  await picture(page, 'held');
  await page.getByRole('link', { name: 'Resume' }).click();
  await page.getByLabel('Why do you resume it?').fill('They called back');
  await page.getByRole('button', { name: 'Resume the account' }).click();
  await shows(page, 'The account is resumed');
  await run(handle(id)); // saves at once
  await mark(page);
  await page.getByRole('link', { name: 'Changes' }).click();
  await shows(page, 'They called back', '#changes');
  expect([new URL(page.url()).pathname, await isUnreloaded(page)]).toEqual([
    `/accounts/${id}/changes`,
    true,
  ]);
  await page.goBack();
  await shows(page, 'Resumed', '#timeline');
  expect(complaints).toEqual([]);
});

it('the dashboard settles an uncertain send, and names the field that is missing', async () => {
  const id = await connected(desk, 'cleo');
  await desk.client.reserve(id, { reservationId: 'lost-1' });
  await desk.client.failed(id, { reservationId: 'lost-1', kind: 'unknown' });
  await run(handle(id));
  const { page, complaints } = await open();
  await page.goto(`/accounts/${id}`);
  await page.getByRole('link', { name: 'Settle lost-1' }).click();
  await page.getByLabel('What does LinkedIn show?').selectOption('delivered');
  await page.getByLabel('How do you know?').fill('seen in the outbox');
  await page.getByRole('button', { name: 'Settle the reservation' }).click();
  await shows(page, /Nothing was changed/, '#refusal');
  await shows(page, /chat/i, '#refusal');
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Chat id').fill('chat-of-lost-1');
  await page.getByRole('button', { name: 'Settle the reservation' }).click();
  await shows(page, 'lost-1 is now delivered');
  await shows(page, 'None. Every slot has its outcome', '#open');
  await isText(page, '#logged', '1');
  await picture(page, 'settled');
  expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
});

it('the dashboard shows that the connection is lost, and updates itself when it is back', async () => {
  const id = await connected(desk, 'dora', 1);
  const { page, complaints } = await open();
  await page.goto(`/accounts/${id}`);
  await isLive(page);
  await mark(page);
  desk.way.turn('refused');
  try {
    await shows(page, 'The connection is lost. These numbers are from', '#lost');
    await isText(page, '#live', '○ Connection lost');
    expect(await violations(page)).toEqual([]);
    await picture(page, 'lost');
    await send(desk, id, 2, 'meanwhile');
  } finally {
    desk.way.turn('open');
  }
  await isLive(page);
  await isText(page, '#counter', '3');
  expect(await isUnreloaded(page)).toBe(true);
  expect(complaints.filter((text) => !/ERR_/.test(text))).toEqual([]);
});

it('the dashboard works at 360 px with the keyboard only: finds an account and holds it', async () => {
  const id = await connected(desk, 'narrow', 2);
  const { page, complaints } = await open({ width: 360 });
  await page.goto('/accounts');
  await picture(page, 'narrow');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch('Skip to content');
  await page.keyboard.press('Enter');
  await tabTo(page, 'main input[name=q]');
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=/);
  await tabTo(page, `a[href="/accounts/${id}"]`);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/accounts/${id}`);
  await tabTo(page, '#actions summary');
  await page.keyboard.press('Enter');
  await tabTo(page, 'a[href$="/do/hold"]');
  await page.keyboard.press('Enter');
  await tabTo(page, '#reason');
  await page.keyboard.type('by keyboard');
  await page.keyboard.press('Enter');
  await shows(page, 'The account is held');
  expect(complaints).toEqual([]);
});

it('the dashboard has a dark theme', async () => {
  const { page } = await open({ isDark: true });
  await page.goto('/accounts');
  await isLive(page);
  await picture(page, 'dark');
  await page.goto('/fleet');
  await shows(page, 'Least recent reconcile');
  await picture(page, 'fleet');
  expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme)).toContain('dark');
});

it('the dashboard shows a reader key of one account only that account, without actions', async () => {
  const [mine, others] = [await connected(desk, 'mine', 1), await connected(desk, 'others', 1)];
  const { page } = await open({ key: await desk.keyOf('reader', [mine]) });
  await shows(page, mine);
  for (const path of ['/accounts', '/fleet', `/accounts/${mine}`]) {
    await page.goto(path);
    expect(await page.content()).not.toContain(others);
    expect(await page.locator('main .actions').count()).toBe(0);
    expect(await page.content()).not.toContain('Temporal UI');
  }
  await page.goto('/accounts');
  await shows(page, /^1 account$/m);
  for (const path of [`/accounts/${others}`, `/accounts/${others}/why`, '/accounts/none']) {
    expect((await page.goto(path))?.status()).toBe(404);
    await shows(page, 'There is no such account');
  }
  expect((await page.goto(`/accounts/${mine}/do/hold`))?.status()).toBe(403);
});

it('the dashboard refuses a form from another site', async () => {
  const id = await connected(desk, 'forged');
  const { page } = await open();
  const forged = await page.request.post(`/accounts/${id}/do/hold`, {
    headers: { origin: 'https://evil.example' },
    form: { reason: 'forged' },
  });
  expect(forged.status()).toBe(403);
  expect((await desk.client.status(id)).hold).toBeNull();
});

it('the dashboard shows numbers of Postgres while Temporal does not answer, and states it', async () => {
  const id = await connected(desk, 'away', 4);
  await whenSaved(handle(id));
  const { page } = await open();
  await desk.stand.stopWorker();
  try {
    await page.goto(`/accounts/${id}`);
    await shows(page, 'Temporal does not answer, so these numbers are from Postgres');
    await isText(page, '#counter', '4');
    expect(await violations(page)).toEqual([]);
    await picture(page, 'temporal-away');
  } finally {
    await desk.stand.startWorker();
  }
  await onceAgain(page, 'Read from the workflow');
});
