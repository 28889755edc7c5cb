/** Orders on many accounts: preview, hold, take back, stop, restart, and who may order what (R30). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OrderRow } from '../../../src/postgres/fleet/orders.js';
import { makeOrder, takeBack, type Desk } from '../../../src/status/orderDesk.js';
import { startOrder } from '../../../src/temporal/orders.js';
import { orderWorkflowId } from '../../../src/temporal/protocol.js';
import { statusOf, update as send } from '../../support/account.js';
import { safeband, settingsOf, type Ended } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
afterAll(() => stand.close());

type Row = OrderRow & { readonly state: string };
const post = (path: string, body: object, by = key) => stand.ask(by, `/v1/orders${path}`, body);
const read = async (orderId: string): Promise<Row> =>
  (await stand.ask(key, `/v1/orders/${orderId}`)).json<Row>();
const over = (orderId: string) =>
  expect.poll(async () => (await read(orderId)).endedAt, { interval: 100 }).not.toBe(null);
const accountsOf = async (orderId: string, query = '') =>
  (await stand.ask(key, `/v1/orders/${orderId}/accounts${query}`)).json<{
    items: { accountId: string; outcome: string | null; error: string | null }[];
  }>().items;
/** Connects accounts of a group, whose rows are saved. */
async function fleet(group: string, count: number, start: object = {}): Promise<readonly string[]> {
  const ids = Array.from({ length: count }, () => stand.newAccount(group));
  await Promise.all(ids.map((id) => stand.connect(id, { group, ...start })));
  const saved = async () =>
    (
      await stand.pool.query(
        `select from safeband.accounts where account_id = any($1) and state = 'active'`,
        [ids],
      )
    ).rowCount;
  await expect.poll(saved).toBe(count);
  return ids;
}
const stateOf = async (id: string) => (await statusOf(stand.handle(id))).state;
const update = (id: string, name: string, payload: object) => send(stand.handle(id), name, payload);
async function made(body: object): Promise<Row> {
  const found = await post('/preview', body);
  const { count } = found.json<{ count: number }>();
  const answer = await post('', { ...body, expected: count });
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { accounts: count }]);
  return answer.json<Row>();
}

describe('an order to hold', () => {
  it('holds what its preview shows, and its take-back resumes exactly what it has held', async () => {
    const ids = await fleet('acme', 6);
    const others = await fleet('elsewhere', 1);
    const [before = '', again = '', resumed = '', ...rest] = ids;
    await update(before, 'hold', { reason: 'asked by the customer', actor: 'ben' });
    await update(before, 'reconcileNow', {}); // saves its row
    const body = { kind: 'hold', filter: { group: 'acme' }, reason: 'incident 7', actor: 'ada' };
    await expect
      .poll(async () => (await post('/preview', body)).json())
      .toMatchObject({
        count: 6,
        accounts: ids.toSorted(),
        effect: expect.stringMatching(/grants nothing.* Held already: 1 of 6\.$/),
        already: 1,
      });
    const changed = await post('', { ...body, expected: 5 });
    expect([changed.statusCode, changed.json()]).toMatchObject([
      409,
      { type: 'urn:safeband:problem:order-changed', detail: expect.stringContaining('6 accounts') },
    ]);
    const { orderId, actor } = await made(body);
    expect(actor).toBe('ada via operator-1');
    await over(orderId);
    const order = await read(orderId);
    expect(order).toMatchObject({ state: 'done', done: 5, unchanged: 1, failed: 0, left: 0 });
    expect(await accountsOf(orderId, '?outcome=unchanged')).toMatchObject([{ accountId: before }]);
    expect(await Promise.all([...ids, ...others].map(stateOf))).toEqual([
      ...ids.map(() => 'held'),
      'active',
    ]);

    await update(resumed, 'resume', { reason: 'it may send', actor: 'ben' });
    await update(again, 'resume', { reason: 'it may send', actor: 'ben' });
    await update(again, 'hold', { reason: 'no, it may not', actor: 'ben' });
    const back = (await post(`/${orderId}/takeBack`, { reason: 'it has ended' })).json<Row>();
    expect(back).toMatchObject({ kind: 'resume', takesBack: orderId, accounts: 5 });
    await over(back.orderId);
    expect(await read(back.orderId)).toMatchObject({ done: 3, unchanged: 2, failed: 0 });
    expect(await Promise.all([before, again, resumed, ...rest].map(stateOf))).toEqual([
      'held',
      'held',
      'active',
      'active',
      'active',
      'active',
    ]);
    const twice = await post(`/${orderId}/takeBack`, { reason: 'once more' });
    expect([twice.statusCode, twice.json()]).toMatchObject([409, { title: expect.any(String) }]);
    expect(await read(orderId)).toMatchObject({ takenBackBy: back.orderId });
  });

  it('stops before its next accounts, and a worker that restarts continues it', async () => {
    const ids = await fleet('slow', 9);
    const order = { kind: 'hold', filter: { accountIds: ids }, reason: 'one by one', perSecond: 2 };
    const { orderId } = await made(order);
    await expect.poll(async () => (await read(orderId)).done).toBeGreaterThan(0);
    await stand.stopWorker(); // four seconds before it is done
    expect((await read(orderId)).left).toBeGreaterThan(0);
    await stand.startWorker();
    await over(orderId);
    expect(await read(orderId)).toMatchObject({ state: 'done', done: 9 });

    const resume = { ...order, kind: 'resume', perSecond: 1 };
    const second = await made(resume);
    await expect.poll(async () => (await read(second.orderId)).done).toBeGreaterThan(0);
    const stopped = await post(`/${second.orderId}/stop`, { reason: 'wrong list' });
    expect(stopped.json()).toMatchObject({ stopped: { reason: 'wrong list' } });
    await over(second.orderId);
    const end = await read(second.orderId);
    expect([end.state, end.done + end.left]).toEqual(['stopped', 9]);
    expect(end.left).toBeGreaterThan(0);
    const left = await accountsOf(second.orderId, '?outcome=left');
    expect(await Promise.all(left.map(({ accountId }) => stateOf(accountId)))).toEqual(
      left.map(() => 'held'),
    );
    const more = await post(`/${second.orderId}/stop`, { reason: 'once more' });
    expect(more.statusCode).toBe(409);
    expect((await post(`/${second.orderId}/takeBack`, { reason: 'r' })).statusCode).toBe(409);
  });
});

