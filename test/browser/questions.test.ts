/**
 * The questions of the issue that people ask most, from the start page: each has its answer after
 * two clicks at most, and after one command. The seconds of each are printed.
 */
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { edit } from '../support/account.js';
import { picture, useDesk, violations, type Desk } from '../support/browser.js';
import { safeband, settingsOf } from '../support/cli.js';
import { connected, send, shows } from '../support/walk.js';

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
      clicks: [(page) => page.getByRole('link', { name: 'Campaigns', exact: true }).click()],
      answer: [`#campaign-${sent}-q4`, /^\S+-q4\s+1\s+1\s+0\s+1\s+0\s+0\s+0\s/],
      command: ['campaigns', `${sent}-q4`],
      printed: /^\S+-q4 +\d{4}-\d\d-\d\d +1 +1 +0 +1 +0 +0 +0$/m,
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

it('the page of campaigns shows a chart by day, applies each filter, and opens one campaign', async () => {
  const id = await connected(desk, 'pipeline');
  await desk.stand.pool.query(
    `with days as (select n, safeband.utc_day(now()) - n as day from generate_series(0, 27) n),
     of as (select $1::text as id),
     slots as (
       insert into safeband.reservations (account_id, reservation_id, quota_day, state, campaign_id,
         reserved_at, lease_expires_at, settled_at, chat_id, number)
       select id, id || '-' || campaign || '-' || n || '-' || i, day,
              case when i % 9 = 8 then 'released' else 'delivered' end, id || '-' || campaign,
              day, day, day, 'c' || n || i || campaign, n * 100 + i
         from of cross join days cross join unnest(array['autumn', 'winter']) campaign
         cross join generate_series(1, 3 + (n * 7 + length(campaign)) % 17) i
        where campaign = 'autumn' or n < 12)
     insert into safeband.campaign_denials (account_id, quota_day, campaign_id, reason, owner, count)
     select id, day, id || '-autumn', reason, 'o', 1 + (n * 5) % 8
       from of cross join days cross join unnest(array['campaign_cap', 'daily_cap']) reason where n % 3 > 0`,
    [id],
  );
  const { page, complaints } = await open({ width: 1_280 });
  await page.goto('/campaigns');
  await page.getByRole('searchbox', { name: 'Campaign begins with' }).fill(`${id}-`);
  await expect.poll(() => page.locator('#campaigns tbody tr').count()).toBe(2);
  await picture(page, 'campaigns');
  const plot = page.locator('#days .plot');
  await plot.focus();
  await shows(page, /^\d+ \w+, Asked \d+, Granted \d+, Denied \d+, /, '#days .readout');
  await page.getByLabel('From').fill('2026-01-01');
  await shows(page, '“From” should be', '#refusal');
  await page.getByLabel('To').fill('2026-01-09');
  await shows(page, 'Nothing was asked in these days');
  await page.getByRole('link', { name: 'Show all campaigns' }).click();
  await page.getByRole('link', { name: `${id}-winter`, exact: true }).click();
  await shows(page, `${id}-winter sent`, '#sum');
  await shows(page, 'Values of each day', '#days');
  expect(await page.locator('#days-values tbody tr').first().isVisible()).toBe(true);

  await page.goto(`/accounts/${id}`);
  await page.locator('.facts').getByRole('link', { name: 'Campaigns' }).click();
  await shows(page, `${id}-autumn`, '#campaigns');
  await page.goto(`/search?q=${id}-autumn`);
  await page.locator('#campaigns th a').click();
  await shows(page, `${id}-autumn sent`, '#sum');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
