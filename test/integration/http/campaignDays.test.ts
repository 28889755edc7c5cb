/** The numbers of campaigns (R22): every way to read them agrees with a naive count. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sumOfCampaigns, type CampaignDay } from '../../../src/domain/diagnostics/campaignDay.js';
import { parseDay } from '../../../src/domain/primitives/time.js';
import { dayRange } from '../../../src/domain/diagnostics/dayRange.js';
import { pageCampaignDays } from '../../../src/postgres/read/campaignDays.js';
import { safeband, settingsOf, wordsOf } from '../../support/cli.js';
import {
  CAMPAIGNS,
  counted,
  dayAt,
  DAYS,
  FROM,
  inCsv,
  kept,
  seedBulk,
  seedCampaigns,
  STATES,
  type Kept,
} from '../../support/campaigns.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let [operator, url] = ['', ''];
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
  url = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  await seedCampaigns(stand.pool);
  await seedBulk(stand.pool);
});
afterAll(() => stand.close());

const answer = async <T>(path: string, key = operator): Promise<T> => {
  const { statusCode, body } = await stand.ask(key, path);
  expect([path, statusCode]).toEqual([path, 200]);
  return JSON.parse(body);
};
/** Seven days in which 400 other campaigns asked. */
const [BULK_FROM, BULK_TO] = ['2026-03-20', '2026-03-26'];
/** Reads all pages of the list. */
async function listed(query: string, key = operator): Promise<readonly CampaignDay[]> {
  const items: CampaignDay[] = [];
  let next: string | null = `/v1/campaigns?${query}`;
  while (next !== null) {
    const page: { items: CampaignDay[]; next: string | null } = await answer(next, key);
    items.push(...page.items);
    ({ next } = page);
  }
  return items;
}
const file = async (query: string, key = operator): Promise<readonly unknown[]> =>
  inCsv((await stand.ask(key, `/v1/campaigns?${query}&format=csv`)).body);

const NOWHERE = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d', TEMPORAL_ADDRESS: '127.0.0.1:1' };
/** Runs the command by Postgres, or with a key alone. */
const command = (line: string, key: string | null) =>
  safeband(
    wordsOf(`campaigns ${line}`),
    key === null
      ? settingsOf(stand)
      : { env: { ...NOWHERE, SAFEBAND_URL: url, SAFEBAND_KEY: key } },
  );

const PAST = `from=${FROM}&to=${dayAt(DAYS - 1)}`;
const OPTIONS = `--from ${FROM} --to ${dayAt(DAYS - 1)}`;