describe('an order without a workflow', () => {
  const desk = (start: Desk['startOrder']): Desk => ({
    pool: stand.pool,
    startOrder: start,
    now: Date.now,
    accounts: null,
  });
  const workflowOf = (orderId: string) => stand.client.workflow.getHandle(orderWorkflowId(orderId));
  let audits = 0;
  const audit = () =>
    stand.client.workflow.execute('inmailFleetAudit', {
      workflowId: `audit-${stand.taskQueue}-${(audits += 1)}`,
      taskQueue: stand.taskQueue,
      args: [],
    });
  const bodyOf = (ids: readonly string[], kind: string) => ({
    kind,
    filter: { accountIds: ids },
    reason: 'incident 8',
    actor: 'ada',
    expected: ids.length,
  });

  it('is started by the next audit, also if a person has terminated it', async () => {
    const ids = await fleet('kept', 3);
    // The server ended between the two steps.
    const kept = await makeOrder(
      desk(async () => undefined),
      bodyOf(ids, 'hold'),
    );
    const killed = await makeOrder(
      desk(async (orderId) => {
        await startOrder(stand.client, orderId, 'no-worker-takes-it');
        await workflowOf(orderId).terminate('by a person');
      }),
      bodyOf(ids, 'reconcile'),
    );
    await audit();
    for (const { orderId } of [kept, killed]) await over(orderId);
    expect(await read(kept.orderId)).toMatchObject({ state: 'done', done: 3, left: 0 });
    expect(await read(killed.orderId)).toMatchObject({ state: 'done', done: 3, left: 0 });

    // The rows of an old dump: what has completed does not run once more, and a stop ends it.
    await stand.pool.query(`update safeband.orders set ended_at = null where order_id = $1`, [
      kept.orderId,
    ]);
    const { runId } = await workflowOf(kept.orderId).describe();
    await audit();
    expect((await workflowOf(kept.orderId).describe()).runId).toBe(runId);
    await post(`/${kept.orderId}/stop`, { reason: 'it has ended' });
    await over(kept.orderId);
  });

  it('that Temporal does not start is stopped, and can be made or taken back again', async () => {
    const ids = await fleet('refused', 2);
    const away = desk(async () => {
      throw new Error('Temporal is away');
    });
    await expect(makeOrder(away, bodyOf(ids, 'hold'))).rejects.toThrow('Temporal is away');
    const [given] = (await stand.ask(key, '/v1/orders')).json<{ items: Row[] }>().items;
    expect(given).toMatchObject({ state: 'stopped', left: 2, endedAt: expect.any(String) });
    const { orderId } = await made(bodyOf(ids, 'hold'));
    await over(orderId);
    const by = { reason: 'it has ended', actor: 'ada' };
    await expect(takeBack(away, orderId, by)).rejects.toThrow('Temporal is away');
    const back = await post(`/${orderId}/takeBack`, { reason: 'once more' });
    expect([back.statusCode, back.json()]).toMatchObject([200, { accounts: 2 }]);
    await over(back.json<Row>().orderId);
    expect(await Promise.all(ids.map(stateOf))).toEqual(['active', 'active']);
  });
});

