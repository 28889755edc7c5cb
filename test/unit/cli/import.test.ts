/** The files of accounts that people write, and the message for each fault. */
import { describe, expect, it } from 'vitest';
import { accountLines, type AccountLine } from '../../../src/cli/import/accountLines.js';
import { csvIn } from '../../../src/cli/import/csvFile.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const linesOf = (text: string): readonly AccountLine[] =>
  accountLines(csvIn(bytes(text), 'a.csv'), 0);
const flawOf = (text: string): string => linesOf(text).at(-1)?.flaw ?? 'none';

describe('a file', () => {
  const start = { accountId: 'anna', tier: 'premium', sendingWindow: { start: '09:00' } };
  it.each([
    ['commas', 'account,tier,window\nanna,premium,mon-fri 09:00-17:30\n'],
    ['semicolons', 'account;tier;window\nanna;premium;mon-fri 09:00-17:30\n'],
    ['tabs', 'account\ttier\twindow\nanna\tpremium\tmon-fri 09:00-17:30\n'],
    ['a byte-order mark', '\ufeffaccount,tier,window\nanna,premium,mon-fri 09:00-17:30\n'],
    ['quotes', '"account","tier","window"\n"anna","premium","mon-fri 09:00-17:30"\n'],
    ['the line ends of Windows', 'account,tier,window\r\nanna,premium,mon-fri 09:00-17:30\r\n'],
    ['empty lines', '\naccount,tier,window\n\n anna , Premium ,mon-fri 09:00-17:30\n\n'],
    ['other names', 'Account ID,Tier,Window\nanna,premium,mon-fri 09:00-17:30'],
  ])('with %s is read', (_, text) => {
    const [line] = linesOf(text);
    expect(line).toMatchObject({ accountId: 'anna', start });
  });

  it('with every column is read as the options of connect', () => {
    const [line] = linesOf(
      'account;tier;timezone;daily_cap;weekly_cap;ramp;window;pacing;campaigns;recipient_memory;' +
        'recipient_scope;velocity;learnt_cap;credits_renew_on;group;identity;sent_today;delivered_today\n' +
        'anna;Sales Navigator;Europe/Berlin;30;100;5,10 20;always;60s,50%;q4=10;90;group;2:5;on;15;acme;' +
        'ACoAAB1;17;12\n',
    );
    expect(line?.start).toEqual({
      accountId: 'anna',
      tier: 'sales_navigator',
      timezone: 'Europe/Berlin',
      dailyCap: 30,
      weeklyCap: 100,
      ramp: { dailyCaps: [5, 10, 20] },
      sendingWindow: null,
      pacing: { minGapSeconds: 60, jitterPercent: 50 },
      campaigns: [{ campaignId: 'q4', dailyCap: 10 }],
      recipientMemoryDays: 90,
      recipientScope: 'group',
      velocity: { factor: 2, floor: 5 },
      learntCap: true,
      creditsRenewOn: 15,
      group: 'acme',
      identity: 'ACoAAB1',
      inmailsSentToday: 17,
      deliveredToday: 12,
    });
  });

  it('of 100,000 lines is read, and its bad line has its number', () => {
    const good = Array.from({ length: 99_999 }, (_, i) => `a-${i},premium`);
    const lines = linesOf(['account,tier', ...good.with(49_998, 'b b,premium')].join('\n'));
    expect(lines).toHaveLength(99_999);
    const wrong = lines.filter(({ flaw }) => flaw !== undefined);
    expect(wrong).toMatchObject([{ line: 50_000, accountId: 'b b' }]);
  });

  it.each([
    ['', 'is empty: its first line should name the columns'],
    ['account,tier,colour\n', 'unknown columns (colour): the columns are account, tier, timezone'],
    ['account\nanna\n', 'has no column tier'],
    ['account,tier,Tier\n', 'two columns tier'],
    ['account,tier\nanna,"premium\n', 'is not valid CSV'],
  ])('%j is refused', (text, message) => {
    expect(() => linesOf(text)).toThrow(message);
  });

  it('in another encoding is refused', () => {
    const latin = Uint8Array.from([...bytes('account,tier\nann'), 0xe9]);
    expect(() => csvIn(latin, 'a.csv')).toThrow('a.csv is not in UTF-8');
    const wide = new Uint8Array(new Uint16Array([0xfeff, 97]).buffer);
    expect(() => csvIn(wide, 'a.csv')).toThrow('save it as "CSV UTF-8"');
  });
});

describe('a line', () => {
  it.each([
    ['account,tier\n,premium', 'account is empty'],
    ['account,tier\nanna,', 'tier is empty'],
    ['account,tier\nanna,gold', 'tier: "gold" is not valid. Use one of free, premium'],
    ['account,tier\nanna,premium,3', 'it has 3 cells, and the first line 2'],
    ['account,tier,daily_cap\nanna,premium,-1', 'daily_cap: "-1" is not valid. Use a whole'],
    ['account,tier,daily_cap\nanna,premium,99', 'dailyCap 99: the safe band of premium is 25'],
    ['account,tier,timezone\nanna,premium,Europe/Atlantis', 'timezone should be an IANA time zone'],
    [
      'account,tier,pacing\nanna,premium,0s',
      'pacing.minGapSeconds should be a whole number from 1',
    ],
    ['account,tier,pacing\nanna,premium,864000s', 'pacing.minGapSeconds should be'],
    ['account,tier,sent_today\nanna,premium,3.5', 'sent_today: "3.5" is not valid.'],
    ['account,tier,delivered_today\nanna,premium,3', 'none'],
    ['account,tier,sent_today,delivered_today\nanna,premium,1,3', 'deliveredToday should be'],
    ['account,tier\nanna,premium\nANNA,premium', 'account: line 2 has the same'],
    ['account,tier,identity\na,premium,m-1\nb,premium,m-1', 'identity: line 2 has the same'],
  ])('%j: %s', (text, message) => {
    expect(flawOf(text)).toContain(message);
  });
});