describe('rows of the past', () => {
  it.each([1, 3, 7, 200])(
    'the list has each campaign and day once, in pages of %d',
    async (limit) => {
      expect(await listed(`${PAST}&limit=${limit}`)).toEqual(counted(kept));
    },
  );

  it('list, file and command agree with a naive count, for each filter', async () => {
    const limited = await stand.key('reader', ['past-1', 'past-3', 'never-was']);
    const seen = ['past-1', 'past-3'];
    const cases: readonly [string, string, (one: Kept) => boolean][] = [
      ['', '', () => true],
      ['campaignId=past', 'past', ({ campaign }) => campaign === 'past'],
      ['campaignId=zero', 'zero', ({ campaign }) => campaign === 'zero'],
      ['accountId=past-1', '--account past-1', ({ account }) => account === 'past-1'],
      [
        'accountId=past-3&campaignId=past_b',
        'past_b --account past-3',
        ({ account, campaign }) => account === 'past-3' && campaign === 'past_b',
      ],
    ];
    for (const key of [operator, limited]) {
      for (const [query, words, isAsked] of cases) {
        const rows = kept.filter((one) => key === operator || seen.includes(one.account));
        const naive = counted(rows.filter(isAsked));
        expect(naive.length).toBeGreaterThan(8);
        expect(await listed(`${PAST}&${query}&limit=5`, key)).toEqual(naive);
        expect(await file(`${PAST}&${query}`, key)).toEqual(naive);
        for (const by of key === operator ? [null, key] : [key]) {
          const json = await command(`${words} ${OPTIONS} --limit 900 --json`, by);
          expect(JSON.parse(json.out)).toMatchObject({ items: naive, isCut: false });
          expect(inCsv((await command(`${words} ${OPTIONS} --csv`, by)).out)).toEqual(naive);
        }
      }
    }
  });

  it('a prefix finds only campaigns that begin with it, and days outside the range are left out', async () => {
    const begin = (text: string) => counted(kept.filter((one) => one.campaign.startsWith(text)));
    for (const text of ['past', 'past_', 'P', '%', 'past-b']) {
      expect(await listed(`${PAST}&limit=9&prefix=${encodeURIComponent(text)}`)).toEqual(
        begin(text),
      );
    }
    const [from, to] = [dayAt(3), dayAt(5)];
    const within = kept.filter(({ day }) => day >= from && day <= to);
    expect(await listed(`from=${from}&to=${to}`)).toEqual(counted(within));
    const reader = await stand.key('reader', ['past-2']);
    const own = within.filter(
      (one) => one.account === 'past-2' && one.campaign.startsWith('past_'),
    );
    expect(await listed(`from=${from}&to=${to}&prefix=past_`, reader)).toEqual(counted(own));
    expect(await listed(`from=${dayAt(DAYS)}&to=${dayAt(DAYS + 9)}`)).toEqual([]);
  });

  it('the page has the sums of each campaign, and its file has the rows', async () => {
    const page = async (query: string, key = operator) =>
      (await stand.ask(key, `/campaigns?${query}`)).body;
    const figures = (html: string, id: string): readonly number[] => {
      const row = new RegExp(`<tr id="campaign-${id}">(.*?)</tr>`).exec(html)?.[1] ?? '';
      return [...row.matchAll(/data-label="[^"]*">([\d,]+)/g)].map(([, text]) => Number(text));
    };
    const sumsOf = (rows: readonly Kept[]) => {
      const sum = sumOfCampaigns(counted(rows));
      const { asked, granted, denied, delivered, inFlight, uncertain, released } = sum;
      return [asked, granted, denied, delivered, inFlight, uncertain, released];
    };
    const html = await page(PAST);
    for (const id of CAMPAIGNS) {
      expect(figures(html, id)).toEqual(sumsOf(kept.filter(({ campaign }) => campaign === id)));
    }
    const reader = await stand.key('reader', ['past-2']);
    const own = kept.filter(({ account }) => account === 'past-2');
    expect(figures(await page(PAST, reader), 'past_b')).toEqual(
      sumsOf(own.filter(({ campaign }) => campaign === 'past_b')),
    );
    const [, href = ''] = /href="([^"]*)" download/.exec(html) ?? [];
    const csv = (await stand.ask(operator, href.replaceAll('&amp;', '&'))).body;
    expect(inCsv(csv)).toEqual(counted(kept));
    expect(await page(`${PAST}&prefix=none`)).toContain('Nothing was asked in these days');
    expect(await page('from=2025-01-01&to=2025-01-02')).toContain('No campaign asked for a slot');
  });

  it('the page refuses a filter in words, and completes a half-typed account that the key may see', async () => {
    const page = async (query: string, key = operator) =>
      (await stand.ask(key, `/campaigns?${query}`)).body;
    expect(await page('from=2026-01-09&to=2026-01-08')).toContain('“From” should be 2026-01-08');
    expect(await page('to=8.1.2026')).toContain('“To” should be a day such as');
    expect(await page('campaignId=a+b')).toContain('“Campaign” should be the id of a campaign');
    const reader = await stand.key('reader', ['past-2']);
    const begun = await page(`${PAST}&accountId=past-`, reader);
    expect(begun).toContain('accountId=past-2');
    expect(begun).not.toContain('past-1');
    const foreign = await page(`${PAST}&accountId=past-1`, reader);
    expect(foreign).toContain('No account begins with “past-1”');
  });

  it('the page shows 50 campaigns, and each next page the campaigns that follow', async () => {
    const ids: string[] = [];
    let address: string | undefined = `/campaigns?from=${BULK_FROM}&to=${BULK_TO}&prefix=bulk-`;
    for (let pages = 0; address !== undefined; pages += 1) {
      const { body } = await stand.ask(operator, address);
      const shown = [...body.matchAll(/<tr id="campaign-([^"]*)"/g)].map(([, id]) => `${id}`);
      const [, next] = /<a rel="next" href="([^"]*)"/.exec(body) ?? [];
      expect([pages, shown.length]).toEqual([pages, 50]);
      const words = next === undefined ? '50 campaigns sent' : 'The 50 campaigns of this page sent';
      expect(body).toContain(words);
      ids.push(...shown);
      address = next?.replaceAll('&amp;', '&');
    }
    expect(ids).toEqual(
      Array.from({ length: 400 }, (_, n) => `bulk-${String(n).padStart(3, '0')}`),
    );
  });

  it('a read of 7 days uses the index of days, and reads only the rows of its page', async () => {
    const days = { from: parseDay(BULK_FROM) ?? 0, to: parseDay(BULK_TO) ?? 0 };
    const page = { after: null, maxRows: 51, maxCampaigns: 51 };
    for (const accounts of [null, ['acc-1', 'acc-2']]) {
      for (const campaign of [{ beginsWith: '' }, { is: 'bulk-007' }]) {
        const spy = vi.spyOn(stand.pool, 'query');
        const rows = await pageCampaignDays(stand.pool, { ...days, accounts, campaign }, page);
        const [sql, values] = spy.mock.calls[0] ?? [];
        spy.mockRestore();
        const explained = await stand.pool.query<{ 'QUERY PLAN': string }>(
          `explain (analyze, timing off) ${String(sql)}`,
          [values].flat(),
        );
        const plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
        expect(plan).not.toMatch(/Seq Scan on (reservations|campaign_denials)/);
        // The index of days is in the order of campaigns, so a limited key reads those of accounts.
        expect(plan).toContain(accounts ? 'reservations_day' : 'reservations_campaign_day');
        const scans = plan.matchAll(
          / on (?:reservations|campaign_denials).*actual rows=([\d.]+) loops=(\d+)/g,
        );
        const read = [...scans].reduce(
          (sum, [, each, times]) => sum + Number(each) * Number(times),
          0,
        );
        const isEmpty = accounts !== null && 'is' in campaign;
        expect([accounts, campaign, rows.length > 0, read > 0 || isEmpty]).toEqual([
          accounts,
          campaign,
          !isEmpty,
          true,
        ]);
        // The 7 days have 5,600 rows; a page reads those of its campaigns, and one for each step.
        expect(read).toBeLessThan(700);
      }
    }
  });

  it('days that are not named are the last four weeks until today, or until the last day', () => {
    const today = parseDay('2026-03-01') ?? 0;
    expect(dayRange({}, today)).toEqual({ from: today - 27, to: today });
    expect(dayRange({ to: '2026-02-27' }, today)).toEqual({ from: today - 29, to: today - 2 });
    expect(dayRange({ from: '2025-11-30' }, today)).toEqual({ from: today - 91, to: today });
    expect(dayRange({ from: '2025-11-29' }, today)).toMatchObject({ field: 'from' });
  });

  it.each([
    ['from=2026-02-30', 'from', 'a day such as'],
    ['from=yesterday', 'from', ''],
    ['from=2026-01-09&to=2026-01-08', 'from', '2026-01-08 or earlier'],
    ['from=2025-01-01&to=2026-01-08', 'from', '2025-10-09 or later: at most 92 days'],
    ['campaignId=a&prefix=a', 'prefix', 'absent with campaignId'],
    ['campaignId=a%20b', 'campaignId', ''],
    ['cursor=WzFd', 'cursor', 'unchanged cursor'],
    ['limit=201', 'limit', ''],
  ])('the query %s is refused by its field', async (query, field, words) => {
    const refused = await stand.ask(operator, `/v1/campaigns?${query}`);
    const problem = refused.json<{ field: string; detail: string }>();
    expect([refused.statusCode, problem.field]).toEqual([400, field]);
    expect(problem.detail).toContain(words);
  });

  it('an account that the key may not see is unknown, as one that never was', async () => {
    const reader = await stand.key('reader', ['past-2']);
    const theirs = await stand.ask(reader, '/v1/campaigns?accountId=past-1');
    const nobodys = await stand.ask(reader, '/v1/campaigns?accountId=never-was');
    expect([theirs.statusCode, theirs.body]).toEqual([404, nobodys.body]);
    const { code, err } = await command('--account never-was', reader);
    expect([code, err]).toEqual([4, expect.stringContaining('there is no account never-was')]);
  });

  it('the command explains itself where an option is wrong, and where nothing was asked', async () => {
    const run = async (line: string) => {
      const { code, out, err } = await command(line, operator);
      return [code, out + err];
    };
    expect(await run('--from tomorrow')).toEqual([
      2,
      expect.stringContaining('Use a day such as 2026-11-24'),
    ]);
    expect(await run('--csv --json')).toEqual([
      2,
      expect.stringContaining('--csv: leave out --json'),
    ]);
    expect(await run('--from 2025-01-01 --to 2026-01-08')).toEqual([
      2,
      expect.stringContaining('--from should be 2025-10-09 or later: at most 92 days'),
    ]);
    expect(await run('none --from 2025-01-01 --to 2025-01-02')).toEqual([
      0,
      'campaign none asked for no slot from 2025-01-01 to 2025-01-02',
    ]);
    const [, cut] = await run(`${OPTIONS} --limit 2`);
    expect(cut).toContain('only 2 rows are shown: a higher --limit shows more');
    expect(cut).not.toMatch(/^all /m);
    const [, text] = await run(`past ${OPTIONS}`);
    const sum = sumOfCampaigns(counted(kept.filter(({ campaign }) => campaign === 'past')));
    expect(text).toMatch(new RegExp(`^all +${sum.asked} +${sum.granted} +${sum.denied} `, 'm'));
  });
});

