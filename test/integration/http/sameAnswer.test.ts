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
import {
  asked,
  lasting,
  textOf,
  withoutIso,
  withoutLength,
  type Item,
} from '../../support/answers.js';
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

/** Returns the line as a page shows it: its instant once, in UTC; the script adds other zones. */
function onPage({ line, notBefore }: StatusRead['canSend']): string {
  if (notBefore === null) return withoutLength(line);
  const at = Math.ceil(Date.parse(notBefore) / 1_000) * 1_000;
  const [, reason = ''] = line.split('): ');
  return `${new Date(at).toISOString().slice(11, 19)} UTC (in …): ${reason}`;
}

/**
 * Asks all three, and asks again if they differ: the time of the next reconcile may pass between the
 * answers, and a busy machine may read rows later than the second for which an answer waits.
 */
async function agreed(id: string, isAway: boolean, tries = 3): Promise<Answers> {
  try {
    return await agreedOnce(id, isAway);
  } catch (error) {
    if (tries === 1) throw error;
    return agreed(id, isAway, tries - 1);
  }
}

/** Asks all three, expects that they agree, and returns their answer. */
async function agreedOnce(id: string, isAway: boolean): Promise<Answers> {
  const { api, why, items, page, article, inPage, next, command } = await asked(
    stand,
    key,
    id,
    isAway,
  );
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

  expect(withoutLength(text)).toContain(onPage(api.canSend));

  expect(lasting(why).canSend).toEqual(lasting(api).canSend);
  expect(lasting(command.why)).toEqual({
    ...lasting(why),
    asOf: expect.any(String),
    source: api.source,
  });
  expect(withoutLength(article)).toContain(onPage(api.canSend));
  const { customer } = why;
  const sentences = [...customer.today, ...customer.stop, ...customer.details, ...why.parts];
  for (const sentence of [why.headline, ...sentences.map((one) => one.text)]) {
    expect(article).toContain(withoutIso(sentence));
  }
  expect([why.counter, why.logged]).toEqual([
    api.counter,
    (api.eventLog?.delivered ?? 0) + (api.eventLog?.external ?? 0),
  ]);
  const { line: note = '' } = api.edited ?? {};
  const named = why.beside.filter(({ kind }) => kind === 'edited').map(({ text: one }) => one);
  expect(named).toEqual(api.edited ? [note] : []);
  expect(article).toContain(withoutIso(note));
  expect(text).toContain(withoutIso(note)); // the page has the instant once
  expect([command.check.headline, command.check.parts]).toEqual([why.headline, why.parts]);

  const inList = Object.fromEntries(LISTED.map((name) => [name, api[name]]));
  const listed = [{ ...inList, accountId: id, drift: api.eventLog?.drift, edited: api.edited }];
  expect(items).toMatchObject(listed);
  expect(items.map(lasting)[0]?.canSend).toEqual(lasting(api).canSend);
  expect(withoutLength(inPage)).toContain(onPage(api.canSend));
  const inCommand = command.list.accounts.filter((one: Item) => one.accountId === id);
  expect(inCommand).toMatchObject(listed);
  expect(lasting(inCommand[0]).canSend).toEqual(lasting(api).canSend);
  return { api, why, slots: { api: next, command: command.slots, page: text } };
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** A sending window that is closed now and tomorrow, at any hour of the test. */
const shut = (): object => {
  const day = DAYS[(new Date().getUTCDay() + 3) % 7];
  return { sendingWindow: { days: [day], start: '09:00', end: '17:00' } };
};
const grants = async (account: Known['account'], at: number): Promise<boolean> =>
  (await query<PeekWire>(account, 'peek', { at: new Date(at).toISOString() })).granted;

/** Settings with which an account with four slots cannot send, and the reason. */
const STOPS: readonly (readonly [string, object, string])[] = [
  ['a used daily cap', { dailyCap: 4 }, 'daily_cap'],
  ['a used ramp step', { ramp: { dailyCaps: [4, 9] } }, 'ramp_cap'],
  ['a used weekly cap', { dailyCap: 4, weeklyCap: 4 }, 'weekly_cap'],
  [
    'closed sending hours in another zone',
    { ...shut(), timezone: 'Asia/Kolkata' },
    'outside_window',
  ],
  ['the free tier', { tier: 'free' }, 'tier_has_no_inmail'],
];
async function stopped(start: object): Promise<Known> {
  const known = await sent(stand, 0, {});
  const { id, account } = known;
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => ask(account, name)));
  for (const name of ['a', 'b']) {
    await update(account, 'sendDelivered', { reservationId: name, chatId: `chat-${id}-${name}` });
  }
  await update(account, 'configure', { ...start, actor: 'ada' });
  await run(account);
  await ask(account, 'denied-1');
  await ask(account, 'denied-2');
  return known;
}
async function edited(change: string): Promise<Known> {
  const known = await busy();
  await edit(stand, known.id, change);
  return known;
}
/** Manual edits of a row, and what is named in addition to the numbers, which do not change. */
const EDITS: readonly (readonly [string, string, object])[] = [
  [
    'a counter that is higher than what was sent',
    'inmails_sent_today = 104',
    { row: 104, counted: 8, columns: ['inmails_sent_today'] },
  ],
  [
    'a counter that is lower than what was sent',
    'inmails_sent_today = 3',
    { row: 3, counted: 8, columns: ['inmails_sent_today'] },
  ],
  [
    'other parts, a lower cap and a hold',
    `unexplained = 9, imported = 0, external = 4, daily_cap = 2, hold_actor = 'mallory',
     hold_reason = 'none', hold_since = now()`,
    {
      row: 8,
      counted: 8,
      columns: [
        'daily_cap',
        'external',
        'hold_actor',
        'hold_reason',
        'hold_since',
        'imported',
        'unexplained',
      ],
    },
  ],
];

