/** An ask of a group over HTTP: one account for an id and a recipient (R31); and who is next (R26). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SafebandError } from '../../../src/client/errors.js';
import { GroupAsking } from '../../../src/client/group/groupAsking.js';
import { createClient } from '../../../src/client/index.js';
import { pgGroupDesk } from '../../../src/postgres/groups/desk.js';
import { pruneGroupSends } from '../../../src/postgres/operations/prune.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { PATIENT } from '../../support/patience.js';

type Answer = {
  readonly granted: boolean;
  readonly accountId: string | null;
  readonly repeated?: boolean;
  readonly reason?: string;
  readonly contactedBy?: string;
  readonly retryAt?: string | null;
  readonly members?: readonly object[];
};
let stand: HttpStand;
let operator: string;
beforeAll(async () => {
  stand = await createHttpStand();
  operator = await stand.key('operator');
});
afterAll(() => stand.close());

const newGroup = async (
  group: string,
  ...policies: readonly object[]
): Promise<readonly string[]> => {
  const ids = policies.map(() => stand.newAccount());
  await Promise.all(
    ids.map(async (id, n) => {
      await stand.connect(id, { group, ...policies[n] });
      await saved(id);
    }),
  );
  return ids;
};
/** A reconcile saves at once. */
const saved = async (id: string) =>
  expect((await stand.ask(operator, `/v1/accounts/${id}/reconcileNow`, {})).statusCode).toBe(200);
const ask = (group: string, body: object, key = operator) =>
  stand.ask(key, `/v1/groups/${group}/sendReserve`, body);
/** A busy machine may need longer than the seconds of an ask: then a caller repeats it. */
const asksAgain = ({ statusCode, body }: Awaited<ReturnType<typeof ask>>): boolean =>
  statusCode === 503 || body.includes('"unverified"');
const answerOf = async (group: string, body: object, key = operator): Promise<Answer> => {
  let answer = await ask(group, body, key);
  for (let n = 0; n < 20 && asksAgain(answer); n += 1) answer = await ask(group, body, key);
  expect([answer.statusCode, answer.statusCode === 200 ? '' : answer.body]).toEqual([200, '']);
  return answer.json<Answer>();
};
const send = (id: string, name: string, body: object) =>
  stand.ask(operator, `/v1/accounts/${id}/${name}`, body);
const counterOf = async (id: string): Promise<number> =>
  (await stand.ask(operator, `/v1/accounts/${id}/status`)).json<{ counter: number }>().counter;

it('64 asks at once for four recipients over eight accounts get four grants', async () => {
  const ids = await newGroup('crowd', ...Array.from({ length: 8 }, () => ({ dailyCap: 5 })));
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, n) =>
      answerOf('crowd', { reservationId: `r${n}`, recipientId: `ACoAAcrowd${n % 4}` }),
    ),
  );
  const granted = answers.flatMap(({ granted: isGranted }, n) => (isGranted ? [n % 4] : []));
  expect(granted.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  expect(answers.filter(({ granted: isGranted }) => !isGranted)).toEqual(
    Array.from({ length: 60 }, () =>
      expect.objectContaining({ reason: 'recipient_contacted', contactedBy: expect.any(String) }),
    ),
  );
  const counters = await Promise.all(ids.map(counterOf));
  expect(counters.reduce((sum, one) => sum + one, 0)).toBe(4);
});

it('64 asks at once without a recipient fill eight accounts exactly, and 8 requests with one id get one slot', async () => {
  const ids = await newGroup('full', ...Array.from({ length: 8 }, () => ({ dailyCap: 4 })));
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, n) => answerOf('full', { reservationId: `r${n % 56}` })),
  );
  const named = new Map<number, Set<string | null>>();
  for (const [n, { granted, accountId }] of answers.entries()) {
    if (granted) named.set(n % 56, (named.get(n % 56) ?? new Set()).add(accountId));
  }
  expect(named.size).toBe(32);
  expect([...named.values()].every(({ size }) => size === 1)).toBe(true);
  expect(await Promise.all(ids.map(counterOf))).toEqual(ids.map(() => 4));
  const denied = answers.find(({ granted }) => !granted);
  expect(denied).toMatchObject({ reason: 'daily_cap', retryAt: expect.any(String) });
  expect(denied?.members).toHaveLength(8);
});

