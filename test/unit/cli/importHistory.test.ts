/** Files of past sends: LinkedIn's own export, and the lists of other systems. */
import { describe, expect, it } from 'vitest';
import { csvIn } from '../../../src/cli/import/csvFile.js';
import { historyLines } from '../../../src/cli/import/historyLines.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const read = (text: string, asked: { accountId?: string; member?: string } = {}) =>
  historyLines(csvIn(new TextEncoder().encode(text), 'a.csv'), {
    accountId: asked.accountId,
    member: asked.member,
    now: NOW,
  });

describe('a list of another system', () => {
  it.each([
    ['2026-11-23', '2026-11-23T00:00:00Z'],
    ['2026-11-23T18:20:36Z', '2026-11-23T18:20:36Z'],
    ['2026-11-23 18:20:36 UTC', '2026-11-23T18:20:36Z'],
    ['2026-11-23 19:20:36+01:00', '2026-11-23T18:20:36Z'],
  ])('with the time %s is read', (raw, at) => {
    expect(read(`sent_at;recipient\n${raw};m-1\n`, { accountId: 'anna' })).toEqual([
      { line: 2, accountId: 'anna', result: 'sent', sentAt: Date.parse(at), recipientId: 'm-1' },
    ]);
  });

  it('may name the account of each line', () => {
    const lines = read('Account,Sent At\nanna,2026-11-23\nb b,2026-11-23\nben,2026-11-23\n');
    expect(lines).toMatchObject([
      { accountId: 'anna', recipientId: null },
      { result: 'refused', message: 'account: "b b" is not the id of an account' },
      { accountId: 'ben', result: 'sent' },
    ]);
  });

  it.each([
    ['31/08/2026', 'sent_at: "31/08/2026" is not valid. Use a day such as 2026-11-23'],
    ['2026-11-23 18:20:36', 'or a time with an offset'],
    ['1764000000', 'is not valid'],
    ['2026-02-30', 'is not valid'],
    ['2026-11-25', 'sent_at: "2026-11-25" is ahead'],
    ['2024-11-25', 'older than 366 days'],
    ['', 'sent_at: "" is not valid'],
  ])('with the time "%s" is not imported: %s', (raw, message) => {
    const [line] = read(`sent_at,recipient\n${raw},m-1\n`, { accountId: 'anna' });
    expect(line).toMatchObject({ line: 2, message: expect.stringContaining(message) });
  });

  it.each([
    ['sent_at,recipient\n', {}, 'name the account with --account'],
    ['sent_at,account\n', { accountId: 'anna' }, 'and not in both'],
    ['when,who\n', { accountId: 'anna' }, 'should name the columns sent_at'],
  ])('%j is refused: %s', (text, asked, message) => {
    expect(() => read(text, asked)).toThrow(message);
  });
});

const ME = 'https://www.linkedin.com/in/me';
const THEY = 'https://www.linkedin.com/in/they';
const HEAD =
  'CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,DATE,' +
  'SUBJECT,CONTENT,FOLDER,ATTACHMENTS,IS MESSAGE DRAFT\n';
const message = (chat: string, from: string, to: string, day: string, draft = ''): string =>
  `${chat},,x,${from},y,"${to}",2026-11-${day} 09:00:00 UTC,,"Hello, you",INBOX,,${draft}\n`;

describe("LinkedIn's export", () => {
  it('counts each conversation that the member began, also before an answer', () => {
    const text =
      HEAD +
      message('c1', THEY, ME, '22') +
      message('c1', ME, THEY, '21') +
      message('c2', `${THEY}2`, ME, '20') +
      message('c2', ME, `${THEY}2`, '21') +
      message('c3', ME, `${THEY}3`, '23') +
      message('c4', ME, `${THEY}4,${THEY}5`, '23') +
      message('c5', ME, `${THEY}6`, '23', 'Yes');
    const lines = read(text, { accountId: 'anna' });
    expect(lines.filter(({ result }) => result === 'sent')).toEqual([
      {
        line: 3,
        accountId: 'anna',
        result: 'sent',
        sentAt: Date.parse('2026-11-21T09:00:00Z'),
        recipientId: THEY,
      },
      expect.objectContaining({ line: 6, recipientId: `${THEY}3` }),
    ]);
    expect(lines.flatMap((one) => ('message' in one ? [one.message] : []))).toEqual([
      'another person sent it',
      'another person sent it',
      'a later message of its conversation',
      'a message to a group',
      'a draft',
    ]);
  });

  it('of which the member is not clear needs --member, and always --account', () => {
    const text = HEAD + message('c1', ME, THEY, '21');
    expect(() => read(text, { accountId: 'anna' })).toThrow('with --member');
    expect(read(text, { accountId: 'anna', member: `${ME}/` })).toMatchObject([{ result: 'sent' }]);
    expect(() => read(text)).toThrow('name the account with --account');
  });
});
