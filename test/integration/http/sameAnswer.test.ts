/**
 * I18: page, API and command line give the same answer about an account (R17), while its workflow
 * answers, while it does not, and while the account's row is edited manually. The lists, which read
 * `account_status`, have the same numbers.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Why } from '../../../src/domain/diagnostics/why/model.js';
import type { StatusRead } from '../../../src/status/readStatus.js';
import { ask, edit, run, update, sent, type Known } from '../../support/account.js';
import { safeband, settingsOf } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key = '';
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

/** Makes four slots delivered, one in flight, one uncertain and one external, all of them saved. */
async function busy(): Promise<Known> {
  const known = await sent(stand, 4, { inmailsSentToday: 1 });
  const { account } = known;
  await ask(account, 'in-flight');
  await ask(account, 'uncertain');
  await update(account, 'sendFailed', { reservationId: 'uncertain', kind: 'unknown' });
  const sentAt = new Date().toISOString();
  await update(account, 'sendObserved', { chatId: 'manual', messageId: 'm', sentAt });
  await run(account);
  return known;
}

/** The numbers that the lists have as well. */
const LISTED = [
  'state',
  'counter',
  'inFlight',
  'uncertain',
  'delivered',
  'external',
  'imported',
  'unexplained',
  'carried',
  'remaining',
  'weekUsed',
] as const;

type Answers = {
  readonly api: StatusRead;
  readonly why: Why;
  readonly slots: { readonly api: unknown; readonly command: unknown; readonly page: string };
};

const textOf = (html: string): string =>
  html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');

/** Asks all three, expects that they agree, and returns their answer. */
async function agreed(id: string, isAway: boolean): Promise<Answers> {
  const { env, ...settings } = settingsOf(stand);
  const away = isAway ? { TEMPORAL_ADDRESS: '127.0.0.1:1' } : {};
  const command = (...argv: readonly string[]) =>
    safeband([...argv, '--json'], { ...settings, env: { ...env, ...away } });
  const get = (url: string) =>
    stand.ask(key, url, undefined, { headers: { 'cache-control': 'no-cache' } });

  const api = (await get(`/v1/accounts/${id}/status`)).json<StatusRead>();
  const byCommand = JSON.parse((await command('status', id)).out);
  const moving = { asOf: expect.any(String), ageSeconds: expect.any(Number) };
  expect(byCommand.status).toEqual({ ...api, ...moving });
  expect(byCommand.source).toBe(api.source);
  const page = (await get(`/accounts/${id}`)).body;
  const text = textOf(page);
  expect(text).toContain(
    `${api.counter} counter = ${api.inFlight} in flight + ${api.uncertain} uncertain + ` +
      `${api.delivered} delivered + ${api.external} external + ${api.imported} imported + ` +
      `${api.unexplained} unexplained`,
  );
  expect(page).toContain(`<strong id="remaining">${api.remaining}</strong>`);
  expect(page).toContain(`<strong id="drift">${api.eventLog?.drift}</strong>`);

  const why = (await get(`/v1/accounts/${id}/why`)).json<Why>();
  expect(JSON.parse((await command('why', id)).out)).toEqual({
    ...why,
    asOf: expect.any(String),
    source: api.source,
  });
  const article = textOf((await get(`/accounts/${id}/why`)).body);
  for (const sentence of [why.headline, ...why.parts.map((part) => part.text)]) {
    expect(article).toContain(sentence);
  }
  expect([why.counter, why.logged]).toEqual([
    api.counter,
    (api.eventLog?.delivered ?? 0) + (api.eventLog?.external ?? 0),
  ]);

  const check = JSON.parse((await command('check', id, '--wait', '0')).out);
  expect([check.headline, check.parts]).toEqual([why.headline, why.parts]);

  const inList = Object.fromEntries(LISTED.map((name) => [name, api[name]]));
  const listed = [{ ...inList, accountId: id, drift: api.eventLog?.drift }];
  expect((await get(`/v1/accounts?prefix=${id}`)).json().items).toMatchObject(listed);
  const list = JSON.parse((await command('status', '--prefix', id)).out);
  expect(list.accounts).toMatchObject(listed);

  const next = await get(`/v1/accounts/${id}/nextSlots?count=5`);
  const slots = await command('slots', id, '--count', '5');
  return {
    api,
    why,
    slots: {
      api: next.statusCode === 200 ? next.json() : next.statusCode,
      command: slots.code === 0 ? JSON.parse(slots.out).slots : slots.code,
      page: text,
    },
  };
}

