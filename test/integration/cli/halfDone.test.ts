/**
 * Commands of two steps, the second of which fails: the error states that the first was done, and
 * never that nothing was.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dayOf, isoDay } from '../../../src/domain/primitives/time.js';
import { makeKey } from '../../../src/postgres/access/keys.js';
import { answering, problem, responding } from '../../support/answering.js';
import { safeband, settingsOf, wordsOf, type Ended } from '../../support/cli.js';
import { createStand, type Stand } from '../../support/stand.js';
import { startFront } from '../../support/temporalFront.js';

const ok = (body: object): RequestListener =>
  responding(200, 'application/json', JSON.stringify(body));
const away = problem(503, 'Unavailable', { code: 'Unavailable', detail: 'no answer came' });

/** Runs a command with an API key, on a server that has these answers. */
async function byKey(line: string, routes: Record<string, RequestListener>): Promise<Ended> {
  const url = await answering((request, response) => {
    const route = routes[`${request.method} ${request.url?.split('?')[0]}`];
    (route ?? problem(404, 'not-found', { detail: 'x' }))(request, response);
  });
  return safeband(wordsOf(line), { env: { SAFEBAND_URL: url, SAFEBAND_KEY: 'sb_key' } });
}

const ORDER_ID = '7c2e91d04ab35f68';
const [order, counts] = [`/v1/orders/${ORDER_ID}`, { done: 0, unchanged: 0, failed: 0, left: 2 }];
const by = { reason: 'r', actor: 'a' };
const row = { orderId: ORDER_ID, kind: 'hold', ...by, accounts: 2, ...counts, endedAt: null };
const running = ok({ ...row, madeAt: '2026-11-24T09:00:00.000Z', stopped: null });
const stopping = ok({ ...row, madeAt: '2026-11-24T09:00:00.000Z', stopped: { at: '', ...by } });
const found = { count: 2, accounts: [], effect: '', missing: 0, already: 0, settings: [] };
const RUNS = `order ${ORDER_ID} (hold) is running, and continues without this command`;

describe('a brake that also holds the accounts', () => {
  const on = { brakeId: '5f0c9a1d2e3b4c6d', group: 'acme', since: '2026-11-24T09:00:00.000Z' };
  const changed = problem(409, 'order-changed', { detail: 'another number' });
  const NONE = 'the brake is on, and no order holds its accounts yet: ';
  const make = "safeband order make hold --group acme --reason 'wrong texts'";
  it.each([
    ['the preview fails', away, running, NONE, make],
    ['the order is refused', ok(found), changed, NONE, make],
    [
      'the answer to the order is lost',
      ok(found),
      away,
      'the brake is on, and an order for its accounts may have been made: ',
      'safeband order list --group acme',
    ],
    [
      'the order is made and cannot be read',
      ok(found),
      running,
      `the brake is on: ${RUNS}; its progress cannot be read now: `,
      `safeband order show ${ORDER_ID}`,
    ],
  ])('states what is done if %s', async (_, preview, made, text, next) => {
    const ended = await byKey('brake --group acme --reason "wrong texts" --hold-accounts', {
      'POST /v1/brake': ok({ ...on, heldBefore: false }),
      'POST /v1/orders/preview': preview,
      'POST /v1/orders': made,
      [`GET ${order}`]: away,
    });
    expect(ended).toMatchObject({ out: '', err: expect.stringContaining(text) });
    expect(ended.err).toContain(`next: ${next}`);
    expect([1, 3]).toContain(ended.code);
  });
});

it.each([
  ['order make hold --all --reason r --expect 2', RUNS],
  [`order take-back ${ORDER_ID} --reason r`, RUNS],
  [`order stop ${ORDER_ID} --reason r`, `order ${ORDER_ID} (hold) is stopping, and continues`],
])('an order that continues is named if it cannot be read: %s', async (line, text) => {
  const ended = await byKey(line, {
    'POST /v1/orders': running,
    [`POST ${order}/takeBack`]: running,
    [`POST ${order}/stop`]: stopping,
    [`GET ${order}`]: away,
  });
  expect(ended).toMatchObject({ code: 3, out: '', err: expect.stringContaining(text) });
  expect(ended.err).toContain(`next: safeband order show ${ORDER_ID}`);
});