type Asked = Known & { readonly present: Answers; readonly away: Answers };
const known = new Map<string, Asked>();
const of = (name: string): Asked => {
  const one = known.get(name);
  if (!one) throw new Error(`no account is called ${name}`);
  return one;
};
/** An account whose workflow Temporal deletes, which takes some seconds. */
let forgotten = '';
beforeAll(async () => {
  const { id, account } = await sent(stand, 2);
  forgotten = id;
  await update(account, 'disconnect', { reason: 'left', actor: 'ada' });
  await account.result();
  const workflowExecution = { workflowId: account.workflowId };
  const request = { namespace: 'default', workflowExecution };
  await stand.client.workflowService.deleteWorkflowExecution(request);
});

/** Asks about each account while its workflow answers, and then, at once, while none answers. */
beforeAll(async () => {
  const made: (readonly [string, Known])[] = [
    ['busy', await busy()],
    ['deleted', await sent(stand, 17)],
  ];
  for (const [name, start] of STOPS) made.push([name, await stopped(start)]);
  for (const [name, change] of EDITS) made.push([name, await edited(change)]);
  const present = new Map<string, Answers>();
  for (const [name, { id }] of made) present.set(name, await agreed(id, false));
  const { id } = made[1]?.[1] ?? { id: '' };
  await stand.pool.query('delete from safeband.reservations where account_id = $1', [id]);
  await edit(stand, id, 'inmails_sent_today = 104');
  await stand.stopWorker();
  await Promise.all(
    made.map(async ([name, one]) => {
      const away = await agreed(one.id, true);
      const before = present.get(name);
      if (before) known.set(name, { ...one, present: before, away });
    }),
  );
  await stand.startWorker();
});

it('the answer is the same with the workflow and with its rows only', () => {
  const { present, away } = of('busy');
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
  const { source: _, asOf, ageSeconds: _a, savedAt: _s, lastCheckedAt: _c, ...facts } = present.api;
  const saved = { ...lasting(facts), source: 'postgres', unsaved: null, denials: null };
  expect(lasting(away.api)).toMatchObject(saved);
  expect(present.api.canSend.line).toBe(`Can send now (42 left today)`);
  expect(away.api.asOf > asOf).toBe(true);
  expect([away.why.headline, away.why.parts]).toEqual([present.why.headline, present.why.parts]);
  expect(away.slots).toMatchObject({ api: 503, command: 3 });
  expect(away.slots.page).toContain('Not known: the account does not answer.');
});

it.each(EDITS)('the numbers are those of the gate while the row has %s', (name, _, named) => {
  const { present, away } = of(name);
  const numbers = {
    state: 'active',
    counter: 8,
    delivered: 4,
    inFlight: 1,
    uncertain: 1,
    external: 1,
    imported: 1,
    unexplained: 0,
    edited: named,
    remaining: 42,
  };
  expect(present.api).toMatchObject({ ...numbers, source: 'workflow' });
  expect(present.api.canSend).toMatchObject({ canSend: true, left: 42 });
  expect(present.why.customer).toMatchObject({ sent: 6, maybe: 2, left: 42 });
  expect(away.api).toMatchObject({ ...numbers, source: 'postgres' });
  expect(away.api.canSend).toMatchObject({ canSend: true, left: 42 });
  const { correctedAt, line } = present.api.edited ?? {};
  expect(Date.parse(correctedAt ?? '')).toBeGreaterThan(Date.parse(present.api.asOf));
  expect(line).toContain(`The next reconcile, at ${correctedAt?.slice(11, 16)} UTC`);
  expect(away.why).toMatchObject({ counter: 8, headline: present.why.headline });
});

it('the answer counts the 17 deliveries in the event log, if their reservations were deleted', () => {
  const { api } = of('deleted').away;
  expect(api).toMatchObject({ counter: 17, delivered: 17, unexplained: 0, remaining: 33 });
  expect(api.edited).toMatchObject({ row: 104, counted: 17 });
});

it.each(STOPS)(
  '"can it send?" is the same everywhere, and as the gate answers, with %s',
  async (name, _, reason) => {
    const { account, present, away } = of(name);
    const { canSend } = present.api;
    expect(canSend).toMatchObject({ canSend: false, reason });
    const at = Date.parse(canSend.notBefore ?? present.api.asOf);
    const answers = [await grants(account, at - 1), await grants(account, at)];
    expect(answers).toEqual([false, canSend.notBefore !== null]);
    expect(canSend.needsPerson).toBe(canSend.notBefore === null);
    expect(present.api.denials).toEqual({ [reason]: 2 });
    expect(lasting(away.api).canSend).toEqual(lasting(present.api).canSend);
  },
);

it('the answer is read from the rows of an account whose workflow is no longer known', async () => {
  const read = () => stand.ask(key, `/v1/accounts/${forgotten}/status`);
  await expect.poll(async () => (await read()).json().source).toBe('postgres');
  const answer = (await read()).json<StatusRead>();
  expect(answer).toMatchObject({ state: 'disconnected', counter: 2, delivered: 2 });
});

it('"can it send?" names a restriction by LinkedIn, and a person', async () => {
  const { id, account } = await sent(stand, 0, {});
  await ask(account, 'a');
  await update(account, 'sendFailed', { reservationId: 'a', kind: 'restricted' });
  await run(account);
  const { api } = await agreed(id, false);
  expect(api.canSend).toMatchObject({ canSend: false, reason: 'held', needsPerson: true });
  expect(api.canSend.line).toBe('Stopped by LinkedIn: a person has to look');
});