it('the first in the order of next is asked first, and a lost answer is found again', async () => {
  const [small = '', big = ''] = await newGroup('pair', { dailyCap: 3 }, {});
  const request = { reservationId: 'job-17', recipientId: 'ACoAAB1' };
  // The account grants, and its answer is lost.
  const { client, taskQueue, pool } = stand;
  const own = createClient({ ...PATIENT, client, taskQueue, rememberDenialsMs: 0 });
  const lost = new GroupAsking(
    {
      reserve: async (accountId, body) => {
        await own.reserve(accountId, body);
        throw new SafebandError('Unavailable', 'lost');
      },
      failed: () => Promise.reject(new Error('nothing is given back')),
      status: (accountId) => own.status(accountId),
      nextSlots: (accountId, count) => own.nextSlots(accountId, count),
    },
    pgGroupDesk(pool),
  );
  await expect(lost.reserve('pair', request)).rejects.toMatchObject({ type: 'Unavailable' });
  // Meanwhile no other ask gets the recipient, and the same id finds its grant.
  expect(await answerOf('pair', { ...request, reservationId: 'job-18' })).toMatchObject({
    granted: false,
    reason: 'recipient_contacted',
    contactedBy: 'job-17',
    accountId: null,
    retryAt: expect.any(String),
  });
  const found = await answerOf('pair', request);
  expect(found).toMatchObject({ granted: true, accountId: big, repeated: true });
  expect(await Promise.all([small, big].map(counterOf))).toEqual([0, 1]);
  // The recipient stays with the account, in any spelling, and its reason is that of the account.
  const again = { reservationId: 'job-19', recipientId: 'urn:li:fsd_profile:acoaab1' };
  expect(await answerOf('pair', again)).toMatchObject({
    reason: 'recipient_contacted',
    contactedBy: 'job-17',
    accountId: big,
    retryAt: null,
    members: [{ accountId: big, asked: true }],
  });
  expect(await answerOf('pair', { ...again, again: true })).toMatchObject({ accountId: big });
  await send(big, 'hold', { reason: 'a check' });
  const held = { ...again, reservationId: 'job-20', again: true };
  expect(await answerOf('pair', held)).toMatchObject({ reason: 'held', accountId: big });
});

it('a released slot frees its recipient for every account, and a full one is passed', async () => {
  const [one = '', two = ''] = await newGroup('free', { dailyCap: 2 }, { dailyCap: 1 });
  const request = { reservationId: 'a', recipientId: 'ACoAAfree' };
  expect(await answerOf('free', request)).toMatchObject({ accountId: one });
  await send(one, 'sendFailed', { reservationId: 'a', kind: 'rejected' });
  await send(one, 'hold', { reason: 'a check' });
  await saved(one);
  expect(await answerOf('free', { ...request, reservationId: 'b' })).toMatchObject({
    granted: true,
    accountId: two,
  });
  const none = await ask('free', { reservationId: 'c' });
  expect(none.json<object>()).toMatchObject({
    reason: 'daily_cap',
    accountId: two,
    members: [
      { accountId: two, reason: 'daily_cap', asked: true },
      { accountId: one, reason: 'held', retryAt: null, asked: false },
    ],
  });
  expect(Number(none.headers['retry-after'])).toBeGreaterThan(0);
});

it('a contact counts when its account comes into the group, and after it has left', async () => {
  const [stays = '', moves = ''] = await newGroup('here', {}, { dailyCap: 2 });
  const [comes = ''] = await newGroup('there', {});
  // Asked directly, before it came.
  await send(comes, 'sendReserve', { reservationId: 'direct', recipientId: 'ACoAAcame' });
  await send(comes, 'configure', { group: 'here', dailyCap: 1 });
  await saved(comes);
  const came = { reservationId: 'x', recipientId: 'ACoAAcame' };
  expect(await answerOf('here', came)).toMatchObject({
    reason: 'recipient_contacted',
    contactedBy: 'direct',
    accountId: comes,
  });
  await send(stays, 'hold', { reason: 'a check' });
  await saved(stays);
  expect(await answerOf('here', { reservationId: 'y', recipientId: 'ACoAAleft' })).toMatchObject({
    accountId: moves,
  });
  await send(moves, 'configure', { group: 'there' });
  await send(stays, 'resume', { reason: 'checked' });
  for (const id of [stays, moves]) await saved(id);
  const left = { reservationId: 'z', recipientId: 'ACoAAleft' };
  const key = await stand.key('pipeline', null, ['here']);
  expect(await answerOf('here', left, key)).toMatchObject({
    reason: 'recipient_contacted',
    contactedBy: 'y',
    accountId: null,
    members: [],
  });
  expect(await answerOf('here', left)).toMatchObject({ accountId: moves });
  // A granted id stays with its account.
  const repeat = { reservationId: 'y', recipientId: 'ACoAAleft' };
  expect(await answerOf('here', repeat)).toMatchObject({ accountId: moves, repeated: true });
  expect((await ask('here', repeat, key)).statusCode).toBe(404);
  expect(await answerOf('here', { ...left, again: true })).toMatchObject({ accountId: stays });
});