it('a connect states that the account is connected if its status cannot be read', async () => {
  const ended = await byKey('connect acme-anna --tier premium', {
    'POST /v1/accounts/acme-anna/connect': ok({ state: 'unverified' }),
    'GET /v1/accounts/acme-anna/status': away,
  });
  const text = 'acme-anna is connected, and its state cannot be read now: ';
  expect(ended).toMatchObject({ code: 3, err: expect.stringContaining(text) });
});

describe('an import', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'safeband-half-'));
    await writeFile(path.join(folder, 'accounts.csv'), 'account,tier\nacme-anna,premium\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('connects no account if its report cannot be written, and states what it did if that is found later', async () => {
    const asked: string[] = [];
    const gone = path.join(folder, 'gone');
    const imports = (report: string): Promise<Ended> =>
      byKey(`import ${folder}/accounts.csv --apply --report ${report}`, {
        'POST /v1/accounts/acme-anna/connect': (request, response) => {
          asked.push(request.url ?? '');
          const answer = (): unknown => ok({ state: 'active' })(request, response);
          void rm(gone, { recursive: true, force: true }).then(answer);
        },
      });
    const never = await imports(path.join(folder, 'none', 'report.csv'));
    expect([never.code, asked]).toEqual([2, []]);
    await mkdir(gone);
    const later = await imports(path.join(gone, 'report.csv'));
    const text = '1 line: 1 connected, and only the report is missing: ';
    expect(later).toMatchObject({ code: 1, err: expect.stringContaining(text) });
    expect(asked).toHaveLength(1);
  });
});

describe('on a real server', () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await createStand();
  });
  afterAll(() => stand.close());
  const run = (line: string): Promise<Ended> => safeband(wordsOf(line), settingsOf(stand));

  it('an import of history names how many accounts are done', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'safeband-half-'));
    const file = path.join(folder, 'past.csv');
    const day = isoDay(dayOf(Date.now()) - 1);
    await writeFile(file, `account,sent_at,recipient\none,${day},a-1\ntwo,${day},a-2\n`);
    const check = `alter table safeband.past_sends add constraint one check (account_id <> 'two')`;
    await stand.pool.query(check);
    const { code, err } = await run(`import history ${file} --apply`);
    expect([code, err]).toEqual([
      70,
      expect.stringContaining('the sends of 1 of 2 accounts are imported: '),
    ]);
    await rm(folder, { recursive: true });
  });

  it('a restart names the workflow that it terminated if the account cannot be started', async () => {
    const id = stand.newAccount();
    await stand.connect(id);
    await expect.poll(async () => (await run(`status ${id}`)).code).toBe(0);
    const isDenied = (asked: string): boolean => asked.endsWith('/StartWorkflowExecution');
    const front = await startFront(inject('temporalAddress'), { isDenied });
    const { env, ...more } = settingsOf(stand);
    const settings = { ...more, env: { ...env, TEMPORAL_ADDRESS: front.address } };
    const words = ['restart', id, '--reason', 'x', '--force'];
    const { err } = await safeband(words, settings);
    expect(err).toMatch(
      /the old workflow of \S+ \(run [-0-9a-f]{36}\) was terminated, and the acc/,
    );
    expect(err).toContain(`next: safeband restart ${id} --reason …`);
    await front.close();
    expect((await run(words.join(' '))).out).toContain(`${id} had no workflow`);
  });

  it('an export with --record states that the rows were written', async () => {
    await stand.pool.query('alter table safeband.retention rename to away');
    const { code, err } = await run('export alerts --before 2026-01-01 --record');
    await stand.pool.query('alter table safeband.away rename to retention');
    const text = 'all rows were written, and Safeband does not remember the file: ';
    expect([code, err]).toEqual([3, expect.stringContaining(text)]);
    expect(err).toContain('next: safeband export alerts --before 2026-01-01 --record');
  });

  it('a key is revoked although the other keys cannot be read', async () => {
    await makeKey(stand.pool, { name: 'leaver', role: 'reader' });
    // From the end of the update on, that connection may read nothing.
    await stand.pool.query(`
      create function public.lose() returns trigger language plpgsql as $$ begin
        perform set_config('role', 'pg_monitor', false); return null; end $$;
      create trigger lose after update on safeband.api_keys execute function public.lose()`);
    const { code, out, err } = await run('keys revoke leaver');
    await stand.pool.query('drop trigger lose on safeband.api_keys');
    expect([code, out, err]).toEqual([0, expect.stringContaining('is revoked'), '']);
  });
});