it('the answer is the same with the workflow and with its rows only', async () => {
  const { id } = await busy();
  const present = await agreed(id, false);
  expect(present.api).toMatchObject({
    source: 'workflow',
    counter: 8,
    delivered: 4,
    inFlight: 1,
    uncertain: 1,
    external: 1,
    imported: 1,
    unexplained: 0,
    edited: null,
    unsaved: 0,
  });
  expect(present.slots.command).toHaveLength(5);
  expect(present.slots.page).toContain('5 or more now');
  await stand.stopWorker();
  const away = await agreed(id, true);
  await stand.startWorker();
  const { source: _, asOf, ageSeconds: _a, savedAt: _s, lastCheckedAt: _c, ...facts } = present.api;
  expect(away.api).toMatchObject({ ...facts, source: 'postgres', unsaved: null });
  expect(away.api.asOf > asOf).toBe(true);
  expect([away.why.headline, away.why.parts]).toEqual([present.why.headline, present.why.parts]);
  expect(away.slots).toMatchObject({ api: 503, command: 3 });
  expect(away.slots.page).toContain('Not known: the account does not answer.');
});

it.each([
  ['higher than what was sent', 104, 96],
  ['lower than what was sent', 3, 0],
])('is the same while the row has a counter that is %s', async (_, row, unexplained) => {
  const { id } = await busy();
  await edit(stand, id, `inmails_sent_today = ${row}`);
  const counter = Math.max(row, 8);
  const expected = {
    counter,
    delivered: 4,
    inFlight: 1,
    uncertain: 1,
    external: 1,
    imported: 1,
    unexplained,
    edited: { row, counted: 8 },
    remaining: Math.max(0, 50 - counter),
  };
  const present = await agreed(id, false);
  expect(present.api).toMatchObject({ ...expected, source: 'workflow' });
  await stand.stopWorker();
  const away = await agreed(id, true);
  await stand.startWorker();
  expect(away.api).toMatchObject({ ...expected, source: 'postgres' });
  expect(away.why.counter).toBe(present.why.counter);
});

it('the answer counts the 17 deliveries in the event log, if a row has 104', async () => {
  const { id } = await sent(stand, 17);
  await stand.pool.query('delete from safeband.reservations where account_id = $1', [id]);
  await edit(stand, id, 'inmails_sent_today = 104');
  await stand.stopWorker();
  const { api } = await agreed(id, true);
  await stand.startWorker();
  expect(api).toMatchObject({ counter: 104, delivered: 17, unexplained: 87, remaining: 0 });
});

it('the answer is read from the rows of an account whose workflow is no longer known', async () => {
  const { id, account } = await sent(stand, 2);
  await update(account, 'disconnect', { reason: 'left', actor: 'ada' });
  await account.result();
  const { workflowId } = account;
  const namespace = 'default';
  const execution = { workflowId };
  await stand.client.workflowService.deleteWorkflowExecution({
    namespace,
    workflowExecution: execution,
  });
  await expect
    .poll(async () => (await stand.ask(key, `/v1/accounts/${id}/status`)).json().source)
    .toBe('postgres');
  const answer = (await stand.ask(key, `/v1/accounts/${id}/status`)).json<StatusRead>();
  expect(answer).toMatchObject({ state: 'disconnected', counter: 2, delivered: 2 });
});