it('an ask of the group and an ask of one account see each other, before anything is saved', async () => {
  const scope = { recipientScope: 'group' };
  const [one = '', two = ''] = await newGroup('scope', scope, { ...scope, dailyCap: 5 });
  const direct = async (id: string, body: object) =>
    (await send(id, 'sendReserve', body)).json<Answer>();
  const ann = { recipientId: 'ACoAAann' };
  expect(await direct(two, { reservationId: 'd', ...ann })).toMatchObject({ granted: true });
  const routed = { reason: 'recipient_contacted', contactedBy: 'd', accountId: two };
  expect(await answerOf('scope', { reservationId: 'g', ...ann })).toMatchObject(routed);
  // The ask of the group has its grant; then its account has the recipient.
  const bob = { recipientId: 'ACoAAbob' };
  expect(await answerOf('scope', { reservationId: 'h', ...bob })).toMatchObject({ accountId: one });
  const contacted = (contactedBy: string) => ({ reason: 'recipient_contacted', contactedBy });
  expect(await direct(two, { reservationId: 'e', ...bob })).toMatchObject(contacted('h'));
  // While an ask of the group is being decided, no account grants to another ask.
  const desk = pgGroupDesk(stand.pool);
  const held = { group: 'scope', reservationId: 'i', recipientId: 'ACoAAcid' };
  expect(await desk.hold(held)).toMatchObject({ held: true });
  const cid = { recipientId: 'urn:li:fsd_profile:ACoAAcid' };
  const asked = { ...contacted('i'), retryAt: expect.any(String) };
  expect(await direct(two, { reservationId: 'f', ...cid })).toMatchObject(asked);
  expect(await direct(one, { reservationId: 'i', ...cid })).toMatchObject({ granted: true });
  await desk.leave(held, null);
  expect(await direct(two, { reservationId: 'f', ...cid })).toMatchObject(contacted('i'));
});

it('an erased recipient stays with its account, and an unknown key of erasures is an error', async () => {
  const [one = '', two = ''] = await newGroup('erased', { dailyCap: 1 }, {});
  const hash = `erased:12345678:${'0'.repeat(40)}`;
  const erased = { prefix: 'erased:12345678:', hashOf: () => hash };
  const { client, taskQueue, pool } = stand;
  const { groups } = createClient({
    ...PATIENT,
    client,
    taskQueue,
    groups: pgGroupDesk(pool, { erased }),
  });
  await send(one, 'sendReserve', { reservationId: 'old', recipientId: 'ACoAAgone' });
  await saved(one);
  await pool.query(
    `update safeband.reservations set recipient_id = $2, recipient_key = $2 where account_id = $1`,
    [one, hash],
  );
  const request = { reservationId: 'new', recipientId: 'ACoAAgone' };
  expect((await ask('erased', request)).json<object>()).toMatchObject({
    code: 'Unavailable',
    detail: expect.stringContaining('SAFEBAND_ERASURE_KEY'),
  });
  await pool.query('delete from safeband.group_recipients where held_by = $1', ['new']);
  const asked = await groups.reserve('erased', request);
  expect([asked.accountId, await counterOf(two)]).toEqual([one, 0]);
});

it('a key needs the whole group, and a bad request is refused with its field', async () => {
  const [one = ''] = await newGroup('small', {}, {});
  const body = { reservationId: 'r' };
  const some = await stand.key('pipeline', [one]);
  expect((await ask('small', body, some)).json<object>()).toMatchObject({
    status: 403,
    detail: 'this key has some accounts of small, and not the group',
  });
  for (const key of [await stand.key('pipeline', null, ['other-group']), operator]) {
    const group = key === operator ? 'nobody' : 'small';
    expect((await ask(group, body, key)).json<object>()).toMatchObject({
      status: 404,
      type: 'urn:safeband:problem:group-unknown',
    });
  }
  expect((await ask('small', body, await stand.key('reader'))).statusCode).toBe(403);
  expect((await ask('EU', body)).json<object>()).toMatchObject({ code: 'InvalidInput' });
  expect((await ask('small', { ...body, wait: true })).json<object>()).toMatchObject({
    code: 'InvalidInput',
    detail: expect.stringContaining('wait'),
  });
  expect((await ask('small', {})).json<object>()).toMatchObject({ field: 'reservationId' });
  const whole = await stand.key('pipeline', null, ['small']);
  expect(await answerOf('small', body, whole)).toMatchObject({ granted: true });
});

