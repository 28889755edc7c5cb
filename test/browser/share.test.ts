/** A shared link in a real browser: made by an operator, read by a person without a key. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { useDesk, picture, violations, type Desk } from '../support/browser.js';
import { connected, send, shows } from '../support/walk.js';

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});

const WIDTHS = [320, 360, 768, 1_024, 1_440];

/** Asks for the page again until it has this text: a save comes seconds after its message. */
const nowShows = (page: Page, text: string) =>
  expect
    .poll(
      async () => {
        await page.evaluate("dispatchEvent(new Event('online'))");
        return page.locator('main').innerText();
      },
      { interval: 1_000 },
    )
    .toMatch(text);

/** Returns the instants that people can see more than once. */
async function doubled(page: Page): Promise<readonly string[]> {
  const seen = await page
    .locator('time:visible')
    .evaluateAll((all) => all.map((one) => one.getAttribute('datetime')));
  return seen.filter((at, n) => seen.indexOf(at) !== n).map(String);
}

it('an operator shares an account, and a customer reads it at every width until it is revoked', async () => {
  const id = await connected(desk, 'vera', 32);
  await desk.client.reserve(id, { reservationId: 'on-its-way' });
  await desk.client.reserve(id, { reservationId: 'unclear' });
  await desk.client.failed(id, { reservationId: 'unclear', kind: 'unknown' });
  const work = await open();
  await work.page.goto(`/accounts/${id}`);
  await work.page.getByText('Actions', { exact: true }).click();
  await work.page.getByRole('link', { name: 'Share' }).click();
  await work.page.getByLabel('Valid for').selectOption('7 days');
  await work.page.getByLabel('Label').fill('ticket 4711');
  await work.page.getByRole('button', { name: 'Make a link' }).click();
  const url = await work.page.getByLabel('The new link').inputValue();
  await shows(work.page, /^ticket 4711 · ● Valid until /, '#links li');
  expect(await violations(work.page)).toEqual([]);
  await picture(work.page, 'share-make');
  await work.page.getByRole('button', { name: 'Copy the link' }).click();
  await expect.poll(() => work.page.locator('#made .is-copied').count()).toBe(1);

  const customer = await open({ key: null, timezone: 'Asia/Tokyo', width: 360 });
  await customer.page.goto(url);
  await shows(
    customer.page,
    /You have sent 32 InMails today\. 2 more may have gone out, so they count until we know\. You can send 16 more before midnight UTC \(09:00 your time\)\./,
  );
  expect(await customer.page.locator('a').count()).toBe(0);
  await customer.page.getByText('What the numbers consist of').click();
  await shows(customer.page, '1 had no clear answer from LinkedIn.');
  expect(await doubled(customer.page)).toEqual([]);
  await customer.page.evaluate('scrollTo(0, 0)');
  for (const isDark of [false, true]) {
    await customer.page.emulateMedia({ colorScheme: isDark ? 'dark' : 'light' });
    for (const width of WIDTHS) {
      await customer.page.setViewportSize({ width, height: 800 });
      const isWide = 'document.documentElement.scrollWidth > innerWidth';
      expect([width, isDark, await customer.page.evaluate(isWide)]).toEqual([width, isDark, false]);
      expect([width, isDark, await violations(customer.page)]).toEqual([width, isDark, []]);
      await picture(customer.page, `share-${width}${isDark ? '-dark' : ''}`);
    }
  }

  await send(desk, id, 1, 'later');
  await nowShows(customer.page, 'You have sent 33 InMails today.');
  await shows(customer.page, '1 had no clear answer from LinkedIn.'); // the details stay open

  await desk.client.hold(id, { reason: 'the invoice is open', actor: 'Mara' });
  await nowShows(customer.page, 'Sending was stopped. It sends again when a person allows it.');
  expect(await customer.page.content()).not.toMatch(/Mara|invoice/);

  await work.page.getByRole('button', { name: /^Revoke the link/ }).click();
  await shows(work.page, '■ Revoked');
  await nowShows(customer.page, 'This link is no longer valid');
  const complaints = customer.complaints.filter((text) => !/status of 404/.test(text));
  expect([...work.complaints, ...complaints]).toEqual([]);
});

it('an expired link shows one page, which asks for a new link', async () => {
  const id = await connected(desk, 'olga', 1);
  const work = await open({ isDark: true });
  await work.page.goto(`/accounts/${id}/share`);
  await work.page.getByLabel('Valid for').selectOption('1 hour');
  await work.page.getByRole('button', { name: 'Make a link' }).click();
  const url = await work.page.getByLabel('The new link').inputValue();
  desk.clock.aheadMs = 3_700_000;
  try {
    for (const [width, isDark] of WIDTHS.flatMap((one) => [
      [one, false] as const,
      [one, true] as const,
    ])) {
      const { page } = await open({ key: null, width, isDark });
      const answer = await page.goto(url);
      expect(answer?.status()).toBe(404);
      await shows(page, 'Ask the person who sent you the link for a new one.');
      expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
      expect(await violations(page)).toEqual([]);
      await picture(page, `share-expired-${width}${isDark ? '-dark' : ''}`);
    }
  } finally {
    desk.clock.aheadMs = 0;
  }
  await work.page.reload();
  expect(work.complaints).toEqual([]);
});
