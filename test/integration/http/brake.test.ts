/** The brake of the fleet: 64 callers, each way to a grant, and its trace (R27). */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient, sendActivity, SendFailure } from '../../../src/client/index.js';
import type { SafebandClient } from '../../../src/client/index.js';
import { BRAKE_MEMO } from '../../../src/domain/fleet/brake.js';
import { makeKey } from '../../../src/postgres/access/keys.js';
import { BRAKE, brakeWorkflowId } from '../../../src/temporal/protocol.js';
import { safeband, settingsOf, wordsOf } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { PATIENT } from '../../support/patience.js';

let stand: HttpStand;
let key: string;
let library: SafebandClient;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
});
// A new client has not read the brake yet, so no test waits for its next read.
beforeEach(() => {
  library = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
});
afterAll(() => stand.close());

const brake = (reason = 'wrong texts') => stand.ask(key, '/v1/brake', { reason, actor: 'ada' });
const release = () => stand.ask(key, '/v1/brake/release', { reason: 'texts corrected' });
const post = (id: string, name: string, body: object, by = key) =>
  stand.ask(by, `/v1/accounts/${id}/${name}`, body);
const held = async () =>
  (await stand.ask(key, '/v1/brake')).json<{ held: object[]; history: object[] }>();
async function connected(): Promise<string> {
  const id = stand.newAccount();
  await stand.connect(id);
  return id;
}
type Said = { readonly granted: boolean; readonly reason?: string; readonly repeated?: boolean };

describe('64 callers', () => {
  const EACH = 6;
  const PAUSE_MS = 450; // 6 slots take longer than the 2 s that the brake may take
  let begun = 0;
  const refused = new Set<number>();
  /** Asks for 6 slots, one after the other, and asks again while the brake is on. */
  async function caller(ask: (reservationId: string) => Promise<Said>, n: number) {
    const answers: (Said & { readonly at: number; readonly reservationId: string })[] = [];
    for (let slot = 0; slot < EACH; slot += 1) {
      const reservationId = `c${n}-${slot}`;
      for (let isOpen = true; isOpen;) {
        const answer = await ask(reservationId);
        answers.push({ ...answer, at: Date.now(), reservationId });
        isOpen = !answer.granted;
        if (isOpen) refused.add(n);
        else begun += 1;
        await sleep(PAUSE_MS);
      }
    }
    return answers;
  }

  it('get no grant from 2 s after the brake, all get fleet_held, and continue after the release', async () => {
    const accounts = await Promise.all(Array.from({ length: 8 }, connected));
    const callers = Array.from({ length: 64 }, (_, n) => {
      const id = accounts[n % 8] ?? '';
      const byHttp = async (reservationId: string): Promise<Said> =>
        (await post(id, 'sendReserve', { reservationId })).json<Said>();
      const byLibrary = (reservationId: string): Promise<Said> =>
        library.reserve(id, { reservationId });
      return caller(n < 32 ? byHttp : byLibrary, n);
    });
    await expect.poll(() => begun, { interval: 5 }).toBeGreaterThan(0);
    const answer = await brake();
    const engagedAt = Date.now();
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { heldBefore: false }]);
    await sleep(2_400);
    await expect.poll(() => refused.size).toBe(64); // a slow machine has not asked for all by now
    const releasedAt = Date.now();
    expect((await release()).json()).toMatchObject({ released: { group: null } });
    const all = await Promise.all(callers);
    const grants = all.flat().filter(({ granted }) => granted);
    expect(grants.filter(({ at }) => at > engagedAt + 2_000 && at < releasedAt)).toEqual([]);
    expect(grants.filter(({ at }) => at > releasedAt).length).toBeGreaterThan(64);
    for (const one of all) {
      expect(one.filter(({ granted }) => granted)).toHaveLength(EACH);
      const reasons = one.flatMap(({ granted, reason }) => (granted ? [] : [reason]));
      expect(new Set(reasons)).toEqual(new Set(['fleet_held']));
    }
    expect(grants.filter(({ repeated }) => repeated)).toEqual([]); // kept back: its first grant
    const counters = accounts.map(async (id) => (await library.status(id)).counter);
    expect(await Promise.all(counters)).toEqual(accounts.map(() => EACH * 8));
  });
});

