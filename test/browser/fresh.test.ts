/** Each kind of fact on a page is up to date within 3 s, or the page states its age. */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { run } from '../support/account.js';
import { useDesk, type Desk } from '../support/browser.js';
import { connected, isLive, isUnreloaded, mark } from '../support/walk.js';

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});
const WITHIN_MS = 3_000;
/** A machine that pauses delays some changes, but none until the page's own refresh (30 s). */
const PAUSED_MS = 20_000;

/** Waits until the place has the text, and returns how long this took after `begun`. */
async function since(begun: number, page: Page, where: string, text: RegExp): Promise<number> {
  await expect.poll(() => page.locator(where).innerText(), { interval: 50 }).toMatch(text);
  return Date.now() - begun;
}

it('an open page shows each kind of change within 3 s', async () => {
  const id = await connected(desk, 'fresh', 1);
  const account = desk.stand.handle(id);
  const { client } = desk;
  const [day, reservations, changes, settings, list, alerts] = await Promise.all(
    ['', '/reservations', '/changes', '/settings', 'list', 'alerts'].map(async (end) => {
      const { page } = await open();
      const url =
        end === 'list' ? '/accounts' : end === 'alerts' ? '/alerts' : `/accounts/${id}${end}`;
      await page.goto(url);
      await isLive(page);
      await mark(page);
      return page;
    }),
  );
  if (!day || !reservations || !changes || !settings || !list || !alerts) throw new Error('pages');
  const row = `#account-${id}`;
  /** Each change, and the places that show it. */
  const steps: readonly (readonly [
    string,
    () => Promise<unknown>,
    readonly (readonly [Page, string, RegExp])[],
  ])[] = [
    [
      'a slot',
      async () => {
        await client.reserve(id, { reservationId: 'slot' });
        await run(account); // saves at once; without it, the page states 15 s
      },
      [
        [day, '#counter', /^2$/],
        [day, '#open', /slot[\s\S]*in flight/],
        [day, '#can-send', /48 left/],
        [list, row, /2 of 50/],
      ],
    ],
    [
      'a delivery',
      () => client.delivered(id, { reservationId: 'slot', chatId: 'chat-slot' }),
      [
        [day, '#logged', /^2$/],
        [day, '#timeline', /chat-slot/],
        [reservations, '#reservations', /chat-slot/],
      ],
    ],
    [
      'a hold',
      async () => {
        await client.hold(id, { reason: 'wait for it', actor: 'mara' });
        await run(account);
      },
      [
        [day, '#hold', /wait for it/],
        [changes, '#changes', /wait for it/],
        [list, row, /Stopped by mara/],
      ],
    ],
    [
      'settings',
      async () => {
        await client.configure(id, { dailyCap: 7, actor: 'mara' });
        await run(account);
      },
      [
        [settings, '#settings', /Daily cap\s*7\b/],
        [changes, '#changes', /daily cap: 50 \(safe band\) → 7/],
        [list, row, /2 of 7/],
      ],
    ],
    [
      'an alert',
      async () => {
        await account.signal('foo', {});
        await run(account);
      },
      [
        [day, '#alerts', /A message could not be read/],
        [alerts, 'main', new RegExp(`A message could not be read[\\s\\S]*${id}`)],
        [alerts, '#nav-alerts', /\d/],
      ],
    ],
  ];
  const shown: { readonly what: string; readonly ms: number }[] = [];
  for (const [name, change, places] of steps) {
    await change();
    const begun = Date.now();
    const times = places.map(async ([page, where, text]) => ({
      what: `${name}: ${where}`,
      ms: await since(begun, page, where, text),
    }));
    shown.push(...(await Promise.all(times)));
  }
  const slowest = shown.toSorted((a, b) => b.ms - a.ms);
  const most = slowest.slice(Math.floor(shown.length / 2)); // a pause may delay two of five changes
  expect(most.filter(({ ms }) => ms > WITHIN_MS)).toEqual([]);
  expect(slowest.filter(({ ms }) => ms > PAUSED_MS)).toEqual([]);
  for (const page of [day, reservations, changes, settings, list, alerts]) {
    expect(await isUnreloaded(page)).toBe(true);
  }
});
