/** The files of the demonstration: their content, and their faults with line and column. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expandWindow } from '../../../src/activities/window.js';
import { readAccounts, readSends, reservationOf, type PlannedSend } from '../../../dev/day.js';
import { BEHAVIOURS } from '../../../dev/linkedin.js';
import { waitForMidnightMs } from '../../../dev/midnight.js';
import { SAFE_BAND, TIERS } from '../../../src/domain/primitives/tier.js';
import { HOUR_MS, MINUTE_MS } from '../../../src/domain/primitives/time.js';
import { WEEKDAYS } from '../../../src/domain/account/sendingWindow.js';
import { at } from '../../support/scenario.js';

const ACCOUNTS = 'examples/outreach-accounts.csv';
const SENDS = 'examples/outreach-day.csv';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'safeband-day-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
const fileOf = async (name: string, text: string): Promise<string> => {
  const file = path.join(dir, name);
  await writeFile(file, text);
  return file;
};

describe('the demonstration day', () => {
  const accounts = () => readAccounts(ACCOUNTS, at('09:00'));
  const sends = async (): Promise<readonly PlannedSend[]> => readSends(SENDS, await accounts());

  it('the demonstration day has 300 sends or more, of accounts that exist, in all tiers', async () => {
    const [all, starts] = [await sends(), await accounts()];
    expect(all.length).toBeGreaterThanOrEqual(300);
    expect(starts.length).toBeGreaterThanOrEqual(8);
    expect(new Set(starts.map(({ tier }) => tier))).toEqual(new Set(TIERS));
    const senders = new Set(all.map(({ account }) => account));
    expect(senders).toEqual(new Set(starts.map(({ accountId }) => accountId)));
  });

  it('the demonstration day has every behaviour, and every maker of sends', async () => {
    const all = await sends();
    expect(new Set(all.map(({ behaviour }) => behaviour))).toEqual(new Set(BEHAVIOURS));
    expect(new Set(all.map(({ by }) => by))).toEqual(
      new Set(['main', 'second', 'by-hand', 'unipile', 'waiting', 'other-tool']),
    );
  });

  it('the demonstration day has two campaigns that race for one account, past its cap', async () => {
    const race = (await sends()).filter(({ account }) => account === 'anna');
    expect(new Set(race.map(({ campaign }) => campaign)).size).toBe(2);
    expect(race.length).toBeGreaterThan(SAFE_BAND.sales_navigator);
  });

  it('the demonstration day asks several accounts for more than each of their caps allows', async () => {
    const all = await sends();
    const over = (await accounts()).filter(({ accountId, tier, dailyCap, weeklyCap, ramp }) => {
      const caps = [SAFE_BAND[tier], dailyCap, weeklyCap, ramp?.dailyCaps?.[0]];
      const cap = Math.min(...caps.map((one) => one ?? Infinity));
      return all.filter(({ account }) => account === accountId).length > cap;
    });
    expect(over.map(({ accountId }) => accountId)).toEqual(
      expect.arrayContaining(['anna', 'chloe', 'emma', 'farid', 'lars', 'mia']),
    );
    expect(over.some(({ weeklyCap }) => weeklyCap !== undefined)).toBe(true);
    expect(over.some(({ ramp }) => ramp !== undefined)).toBe(true);
  });

  it('the demonstration day kills the second process after it has sent, and before it is done', async () => {
    const second = (await sends()).filter(({ by }) => by === 'second');
    const hang = second.findIndex(({ behaviour }) => behaviour === 'hang');
    expect(hang).toBeGreaterThan(0);
    expect(hang).toBeLessThan(second.length - 1);
  });

  it.each(['2026-11-23T00:30', '2026-11-24T12:00', '2026-11-28T23:59', '2027-03-14T07:30'])(
    'the demonstration day has an account whose window is shut whenever it is played, such as %s',
    async (text) => {
      const now = at(`${text}:00.000Z`);
      const shut = (await readAccounts(ACCOUNTS, now)).filter(
        ({ sendingWindow: window, timezone }) => {
          if (!window) return false;
          const days = [...window.days].flatMap((day) => WEEKDAYS.filter((one) => one === day));
          const zoned = { window: { ...window, days }, timezone: timezone ?? 'UTC' };
          const { bounds } = expandWindow({ ...zoned, from: now, days: 2 });
          const opensIn = (bounds[0] ?? 0) - now;
          return opensIn > 6 * HOUR_MS - MINUTE_MS && opensIn <= 6 * HOUR_MS;
        },
      );
      expect(shut.map(({ accountId }) => accountId)).toEqual(['deepak']);
    },
  );
});

describe('the file of sends', () => {
  const HEADER = 'at_seconds,account,campaign,recipient,behaviour,by';
  const read = async (...lines: readonly string[]): Promise<readonly PlannedSend[]> =>
    readSends(await fileOf('sends.csv', lines.join('\n')), [
      { accountId: 'a', tier: 'premium' },
      { accountId: 'b', tier: 'premium' },
    ]);

  it('the file of sends is read in order of time, whatever the order of rows and columns', async () => {
    const lines = [
      '\uFEFFaccount,at_seconds,campaign,recipient,by,behaviour',
      '',
      'a,2.5,c,r2,main,slow',
    ];
    expect(await read(...lines, 'a, 0 ,c,r1,second,normal')).toEqual([
      {
        atSeconds: 0,
        account: 'a',
        campaign: 'c',
        recipient: 'r1',
        behaviour: 'normal',
        by: 'second',
      },
      {
        atSeconds: 2.5,
        account: 'a',
        campaign: 'c',
        recipient: 'r2',
        behaviour: 'slow',
        by: 'main',
      },
    ]);
  });

  const GOOD = '1,a,c,r1,normal,main';
  const FLAWS: readonly (readonly [string, readonly string[]])[] = [
    [
      'line 2, column at_seconds: "soon" should be a number from 0 to 45',
      [HEADER, 'soon,a,c,r,normal,main'],
    ],
    ['line 2, column at_seconds: "" should be', [HEADER, ',a,c,r,normal,main']],
    ['line 2, column at_seconds: "1e1" should be', [HEADER, '1e1,a,c,r,normal,main']],
    ['line 2, column at_seconds: "46" should be', [HEADER, '46,a,c,r,normal,main']],
    [
      'line 3, column account: "z" should be an account of the other file: a, b',
      [HEADER, GOOD, '1,z,c,r,normal,main'],
    ],
    [
      'line 4, column campaign: "c d" should be letters',
      [HEADER, '', GOOD, '1,a,c d,r,normal,main'],
    ],
    [
      'line 3, column recipient: "r1" should be new to a: line 2 has it',
      [HEADER, GOOD, '2,a,d,r1,normal,main'],
    ],
    [
      'line 2, column behaviour: "polite" should be one of normal, slow',
      [HEADER, '1,a,c,r,polite,main'],
    ],
    [
      'line 2, column by: "me" should be one of main, second, by-hand',
      [HEADER, '1,a,c,r,normal,me'],
    ],
    ['line 2, column behaviour: "slow" should be normal', [HEADER, '1,a,c,r,slow,by-hand']],
    [
      'line 1: the column by is missing',
      ['at_seconds,account,campaign,recipient,behaviour', '1,a,c,r,normal'],
    ],
    ['line 1: the column "when" is unknown', [`${HEADER},when`, `${GOOD},now`]],
    ['line 1: the column "by" is unknown or repeated', [`${HEADER},by`, `${GOOD},main`]],
    ['got 5 on line 2', [HEADER, '1,a,c,r,normal']],
  ];
  it.each(FLAWS)('the file of sends is refused with %j', async (flaw, lines) => {
    await expect(read(...lines)).rejects.toThrow(flaw);
  });

  it('the file of sends may have one recipient for another tool, with an id of its own', async () => {
    const sends = await read(HEADER, GOOD, '2,a,c,r1,normal,other-tool');
    expect(sends.map(reservationOf)).toEqual(['r1', 'r1.other-tool']);
  });

  it('the file of sends may have one recipient for two accounts', async () => {
    expect(await read(HEADER, GOOD, '1,b,c,r1,normal,main')).toHaveLength(2);
  });

  it('a missing file of sends is named', async () => {
    await expect(readSends(path.join(dir, 'none.csv'), [])).rejects.toThrow(
      'none.csv cannot be read',
    );
  });
});

describe('the file of accounts', () => {
  const HEADER =
    'account,tier,timezone,daily_cap,weekly_cap,ramp,window,inmails_sent_today,delivered_today,pacing';
  const readAll = async (...lines: readonly string[]) =>
    readAccounts(await fileOf('accounts.csv', [HEADER, ...lines].join('\n')), at('09:00'));
  /** Reads lines without a pace. */
  const read = (...lines: readonly string[]) => readAll(...lines.map((line) => `${line},`));

  it('the file of accounts becomes start objects that contain only what the file has', async () => {
    expect(
      await read('a,free,UTC,,,,,,', 'b,premium,Asia/Kolkata,10,40,5 5 10,mon-fri 09:00-17:30,7,3'),
    ).toEqual([
      { accountId: 'a', tier: 'free', timezone: 'UTC' },
      {
        accountId: 'b',
        tier: 'premium',
        timezone: 'Asia/Kolkata',
        dailyCap: 10,
        weeklyCap: 40,
        ramp: { dailyCaps: [5, 5, 10] },
        sendingWindow: { days: WEEKDAYS.slice(0, 5), start: '09:00', end: '17:30' },
        inmailsSentToday: 7,
        deliveredToday: 3,
      },
    ]);
  });

  it.each([
    ['opens-in-6h', 'UTC', WEEKDAYS, '15:00', '18:00'],
    ['opens-in-6h', 'Asia/Kolkata', WEEKDAYS, '20:30', '23:30'],
    ['opens-in-14h', 'UTC', WEEKDAYS, '23:00', '02:00'],
    ['sat 10:00-12:00', 'UTC', ['sat'], '10:00', '12:00'],
    ['sat-mon 22:00-02:00', 'UTC', ['mon', 'sat', 'sun'], '22:00', '02:00'],
  ])(
    'the file of accounts reads the window %s in %s',
    async (window, timezone, days, start, end) => {
      const [account] = await read(`a,free,${timezone},,,,${window},,`);
      expect(account?.sendingWindow).toEqual({ days, start, end });
    },
  );

  const FLAWS: readonly (readonly [string, string])[] = [
    ['column tier: "gold" should be one of free, premium', 'a,gold,UTC,,,,,,'],
    ['column timezone: "Mars/Olympus" should be an IANA time zone', 'a,free,Mars/Olympus,,,,,,'],
    ['column timezone: "" should be', 'a,free,,,,,,,'],
    ['column daily_cap: "2.5" should be a whole number from 0 to 25', 'a,premium,UTC,2.5,,,,,'],
    ['column daily_cap: "26" should be a whole number from 0 to 25', 'a,premium,UTC,26,,,,,'],
    ['column weekly_cap: "126" should be a whole number from 0 to 125', 'a,premium,UTC,,126,,,,'],
    ['column ramp: "5 x" should be ascending caps', 'a,premium,UTC,,,5 x,,,'],
    ['column ramp: "9 5" should be ascending caps', 'a,premium,UTC,,,9 5,,,'],
    ['column ramp: "5 26" should be ascending caps', 'a,premium,UTC,,,5 26,,,'],
    ['column window: "nine to five" should be such as mon-fri', 'a,free,UTC,,,,nine to five,,'],
    ['column window: "mon-fry 09:00-17:00" should be', 'a,free,UTC,,,,mon-fry 09:00-17:00,,'],
    ['column window: "mon 24:00-25:00" should be', 'a,free,UTC,,,,mon 24:00-25:00,,'],
    ['column window: "opens-in-1h" should be', 'a,free,UTC,,,,opens-in-1h,,'],
    ['column window: "opens-in-19h" should be', 'a,free,UTC,,,,opens-in-19h,,'],
    ['column delivered_today: "8" should be a whole number from 0 to 7', 'a,free,UTC,,,,,7,8'],
    ['column inmails_sent_today: "-1" should be', 'a,free,UTC,,,,,-1,'],
  ];
  it.each(FLAWS)('the file of accounts is refused with %j', async (flaw, line) => {
    await expect(read('z,free,UTC,,,,,,', line)).rejects.toThrow(`line 3, ${flaw}`);
  });

  it('the file of accounts may have a pace, which is refused by name', async () => {
    const [account] = await readAll('a,free,UTC,,,,,,,"60s,50%"');
    expect(account?.pacing).toEqual({ minGapSeconds: 60, jitterPercent: 50 });
    await expect(readAll('a,free,UTC,,,,,,,slowly')).rejects.toThrow(
      'line 2, column pacing: "slowly" should be a pace such as 60s',
    );
  });

  it('the file of accounts has each account once, in whatever case', async () => {
    await expect(read('anna,free,UTC,,,,,,', 'Anna,free,UTC,,,,,,')).rejects.toThrow(
      'line 3, column account: "Anna" should be new, and not only in case: line 2 has it already',
    );
  });
});

describe('the demonstration', () => {
  it.each([
    ['2026-11-30T09:00:00.000Z', 0],
    ['2026-11-30T23:57:30.000Z', 0],
    ['2026-11-30T23:57:30.001Z', 149_999],
    ['2028-02-28T23:59:59.999Z', 1],
    ['2026-12-31T00:00:00.000Z', 0],
  ])(
    'the demonstration that is to begin at %s waits %i ms, so that it lies in one UTC day',
    (now, waitMs) => {
      expect(waitForMidnightMs(Date.parse(now))).toBe(waitMs);
    },
  );
});