it('rows that no account remembers any more are deleted', async () => {
  const rows = async () => {
    const { rows: found } = await stand.pool.query<{ id: string }>(
      `select reservation_id as id from safeband.group_reserves where group_name = 'old'
       union all select recipient_key from safeband.group_recipients where group_name = 'old'
       order by 1`,
    );
    return found.map(({ id }) => id);
  };
  await stand.pool.query(
    `insert into safeband.group_reserves (group_name, reservation_id, account_id, recorded_at)
     select 'old', 'r' || days, 'a', clock_timestamp() - days * interval '1 day'
       from unnest('{366,368,400}'::int[]) days`,
  );
  await stand.pool.query(
    `insert into safeband.group_recipients (group_name, recipient_key, account_id, reservation_id, granted_at, recorded_at)
     select 'old', 'k' || days, 'a', 'r', now(), clock_timestamp() - days * interval '1 day'
       from unnest('{366,368}'::int[]) days`,
  );
  await pruneGroupSends(stand.pool, Date.now(), null);
  expect(await rows()).toHaveLength(5);
  await pruneGroupSends(stand.pool, Date.now(), 7, 1);
  expect(await rows()).toEqual(['k366', 'r366']);
});

it('the next accounts of a group are those that can send, then those that wait, as the gate decides', async () => {
  const [most, less] = [stand.newAccount(), stand.newAccount()];
  const [waits, stopped] = [stand.newAccount(), stand.newAccount()];
  const pacing = { minGapSeconds: 3_600 };
  await stand.connect(most, { group: 'pool' });
  await stand.connect(less, { group: 'pool', dailyCap: 3 });
  await stand.connect(waits, { group: 'pool', pacing });
  await stand.connect(stopped, { group: 'pool' });
  await stand.ask(operator, `/v1/accounts/${waits}/sendReserve`, { reservationId: 'r' });
  await stand.ask(operator, `/v1/accounts/${stopped}/hold`, { reason: 'a check' });
  for (const one of [most, less, waits, stopped]) await saved(one);
  const next = async (key: string, query = '') =>
    (await stand.ask(key, `/v1/groups/pool/next${query}`)).json<{ items: object[] }>();
  const { items } = await next(operator);
  const status = await stand.ask(operator, `/v1/accounts/${waits}/status`);
  const { canSend } = status.json<{ canSend: { notBefore: string } }>();
  expect(items).toMatchObject([
    { accountId: most, canSend: true, reason: null, notBefore: null, left: 50 },
    { accountId: less, canSend: true, left: 3 },
    { accountId: waits, canSend: false, reason: 'paced', notBefore: canSend.notBefore, left: 0 },
  ]);
  const slots = await stand.ask(operator, `/v1/accounts/${waits}/nextSlots?count=3`);
  expect(items[2]).toMatchObject({ slots: slots.json<string[]>() });
  expect((await next(operator, '?count=1')).items).toMatchObject([{ accountId: most }]);
  // The client library asks the accounts themselves. The slots of the first two begin now.
  const { client, taskQueue, pool } = stand;
  const { groups } = createClient({ ...PATIENT, client, taskQueue, groups: pgGroupDesk(pool) });
  const asked = await groups.next('pool');
  const plain = (all: readonly object[]) => all.map((one) => ({ ...one, slots: 'some' }));
  expect([plain(asked), asked[2]]).toEqual([plain(items), items[2]]);
  expect(asked.map((one) => one.slots.length)).toEqual([3, 3, 3]);
  expect(await groups.next('pool', { count: 1 })).toMatchObject([{ accountId: most }]);
  await expect(groups.next('nobody')).rejects.toMatchObject({ type: 'AccountUnknown' });
  // A key of some accounts gets only these, and a key of none finds no such group.
  const some = await stand.key('reader', [less]);
  expect((await next(some)).items).toMatchObject([{ accountId: less }]);
  const none = await stand.key('reader', await newGroup('no-pool', {}));
  expect((await stand.ask(none, '/v1/groups/pool/next')).json<object>()).toMatchObject({
    status: 404,
    type: 'urn:safeband:problem:group-unknown',
  });
});
