/** The filter `--group` of the lists of the command line (R26), with the servers and with a key. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run as runNow } from '../../support/account.js';
import { safeband, settingsOf, wordsOf } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let [address, operator, anna, endpointId] = ['', '', '', ''];
/** The endpoints by what they are limited to: a group, an account of it, another account, nothing. */
const ENDPOINTS = {
  group: ['--groups', 'acme'],
  member: ['--accounts', 'ANNA'],
  other: ['--accounts', 'CARA'],
  all: [],
} as const;

const direct = (line: string) => {
  const { env, ...settings } = settingsOf(stand);
  return safeband(wordsOf(line), { ...settings, env: { ...env, USER: 'mara' } });
};
const byKey = (line: string) =>
  safeband(wordsOf(line), { env: { SAFEBAND_URL: address, SAFEBAND_KEY: operator, USER: 'mara' } });
/** Both ways to run a command; `keys list` needs Postgres. */
const WAYS = [
  ['the servers', direct],
  ['a key', byKey],
] as const;

beforeAll(async () => {
  stand = await createHttpStand();
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  operator = await stand.key('operator');
  const cara = stand.newAccount();
  anna = stand.newAccount();
  await stand.connect(anna, { group: 'acme' });
  await stand.connect(cara, {});
  for (const id of [anna, cara]) await runNow(stand.handle(id));
  for (const [name, limits] of Object.entries(ENDPOINTS)) {
    const named = limits.join(' ').replace('ANNA', anna).replace('CARA', cara);
    const made = await direct(`webhooks add https://example.com/${name} ${named} --json`);
    endpointId = JSON.parse(made.out).endpointId;
    await direct(`keys make ${name} --role reader ${named}`);
  }
  await stand.pool.query(
    `insert into safeband.webhook_events (account_id, endpoint_id, type, key, at, data, event_id)
     select account, endpoint, type, id, now(), '{}', id
       from (values ($1, null, 'account.held', 'try-1'), ($2, null, 'account.held', 'try-2'),
                    (null, $3, 'ping', 'try-3')) e (account, endpoint, type, id)`,
    [anna, cara, endpointId],
  );
  await stand.pool.query(
    `insert into safeband.webhook_deliveries
       (endpoint_id, event_id, type, attempt, at, duration_ms, status)
     select $1, event_id, type, 1, now(), 1, 204 from safeband.webhook_events
      where event_id like 'try-%' order by event_id`,
    [endpointId],
  );
  await stand.pool.query(
    `insert into safeband.waiting (account_id, reservation_id, state, lease_seconds, journaled, again,
       priority, valid_until, asked_at, reason, number)
     values ($1, 'w', 'waiting', 900, false, false, 5, now(), now(), 'daily_cap', 1)`,
    [anna],
  );
});
afterAll(() => stand.close());

describe.each(WAYS)('with %s', (_, run) => {
  it.each([
    ['', ['group', 'member', 'other', 'all']],
    [' --group acme', ['group', 'member']],
    [' --group none', ['other']],
    [' --group no-such', []],
  ])(
    '`webhooks list%s` lists the endpoints that name the group or an account of it',
    async (only, names) => {
      const { out } = await run(`webhooks list${only} --json`);
      const { endpoints }: { endpoints: readonly { url: string }[] } = JSON.parse(out);
      expect(endpoints.map(({ url }) => url)).toEqual(
        names.map((name) => `https://example.com/${name}`),
      );
    },
  );

  it.each([
    ['', ['try-3', 'try-2', 'try-1']],
    [' --group acme', ['try-1']],
    [' --group none', ['try-2']],
    [' --group no-such', []],
  ])('`webhooks log%s` lists the tries for accounts of the group', async (only, ids) => {
    const { out } = await run(`webhooks log ${endpointId}${only} --json`);
    const { deliveries }: { deliveries: readonly { eventId: string }[] } = JSON.parse(out);
    expect(deliveries.map(({ eventId }) => eventId)).toEqual(ids);
  });

  it('a list that the filter leaves empty states it', async () => {
    const empty = await run('webhooks list --group no-such');
    expect(empty.out).toBe('no endpoint names these accounts');
    const log = await run(`webhooks log ${endpointId} --group no-such`);
    expect(log.out).toBe(`no event of these accounts was sent to ${endpointId}`);
    expect(await run('webhooks list --group EU')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a group such as eu-sales'),
    });
  });

  it('`waiting` lists the asks that wait in the accounts of a group', async () => {
    const waiting = async (only: string) => JSON.parse((await run(`waiting${only} --json`)).out);
    const asks = [{ accountId: anna, group: 'acme', reservationId: 'w', reason: 'daily_cap' }];
    expect(await waiting(' --group acme')).toMatchObject({ waiting: asks, isCut: false });
    expect(await waiting(' --group none')).toEqual({ waiting: [], isCut: false });
    expect((await run('waiting')).out).toContain(anna);
  });

  it('the next page of a log keeps the filter', async () => {
    await stand.pool.query(
      `insert into safeband.webhook_deliveries
         (endpoint_id, event_id, type, attempt, at, duration_ms, status)
       select endpoint_id, event_id, type, 2, now(), 1, 204 from safeband.webhook_deliveries
        where type <> 'ping' and attempt = 1`,
    );
    const { out } = await run(`webhooks log ${endpointId} --group acme --limit 1`);
    const [more = ''] = /safeband webhooks log .*/.exec(out) ?? [];
    expect(more).toContain('--group acme --before');
    const { deliveries } = JSON.parse((await run(`${more.replace('safeband ', '')} --json`)).out);
    expect(deliveries[0].eventId).toMatch(/-1$/);
    await stand.pool.query('delete from safeband.webhook_deliveries where attempt = 2');
  });
});

it('`keys list --group` lists the keys that name the group or an account of it', async () => {
  const names = async (only: string): Promise<readonly string[]> => {
    const { keys }: { keys: readonly { name: string }[] } = JSON.parse(
      (await direct(`keys list${only} --json`)).out,
    );
    return keys.map(({ name }) => name).toSorted();
  };
  expect(await names('')).toEqual(expect.arrayContaining(Object.keys(ENDPOINTS)));
  expect(await names(' --group acme')).toEqual(['group', 'member']);
  expect(await names(' --group none')).toEqual(['other']);
  expect((await direct('keys list --group no-such')).out).toBe('no key names these accounts');
});

/** Lists of accounts, or of what accounts have; each with the words of its filter. */
const FILTERED = [
  ['status', 'only accounts of this group; none: accounts without one'],
  ['drift', 'only accounts of this group; none: accounts without one'],
  ['find', 'only accounts of this group; none: accounts without one'],
  ['alerts list', 'only alerts of accounts of this group; none: alerts of accounts without one'],
  ['campaigns', 'only asks of accounts of this group; none: asks of accounts without one'],
  ['waiting', 'only asks of accounts of this group; none: asks of accounts without one'],
  ['export', 'only rows of accounts of this group; none: rows of accounts without one'],
  ['webhooks log', 'only events of accounts of this group; none: events of accounts without one'],
  [
    'webhooks list',
    'only endpoints that name this group or an account of it; none: an account without one',
  ],
  ['keys list', 'only keys that name this group or an account of it; none: an account without one'],
  [
    'keys log',
    'only changes that name this group or an account of it; none: an account without one',
  ],
] as const;

it.each(FILTERED)(
  '`safeband %s` has the filter --group, in the words of all lists',
  async (path, words) => {
    const { out } = await safeband([...path.split(' '), '--help']);
    expect(out.replaceAll(/\s+/g, ' ')).toContain(`--group <group> ${words}`);
  },
);