it('an order configures, reconciles and disconnects, and a failed account keeps its error', async () => {
  const [premium = ''] = await fleet('mixed', 1, { tier: 'premium' });
  const [navigator = ''] = await fleet('mixed', 1);
  const filter = { group: 'mixed' };
  const change = { dailyCap: 30 };
  const { orderId } = await made({ kind: 'configure', filter, change, reason: 'more' });
  await over(orderId);
  const found = await accountsOf(orderId);
  expect(Object.fromEntries(found.map(({ accountId, ...one }) => [accountId, one]))).toMatchObject({
    [premium]: { outcome: 'failed', error: expect.stringMatching(/^CapAboveSafeBand: /) },
    [navigator]: { outcome: 'done', error: null },
  });
  for (const kind of ['reconcile', 'disconnect']) {
    const { orderId: next } = await made({ kind, filter, reason: 'the customer has left' });
    await over(next);
    expect(await read(next)).toMatchObject({ done: 2, failed: 0 });
  }
  expect(await stateOf(premium)).toBe('disconnected');
  const left = { kind: 'hold', filter, reason: 'no account is left' };
  const none = async () => (await post('/preview', left)).json(); // its last task saves an account
  await expect.poll(none).toMatchObject({ count: 0, accounts: [] });
});

it('a bad order is refused by its field, and no account is asked', async () => {
  const good = { kind: 'hold', filter: { all: true }, reason: 'r', expected: 1 };
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`);
  for (const [bad, field] of [
    [{ filter: {} }, 'filter'],
    [{ filter: { all: true, group: 'acme' } }, 'filter.all'],
    [{ filter: { group: 'ACME' } }, 'filter.group'],
    [{ filter: { accountIds: [] } }, 'filter.accountIds'],
    [{ filter: { accountIds: ids(10_001) } }, 'filter.accountIds'],
    [{ filter: { accountIds: ['a', 'a'] } }, 'filter'],
    [{ reason: 'x'.repeat(488) }, 'reason'],
    [{ reason: '😀'.repeat(244) }, 'reason'], // two units each, four bytes
    [{ kind: 'restart' }, 'kind'],
    [{ perSecond: 501 }, 'perSecond'],
    [{ expected: undefined }, 'expected'],
    [{ expected: 0 }, 'expected'],
    [{ kind: 'configure' }, 'change'],
    [{ kind: 'configure', change: { dailyCap: -1 } }, 'change.dailyCap'],
    [{ change: { dailyCap: 1 } }, 'change'],
  ] as const) {
    const answer = await post('', { ...good, ...bad });
    expect([bad, answer.statusCode, answer.json<{ field?: string }>().field]).toEqual([
      bad,
      400,
      field,
    ]);
  }
  expect((await stand.ask(key, '/v1/orders/0000000000000000')).statusCode).toBe(404);
});

it('a limited key orders its own accounts only, and sees only orders about them', async () => {
  const [mine = '', theirs = ''] = await fleet('shared', 2);
  const own = await stand.key('operator', [mine]);
  const order = { kind: 'hold', filter: { accountIds: [mine, theirs] }, reason: 'mine' };
  expect((await post('/preview', order, own)).json()).toMatchObject({ count: 1, missing: 1 });
  const { orderId } = (await post('', { ...order, expected: 1 }, own)).json<Row>();
  await over(orderId);
  expect([await stateOf(mine), await stateOf(theirs)]).toEqual(['held', 'active']);
  const foreign = await made({ ...order, filter: { accountIds: [theirs] } });
  await over(foreign.orderId);
  for (const path of ['', '/accounts']) {
    const answer = await stand.ask(own, `/v1/orders/${foreign.orderId}${path}`);
    expect(answer.statusCode).toBe(404);
  }
  const listed = (await stand.ask(own, '/v1/orders')).json<{ items: Row[] }>().items;
  expect(listed.map((one) => one.orderId)).toEqual([orderId]);
  for (const role of ['reader', 'pipeline'] as const) {
    expect((await post('/preview', order, await stand.key(role))).statusCode).toBe(403);
  }
});

it('the command line shows, stops and takes back an order, with a key as without', async () => {
  const ids = await fleet('lines', 6);
  const url = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  const byKey = (line: string): Promise<Ended> =>
    safeband(line.split(' '), { env: { SAFEBAND_URL: url, SAFEBAND_KEY: key, USER: 'mara' } });
  const direct = (line: string): Promise<Ended> => safeband(line.split(' '), settingsOf(stand));
  const make = (kind: string, more: string): string =>
    `order make ${kind} --accounts ${ids.join(',')} --reason x --json ${more}`;
  const orderIn = ({ out }: Ended): Row => JSON.parse(out).order;
  const { orderId, ...order } = orderIn(await byKey(make('hold', '--expect 6')));
  expect(order).toMatchObject({ done: 6, actor: expect.stringMatching(/^cli:mara via operator-/) });
  // The error of a server also has its cure.
  const lasting = ({ err, ...more }: Ended) => ({ ...more, err: err.split(/: read|\n/)[0] });
  for (const line of [
    `order show ${orderId}`,
    `order show ${orderId} --json`,
    `order stop ${orderId} --reason late`,
    'order show 0000000000000000',
    'order take-back 0000000000000000 --reason x',
  ]) {
    expect(lasting(await byKey(line))).toEqual(lasting(await direct(line)));
  }
  expect((await direct(`order show ${orderId}`)).out).toMatch(
    /\(hold\) is done: 6 of 6 accounts: 6 done, 0 unchanged, 0 failed\nx \(.*\)\nfor: named accounts$/,
  );
  const back = `order take-back ${orderId} --reason ended`;
  expect(await byKey(back)).toMatchObject({ code: 0, out: expect.stringContaining('6 done') });
  const twice = await direct(back);
  expect([twice.code, twice.err]).toEqual([5, expect.stringContaining('taken back already')]);
  const slow = orderIn(await direct(make('reconcile', '--expect 6 --rate 1 --no-wait')));
  const stopped = await byKey(`order stop ${slow.orderId} --reason wrong`);
  expect(stopped.out).toContain(`order ${slow.orderId} (reconcile) is stopped`);
  const long = '😀'.repeat(257); // two UTF-16 units each: a reason has 512
  for (const line of [make('hold', ''), 'brake --reason x', `order stop ${orderId} --reason x`]) {
    const { code, err } = await direct(line.replace('--reason x', `--reason ${long}`).trim());
    expect([line, code, err]).toEqual([line, 2, expect.stringContaining('reason should be text')]);
  }
  const file = await stand.ask(key, `/v1/orders/${orderId}/accounts?format=csv&outcome=done`);
  const [head, ...rows] = file.body.trim().split('\r\n');
  expect(head).toBe('orderId,accountId,outcome,error,decidedAt');
  expect(rows.map((row) => row.split(',')[1])).toEqual(ids.toSorted());
});

it('an order whose accounts are deleted shows its counts, and can neither list nor take back', async () => {
  const orderId = 'feedfeedfeedfeed';
  await stand.pool.query(
    `insert into safeband.orders (order_id, kind, filter, reason, actor, per_second, accounts,
       made_at, ended_at, accounts_deleted_at)
     values ($1, 'hold', '{"all": true}', 'incident', 'ada', 50, 3, now(), now(), now())`,
    [orderId],
  );
  await stand.pool.query(
    `insert into safeband.order_counts (order_id, outcome, part, accounts)
     values ($1, 'done', 0, 2), ($1, 'failed', 0, 1)`,
    [orderId],
  );
  expect(await read(orderId)).toMatchObject({ done: 2, failed: 1 });
  const deleted = expect.stringContaining('the rows of its accounts were deleted');
  for (const answer of [
    await stand.ask(key, `/v1/orders/${orderId}/accounts`),
    await post(`/${orderId}/takeBack`, { reason: 'it has ended' }),
  ]) {
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { detail: deleted }]);
  }
  const page = (await stand.ask(key, `/orders/${orderId}`)).body;
  expect(page).toContain('The rows of its accounts were deleted');
  expect(page).not.toMatch(/Failed \(|format=csv|takeBack/);
  const shown = await safeband(['order', 'show', orderId], settingsOf(stand));
  expect(shown).toMatchObject({ code: 0, out: deleted });
});
