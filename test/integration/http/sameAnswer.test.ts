/**
 * I18: page, API and command line give the same answer about an account (R17), while its workflow
 * answers, while it does not, and while the account's row is edited manually. The lists, which read
 * `account_status`, have the same numbers.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Why } from '../../../src/domain/diagnostics/why/model.js';
import type { StatusRead } from '../../../src/status/readStatus.js';
import { ask, edit, query, run, update, sent, type Known } from '../../support/account.js';
import type { PeekWire } from '../../../src/domain/wire/decisions.js';
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

/** The answer without the length of time in its line, which may change between two reads. */
const lasting = <T extends { readonly canSend: { readonly line: string } }>(answer: T): T => ({
  ...answer,
  canSend: { ...answer.canSend, line: withoutLength(answer.canSend.line) },
});
const withoutLength = (text: string): string =>
  text.replaceAll(/in \d+ (?:days|h \d\d min|min \d\d s|s)\b/g, 'in …');

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
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ([).,])/g, '$1');

/** Returns the line as a page shows it: its instant once, in UTC; the script adds other zones. */
function onPage({ line, notBefore }: StatusRead['canSend']): string {
  if (notBefore === null) return withoutLength(line);
  const at = Math.ceil(Date.parse(notBefore) / 1_000) * 1_000;
  const [, reason = ''] = line.split('): ');
  return `${new Date(at).toISOString().slice(11, 19)} UTC (in …): ${reason}`;
}

/** Asks page, API and command line at once: without a worker, each waits for its own time limit. */
async function asked(id: string, isAway: boolean) {
  const { env, ...settings } = settingsOf(stand);
  const away = isAway ? { TEMPORAL_ADDRESS: '127.0.0.1:1' } : {};
  const command = async (...argv: readonly string[]) => {
    const { code, out } = await safeband([...argv, '--json'], {
      ...settings,
      env: { ...env, ...away },
    });
    return { code, json: code <= 1 ? JSON.parse(out) : undefined };
  };
  const get = (url: string) =>
    stand.ask(key, url, undefined, { headers: { 'cache-control': 'no-cache' } });
  const [api, why, list, page, article, inPage, next] = await Promise.all([
    get(`/v1/accounts/${id}/status`),
    get(`/v1/accounts/${id}/why`),
    get(`/v1/accounts?prefix=${id}`),
    get(`/accounts/${id}`),
    get(`/accounts/${id}/why`),
    get(`/accounts?q=${id}`),
    get(`/v1/accounts/${id}/nextSlots?count=5`),
  ]);
  const [status, whyCommand, check, listCommand, slots] = await Promise.all([
    command('status', id),
    command('why', id),
    command('check', id, '--wait', '0'),
    command('status', '--prefix', id),
    command('slots', id, '--count', '5'),
  ]);
  return {
    api: api.json<StatusRead>(),
    why: why.json<Why>(),
    items: list.json().items,
    page: page.body,
    article: textOf(article.body),
    inPage: textOf(inPage.body),
    next: next.statusCode === 200 ? next.json() : next.statusCode,
    command: {
      status: status.json,
      why: whyCommand.json,
      check: check.json,
      list: listCommand.json,
      slots: slots.code === 0 ? slots.json.slots : slots.code,
    },
  };
}

