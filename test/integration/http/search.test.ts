/** Search over HTTP and in the command line: what is found, by whom, and which text is refused. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../../src/postgres/migrate.js';
import { addRecipientKeys } from '../../../src/postgres/save/recipients.js';
import { ask, run, update } from '../../support/account.js';
import { safeband, settingsOf } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

const MEMBER = 'ACoAAAKnownMember1';
let stand: HttpStand;
let [operator, mine, other, logged] = ['', '', '', ''];
beforeAll(async () => {
  const log = new Writable({
    write: (chunk, _, done) => {
      logged += String(chunk);
      done();
    },
  });
  stand = await createHttpStand({ logger: pino({ level: 'trace' }, log) });
  operator = await stand.key('operator');
  [mine, other] = [stand.newAccount('Mine'), stand.newAccount('others')];
  for (const id of [mine, other]) {
    const account = await stand.connect(id, { tier: 'recruiter', identity: `ACoAAOwner-${id}` });
    const to = { campaignId: 'q4-launch', recipientId: `urn:li:fsd_profile:${MEMBER}` };
    await ask(account, `${id}-1`, to);
    await ask(account, `${id}-2`, { ...to, campaignId: 'q4', again: true });
    await ask(account, `${id}-3`, { campaignId: 'q4-launch' });
    await update(account, 'sendDelivered', {
      reservationId: `${id}-1`,
      chatId: `urn:li:messagingThread:2-${id}`,
      messageId: `5-${id}`,
    });
    await update(account, 'sendFailed', { reservationId: `${id}-3`, kind: 'rejected' });
    await run(account);
  }
});
afterAll(() => stand.close());

type Item = Readonly<Record<string, unknown>>;
type Kind = 'accounts' | 'reservations' | 'campaigns' | 'recipients' | 'chats';
type Found = Readonly<Record<Kind, { readonly items: readonly Item[]; readonly isCut: boolean }>>;
/** Searches; a search that a busy machine did not finish within a second is repeated. */
const find = async (text: string, key = operator, more = ''): Promise<Found> => {
  const search = () => stand.ask(key, `/v1/search?q=${encodeURIComponent(text)}${more}`);
  let answer = await search();
  for (let n = 0; n < 5 && answer.statusCode === 503; n += 1) answer = await search();
  expect([text, answer.statusCode, answer.body]).toEqual([text, 200, answer.body]);
  return answer.json();
};
const ids = (found: Found): object => ({
  accounts: found.accounts.items.map((one) => one['accountId']),
  reservations: found.reservations.items.map((one) => one['reservationId']),
  campaigns: found.campaigns.items.map((one) => one['campaignId']),
  recipients: found.recipients.items
    .map((one) => String(one['reservationId']))
    .toSorted((a, b) => a.localeCompare(b)),
  chats: found.chats.items.map((one) => one['messageId']),
});
const NONE = { accounts: [], reservations: [], campaigns: [], recipients: [], chats: [] };

