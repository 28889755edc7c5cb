/**
 * Links that show an account without a key: their life, their rights, the one page for every link
 * that is not valid, and that no state of an account shows an id or a text of a person (R17).
 */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { listShares, makeShare } from '../../../src/postgres/access/shares.js';
import { pruneShares } from '../../../src/postgres/operations/prune.js';
import { ask, edit, run, sent, update, type Known } from '../../support/account.js';
import { createHttpStand, type Answer, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let [operator, id] = ['', ''];
let lines = '';
let aheadMs = 0;
beforeAll(async () => {
  const logger = pino({ level: 'info' }, { write: (line: string) => (lines += line) });
  stand = await createHttpStand({ logger, now: () => Date.now() + aheadMs });
  operator = await stand.key('operator');
  ({ id } = await sent(stand, 2));
});
afterAll(() => stand.close());

type Made = { readonly shareId: string; readonly url: string; readonly expiresAt: string };
const sharesOf = (accountId: string): string => `/v1/accounts/${accountId}/shares`;
async function shared(accountId: string, body: object = {}): Promise<Made> {
  const answer = await stand.ask(operator, sharesOf(accountId), body);
  expect(answer.statusCode).toBe(200);
  return answer.json<Made>();
}
const HTML = { accept: 'text/html' };
const open = (url: string, headers: object = HTML): Promise<Answer> =>
  stand.app.inject({
    url: URL.canParse(url) ? new URL(url).pathname : url,
    headers: { ...headers },
  });

it('a link shows the day to a person without a key, until it is revoked', async () => {
  const { url, shareId } = await shared(id, {
    expiresInHours: 1,
    label: ' ticket 4711 ',
    actor: 'ada',
  });
  const page = await open(url);
  expect([page.statusCode, page.body.includes('You have sent 2 InMails today.')]).toEqual([
    200,
    true,
  ]);
  expect(page.headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-robots-tag': 'noindex, nofollow',
    'content-type': 'text/html; charset=utf-8',
  });
  expect(page.headers['set-cookie']).toBeUndefined();
  const words = (await open(url, { accept: 'application/json' })).json();
  expect(words).toMatchObject({ sent: 2, maybe: 0, left: 48, stop: [] });

  const list = async () => (await stand.ask(operator, sharesOf(id))).json().items;
  await expect.poll(async () => (await list())[0].lastOpenedAt).not.toBeNull();
  const [listed] = await list();
  expect(listed).toMatchObject({
    shareId,
    label: 'ticket 4711',
    state: 'valid',
    createdBy: expect.stringMatching(/^ada via/),
  });
  expect(JSON.stringify(listed)).not.toContain(url.slice(-43));

  const revoke = () =>
    stand.ask(operator, `${sharesOf(id)}/${shareId}`, undefined, { method: 'DELETE' });
  expect((await revoke()).json()).toMatchObject({ state: 'revoked', revokedBy: 'operator-1' });
  const first = (await list())[0].revokedAt;
  expect((await revoke()).json()).toMatchObject({ revokedAt: first });
  expect((await open(url)).statusCode).toBe(404);

  const { items } = (await stand.ask(operator, '/v1/access?limit=2')).json();
  expect(items).toMatchObject([
    {
      kind: 'share_revoked',
      actor: 'operator-1',
      target: shareId,
      details: { accountId: id, label: 'ticket 4711' },
    },
    { kind: 'share_made', target: shareId },
  ]);
  await expect(
    stand.pool.query('update safeband.shares set revoked_at = null, revoked_by = null'),
  ).rejects.toThrow('is revoked permanently');
  expect(lines).toContain('access.share_made');
  expect(lines).not.toContain(url.slice(-43));
});

