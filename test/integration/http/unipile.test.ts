/** The webhooks of Unipile on the real servers: twice, out of order, and what is refused. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startLinkedIn, type LinkedIn } from '../../../dev/linkedin.js';
import { startUnipile, type SimulatedUnipile } from '../../../dev/unipile.js';
import { createClient, pgJournal, sendWithSlot } from '../../../src/client/index.js';
import type { SafebandClient } from '../../../src/client/index.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createUnipile } from '../../../src/unipile/index.js';
import { createApp } from '../../../src/http/app.js';
import { createHttpStand, operationsOf, type Answer, type HttpStand } from '../../support/http.js';
import { PATIENT } from '../../support/patience.js';

const SECRET = 'a-secret-of-the-webhooks-of-unipile';
const OLD = 'the-secret-before-that-one-0000';
let stand: HttpStand;
let linkedIn: LinkedIn;
let simulated: SimulatedUnipile;
let safeband: SafebandClient;
let address: string;
const log: string[] = [];
beforeAll(async () => {
  linkedIn = await startLinkedIn();
  simulated = await startUnipile({ linkedIn });
  const { status } = createUnipile({ dsn: simulated.url, apiKey: simulated.apiKey });
  const logger = createLogger({ logLevel: 'info' }, { write: (line) => void log.push(line) });
  stand = await createHttpStand({ unipile: { secrets: [SECRET, OLD], status }, logger });
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  safeband = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
  const url = `${address}/v1/providers/unipile`;
  simulated.webhookTo({ url, secret: SECRET, isTwice: true });
});
afterAll(async () => {
  await simulated.close();
  await linkedIn.close();
  await stand.close();
});

/** Connects an account in Safeband and at Unipile, under the same id. */
async function connected(): Promise<string> {
  const id = stand.newAccount();
  await stand.connect(id);
  simulated.add({ id, linkedInAccountId: id, userId: `ACoAA-${id}` });
  return id;
}
const post = (body: unknown, headers: Record<string, string> = {}, query = ''): Promise<Answer> =>
  stand.app.inject({
    method: 'POST',
    url: `/v1/providers/unipile${query}`,
    headers: { 'content-type': 'application/json', 'unipile-auth': SECRET, ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
const statusOf = (id: string) => safeband.status(id);
const reported = (id: string, message: string) => ({
  AccountStatus: { account_id: id, account_type: 'LINKEDIN', message },
});

it('a send whose answer is lost is proved by the webhook, which counts once', async () => {
  const id = await connected();
  simulated.behave('ACoAA-lost', 'error_after_accept');
  const unipile = createUnipile({ dsn: simulated.url, apiKey: simulated.apiKey });
  const result = await sendWithSlot(
    safeband,
    id,
    { reservationId: 'lost', recipientId: 'ACoAA-lost' },
    unipile.send({ unipileAccountId: id, recipientId: 'ACoAA-lost', text: 'secret text' }),
    { journal: pgJournal(stand.pool) },
  );
  expect(result).toMatchObject({ sent: 'unknown' });
  const deliveries = await simulated.idle();
  expect(deliveries.filter(({ status }) => status !== 200)).toEqual([]);
  await expect
    .poll(() => statusOf(id))
    .toMatchObject({ counter: 1, delivered: 1, external: 0, uncertain: 0 });
  expect(linkedIn.received(id)).toHaveLength(1);
});

it('a manual InMail counts at once, and messages to connections do not', async () => {
  const id = await connected();
  linkedIn.byHand(id, 'ACoAA-manual');
  simulated.chatter(id);
  simulated.reply(id, 'a-chat');
  await simulated.idle();
  expect(await statusOf(id)).toMatchObject({ counter: 1, external: 1 });
});

it('an answer to an InMail gives its credit back once, and other answers change nothing', async () => {
  const id = await connected();
  const at = new Date(Date.now() - 1_000).toISOString();
  await safeband.credits(id, { balance: 3, at });
  await safeband.reserve(id, { reservationId: 'a' });
  await safeband.delivered(id, { reservationId: 'a', chatId: 'a-chat' });
  simulated.reply(id, 'a-chat');
  simulated.reply(id, 'a-chat');
  simulated.reply(id, 'other-chat');
  const deliveries = await simulated.idle();
  expect(deliveries.filter(({ status }) => status !== 200)).toEqual([]);
  expect(await statusOf(id)).toMatchObject({ credits: { balance: 3, spent: 1, refunded: 1 } });
});

it('an account without a session is disconnected, and connected again when it has one', async () => {
  const id = await connected();
  simulated.setStatus(id, 'CREDENTIALS');
  await simulated.idle();
  expect(await statusOf(id)).toMatchObject({ state: 'disconnected' });
  simulated.setStatus(id, 'RECONNECTED');
  simulated.setStatus(id, 'OK');
  await expect
    .poll(async () => (await post(reported(id, 'OK'))).json<{ why: string | null }>())
    .toMatchObject({ why: 'the account is connected already' });
  await simulated.idle();
  expect(await statusOf(id)).toMatchObject({ canSend: { canSend: true } });
  const { rows } = await stand.pool.query<{ kind: string }>(
    `select kind from safeband.account_changes where account_id = $1 and actor = 'unipile'
     order by number`,
    [id],
  );
  expect(rows.map(({ kind }) => kind)).toEqual(['disconnect', 'connect']);
});

it('a late report of an old status changes nothing: the present status decides', async () => {
  const id = await connected();
  expect((await post(reported(id, 'CREDENTIALS'))).json()).toEqual({
    accountId: id,
    done: null,
    why: 'the account is connected already',
  });
  expect(await statusOf(id)).toMatchObject({ state: expect.not.stringMatching('disconnected') });
});

it('an account that a person disconnected stays disconnected', async () => {
  const id = await connected();
  await safeband.disconnect(id, { reason: 'the customer left', actor: 'ada' });
  await expect
    .poll(async () => (await post(reported(id, 'RECONNECTED'))).json<{ why: string }>().why)
    .toBe('the account was not disconnected by Unipile');
});

it('an account that Unipile no longer sees is held until a person resumes it', async () => {
  const id = await connected();
  simulated.setStatus(id, 'ERROR');
  simulated.setStatus(id, 'OK');
  await simulated.idle();
  simulated.setStatus(id, 'STOPPED');
  await simulated.idle();
  const hold = { actor: 'unipile', reason: 'Unipile reports STOPPED' };
  expect(await statusOf(id)).toMatchObject({ state: 'held', hold });
  simulated.setStatus(id, 'OK');
  await simulated.idle();
  expect(await statusOf(id)).toMatchObject({ state: 'held' });
});

it('a request without the secret is refused before its body is read', async () => {
  const id = await connected();
  const body = reported(id, 'DELETED');
  for (const shown of ['', 'wrong', SECRET.slice(1), `${SECRET} `, SECRET.toUpperCase()]) {
    const answer = await post('x'.repeat(300 * 1_024), { 'unipile-auth': shown });
    expect([shown, answer.statusCode]).toEqual([shown, 401]);
    expect(answer.json()).toMatchObject({ type: 'urn:safeband:problem:unauthenticated' });
  }
  const key = await stand.key('operator');
  const asOperator = await stand.ask(key, '/v1/providers/unipile', body);
  expect(asOperator.json()).toMatchObject({ detail: 'the header unipile-auth is missing' });
  expect((await post({}, { 'unipile-auth': OLD })).statusCode).toBe(200);
  expect(await statusOf(id)).toMatchObject({ canSend: { canSend: true } });
});

it('what is too large, not JSON or wrong is refused by name; other events get their reason', async () => {
  const id = await connected();
  expect((await post(`{"message": "${'x'.repeat(300 * 1_024)}"}`)).statusCode).toBe(413);
  expect((await post('{')).statusCode).toBe(400);
  expect((await post('a=b', { 'content-type': 'text/plain' })).statusCode).toBe(415);
  const wrong = await post({
    AccountStatus: { account_type: 'LINKEDIN', message: 'OK', account_id: ' ' },
  });
  expect(wrong.json()).toMatchObject({ status: 400, field: 'AccountStatus.account_id' });
  expect((await post({ event: 'mail_received' })).json()).toEqual({
    accountId: null,
    done: null,
    why: 'Safeband uses message_received and account statuses only',
  });
  for (const [message, why] of [
    ['CONNECTING', 'this status is temporary'],
    ['NEW', 'no page of Unipile documents this status'],
  ] as const) {
    expect((await post(reported(id, message))).json()).toMatchObject({ done: null, why });
  }
});

it('an account that is not connected here gets no workflow, and the answer states it', async () => {
  const id = stand.newAccount();
  const sent = {
    account_id: id,
    account_type: 'LINKEDIN',
    event: 'message_received',
    chat_id: 'c',
    message_id: 'm',
    timestamp: '2026-11-23T13:49:07.965Z',
    is_sender: true,
    message_type: 'INMAIL',
  };
  for (const body of [reported(id, 'CREDENTIALS'), reported(id, 'OK'), sent]) {
    const why = 'the account is not connected to Safeband';
    expect((await post(body)).json()).toEqual({ accountId: id, done: null, why });
  }
  expect((await post({ ...sent, account_id: 'not an id' })).json()).toMatchObject({
    accountId: null,
    why: 'the id is not an id of Safeband: name the account',
  });
});

it('the address of the webhook may name the account, and takes events of no other account', async () => {
  const id = await connected();
  const query = `?accountId=${id}&unipileAccountId=h_EKCy2lRLef5NzHp0iw4A`;
  const body = {
    account_id: 'h_EKCy2lRLef5NzHp0iw4A',
    account_type: 'LINKEDIN',
    event: 'message_received',
    chat_id: 'c',
    message_id: 'm',
    timestamp: new Date().toISOString(),
    is_sender: true,
    message_type: 'INMAIL',
  };
  const done = { accountId: id, done: 'sendObserved', why: null };
  expect((await post(body, {}, query)).json()).toEqual(done);
  expect((await post({ ...body, account_id: 'uni-other' }, {}, query)).json()).toMatchObject({
    done: null,
    why: 'the address of this webhook names another account of Unipile',
  });
  expect((await post(body, {}, `?accountId=${id}`)).json()).toMatchObject({
    status: 400,
    field: 'unipileAccountId',
  });
  expect(await statusOf(id)).toMatchObject({ external: 1 });
});

it('without the address of Unipile, a status is used as it was reported', async () => {
  const app = await createApp({
    client: safeband,
    pool: stand.pool,
    logger: pino({ level: 'silent' }),
    now: Date.now,
    temporalUiUrl: null,
    operations: await operationsOf(stand),
    unipile: { secrets: [SECRET] },
  });
  const id = await connected();
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/providers/unipile',
    headers: { 'unipile-auth': SECRET },
    payload: reported(id, 'DELETED'),
  });
  expect(answer.json()).toEqual({ accountId: id, done: 'disconnect', why: null });
  await app.close();
});

it('the commands of the documents make the webhooks and check them', async () => {
  const id = await connected();
  const page = readFileSync('docs/unipile.md', 'utf8');
  const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, one = '']) => one);
  expect(commands).toHaveLength(2);
  const env = {
    PATH: process.env['PATH'],
    SAFEBAND: address,
    SAFEBAND_UNIPILE_SECRET: SECRET,
    UNIPILE_DSN: simulated.url,
    UNIPILE_KEY: simulated.apiKey,
  };
  const run = async (command = ''): Promise<string> => {
    const own = command.replaceAll('curl ', 'curl -s ').replaceAll('acme-anna', id);
    return (await promisify(execFile)('bash', ['-c', own], { env })).stdout;
  };
  expect(await run(commands[0])).toMatch(/^\{"object":"WebhookCreated".*"WebhookCreated"/);
  expect(simulated.webhooks()).toEqual([
    { url: `${address}/v1/providers/unipile`, secret: SECRET },
    { url: `${address}/v1/providers/unipile`, secret: SECRET },
  ]);
  const why = 'this status is temporary';
  expect(JSON.parse(await run(commands[1]))).toEqual({ accountId: id, done: null, why });
});

it('the example of the documents sends an InMail', async () => {
  const id = await connected();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--import',
      'tsx',
      '--conditions=source',
      fileURLToPath(new URL('../../../examples/unipile.ts', import.meta.url)),
      id,
      'ACoAA-example',
      'example-1',
    ],
    {
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: inject('temporalAddress'),
        DATABASE_URL: stand.databaseUrl,
        UNIPILE_DSN: simulated.url,
        UNIPILE_KEY: simulated.apiKey,
      },
    },
  );
  expect(JSON.parse(stdout)).toMatchObject({ sent: true, reported: true });
  await simulated.idle();
  await expect.poll(() => statusOf(id)).toMatchObject({ counter: 1, delivered: 1 });
});

it('no log line has a secret or a text of a message', () => {
  const all = log.join('');
  const found = log.map((line): unknown => JSON.parse(line));
  expect(found).toContainEqual(
    expect.objectContaining({ event: 'unipile.received', report: 'sent', done: 'sendObserved' }),
  );
  for (const text of [SECRET, OLD, simulated.apiKey, 'the text of the message', 'A Member']) {
    expect(all).not.toContain(text);
  }
});