describe('while the brake is on', () => {
  afterEach(() => release());

  it('no permission to call is given, and a caller that waits continues after the release', async () => {
    const id = await connected();
    await post(id, 'sendReserve', { reservationId: 'before', journaled: true });
    await brake();
    const batch = await post(id, 'sendReserveBatch', {
      requests: [{ reservationId: 'b1' }, { reservationId: 'b2' }],
    });
    expect(batch.json()).toMatchObject({
      decisions: [
        { reason: 'fleet_held', retryAt: null, reservationId: 'b1' },
        { reason: 'fleet_held', reservationId: 'b2' },
      ],
    });
    expect((await post(id, 'attempts', { reservationId: 'before' })).json()).toMatchObject({
      mayAttempt: false,
      reason: 'fleet_held',
    });
    const found = await stand.ask(key, `/v1/accounts/${id}/reservations/before`);
    expect(found.json()).toMatchObject({ state: 'in_flight', mayAttempt: false, fleetHeld: true });
    const calls: string[] = [];
    const send = async ({ reservationId }: { readonly reservationId: string }) => {
      calls.push(reservationId);
      return { chatId: `chat-${id}-${reservationId}` };
    };
    const activity = sendActivity(send, library);
    await expect(activity({ accountId: id, reservationId: 'x' })).rejects.toMatchObject({
      type: 'SafebandSendFailure',
      details: [{ kind: 'not_attempted' }],
    });
    const waits: string[] = [];
    const waiting = library.sendWhenAllowed(
      id,
      { reservationId: 'waits', validUntil: new Date(Date.now() + 600_000).toISOString() },
      send,
      {
        journal: { begin: async () => true, settle: async () => undefined },
        onWait: (why) => waits.push(why),
      },
    );
    await expect.poll(() => waits.length).toBeGreaterThan(0);
    expect([calls, waits[0]]).toEqual([[], 'reservation waits waits: the brake holds the fleet']);
    expect(
      (await post(id, 'sendFailed', { reservationId: 'before', kind: 'rejected' })).json(),
    ).toEqual({ settled: 'released' });
    await release();
    expect(await waiting).toMatchObject({ sent: true });
    expect(calls).toEqual(['waits']);
  });

  it('a grant from the line, or before the call, is given back when the lease gets too short', async () => {
    const id = await connected();
    const grant = await library.reserve(id, { reservationId: 'taken' });
    expect(grant.granted).toBe(true);
    let isOn = false;
    const row = async () => {
      await brake(); // while the row is written
      await sleep(1_500); // so long the client may use its last answer
      expect(await library.fleetHeld(id)).toBe(true);
      isOn = true;
      return true;
    };
    const sent = await library.sendWhenAllowed(
      id,
      { reservationId: 'next', validUntil: new Date(Date.now() + 600_000).toISOString() },
      async () => {
        throw new SendFailure('unknown', 'the call was made');
      },
      { journal: { begin: row, settle: async () => undefined } },
    );
    expect([isOn, sent]).toMatchObject([true, { sent: false, kind: 'not_attempted' }]);
    await expect.poll(async () => (await library.status(id)).counter).toBe(1);
  });

  it('a group is held alone, until its own release', async () => {
    const [member, other] = [stand.newAccount(), await connected()];
    await stand.connect(member, { group: 'acme' });
    const order = { group: 'acme', reason: 'the customer asked' };
    const of = { group: 'acme' };
    expect((await stand.ask(key, '/v1/brake', order)).json()).toMatchObject(of);
    expect(await library.fleetHeld(member)).toBe(true);
    const asked = { reservationId: 'of-a-group' };
    expect((await post(member, 'sendReserve', asked)).json()).toMatchObject({
      reason: 'fleet_held',
    });
    expect(await library.reserve(other, asked)).toMatchObject({ granted: true });
    await release(); // of all: the group stays
    expect((await held()).held).toMatchObject([of]);
    const form = { group: 'acme', reason: 'it continues' };
    const page = await stand.submit(key, '/fleet/brake/release', form);
    expect([page.statusCode, page.headers.location]).toEqual([303, '/fleet']);
    const { client, taskQueue } = stand;
    expect(await createClient({ client, taskQueue }).fleetHeld(member)).toBe(false);
  });

  it('is on without a worker, and its rows are written when a worker is back', async () => {
    await stand.stopWorker();
    const reason = 'no worker runs';
    const engaged = await library.brake.engage({ reason, actor: 'ada' }, 3_000);
    expect(engaged.heldBefore).toBe(false);
    expect(await library.reserve('nobody', { reservationId: 'r' })).toMatchObject({
      reason: 'fleet_held',
    });
    expect((await held()).held).toMatchObject([{ brakeId: engaged.brakeId, reason: null }]);
    await stand.startWorker();
    await expect
      .poll(async () => (await held()).held)
      .toMatchObject([{ brakeId: engaged.brakeId, reason, actor: 'ada' }]);
    const again = await brake('a second time');
    expect(again.json()).toMatchObject({ heldBefore: true, brakeId: engaged.brakeId });
    await release();
    await expect
      .poll(async () => (await held()).history[0])
      .toMatchObject({
        brakeId: engaged.brakeId,
        released: { actor: 'operator-1', reason: 'texts corrected' },
      });
    expect((await release()).json()).toEqual({ released: null, holdOrders: [] });
  });

  it('a memo that cannot be read holds every caller, until the workflow ends', async () => {
    const workflowId = brakeWorkflowId(stand.taskQueue);
    await stand.client.workflow.start(BRAKE.workflowType, {
      workflowId,
      taskQueue: 'no-worker-takes-it',
      args: [{}],
      memo: { [BRAKE_MEMO]: 'garbage' },
    });
    const { client, taskQueue } = stand;
    const fresh = createClient({ client, taskQueue, deadlineMs: 500 });
    const nobody = (by: SafebandClient) => by.reserve('nobody', { reservationId: 'r' });
    await expect(nobody(fresh)).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('the brake cannot be read, so no account was asked'),
    });
    await stand.client.workflow.getHandle(workflowId).terminate('it cannot be read');
    await expect(nobody(library)).rejects.toMatchObject({ type: 'AccountUnknown' });
  });
});