/** Asks all three, expects that they agree, and returns their answer. */
async function agreed(id: string, isAway: boolean): Promise<Answers> {
  const { api, why, items, page, article, inPage, next, command } = await asked(id, isAway);
  const moving = { asOf: expect.any(String), ageSeconds: expect.any(Number) };
  expect(lasting(command.status.status)).toEqual({ ...lasting(api), ...moving });
  expect(command.status.source).toBe(api.source);
  const text = textOf(page);
  expect(text).toContain(
    `${api.counter} counter = ${api.inFlight} in flight + ${api.uncertain} uncertain + ` +
      `${api.delivered} delivered + ${api.external} external + ${api.imported} imported + ` +
      `${api.unexplained} unexplained`,
  );
  expect(page).toContain(`<strong id="remaining">${api.remaining}</strong>`);
  expect(page).toContain(`<strong id="drift">${api.eventLog?.drift}</strong>`);
  const open = [...page.matchAll(/<tr id="reservation-([^"]*)"/g)].map(([, name]) => name);
  expect(open).toEqual(api.openReservations.map(({ reservationId }) => reservationId));

  const { line } = api.canSend;
  expect(withoutLength(text)).toContain(onPage(api.canSend));

  expect(lasting(why).canSend).toEqual(lasting(api).canSend);
  expect(lasting(command.why)).toEqual({
    ...lasting(why),
    asOf: expect.any(String),
    source: api.source,
  });
  expect(withoutLength(article)).toContain(withoutLength(line));
  const { customer } = why;
  const told = [...customer.today, ...customer.stop, ...customer.details, ...why.parts];
  for (const sentence of [why.headline, ...told.map((one) => one.text)]) {
    expect(article).toContain(sentence);
  }
  expect([why.counter, why.logged]).toEqual([
    api.counter,
    (api.eventLog?.delivered ?? 0) + (api.eventLog?.external ?? 0),
  ]);
  expect([command.check.headline, command.check.parts]).toEqual([why.headline, why.parts]);

  const inList = Object.fromEntries(LISTED.map((name) => [name, api[name]]));
  const listed = [{ ...inList, accountId: id, drift: api.eventLog?.drift }];
  expect(items).toMatchObject(listed);
  expect(items.map(lasting)[0].canSend).toEqual(lasting(api).canSend);
  expect(withoutLength(inPage)).toContain(onPage(api.canSend));
  expect(command.list.accounts).toMatchObject(listed);
  expect(lasting(command.list.accounts[0]).canSend).toEqual(lasting(api).canSend);
  return { api, why, slots: { api: next, command: command.slots, page: text } };
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
  const known = { ...lasting(facts), source: 'postgres', unsaved: null, denials: null };
  expect(lasting(away.api)).toMatchObject(known);
  expect(present.api.canSend.line).toBe(`Can send now (42 left today)`);
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
  // The gate counts what the account counts, until a reconcile corrects the row.
  expect(present.api.canSend).toMatchObject({ canSend: true, left: 42 });
  expect(present.why.customer).toMatchObject({ sent: 6, maybe: 2, left: 42 });
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

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** A sending window that is closed now and tomorrow, at any hour of the test. */
const shut = (): object => {
  const day = DAYS[(new Date().getUTCDay() + 3) % 7];
  return { sendingWindow: { days: [day], start: '09:00', end: '17:00' } };
};
const grants = async (account: Known['account'], at: number): Promise<boolean> =>
  (await query<PeekWire>(account, 'peek', { at: new Date(at).toISOString() })).granted;

it.each<readonly [string, object, string | null]>([
  ['a used daily cap', { dailyCap: 4 }, 'daily_cap'],
  ['a used ramp step', { ramp: { dailyCaps: [4, 9] } }, 'ramp_cap'],
  ['a used weekly cap', { dailyCap: 4, weeklyCap: 4 }, 'weekly_cap'],
  [
    'closed sending hours in another zone',
    { ...shut(), timezone: 'Asia/Kolkata' },
    'outside_window',
  ],
  ['the free tier', { tier: 'free' }, 'tier_has_no_inmail'],
])(
  '"can it send?" is the same everywhere, and as the gate answers, with %s',
  async (_, start, reason) => {
    const { id, account } = await sent(stand, 0, {});
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => ask(account, name)));
    for (const name of ['a', 'b']) {
      await update(account, 'sendDelivered', { reservationId: name, chatId: `chat-${id}-${name}` });
    }
    await update(account, 'configure', { ...start, actor: 'ada' });
    await run(account);
    const present = await agreed(id, false);
    const { api } = present;
    const { canSend } = api;
    expect(canSend).toMatchObject({ canSend: false, reason });
    const at = Date.parse(canSend.notBefore ?? present.api.asOf);
    const answers = [await grants(account, at - 1), await grants(account, at)];
    expect(answers).toEqual([false, canSend.notBefore !== null]);
    expect(canSend.needsPerson).toBe(canSend.notBefore === null);
    await ask(account, 'denied-1');
    await ask(account, 'denied-2');
    const { denials } = (await agreed(id, false)).api;
    expect(denials).toEqual({ [reason ?? '']: 2 });
    await stand.stopWorker();
    const away = await agreed(id, true);
    await stand.startWorker();
    expect(lasting(away.api).canSend).toEqual(lasting(present.api).canSend);
  },
);

it('"can it send?" names a restriction by LinkedIn, and a person', async () => {
  const { id, account } = await sent(stand, 0, {});
  await ask(account, 'a');
  await update(account, 'sendFailed', { reservationId: 'a', kind: 'restricted' });
  await run(account);
  const { api } = await agreed(id, false);
  expect(api.canSend).toMatchObject({ canSend: false, reason: 'held', needsPerson: true });
  expect(api.canSend.line).toBe('Stopped by LinkedIn: a person has to look');
});
