/**
 * The questions of the issue that people ask most, from the start page: each has its answer after
 * two clicks at most, and after one command. The seconds of each are printed.
 */
import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { edit } from '../support/account.js';
import { useDesk, violations, type Desk } from '../support/browser.js';
import { safeband, settingsOf } from '../support/cli.js';
import { connected, send, shows } from '../support/walk.js';

vi.setConfig({ testTimeout: 180_000 });

let desk: Desk;
const open = useDesk((opened) => {
  desk = opened;
});

type Walk = {
  readonly question: string;
  /** Clicks on the page, one after another, until the answer is visible. */
  readonly clicks: readonly ((page: Page) => Promise<void>)[];
  /** Where the answer is on the page, and its text there. */
  readonly answer: readonly [place: string, text: RegExp];
  readonly command: readonly string[];
  readonly printed: RegExp;
};

const seconds = async (work: () => Promise<unknown>): Promise<string> => {
  const begun = performance.now();
  await work();
  return ((performance.now() - begun) / 1_000).toFixed(2);
};

it('each question of a customer is answered within two clicks of the start page, and by a command', async () => {
  const edited = await connected(desk, 'edited', 17);
  await edit(desk.stand, edited, 'inmails_sent_today = 104');
  const used = await connected(desk, 'used', 0, { dailyCap: 3 });
  await send(desk, used, 3, 'used');
  const held = await connected(desk, 'held');
  await desk.client.hold(held, { actor: 'Mara', reason: 'the invoice is open' });
  const sent = await connected(desk, 'sent');
  const request = { reservationId: `${sent}-r7`, campaignId: `${sent}-q4` };
  await desk.client.reserve(sent, request);
  await desk.client.delivered(sent, { reservationId: `${sent}-r7`, chatId: `${sent}-chat` });
  const settings = settingsOf(desk.stand);
  const command = async (argv: readonly string[]): Promise<string> =>
    (await safeband(argv, settings)).out;
  await expect.poll(() => command(['find', `${sent}-r7`])).toContain('delivered');

  const account = (id: string) => (page: Page) => page.locator(`#account-${id} th a`).click();
  const find = (text: string) => async (page: Page) => {
    await page.getByRole('searchbox', { name: 'Find an account' }).fill(text);
    await page.getByRole('button', { name: 'Find' }).click();
  };
  const walks: readonly Walk[] = [
    {
      question: 'why 104/50?',
      clicks: [
        account(edited),
        (page) => page.getByRole('link', { name: 'Why do my numbers differ?' }).click(),
      ],
      answer: ['#context', /its counter is 104, and the gate counts 17/],
      command: ['why', edited],
      printed: /its counter is 104, and the gate\s+counts 17/,
    },
    {
      question: 'why does it not send?',
      clicks: [account(used)],
      answer: ['#can-send', /Not before .*: its daily cap is used up/],
      command: ['status', used],
      printed: /Not before .*: its daily cap is used up/,
    },
    {
      question: 'who stopped it?',
      clicks: [account(held)],
      answer: ['.head', /Mara[\s\S]*the invoice is open/],
      command: ['status', held],
      printed: /by Mara since .*: the invoice is open/,
    },
    {
      question: 'did this InMail go out?',
      clicks: [find(`${sent}-r7`)],
      answer: ['#reservations', /delivered[\s\S]*It went out\./],
      command: ['find', `${sent}-r7`],
      printed: /delivered/,
    },
    {
      question: 'what did campaign X send?',
      clicks: [find(`${sent}-q4`)],
      answer: ['#campaigns', /Show 1 reservation/],
      command: ['find', `${sent}-q4`],
      printed: /campaigns[\s\S]*1/,
    },
  ];
  const { page, complaints } = await open();
  const table: string[] = [];
  for (const { question, clicks, answer, command: argv, printed } of walks) {
    await page.goto('/accounts');
    await page.locator('.accounts').waitFor();
    const onPage = await seconds(async () => {
      for (const click of clicks) await click(page);
      await shows(page, answer[1], answer[0]);
    });
    const inTerminal = await seconds(async () => {
      expect([question, await command(argv)]).toEqual([question, expect.stringMatching(printed)]);
    });
    expect([question, clicks.length <= 2]).toEqual([question, true]);
    const words = `safeband ${argv[0]}`;
    table.push(`${question} | ${clicks.length} clicks, ${onPage} s | ${words}, ${inTerminal} s`);
  }
  process.stdout.write(`${table.join('\n')}\n`);
  expect(complaints).toEqual([]);
});

it('the list of reservations applies each filter while a person types, and completes half-typed ids', async () => {
  const id = await connected(desk, 'typed');
  for (const name of ['one', 'two']) {
    await desk.client.reserve(id, {
      reservationId: `${id}-${name}`,
      campaignId: `${id}-spring-${name}`,
    });
  }
  await expect
    .poll(async () => (await safeband(['find', `${id}-`], settingsOf(desk.stand))).out)
    .toContain(`${id}-two`);
  const { page, complaints } = await open({ width: 320 });
  await page.goto('/reservations');
  await shows(page, 'Type a campaign or an account.');
  const campaign = page.getByRole('searchbox', { name: 'Campaign', exact: true });
  await campaign.fill('s');
  await shows(page, 'Type more of the campaign.');
  await campaign.fill('no-campaign-has-this');
  await shows(page, 'No campaign begins with “no-campaign-has-this”.');
  await campaign.fill('not an id');
  await shows(page, '“Campaign” should be the id of a campaign');
  await campaign.fill(`${id}-spr`);
  await page.locator('#begun').getByText(`${id}-spring-two`).click();
  await shows(page, `${id}-two`);
  await page.getByRole('searchbox', { name: 'Campaign', exact: true }).fill('');
  await page.getByRole('searchbox', { name: 'Account', exact: true }).fill(id.slice(0, -3));
  await page.locator('#begun').getByText(id, { exact: true }).click();
  await shows(page, `${id}-one`);
  await page.getByLabel('State').selectOption('delivered');
  await shows(page, 'No reservation matches.');

  await page.goto(`/search?q=${id}-spring`);
  await shows(page, `${id}-spring-two`, '#campaigns');
  expect(
    await page
      .locator('.scroll')
      .evaluateAll((all) => all.map((one) => one.scrollWidth - one.clientWidth)),
  ).toEqual([0]);
  const found = page.getByRole('searchbox', { name: 'Find an account' });
  await found.fill(`${id}-spring-two`);
  await expect.poll(() => page.locator('#campaigns tbody tr').count()).toBe(1);
  expect(await found.inputValue()).toBe(`${id}-spring-two`);
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