describe('a search', () => {
  it('an account is found by its id in any case, and by its member in any spelling', async () => {
    const page = `/accounts/${mine}`;
    for (const text of [mine.toLowerCase(), `acoaaowner-${mine}`]) {
      const { accounts } = await find(text);
      expect(accounts.items).toMatchObject([{ accountId: mine, state: 'active', page }]);
    }
    const url = `https://www.linkedin.com/in/ACoAAOwner-${mine}/?locale=de`;
    expect(ids(await find(url))).toMatchObject({ accounts: [mine] });
  });

  it('a reservation is found with its state, times and proof', async () => {
    const { reservations } = await find(`${mine}-1`);
    expect(reservations).toMatchObject({
      items: [
        {
          accountId: mine,
          reservationId: `${mine}-1`,
          state: 'delivered',
          chatId: `2-${mine}`,
          campaignId: 'q4-launch',
          reservedAt: expect.stringMatching(/^\d{4}-.*Z$/),
          settledAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
      isCut: false,
    });
  });

  it('a campaign is found with its reservations by state', async () => {
    const { campaigns } = await find('q4');
    expect(campaigns.items).toMatchObject([
      {
        campaignId: 'q4',
        states: { delivered: 0, in_flight: 2, uncertain: 0, released: 0 },
        accounts: 2,
        isCut: false,
      },
      {
        campaignId: 'q4-launch',
        states: { delivered: 2, in_flight: 0, uncertain: 0, released: 2 },
        reservations: 4,
        page: '/reservations?campaignId=q4-launch',
        csv: '/v1/reservations?campaignId=q4-launch&format=csv',
      },
    ]);
    const csv = await stand.ask(operator, String(campaigns.items[1]?.['csv']));
    expect(csv.body.trimEnd().split('\r\n')).toHaveLength(5);
  });

  it.each([
    MEMBER,
    MEMBER.toUpperCase(),
    `urn:li:fsd_profile:${MEMBER}`,
    `urn%3Ali%3Afsd_profile%3A${MEMBER}`,
    `https://linkedin.com/in/${MEMBER}/`,
    ` ${MEMBER}\u200b`,
  ])('a recipient is found by the spelling "%s"', async (text) => {
    expect(ids(await find(text))).toEqual({
      ...NONE,
      recipients: [`${mine}-1`, `${mine}-2`, `${other}-1`, `${other}-2`].toSorted(),
    });
  });

  it('a chat and a message are found in each spelling', async () => {
    for (const text of [`2-${mine}`, `urn:li:messagingThread:2-${mine}`, `5-${mine}`]) {
      expect(ids(await find(text))).toEqual({ ...NONE, chats: [`5-${mine}`] });
    }
  });

  it('a search states that it shows only a part', async () => {
    const { campaigns } = await find('q4', operator, '&limit=1');
    expect([campaigns.items.length, campaigns.isCut]).toEqual([1, true]);
  });

  it('a key finds only what it may see', async () => {
    const key = await stand.key('reader', [mine]);
    for (const text of [other, `${other}-1`, `2-${other}`, `5-${other}`, `ACoAAOwner-${other}`]) {
      expect(ids(await find(text, key))).toEqual(NONE);
    }
    const { campaigns } = await find('q4-launch', key);
    expect(campaigns.items).toMatchObject([{ reservations: 2, accounts: 1 }]);
    expect(ids(await find(MEMBER, key))).toMatchObject({ recipients: [`${mine}-1`, `${mine}-2`] });
    const nothing = await stand.key('reader', ['none']);
    for (const text of ['q', MEMBER, mine]) expect(ids(await find(text, nothing))).toEqual(NONE);
    const page = await stand.ask(key, `/reservations?campaignId=q4-launch`);
    expect([page.body.includes(mine), page.body.includes(other)]).toEqual([true, false]);
  });

  it('rows of older workers are found by their spelling, and in any after their keys exist', async () => {
    await stand.pool.query(
      `update safeband.reservations set recipient_key = null, number = number + 1
        where reservation_id = $1`,
      [`${mine}-2`],
    );
    const all = (text: string) => find(text).then((found) => found.recipients.items.length);
    expect(await all(`urn:li:fsd_profile:${MEMBER}`)).toBe(4);
    expect(await all(MEMBER)).toBe(3);
    const printed: string[] = [];
    await migrate(stand.databaseUrl, (line) => printed.push(line));
    expect(printed).toEqual(['search: 1 recipients of older rows can be found in any spelling']);
    expect(await addRecipientKeys(stand.pool, 10)).toBe(0);
    expect(await all(MEMBER)).toBe(4);
  });

  it('a key that is added is no manual edit, and an edit that also adds a key is one', async () => {
    const isEdited = async (set: string): Promise<unknown> => {
      const client = await stand.pool.connect();
      try {
        await client.query('begin');
        const row = [mine, `${mine}-2`];
        await client.query(
          `update safeband.reservations set recipient_key = null, number = number + 1
            where account_id = $1 and reservation_id = $2`,
          row,
        );
        await client.query(
          `update safeband.reservations set ${set} where account_id = $1 and reservation_id = $2`,
          row,
        );
        const { rows } = await client.query<{ is_edited: boolean }>(
          'select is_edited from safeband.accounts where account_id = $1',
          [mine],
        );
        return rows[0]?.is_edited;
      } finally {
        await client.query('rollback');
        client.release();
      }
    };
    expect(await isEdited(`recipient_key = 'a'`)).toBe(false);
    expect(await isEdited(`recipient_key = 'a', campaign_id = 'other'`)).toBe(true);
  });
});

describe('any text', () => {
  it.each([
    '%',
    '_',
    '\\',
    '%%%',
    "'; drop table x --",
    '😀',
    '=1',
    '"',
    '<script>',
    '*',
    '\u05d0',
  ])('the text "%s" finds nothing, because no id begins with it', async (text) => {
    expect(ids(await find(text))).toEqual(NONE);
    const page = await stand.ask(operator, `/search?q=${encodeURIComponent(text)}`);
    expect([page.statusCode, page.body.includes('<script>')]).toEqual([200, false]);
    expect(page.body).toContain('Nothing begins with');
  });

  it.each([
    ['', 'no text'],
    ['%20%20', 'blanks'],
    ['%00', 'NUL'],
    ['a%00b', 'NUL inside'],
    ['%07', 'a control character'],
    ['%E2%80%8B', 'only an invisible character'],
    ['a'.repeat(513), '513 characters'],
    ['a'.repeat(10_000), '10,000 characters'],
    ['%F0%9F%98%80'.repeat(257), '514 units of emoji'],
  ])('%# a text that no id has is refused by its field', async (text) => {
    const answer = await stand.ask(operator, `/v1/search?q=${text}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'InvalidInput',
      field: 'q',
      detail: expect.stringMatching(/q should be/),
    });
    const page = await stand.ask(operator, `/search?q=${text}`);
    const isEmpty = text === '';
    expect(page.statusCode).toBe(isEmpty ? 200 : 400);
    expect(page.body.includes('Type text of 1 to 512 characters')).toBe(!isEmpty);
  });

  it('a search that takes too long is refused by its field, and ends in Postgres', async () => {
    const locker = await stand.pool.connect();
    try {
      await locker.query('begin; lock table safeband.reservations in access exclusive mode');
      const answer = await stand.ask(operator, '/v1/search?q=a');
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({ code: 'Unavailable', field: 'q' });
      const page = await stand.ask(operator, '/search?q=a');
      expect([page.statusCode, page.body.includes('use a longer text')]).toEqual([503, true]);
      expect(await cli('find', 'a')).toMatchObject({
        code: 3,
        err: expect.stringContaining('use a longer text'),
      });
    } finally {
      await locker.query('rollback');
      locker.release();
    }
  });

  it('no log contains the text of a search', async () => {
    const secret = 'ACoAAsecretMember';
    await find(secret);
    await stand.ask('sb_wrong', `/v1/search?q=${secret}`);
    await stand.ask(operator, `/v1/search?q=${secret}&limit=0`);
    await stand.ask(operator, `/v1/search?q=${secret}%00`);
    await stand.ask(operator, `/search?q=${secret}&q=${secret}`);
    await stand.ask(operator, `/reservations?campaignId=${secret}%20`);
    await expect.poll(() => logged).toContain('access.key_refused');
    expect(logged).not.toContain(secret);
  });
});

describe('the statements', () => {
  it('each statement of a search reads an index and no whole table', async () => {
    const { pool } = stand;
    const seen: [string, unknown[]][] = [];
    const connect = pool.connect.bind(pool);
    const client = await connect();
    const release = client.release.bind(client);
    const query = client.query.bind(client);
    Object.assign(client, {
      query: (sql: string, values?: unknown[]) => {
        if (/^\s*(select|with)/.test(sql)) seen.push([sql, values ?? []]);
        return Reflect.apply(query, client, [sql, values]);
      },
      release: () => undefined,
    });
    Object.assign(pool, { connect: async () => client });
    const restore = (): void => {
      Object.assign(pool, { connect });
      Object.assign(client, { query, release });
    };
    try {
      await find('a').finally(restore);
      expect(seen.length).toBe(6);
      await client.query(
        'begin; set local enable_seqscan = off; set local enable_bitmapscan = off',
      );
      for (const [sql, values] of seen) {
        const { rows } = await client.query<Record<string, string>>(`explain ${sql}`, values);
        const plan = rows.map((row) => Object.values(row)[0]).join('\n');
        expect(plan).not.toMatch(/Seq Scan on (accounts|reservations|inmail_events)/);
      }
    } finally {
      await client.query('rollback'); // also after a failure: the pool's end waits for this client
      client.release();
    }
  });
});

const cli = async (...argv: readonly string[]) => {
  const found = await safeband(argv, settingsOf(stand));
  return found.err.includes('use a longer text') ? safeband(argv, settingsOf(stand)) : found;
};
describe('the command line', () => {
  it('`safeband find` prints what the API finds', async () => {
    const { out, code } = await cli('find', `${mine}-1`, '--json');
    const { reservations } = await find(`${mine}-1`);
    const [item] = reservations.items;
    const { page, ...rest } = item ?? {};
    expect([code, page]).toEqual([0, `/accounts/${mine}`]);
    expect(JSON.parse(out)).toMatchObject({ q: `${mine}-1`, reservations: { items: [rest] } });
  });

  it('`safeband find` prints a table of each kind, and the command for a campaign', async () => {
    const campaign = await cli('find', 'q4-launch');
    expect(campaign.out).toMatch(/campaigns\ncampaign +delivered/);
    expect(campaign.out).toMatch(/q4-launch +2 +0 +0 +2 +2 +\d\d:\d\d:\d\d/);
    const reservation = await cli('find', `${mine}-1`);
    expect(reservation.out).toMatch(new RegExp(`${mine}-1 +${mine} +delivered .* 2-${mine} `));
    const again = await cli('find', `${mine}-2`);
    expect(again.out).toMatch(new RegExp(`${mine}-2 +${mine} +in flight, contacted again `));
    expect(await cli('find', MEMBER)).toMatchObject({
      out: expect.stringContaining('sent to this member, the latest first'),
    });
    expect((await cli('find', 'q4', '--limit', '1')).out).toContain('only 1 are shown');
  });

  it('`safeband find` ends with 4 if nothing is found, and with 2 for a text that no id has', async () => {
    expect(await cli('find', 'no-such')).toMatchObject({
      code: 4,
      out: 'nothing begins with no-such',
    });
    for (const text of ['', ' ', '\u0000', 'a'.repeat(513)]) {
      const { code, err } = await cli('find', text);
      expect([code, err]).toEqual([2, expect.stringContaining('1 to 512 characters')]);
    }
  });
});
