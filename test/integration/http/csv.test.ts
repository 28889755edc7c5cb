/** Lists as CSV files: the rows of the list, streamed, and only what the key may see. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pageAccounts } from '../../../src/postgres/read/lists.js';
import { listAccounts, SCANNED_MAX } from '../../../src/postgres/read/accountPages.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

/** 4 MB. A Unix socket buffers less than 1 MB; TCP may buffer 30. */
const ROWS = 6_000;
/** More accounts than the server reads for one page of a filter; only the last one is held. */
const HELD = SCANNED_MAX + 40;
let stand: HttpStand;
let [operator, folder, socketPath] = ['', '', ''];
const account = 'exported';
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
  folder = await mkdtemp(path.join(tmpdir(), 'safeband-csv-'));
  socketPath = path.join(folder, 'http');
  await stand.app.listen({ path: socketPath });
  const rows = async (sql: string): Promise<void> => {
    await stand.pool.query(sql);
  };
  await rows(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at)
     select id, 'premium', '2026-11-20', 'active', 'o', 1, 1, '2026-11-20T00:00:00Z'
       from unnest(array['${account}', 'hidden', 'bulk']) id`,
  );
  await rows(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at, hold_reason, hold_actor, hold_since)
     select 'many-' || to_char(n, 'FM0000'), 'premium', '2026-11-20', 'active', 'o', 1, 1, day,
            case when n = ${HELD} then 'x' end, case when n = ${HELD} then 'ada' end,
            case when n = ${HELD} then day end
       from generate_series(1, ${HELD}) n, cast('2026-11-20T00:00:00Z' as timestamptz) day`,
  );
  await rows(
    `insert into safeband.reservations (account_id, reservation_id, quota_day, state, campaign_id,
       recipient_id, reserved_at, lease_expires_at, settled_at, reason, chat_id, number)
     select account, '-' || n, '2026-11-20', case when n = 1 then 'uncertain' else 'delivered' end,
            'q4', '=cmd|''/c calc''!A1, "' || n, timestamptz '2026-11-20T08:00:00Z' + n * interval '1 s',
            '2026-11-20T09:00:00Z', '2026-11-20T08:30:00Z', '@reason', '+chat' || n, n
       from generate_series(1, 3) n, unnest(array['${account}', 'hidden']) account`,
  );
  await rows(
    `insert into safeband.inmail_events (account_id, reservation_id, chat_id, message_id, source,
       quota_day, delivered_at, number)
     select 'bulk', 'r' || n, 'chat-' || n, repeat('m', 500) || n, 'pipeline', date '2026-01-01' + n / 1000,
            timestamptz '2026-01-01T00:00:00Z' + n * interval '1 s', n
       from generate_series(1, ${ROWS}) n`,
  );
  await rows(
    `insert into safeband.account_days (account_id, quota_day, counter, delivered, uncertain,
       external, imported, unexplained, denials, number)
     select '${account}', date '2026-01-01' + n, n, n, 0, 0, n, 0, '{"daily_cap": 2}', n
       from generate_series(1, 3) n`,
  );
  await rows(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, details, raised_at,
       resolved_at, number)
     select id, 'drift', 'warning', '2026-01-01'::date + n, '{"sentences": ["=1"]}',
            timestamptz '2026-01-01T00:00:00Z' + n * interval '1 day',
            case when n = 2 then now() end, n
       from generate_series(1, 2) n, unnest(array['${account}', 'hidden']) id`,
  );
});
afterAll(async () => {
  await stand.close();
  await rm(folder, { recursive: true });
});

type Row = Readonly<Record<string, string>>;
const rowsIn = (text: string): readonly Row[] => parse(text, { columns: true });
const get = async (key: string, url: string) => stand.ask(key, url);
const file = async (url: string, key = operator): Promise<readonly Row[]> => {
  const { statusCode, body } = await get(key, url);
  expect([url, statusCode]).toEqual([url, 200]);
  return rowsIn(body);
};

it('a page of a filter reads a limited number, and its next page follows', async () => {
  const asked = { at: Date.now(), after: '', limit: 7, prefix: 'many-', accounts: null };
  const person = { ...asked, state: null, sending: 'person' } as const;
  const first = await listAccounts(stand.pool, person);
  expect(first).toEqual({ accounts: [], next: `many-${SCANNED_MAX}` });
  const second = await listAccounts(stand.pool, { ...person, after: first.next ?? '' });
  expect(second).toMatchObject({ accounts: [{ accountId: `many-${HELD}` }], next: null });
});

it('while the list is read for the first time, and later, pages of a filter have all that match', async () => {
  type Page = { items: { accountId: string }[]; next: string | null };
  const page = async (url: string): Promise<Page> => (await get(operator, url)).json<Page>();
  const idsOf = ({ items }: Page) => items.map((one) => one.accountId);
  const all = async (url: string): Promise<string[]> => {
    const found = await page(url);
    return [...idsOf(found), ...(found.next === null ? [] : await all(found.next))];
  };
  const person = '/v1/accounts?send=person&prefix=many-&limit=7';
  expect(await all(person)).toEqual([`many-${HELD}`]);
  await expect.poll(async () => idsOf(await page(person))).toEqual([`many-${HELD}`]);
  const waiting = await page('/v1/accounts?send=waits&prefix=many-2&limit=30');
  const rest = await page(waiting.next ?? '');
  expect(idsOf(waiting)).toEqual(idsOf(await page('/v1/accounts?prefix=many-2&limit=30')));
  expect([...idsOf(waiting), ...idsOf(rest)]).toContain(`many-${HELD - 1}`);
  expect(idsOf(rest)).not.toContain(`many-${HELD}`);
  expect(rest.next).toBe(null);
  expect((await page('/v1/accounts?send=yes')).items).toEqual([]);
  expect(await all('/v1/accounts?state=held&prefix=many-')).toEqual([`many-${HELD}`]);
  await stand.pool.query(
    `update safeband.accounts set hold_reason = 'x', hold_actor = 'ada', hold_since = updated_at,
       recorded_at = clock_timestamp()
      where account_id = 'many-0077'`,
  );
  await expect.poll(() => all(person)).toEqual(['many-0077', `many-${HELD}`]);
  await stand.pool.query(
    `update safeband.accounts set hold_reason = null, hold_actor = null, hold_since = null,
       recorded_at = clock_timestamp()
      where account_id = 'many-0077'`,
  );
  await expect.poll(() => all(person)).toEqual([`many-${HELD}`]);
  const refused = await get(operator, '/v1/accounts?send=never');
  expect([refused.statusCode, refused.json()]).toEqual([
    400,
    expect.objectContaining({
      field: 'send',
      detail: 'send should be one of yes, waits, person',
    }),
  ]);
});

it('a page of accounts computes only the rows of its accounts, however many there are', async () => {
  const spy = vi.spyOn(stand.pool, 'query');
  const page = { at: Date.now(), after: '', limit: 5, prefix: '', accounts: null };
  await pageAccounts(stand.pool, page);
  const asked = spy.mock.calls.map(([sql, values]) => [sql, [values].flat()] as const);
  spy.mockRestore();
  expect(asked).toHaveLength(1);
  for (const [sql, values] of asked) {
    const explain = `explain (analyze, timing off) ${sql}`;
    const { rows } = await stand.pool.query<{ 'QUERY PLAN': string }>(explain, values);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(/accounts stored .*actual rows=(\d+)/.exec(plan)?.[1]).toBe('5');
  }
});

describe('a file', () => {
  it('a file has the rows and columns of the list, a name, and is not stored', async () => {
    const url = `/v1/accounts/${account}/reservations`;
    const list = (await get(operator, url)).json<{ items: Row[] }>().items;
    const { headers, body } = await get(operator, `${url}?format=csv`);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename="safeband-reservations-exported-\d{4}-\d\d-\d\d\.csv"$/,
    );
    const columns = ['accountId', ...Object.keys(list[0] ?? {})];
    expect(body.split('\r\n')[0]?.split(',').toSorted()).toEqual(columns.toSorted());
    const rows = rowsIn(body);
    expect(rows.map((row) => row['reservedAt'])).toEqual(list.map((row) => row['reservedAt']));
    expect(rows.map((row) => row['accountId'])).toEqual([account, account, account]);
  });

  it('a file contains no formula, and its numbers stay numbers', async () => {
    const [row] = await file(`/v1/accounts/${account}/reservations?format=csv`);
    expect(row).toMatchObject({
      reservationId: "'-3",
      recipientId: `'=cmd|'/c calc'!A1, "3`,
      reason: "'@reason",
      chatId: "'+chat3",
    });
    const [closed] = await file(`/v1/accounts/${account}/days?format=csv`);
    expect(closed).toMatchObject({ imported: '3', denials: '{"daily_cap":2}' });
  });

  it('a file has only the rows of the filter', async () => {
    const states = async (url: string) => (await file(url)).map(({ state }) => state);
    const url = `/v1/accounts/${account}/reservations?format=csv`;
    expect(await states(`${url}&state=uncertain`)).toEqual(['uncertain']);
    expect(await states(`${url}&campaignId=q4`)).toEqual(['delivered', 'delivered', 'uncertain']);
    expect(await states(`${url}&campaignId=none`)).toEqual([]);
    expect(await states('/v1/reservations?campaignId=q4&state=uncertain&format=csv')).toEqual([
      'uncertain',
      'uncertain',
    ]);
    expect(await file(`/v1/accounts/${account}/alerts?format=csv&open=true`)).toHaveLength(1);
    expect(await file(`/v1/alerts?format=csv`)).toHaveLength(4);
  });

  it('a file has the accounts of the filter "can it send?", whatever number is read', async () => {
    const url = '/v1/accounts?send=person&format=csv';
    const found = await file(url);
    expect(found.map((row) => row['accountId'])).toEqual([`many-${HELD}`]);
    const hidden = await stand.key('reader', [account]);
    expect(await file(url, hidden)).toEqual([]);
  });

  it.each([
    '',
    'state=open',
    'state=resolved',
    'state=all&severity=warning',
    'state=all&kind=drift',
    'severity=critical&state=acknowledged',
    `account=${account}&state=all`,
  ])('the page of alerts with the filter "%s" links to a file of its alerts', async (query) => {
    const { body } = await get(operator, `/alerts?${query}`);
    const shown = [...body.matchAll(/<li id="alert-(\d+)"/g)].map(([, id]) => id);
    const [, href] = /href="([^"]*)" download/.exec(body) ?? [];
    expect(href === undefined).toBe(shown.length === 0);
    const rows = href === undefined ? [] : await file(href.replaceAll('&amp;', '&'));
    expect(rows).toHaveLength(shown.length);
    expect(new Set(rows.map((row) => row['alertId']))).toEqual(new Set(shown));
  });

  it('a file has no rows of other accounts than the key may see', async () => {
    const key = await stand.key('reader', [account]);
    const seen = (rows: readonly Row[]) => [...new Set(rows.map((row) => row['accountId']))];
    expect(seen(await file('/v1/alerts?format=csv', key))).toEqual([account]);
    expect(seen(await file('/v1/reservations?campaignId=q4&format=csv', key))).toEqual([account]);
    for (const id of ['hidden', 'never-was']) {
      const { statusCode, headers } = await get(key, `/v1/accounts/${id}/events?format=csv`);
      expect([statusCode, headers['content-type']]).toEqual([404, 'application/problem+json']);
    }
  });

  it.each([
    ['format=xml', 'format'],
    ['format=csv&limit=5', 'limit'],
    ['format=csv&cursor=WzFd', 'cursor'],
    ['format=csv&state=sent', 'state'],
    ['format=csv&campaignId=%00', 'campaignId'],
  ])('a file with the query %s is refused by its field', async (query, field) => {
    const answer = await get(operator, `/v1/accounts/${account}/reservations?${query}`);
    expect([answer.statusCode, answer.json<{ field: string }>().field]).toEqual([400, field]);
  });

  it('a HEAD of a file has its headers and reads no rows', async () => {
    const url = '/v1/accounts/bulk/events?format=csv';
    const answer = await stand.ask(operator, url, undefined, { method: 'HEAD' });
    expect([answer.statusCode, answer.body]).toEqual([200, '']);
    expect(answer.headers['content-type']).toMatch('text/csv');
  });
});