describe('the order that also holds the accounts of a brake', () => {
  const [group, other] = ['of-the-page', 'of-the-line'];
  afterEach(async () => {
    const by = { reason: 'it has ended' };
    for (const one of [group, other])
      await stand.ask(key, '/v1/brake/release', { ...by, group: one });
  });
  const stateOf = async (id: string) => (await library.status(id)).state;
  /** Connects an account of a group, whose row is saved. */
  async function member(of: string): Promise<string> {
    const id = stand.newAccount();
    await stand.connect(id, { group: of });
    const saved = `select from safeband.accounts where account_id = $1 and state = 'active'`;
    await expect.poll(async () => (await stand.pool.query(saved, [id])).rowCount).toBe(1);
    return id;
  }
  const run = (line: string) => safeband(wordsOf(line), settingsOf(stand));

  it('the page engages, offers the order with its form filled in, and leads to its take-back', async () => {
    const id = await member(group);
    const form = { group, reason: 'wrong texts & more' };
    const on = await stand.submit(key, '/fleet/brake', form);
    expect([on.statusCode, on.headers.location]).toEqual([303, '/fleet']);
    expect((await stand.ask(key, '/v1/brake')).json()).toMatchObject({ held: [{ group }] });
    expect((await post(id, 'sendReserve', { reservationId: 'r' })).json()).toMatchObject({
      reason: 'fleet_held',
    });
    // The link has the reason as soon as the row of the trace is written.
    const shownLink = async () => {
      const { body } = await stand.ask(key, '/fleet');
      return /href="(\/orders\?[^"#]*)/.exec(body)?.[1]?.replaceAll('&amp;', '&');
    };
    await expect.poll(shownLink).toContain('wrong+texts');
    const orders = (await stand.ask(key, (await shownLink()) ?? '')).body;
    expect(orders).toContain('<option value="hold" selected');
    expect(orders).toMatch(/name="group" value="of-the-page"/);
    expect(orders).toMatch(/name="reason" value="wrong texts &amp; more"/);
    const preview = await stand.submit(key, '/orders/preview', { kind: 'hold', ...form });
    expect(preview.body).toContain('This order is for 1 account');
    const made = await stand.submit(key, '/orders', { kind: 'hold', ...form, expected: '1' });
    const address = `${made.headers.location}`;
    expect(address).toMatch(/^\/orders\/[0-9a-f]{16}$/);
    await expect.poll(() => stateOf(id)).toBe('held');
    expect((await held()).held).toMatchObject([{ holdOrders: [{ orderId: address.slice(8) }] }]);
    expect((await stand.ask(key, '/fleet')).body).toContain(`href="${address}"`);
    const off = await stand.submit(key, '/fleet/brake/release', { group, reason: 'over' });
    expect([off.statusCode, off.headers.location]).toEqual([303, address]);
    expect(await stateOf(id)).toBe('held');
    await expect
      .poll(async () => (await stand.ask(key, address)).body)
      .toContain(`action="${address}/takeBack"`);
  });

  it('the command line prints the order, makes it with --hold-accounts, and names its take-back', async () => {
    const id = await member(other);
    const offered = await run('brake --group of-the-line --reason "it\'s wrong"');
    expect(offered.out).toContain(
      `safeband order make hold --group of-the-line --reason 'it'\\''s wrong'`,
    );
    expect(await stateOf(id)).not.toBe('held');
    const answer = await run('brake --group of-the-line --reason again --hold-accounts --json');
    const { heldBefore, toHoldAccounts, order } = JSON.parse(answer.out);
    expect([answer.code, heldBefore, toHoldAccounts, order]).toMatchObject([
      0,
      true,
      { kind: 'hold', filter: { group: other }, reason: 'again' },
      { kind: 'hold', state: 'done', failed: 0 },
    ]);
    expect(await stateOf(id)).toBe('held');
    expect((await run('brake')).out).toContain(`order ${order.orderId} has held`);
    const released = await run('brake --group of-the-line --release --reason over');
    expect(released.out).toContain(`: safeband order take-back ${order.orderId} --reason …`);
    await run(`order take-back ${order.orderId} --reason over`);
    expect(await stateOf(id)).toBe('active');
    await run('brake --group of-the-line --reason again');
    expect(
      JSON.parse((await run('brake --group of-the-line --release --reason x --json')).out),
    ).toEqual({
      released: expect.objectContaining({ group: other }),
      holdOrders: [],
    });
    for (const line of ['brake --hold-accounts', 'brake --release --reason x --hold-accounts']) {
      expect(await run(line)).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
    }
  });
});