it('every link that is not valid gets the same page, and programs the same problem', async () => {
  const [over, gone, good] = [
    await shared(id, { expiresInHours: 1 }),
    await shared(id),
    await shared(id),
  ];
  const edited = async (column: string): Promise<string> => {
    const made = await shared(id);
    await stand.pool.query(`update safeband.shares set ${column} where share_id = $1`, [
      made.shareId,
    ]);
    return made.url;
  };
  await stand.ask(operator, `${sharesOf(id)}/${gone.shareId}`, undefined, { method: 'DELETE' });
  const token = good.url.split('/s/')[1] ?? '';
  const last = token.endsWith('A') ? 'B' : 'A';
  const bad = [
    over.url,
    gone.url,
    await edited(`account_id = '${(await sent(stand, 0)).id}'`),
    await edited(`expires_at = expires_at + interval '1 day'`),
    `/s/${token.slice(0, -1)}${last}`,
    `/s/${'0'.repeat(16)}${token.slice(16)}`,
    `/s/${over.shareId}${token.slice(16)}`,
    `/s/${token}x`,
    `/s/${'x'.repeat(5_000)}`,
    '/s/',
    '/s/%00',
  ];
  aheadMs = 3_700_000;
  const pages = await Promise.all(bad.map((url) => open(url)));
  const answers = await Promise.all(bad.map((url) => open(url, {})));
  const stillGood = (await open(good.url)).statusCode;
  aheadMs = 0;
  expect(stillGood).toBe(200);
  expect(pages.map(({ statusCode }) => statusCode)).toEqual(bad.map(() => 404));
  expect(new Set(pages.map(({ body }) => body)).size).toBe(1);
  expect(pages[0]?.body).toContain('This link is no longer valid');
  expect(pages[0]?.body).not.toMatch(/href="\/(accounts|login)/);
  const headersOf = ({ headers }: Answer) => JSON.stringify({ ...headers, date: '' });
  expect(new Set(pages.map(headersOf)).size).toBe(1);
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
  expect(answers[0]?.json()).toMatchObject({
    status: 404,
    type: 'urn:safeband:problem:link-not-valid',
  });
});

it('only an operator of the account makes, lists and revokes its links', async () => {
  const { shareId, url } = await shared(id);
  const other = (await sent(stand, 0)).id;
  const limited = await stand.key('operator', [other]);
  const remove = (key: string, accountId: string) =>
    stand.ask(key, `${sharesOf(accountId)}/${shareId}`, undefined, { method: 'DELETE' });
  for (const [key, status] of [
    [await stand.key('reader'), 403],
    [await stand.key('pipeline'), 403],
    [limited, 404],
  ] as const) {
    expect((await stand.ask(key, sharesOf(id), {})).statusCode).toBe(status);
    expect((await stand.ask(key, sharesOf(id))).statusCode).toBe(status);
    expect((await remove(key, id)).statusCode).toBe(status);
  }
  expect((await remove(limited, other)).json()).toMatchObject({
    type: 'urn:safeband:problem:share-unknown',
  });
  expect((await stand.ask(limited, sharesOf(other), {})).statusCode).toBe(200);
  expect((await open(url)).statusCode).toBe(200);
  for (const hours of [0, -1, 1.5, 2_161, '7d', 1e9]) {
    const answer = await stand.ask(operator, sharesOf(id), { expiresInHours: hours });
    expect([hours, answer.json()]).toEqual([
      hours,
      expect.objectContaining({ status: 400, field: 'expiresInHours' }),
    ]);
  }
  for (const label of ['x'.repeat(81), '  ', 'two\nlines', '\u001b[2J', 4]) {
    const answer = await stand.ask(operator, sharesOf(id), { label });
    expect([label, answer.json()]).toEqual([
      label,
      expect.objectContaining({ status: 400, field: 'label' }),
    ]);
  }
  expect((await stand.ask(operator, sharesOf('never-was'), {})).statusCode).toBe(404);
  const page = await stand.ask(operator, sharesOf(id) + '?limit=1');
  const next = await stand.ask(operator, page.json<{ next: string }>().next);
  expect(next.json().items).toHaveLength(1);
});

/** Puts a text of a person, or an id, into everything that an account knows. */
const SECRET = 'Secret-';
const say = { actor: `${SECRET}actor`, reason: `${SECRET}reason` };
type State = readonly [name: string, start: object, make: (known: Known) => Promise<unknown>];
const tomorrow = (): string =>
  ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7] ?? 'mon';
