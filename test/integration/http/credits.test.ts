/** The renewal day of InMail credits: set by HTTP, kept in Postgres, moved by a change (R5). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dayOf, isoInstant, startOf } from '../../../src/domain/primitives/time.js';
import { readSettings } from '../../../src/postgres/read/pageReads.js';
import { statusOf } from '../../support/account.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

/** A day in the near future, in any month: its date, and its midnight. */
const soon = (days: number) => {
  const until = isoInstant(startOf(dayOf(Date.now()) + days));
  return { on: new Date(until).getUTCDate(), until };
};

it('a new start keeps the renewal day, and an open breaker ends on a changed renewal day', async () => {
  const id = stand.newAccount();
  const post = async (name: string, body: object) => {
    const answer = await stand.ask(key, `/v1/accounts/${id}/${name}`, body);
    return { status: answer.statusCode, ...answer.json<Record<string, unknown>>() };
  };
  const status = () => statusOf(stand.handle(id));
  const [first, second] = [soon(3), soon(5)];

  await stand.connect(id, { creditsRenewOn: first.on });
  await post('sendReserve', { reservationId: 'r1' });
  await post('sendFailed', { reservationId: 'r1', kind: 'no_credits' });
  expect(await status()).toMatchObject({ state: 'no_credits', breakerUntil: first.until });
  expect(await post('sendReserve', { reservationId: 'r2' })).toMatchObject({
    granted: false,
    reason: 'no_credits',
    retryAt: first.until,
  });

  const moved = { creditsRenewOn: second.on, actor: 'ada' };
  expect(await post('configure', moved)).toMatchObject({ creditsRenewOn: second.on });
  expect(await status()).toMatchObject({ breakerUntil: second.until });
  expect(await post('configure', { creditsRenewOn: 32 })).toMatchObject({
    status: 400,
    field: 'creditsRenewOn',
    detail: 'creditsRenewOn should be a whole number from 1 to 31',
  });

  await post('disconnect', { reason: 'left' });
  await stand.handle(id).result();
  await stand.connect(id);
  expect(await status()).toMatchObject({ state: 'no_credits', breakerUntil: second.until });
  expect(await post('configure', {})).toMatchObject({ creditsRenewOn: second.on });
  expect(await readSettings(stand.pool, id)).toMatchObject({ creditsRenewOn: second.on });

  const { rows } = await stand.pool.query<{ kind: string; actor: string; until: string }>(
    `select kind, actor, details->>'until' as until from safeband.account_changes
      where account_id = $1 and kind = 'breaker' order by at`,
    [id],
  );
  expect(rows).toMatchObject([
    { actor: 'safeband', until: first.until },
    { actor: expect.stringContaining('ada'), until: second.until },
  ]);
  const { rows: kept } = await stand.pool.query(
    'select distinct credits_renew_on as on from safeband.account_history where account_id = $1',
    [id],
  );
  expect(new Set(kept.map(({ on }) => on))).toEqual(new Set([first.on, second.on]));

  await post('configure', { creditsRenewOn: null });
  expect(await post('configure', {})).toMatchObject({ creditsRenewOn: null });
});

it('the connect form sets a renewal day and a recipient memory, and an empty field keeps them', async () => {
  const id = stand.newAccount();
  const post = async (url: string, fields: Record<string, string>): Promise<number> => {
    const answer = await stand.submit(key, url, { tier: 'premium', ...fields });
    return answer.statusCode;
  };
  const configured = async (): Promise<unknown> =>
    (await stand.ask(key, `/v1/accounts/${id}/configure`, {})).json();
  expect(await post('/connect', { accountId: id, creditsRenewOn: '32' })).toBe(400);
  expect(await post('/connect', { accountId: id, recipientMemoryDays: '366' })).toBe(400);
  const fields = { creditsRenewOn: '17', recipientMemoryDays: '90' };
  expect(await post('/connect', { accountId: id, ...fields })).toBeLessThan(400);
  expect(await configured()).toMatchObject({ creditsRenewOn: 17, recipientMemoryDays: 90 });
  expect(await post('/connect', { accountId: id, creditsRenewOn: '' })).toBe(409);
  expect(await post(`/accounts/${id}/do/disconnect`, { reason: 'moved' })).toBeLessThan(400);
  expect(await post(`/accounts/${id}/do/connect`, { creditsRenewOn: '' })).toBeLessThan(400);
  expect(await configured()).toMatchObject({ creditsRenewOn: 17, recipientMemoryDays: 90 });
});

