/**
 * No recipient is contacted twice (R20): while many callers ask at once, workers restart and the workflow
 * is terminated, over continue-as-new and over midnights of skipped time.
 */
import { WorkflowNotFoundError } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, askRead, run, statusOf, untilRead, update } from '../support/account.js';
import { failureTypeOf } from '../support/failure.js';
import { searchKeyOf } from '../../src/domain/primitives/linkedinId.js';
import { lockTable, waiting } from '../support/locks.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const CALLERS = 8;
const ANN = 'ACoAAS7RzQBx4n2gq5bYwVdT8kR3mZ0uLh6pXcE';
/** Each caller spells the recipient in its own way. */
const SPELLINGS = [ANN, ` ${ANN}`, ANN.toLowerCase(), `urn:li:fsd_profile:${ANN}`];
const HOURS_TO_FORGET = 4 * 24;

it(`${CALLERS} callers with ${CALLERS} ids get one slot for one recipient, whatever restarts`, async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const decided = Array.from({ length: CALLERS }, () => 0);
  const state = { granted: 0, isOver: false };
  /** Asks again and again, each time with a new id, as a pipeline does that forgets its ids. */
  const askOn = async (caller: number): Promise<void> => {
    for (let n = 0; !state.isOver; n += 1) {
      const recipientId = SPELLINGS[caller % SPELLINGS.length];
      const answer = await ask(stand.handle(id), `c${caller}-${n}`, { recipientId }).catch(
        (error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error; // between its two workflows
        },
      );
      if (answer?.granted) state.granted += 1;
      if (answer) decided[caller] = (decided[caller] ?? 0) + 1;
    }
  };
  const all = Promise.all(decided.map((_, caller) => askOn(caller)));
  const each = async (more: number) => {
    const goal = decided.map((count) => count + more);
    await expect.poll(() => decided.every((count, i) => count >= (goal[i] ?? 0))).toBe(true);
  };
  await each(1);
  await stand.stopWorker();
  await stand.startWorker();
  await each(1);
  await account.terminate('an accident');
  await stand.connect(id);
  await each(1);
  state.isOver = true;
  await all;
  expect(state.granted).toBe(1);
  const { openReservations } = await statusOf(stand.handle(id));
  const [contact] = openReservations;
  expect(openReservations).toHaveLength(1);
  expect(await askRead(stand.handle(id), 'more', { recipientId: ANN })).toEqual({
    granted: false,
    reservationId: 'more',
    reason: 'recipient_contacted',
    contactedBy: contact?.reservationId,
    retryAt: null,
  });
});

it('a recipient stays refused over continue-as-new and midnight, until its slot is forgotten', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const toAnn = (name: string, more: object = {}) =>
    askRead(account, name, { recipientId: ANN, ...more });
  expect(await toAnn('a')).toMatchObject({ granted: true });
  await update(account, 'sendFailed', { reservationId: 'a', kind: 'rejected' });
  expect(await toAnn('b')).toMatchObject({ granted: true });
  await update(account, 'sendFailed', { reservationId: 'b', kind: 'unknown' });
  expect(await toAnn('c')).toMatchObject({ contactedBy: 'b', retryAt: null });
  await update(account, 'sendDelivered', { reservationId: 'b', chatId: 'chat' });
  const refused = await toAnn('c');
  expect(refused).toMatchObject({ reason: 'recipient_contacted', contactedBy: 'b' });
  const retryAt = 'retryAt' in refused ? Date.parse(refused.retryAt ?? '') : NaN;
  for (let day = 0; day < 2; day += 1) {
    await fastForward(stand.client, account.workflowId, 24 * 3_600);
    expect(await toAnn('c')).toEqual(refused);
  }
  expect(await toAnn('d', { again: true })).toMatchObject({ granted: true });
  await update(account, 'sendFailed', { reservationId: 'd', kind: 'rejected' });
  const now = Date.parse((await statusOf(account)).asOf);
  await fastForward(stand.client, account.workflowId, Math.ceil((retryAt - now) / 1_000));
  expect(retryAt - now).toBeLessThan(HOURS_TO_FORGET * 3_600_000);
  expect(await toAnn('c')).toMatchObject({ granted: true });
  await expect
    .poll(async () => {
      const { rows } = await stand.pool.query<{ id: string }>(
        `select reservation_id as id from safeband.reservations
          where account_id = $1 and again and state = 'released'`,
        [id],
      );
      return rows;
    })
    .toEqual([{ id: 'd' }]);
});