describe('a file of 6,000 rows', () => {
  const open = (onPart: (part: string) => void, onEnd: () => void) => {
    const asked = request(
      {
        socketPath,
        path: '/v1/accounts/bulk/events?format=csv',
        headers: { authorization: `Bearer ${operator}` },
      },
      (answer) => {
        answer.setEncoding('utf8').on('data', onPart).on('end', onEnd);
      },
    );
    asked.end();
    return asked;
  };

  it('a long file has each row once, the latest first', async () => {
    let text = '';
    await new Promise<void>((resolve) => {
      open((part) => {
        text += part;
      }, resolve);
    });
    const ids = rowsIn(text).map((row) => Number(row['chatId']?.slice(5)));
    expect(ids).toHaveLength(ROWS);
    expect(ids.every((id, n) => id === ROWS - n)).toBe(true);
  });

  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      stand.app.server.getConnections((error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });

  it('a client that stops reading stops the reads, and one that leaves ends them', async () => {
    const pages = { count: 0 };
    const { pool } = stand;
    const query = pool.query.bind(pool);
    Object.assign(pool, {
      query: (sql: unknown, values: unknown) => {
        if (String(sql).includes('from safeband.inmail_events')) pages.count += 1;
        return Reflect.apply(query, pool, [sql, values]);
      },
    });
    try {
      const asked = open(
        () => undefined,
        () => undefined,
      );
      const answer = await new Promise<IncomingMessage>((resolve) => {
        asked.on('response', (one) => {
          one.pause();
          resolve(one);
        });
      });
      // The socket has room for a page; then the reads stop.
      let before = -1;
      await expect
        .poll(
          () => {
            const isStill = pages.count === before;
            before = pages.count;
            return isStill;
          },
          { interval: 300 },
        )
        .toBe(true);
      expect(pages.count).toBeLessThan(ROWS / 1_000);
      answer.destroy();
      const left = pages.count;
      // The page that was being read is the last one.
      await expect.poll(connections).toBe(0);
      expect(pages.count).toBeLessThanOrEqual(left + 1);
    } finally {
      Object.assign(pool, { query });
    }
  });
});