it('only operators of all accounts use the brake, every key reads it, and a bad order is named', async () => {
  const limited = await stand.key('operator', ['acme']);
  for (const by of [await stand.key('pipeline'), await stand.key('reader'), limited]) {
    const { statusCode } = await stand.ask(by, '/v1/brake', { reason: 'r' });
    expect(statusCode).toBe(403);
    expect((await stand.ask(by, '/v1/brake/release', { reason: 'r' })).statusCode).toBe(403);
    expect((await stand.ask(by, '/v1/brake')).json()).toMatchObject({ held: [] });
  }
  const wrong = await stand.submit(key, '/fleet/brake', { reason: '' });
  expect([wrong.statusCode, wrong.body]).toMatchObject([400, expect.stringContaining('“Reason”')]);
  const ofAcme = (await makeKey(stand.pool, { name: 'acme', role: 'operator', groups: ['acme'] }))
    ?.key;
  for (const [group, status] of [
    ['acme', 200],
    ['else', 403],
  ] as const) {
    const by = await stand.ask(ofAcme ?? '', '/v1/brake/release', { group, reason: 'r' });
    expect([group, by.statusCode]).toEqual([group, status]);
  }
  const tooLong = ['x'.repeat(513), '😀'.repeat(257)]; // two UTF-16 units each
  for (const body of [{}, { reason: ' ' }, ...tooLong.map((reason) => ({ reason }))]) {
    for (const path of ['/v1/brake', '/v1/brake/release']) {
      const bad = await stand.ask(key, path, body);
      expect([path, bad.statusCode, bad.json()]).toMatchObject([path, 400, { field: 'reason' }]);
    }
  }
  expect((await held()).held).toEqual([]);
});