it('Postgres finds forgotten recipients and the InMails of replies, and no other caller waits', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { recipientMemoryDays: 90 });
  await stand.pool.query(
    `insert into safeband.reservations (account_id, reservation_id, quota_day, state, recipient_id,
       reserved_at, lease_expires_at, settled_at, chat_id, number, recipient_key)
     select $1, 'old', at::date, 'delivered', $2, at, at, at, 'chat-old', 0, $3
       from (select now() - interval '40 days' as at) sent`,
    [id, ANN, searchKeyOf(ANN)],
  );
  await stand.pool.query(
    `insert into safeband.inmail_events
       (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
     select $1, 'old', 'chat-old', 'pipeline', at::date, at
       from (select now() - interval '40 days' as at) sent`,
    [id],
  );
  await update(account, 'creditsObserved', { balance: 10, at: new Date().toISOString() });
  const reply = (chatId: string) =>
    update(account, 'replyObserved', { chatId, at: new Date().toISOString() });
  const inGroup = await stand.connect(stand.newAccount(), { group: 'g', recipientScope: 'group' });
  const locked = await lockTable(stand.databaseUrl, 'reservations');
  const moved = ask(inGroup, 'e', { recipientId: 'Max' });
  // A lookup waits for four seconds: on a slow machine, the lock may last longer.
  const toAnn = askRead(account, 'a', { recipientId: `urn:li:fsd_profile:${ANN}` });
  const requests = [
    { reservationId: 'b', recipientId: ANN },
    { reservationId: 'c', recipientId: 'Bob' },
    { reservationId: 'd', recipientId: 'bob' },
  ];
  const batch = untilRead(() => update(account, 'sendReserveBatch', { requests }));
  const replies = Promise.all([1, 2].map(() => untilRead(() => reply('chat-old'))));
  await expect.poll(() => waiting(stand.pool)).toBeGreaterThan(1);
  expect(await ask(account, 'e')).toMatchObject({ granted: true });
  await update(inGroup, 'configure', { group: 'h' });
  await locked.release();
  expect(await moved).toMatchObject({ reason: 'unverified' });
  const contacted = { reason: 'recipient_contacted', contactedBy: 'old' };
  expect(await toAnn).toMatchObject(contacted);
  expect(await batch).toMatchObject({
    decisions: [contacted, { granted: true }, { contactedBy: 'c', retryAt: null }],
  });
  expect(new Set(await replies)).toEqual(
    new Set([
      expect.objectContaining({ refunded: true, reservationId: 'old' }),
      expect.objectContaining({ refunded: false, ignored: 'repeated' }),
    ]),
  );
  expect(await untilRead(() => reply('chat-old'))).toMatchObject({ ignored: 'repeated' });
  const silent = await lockTable(stand.databaseUrl, 'reservations');
  const unclaimed = ask(inGroup, 'f', { recipientId: 'Eve' });
  const unknown = failureTypeOf(() => reply('chat-old'));
  expect(await ask(account, 'f', { recipientId: 'Eve' })).toMatchObject({ reason: 'unverified' });
  expect(await unclaimed).toMatchObject({ reason: 'unverified', retryAt: expect.any(String) });
  expect(await unknown).toBe('Unavailable');
  expect(await ask(account, 'g')).toMatchObject({ granted: true });
  await silent.release();
  expect(await askRead(account, 'f', { recipientId: 'Eve' })).toMatchObject({ granted: true });
  expect(await askRead(account, 'h', { recipientId: ANN, again: true })).toMatchObject({
    granted: true,
  });
  expect(await statusOf(account)).toMatchObject({ inFlight: 5, credits: { balance: 6 } });
});

/** Connects accounts that compare recipients with their group. */
const newGroup = async (group: string, ...policies: readonly object[]) =>
  Promise.all(
    policies.map(async (policy) => {
      const id = stand.newAccount();
      const scope = { group, recipientScope: 'group', ...policy };
      return { id, account: await stand.connect(id, scope) };
    }),
  );
const CONTACTED = { granted: false, reason: 'recipient_contacted' };