it('the answers to a caller add up to the numbers that every reader shows', async () => {
  const answered = new Map<string, Kept[]>();
  const ids = [stand.newAccount('naive'), stand.newAccount('naive')];
  const campaigns = [{ campaignId: 'naive-a', dailyCap: 2 }];
  const send = (id: string, name: string, body: object) =>
    stand.ask(operator, `/v1/accounts/${id}/${name}`, body);
  for (const account of ids) {
    await stand.connect(account, { campaigns, dailyCap: 5 });
    for (let n = 0; n < 9; n += 1) {
      const [campaign, reservationId] = [n % 3 === 1 ? 'naive-b' : 'naive-a', `naive-${n}`];
      const given = await send(account, 'sendReserve', { reservationId, campaignId: campaign });
      const { granted, reason } = given.json<{ granted: boolean; reason?: string }>();
      const state = granted ? STATES[n % 4] : undefined;
      const one = { account, day: '', campaign, ...(state ? { state } : { reason: reason ?? '' }) };
      answered.set(campaign, [...(answered.get(campaign) ?? []), one]);
      const chatId = `chat-${n}`;
      const report = { delivered: ['sendDelivered', { reservationId, chatId }] } as const;
      const failed = { released: 'not_attempted', uncertain: 'unknown' } as const;
      if (state === 'delivered') await send(account, ...report.delivered);
      if (state === 'released' || state === 'uncertain') {
        await send(account, 'sendFailed', { reservationId, kind: failed[state] });
      }
    }
    await send(account, 'reconcileNow', {});
  }
  const summed = (rows: readonly CampaignDay[]) => sumOfCampaigns(rows);
  for (const [campaign, rows] of answered) {
    const naive = summed(counted(rows));
    expect(naive).toMatchObject({ asked: campaign === 'naive-a' ? 12 : 6 });
    expect(summed(await listed(`campaignId=${campaign}`))).toEqual(naive);
    for (const by of [null, operator]) {
      const { out } = await command(`${campaign} --json`, by);
      expect(summed(JSON.parse(out).items)).toEqual(naive);
    }
    const [first = ''] = ids;
    const own = summed(counted(rows.filter(({ account }) => account === first)));
    const reader = await stand.key('reader', [first]);
    expect(summed(await listed(`campaignId=${campaign}`, reader))).toEqual(own);
    expect(summed(await listed(`campaignId=${campaign}&accountId=${first}`))).toEqual(own);
  }
});
