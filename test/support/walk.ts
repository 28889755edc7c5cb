/** The steps and checks of a walk through the dashboard. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { run } from './account.js';
import { hardRefresh, type Desk } from './browser.js';

/** How long a test waits: longer than a page's own refresh, for a machine that misses an event. */

/** Waits until the place has this text. */
export const shows = (page: Page, text: string | RegExp, where = 'main') =>
  expect.poll(() => page.locator(where).innerText()).toMatch(text);
export const isText = (page: Page, where: string, text: string) =>
  expect.poll(() => page.locator(where).innerText()).toBe(text);
export const isLive = (page: Page) => isText(page, '#live', '● Live');

/** Refreshes without a cache, again if Postgres answered because the machine is slow. */
export const onceAgain = (page: Page, text: string | RegExp) =>
  expect
    .poll(
      async () => {
        await hardRefresh(page);
        return page.locator('main').innerText();
      },
      { interval: 1_000 },
    )
    .toMatch(text);

/** Sets a mark that a reload would remove. */
export const mark = (page: Page) =>
  page.evaluate(() => Object.assign(globalThis, { isSame: true }));
export const isUnreloaded = (page: Page) => page.evaluate(() => 'isSame' in globalThis);

/** Connects an account with that many sends, and returns its id. */
export async function connected(
  desk: Desk,
  name: string,
  count = 0,
  start: object = {},
): Promise<string> {
  const isForShow = process.env['SAFEBAND_SCREENSHOTS'] !== undefined;
  const id = isForShow ? name : desk.stand.newAccount(name);
  const account = await desk.stand.connect(id, start);
  await send(desk, id, count);
  await run(account);
  return id;
}

export async function send(desk: Desk, id: string, count: number, name = 'send'): Promise<void> {
  const requests = Array.from({ length: count }, (_, n) => ({ reservationId: `${name}-${n}` }));
  await desk.client.reserveMany(id, requests);
  await Promise.all(
    requests.map(({ reservationId }) =>
      desk.client.delivered(id, { reservationId, chatId: `chat-${reservationId}` }),
    ),
  );
}

/** Presses Tab until the place has the focus. */
export async function tabTo(page: Page, selector: string): Promise<void> {
  await page.locator(selector).waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    const isThere = await page.evaluate(
      (one) => document.activeElement?.matches(one) ?? false,
      selector,
    );
    if (isThere) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not come to ${selector}`);
}