const failed = (kind: string) => async (known: Known) => {
  await ask(known.account, `${SECRET}failed`, { recipientId: `${SECRET}recipient` });
  await update(known.account, 'sendFailed', {
    reservationId: `${SECRET}failed`,
    kind,
    code: `${SECRET}code`,
  });
};
const STATES: readonly State[] = [
  ['active', {}, async () => undefined],
  ['uncertain', {}, failed('unknown')],
  ['restricted', {}, failed('restricted')],
  ['without credits', {}, failed('no_credits')],
  ['in a cooldown', {}, failed('throttled')],
  ['held', {}, ({ account }) => update(account, 'hold', say)],
  ['disconnected', {}, ({ account }) => update(account, 'disconnect', say)],
  ['full', { dailyCap: 3 }, async () => undefined],
  [
    'outside its hours',
    { sendingWindow: { days: [tomorrow()], start: '09:00', end: '17:00' } },
    async () => undefined,
  ],
  ['edited manually', {}, ({ id: own }) => edit(stand, own, 'inmails_sent_today = 104')],
  ['free', {}, ({ account }) => update(account, 'configure', { tier: 'free', actor: say.actor })],
];

it.each(STATES)(
  'the page of an account that is %s shows no id and no text of a person',
  async (_, start, make) => {
    const known = await sent(stand, 0);
    const { account } = known;
    for (const name of ['one', 'two']) {
      await ask(account, `${SECRET}${name}`, {
        campaignId: `${SECRET}campaign`,
        recipientId: `${SECRET}to-${name}`,
      });
    }
    await update(account, 'sendDelivered', {
      reservationId: `${SECRET}one`,
      chatId: `${SECRET}chat`,
      messageId: `${SECRET}message`,
    });
    const sentAt = new Date().toISOString();
    await update(account, 'sendObserved', { chatId: `${SECRET}by-hand`, messageId: 'm', sentAt });
    await update(account, 'configure', { ...start, actor: say.actor });
    await run(account);
    await make(known);
    const { url, shareId } = await shared(known.id, { label: `${SECRET}label` });
    const { rows } = await stand.pool.query<{ owner: string }>(
      'select owner from safeband.accounts where account_id = $1',
      [known.id],
    );
    const internal = [known.id, shareId, SECRET, rows[0]?.owner ?? '', operator.slice(3, 19)];
    for (const headers of [HTML, {}]) {
      const answer = await open(url, headers);
      expect(answer.statusCode).toBe(200);
      const all = JSON.stringify(answer.headers) + answer.body;
      for (const text of [...internal, 'operator-', 'emporal', 'orkflow', 'inmail-account']) {
        expect([text, all.toLowerCase().includes(text.toLowerCase())]).toEqual([text, false]);
      }
      expect(all).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/); // a run id
      expect(all).toContain('You have sent 2 InMails today.');
    }
  },
);

it('the audit deletes links that ended more than 90 days ago, and no other', async () => {
  const { id: own } = await sent(stand, 0);
  const at = Date.now();
  const madeAt = async (agoDays: number): Promise<string> => {
    const order = { accountId: own, by: 'ada', at: at - agoDays * DAY_MS, lastsMs: DAY_MS };
    return (await makeShare(stand.pool, order)).share.shareId;
  };
  const kept = [await madeAt(0), await madeAt(90)];
  await madeAt(92);
  const list = async () =>
    (await listShares(stand.pool, own, { before: null, limit: 9 })).map(({ shareId }) => shareId);
  expect(await list()).toHaveLength(3);
  await pruneShares(stand.pool, at);
  expect((await list()).toSorted()).toEqual(kept.toSorted());
  // Links of the last 30 days stay, whatever the caller asks.
  await stand.pool.query('select safeband.prune_shares(safeband.at_ms($1), 0)', [at]);
  expect(await list()).toEqual([kept[0]]);
});

it('while Temporal does not answer, the page shows the rows', async () => {
  const { url } = await shared(id);
  await stand.stopWorker();
  const { statusCode, body } = await open(url);
  await stand.startWorker();
  expect([statusCode, body.includes('You have sent 2 InMails today.')]).toEqual([200, true]);
});

it('a reader over the limit of requests gets a page that asks to come later', async () => {
  const small = await createHttpStand({ limits: { requestsPerMinute: 1 } }, { taskQueue: 'none' });
  const answers = [];
  for (let n = 0; n < 2; n += 1) {
    answers.push(await small.app.inject({ url: '/s/x', headers: HTML }));
  }
  await small.close();
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 429]);
  expect(answers[1]?.body).toContain('The numbers cannot be shown right now');
});