it('a known balance of 0 stops an account, also after a new start, and free InMails pass', async () => {
  const id = stand.newAccount();
  const post = async (name: string, body: object) => {
    const answer = await stand.ask(key, `/v1/accounts/${id}/${name}`, body);
    return { status: answer.statusCode, ...answer.json<Record<string, unknown>>() };
  };
  const status = async () =>
    (await stand.ask(key, `/v1/accounts/${id}/status`)).json<Record<string, unknown>>();
  const page = async () => (await stand.ask(key, `/accounts/${id}`)).body;
  const renewal = soon(9);
  await stand.connect(id, { creditsRenewOn: renewal.on });
  expect(await status()).toMatchObject({ credits: null });

  const at = isoInstant(Date.now());
  expect(await post('credits', { balance: 1, at })).toEqual({
    status: 200,
    recorded: true,
    ignored: null,
    balance: 1,
  });
  expect(await post('credits', { balance: 9, at })).toMatchObject({ ignored: 'older', balance: 1 });
  expect(await post('credits', { balance: -1, at })).toMatchObject({
    status: 400,
    field: 'balance',
    detail: 'balance should be a whole number from 0 to 100000',
  });
  await post('sendReserve', { reservationId: 'a' });
  const denied = { granted: false, reason: 'no_credits', retryAt: renewal.until };
  expect(await post('sendReserve', { reservationId: 'b' })).toMatchObject(denied);
  expect(await post('sendReserve', { reservationId: 'f', free: true })).toMatchObject({
    granted: true,
  });
  const known = {
    state: 'no_credits',
    breakerUntil: renewal.until,
    credits: { balance: 0, observed: 1, observedAt: at, grant: 50, renewsAt: renewal.until },
  };
  expect(await status()).toMatchObject(known);
  expect(await page()).toContain('<strong>0 InMail credits</strong> left; 50 more at');

  await post('sendDelivered', { reservationId: 'a', chatId: 'chat-a' });
  await post('sendFailed', { reservationId: 'f', kind: 'not_attempted' });
  await post('disconnect', { reason: 'left' });
  await stand.handle(id).result();
  expect(await status()).toMatchObject({ state: 'disconnected', credits: { balance: 0 } });
  await stand.connect(id);
  expect(await status()).toMatchObject(known);
  const { rows } = await stand.pool.query(
    'select reservation_id, free from safeband.reservations where account_id = $1 order by 1',
    [id],
  );
  expect(rows).toEqual([
    { reservation_id: 'a', free: false },
    { reservation_id: 'f', free: true },
  ]);

  const later = isoInstant(Date.now());
  expect(await post('credits', { balance: 4, at: later })).toMatchObject({ balance: 4 });
  expect(await post('sendReserve', { reservationId: 'b' })).toMatchObject({ granted: true });
  expect(await stand.ask(key, `/v1/accounts/${id}/peek?free=true`)).toMatchObject({
    statusCode: 200,
  });
});

it('a reply gives a credit back once, also after a new start, and an unknown chat keeps nothing', async () => {
  const id = stand.newAccount();
  const post = async (name: string, body: object) => {
    const answer = await stand.ask(key, `/v1/accounts/${id}/${name}`, body);
    return { status: answer.statusCode, ...answer.json<{ readonly ignored?: string | null }>() };
  };
  const credits = async () =>
    (await stand.ask(key, `/v1/accounts/${id}/status`)).json<{ credits: unknown }>().credits;
  const now = () => isoInstant(Date.now());
  await stand.connect(id);
  await post('credits', { balance: 2, at: isoInstant(Date.now() - 1_000) });
  for (const name of ['a', 'b']) {
    await post('sendReserve', { reservationId: name });
    await post('sendDelivered', { reservationId: name, chatId: `chat-${name}` });
  }
  expect(await post('sendReserve', { reservationId: 'c' })).toMatchObject({ reason: 'no_credits' });

  const reply = { chatId: 'chat-a', at: now() };
  const [one, same] = await Promise.all([post('replies', reply), post('replies', reply)]);
  expect(new Set([one.ignored, same.ignored])).toEqual(new Set([null, 'repeated']));
  expect(one).toMatchObject({ status: 200, reservationId: 'a', balance: 1 });
  expect(await post('sendReserve', { reservationId: 'c' })).toMatchObject({ granted: true });
  expect(await post('replies', { chatId: 'chat-x', at: now() })).toMatchObject({
    status: 404,
    code: 'ChatUnknown',
    title: 'There is no InMail in this chat',
    detail: expect.stringMatching(/^chatId: .* chat chat-x, and nothing of the reply was kept/),
    cure: expect.stringContaining('report the InMail first'),
  });
  expect(await post('replies', { chatId: '\u4e2d'.repeat(513), at: now() })).toMatchObject({
    status: 400,
    field: 'chatId',
  });
  expect(await post('replies', { chatId: 'chat-b' })).toMatchObject({ status: 400, field: 'at' });
  const ahead = { chatId: 'chat-b', at: isoInstant(Date.now() + 86_400_000) };
  expect(await post('replies', ahead)).toMatchObject({ refunded: true, balance: 1 });
  const known = { balance: 1, observed: 2, spent: 3, refunded: 2, renewed: 0 };
  expect(await credits()).toMatchObject(known);

  await stand.handle(id).signal('replyObserved', { chatId: 'chat-x', at: now() });
  await post('sendFailed', { reservationId: 'c', kind: 'not_attempted' });
  await post('disconnect', { reason: 'left' });
  await stand.handle(id).result();
  await stand.connect(id);
  expect(await post('replies', ahead)).toMatchObject({ ignored: 'repeated', balance: 2 });
  expect(await credits()).toMatchObject({ ...known, balance: 2, spent: 2 });
  const { rows } = await stand.pool.query(
    `select chat_id, reservation_id, refunded, ignored, replied_at <= now() as past
       from safeband.replies where account_id = $1 order by 1`,
    [id],
  );
  const row = { refunded: true, ignored: null, past: true };
  expect(rows).toEqual([
    { chat_id: 'chat-a', reservation_id: 'a', ...row },
    { chat_id: 'chat-b', reservation_id: 'b', ...row },
  ]);
  const alerts = await stand.pool.query('select 1 from safeband.alerts where account_id = $1', [
    id,
  ]);
  expect(alerts.rows).toEqual([]);
});