it('64 asks at once for four recipients over four accounts of a group get four grants', async () => {
  const members = await newGroup('scope-crowd', {}, {}, {}, {});
  const asked = Array.from({ length: 64 }, (_, n) => {
    const person = Math.floor(n / 4) % 4;
    const recipientId = [
      ANN,
      ` ${ANN}`,
      `urn:li:fsd_profile:${ANN}`,
      `https://www.linkedin.com/in/${ANN}/`,
    ][n % 4]?.replace('S7', `S${person}`);
    return { account: stand.handle(members[n % 4]?.id ?? ''), person, recipientId, name: `r${n}` };
  });
  const answers = await Promise.all(
    asked.map(({ account, name, recipientId }) => askRead(account, name, { recipientId })),
  );
  const granted = asked.filter((_, n) => answers[n]?.granted);
  expect(granted.map(({ person }) => person).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  for (const answer of answers.filter((one) => !one.granted)) {
    expect(answer).toMatchObject({ ...CONTACTED, contactedBy: expect.any(String) });
  }
});

it('a grant that is not saved keeps its recipient, whatever restarts, until it is released', async () => {
  const [one, two] = await newGroup('scope-crash', {}, {});
  if (!one || !two) throw new Error('two accounts are connected');
  const toAnn = ({ id }: { id: string }, name: string, more: object = {}) =>
    askRead(stand.handle(id), name, { recipientId: ANN, ...more });
  expect(await toAnn(one, 'a')).toMatchObject({ granted: true });
  expect(await toAnn(two, 'b', { recipientId: `urn:li:fsd_profile:${ANN}` })).toMatchObject({
    ...CONTACTED,
    contactedBy: 'a',
  });
  await stand.stopWorker();
  await stand.startWorker();
  expect(await toAnn(two, 'b')).toMatchObject(CONTACTED);
  expect(await toAnn(one, 'a')).toMatchObject({ repeated: true });
  await one.account.terminate('an accident');
  expect(await toAnn(two, 'b')).toMatchObject(CONTACTED);
  await stand.connect(one.id);
  expect(await toAnn(one, 'a')).toMatchObject({ repeated: true });
  await run(stand.handle(one.id));
  expect(await toAnn(two, 'b')).toMatchObject({ ...CONTACTED, contactedBy: 'a', retryAt: null });
  // In another group, this account compares with other accounts.
  await update(two.account, 'configure', { group: 'scope-other' });
  expect(await toAnn(two, 'c')).toMatchObject({ granted: true });
  await update(two.account, 'sendFailed', { reservationId: 'c', kind: 'rejected' });
  await update(two.account, 'configure', { group: 'scope-crash' });
  await update(stand.handle(one.id), 'sendFailed', { reservationId: 'a', kind: 'rejected' });
  await run(stand.handle(one.id));
  expect(await toAnn(two, 'b')).toMatchObject({ granted: true });
  expect(await toAnn(one, 'd')).toMatchObject({ ...CONTACTED, contactedBy: 'b' });
  expect(await toAnn(one, 'e', { again: true })).toMatchObject({ granted: true });
});

it('an ask that waits keeps its recipient until it leaves the line, and a denied ask gives its recipient back', async () => {
  const [one, two] = await newGroup('scope-line', { dailyCap: 1 }, {});
  if (!one || !two) throw new Error('two accounts are connected');
  const [eve, bob] = [{ recipientId: 'ACoAAEve' }, { recipientId: 'ACoAABob' }];
  const both = await Promise.all([askRead(one.account, 'a', eve), askRead(one.account, 'b', bob)]);
  const [granted, denied] = both[0].granted ? [eve, bob] : [bob, eve];
  const name = (who: object) => (who === eve ? 'a' : 'b');
  expect(both.filter((answer) => answer.granted)).toHaveLength(1);
  await expect
    .poll(() => askRead(two.account, name(denied), denied))
    .toMatchObject({ granted: true });
  await update(two.account, 'sendFailed', { reservationId: name(denied), kind: 'rejected' });
  await Promise.all([run(one.account), run(two.account)]);
  // The account without room waits for the person whom the other one has given back.
  const validUntil = new Date(Date.now() + 2 * 86_400_000).toISOString();
  const waits = { ...denied, wait: true, validUntil };
  expect(await askRead(one.account, 'w', waits)).toMatchObject({ waiting: true });
  expect(await askRead(one.account, 'w', waits)).toMatchObject({ waiting: true, position: 1 });
  expect(await askRead(two.account, 'x', denied)).toMatchObject({ ...CONTACTED, contactedBy: 'w' });
  expect(await askRead(two.account, 'y', { ...waits })).toMatchObject({ contactedBy: 'w' });
  await run(one.account);
  expect(await askRead(two.account, 'x', denied)).toMatchObject({
    ...CONTACTED,
    contactedBy: 'w',
    retryAt: validUntil,
  });
  await update(one.account, 'sendWithdraw', { reservationId: 'w' });
  await run(one.account);
  expect(await askRead(two.account, 'x', denied)).toMatchObject({ granted: true });
  expect(await askRead(two.account, 'z', granted)).toMatchObject({ contactedBy: name(granted) });
  const { rows } = await stand.pool.query(
    'select from safeband.group_recipients where claimed_by = $1 and safeband.is_open_claim(group_recipients)',
    [one.id],
  );
  expect(rows).toEqual([]);
});
