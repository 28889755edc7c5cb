/** The command line on real servers: its answers, its exit codes, its changes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWhy } from '../../../src/postgres/diagnostics/why.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { ask, edit, run as runNow, update, sent, statusOf } from '../../support/account.js';
import { safeband, settingsOf, type Ended } from '../../support/cli.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
/** Accounts whose rows cannot be saved: Postgres fails for them and for no other account. */
const unsaved = new Set<string>();
const unlessAway = async <T>(accountId: string, work: () => Promise<T>): Promise<T> => {
  if (unsaved.has(accountId)) throw new Error('Postgres is away');
  return work();
};

beforeAll(async () => {
  stand = await createStand({
    activities: (real) => ({
      save: (one) => unlessAway(one.row.accountId, () => real.save(one)),
      reconcile: (one) => unlessAway(one.row.accountId, () => real.reconcile(one)),
    }),
  });
});
afterAll(() => stand.close());

const cli = (...argv: readonly string[]): Promise<Ended> => safeband(argv, settingsOf(stand));
const json = async (...argv: readonly string[]): Promise<Record<string, unknown>> =>
  JSON.parse((await cli(...argv, '--json')).out);

describe('without any account', () => {
  it('each command names the next command', async () => {
    expect(await cli('status')).toEqual({
      code: 0,
      err: '',
      out: 'no accounts yet\nnext: safeband connect <account> --tier sales_navigator',
    });
    expect((await cli('drift')).out).toBe('no connected accounts');
    expect((await cli('alerts')).out).toBe('no open alerts');
    expect((await cli('keys', 'list')).out).toContain('next: safeband keys make');
    expect(await cli('why', 'anna')).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringContaining('next: safeband connect anna --tier <tier>'),
    });
  });
});

describe('an account', () => {
  it('an account is connected, shown and configured, and found by a similar name', async () => {
    const id = stand.newAccount('anna');
    const connected = await cli('connect', id, '--tier', 'premium', '--ramp', '5,10');
    expect(connected.out).toContain(`${id} is connected: active, 5 of 5 left today`);
    const listed = await cli('status');
    expect(listed.out).toMatch(
      new RegExp(`${id} +active +Can send now \\(5 left today\\) +0 +0 +5 +premium`),
    );
    const second = stand.newAccount('zoe');
    await cli('connect', second, '--tier', 'free');
    const paged = await cli('status', '--limit', '1', '--state', 'active');
    expect(paged.out).toContain(`more: safeband status --state active --after ${id}`);
    expect((await cli('status', '--prefix', second)).out).not.toContain('anna');
    expect((await cli('status', '--state', 'held')).out).toContain('no account matches');
    const shown = await cli('status', id);
    expect(shown.out).toContain('0 of 5');
    expect(shown.out).toMatch(/ramp 5 \(day 1, full cap on \d{4}-\d\d-\d\d at the earliest\)/);
    expect((await cli('configure', id, '--ramp', 'Standard')).out).toContain('ramp 5, 10, 15, 20');
    expect((await cli('configure', id, '--ramp', 'none')).out).toContain('ramp none');
    const raised = await cli('configure', id, '--daily-cap', '26');
    expect(raised).toMatchObject({ code: 5, err: expect.stringContaining('CapAboveSafeBand') });
    expect((await cli('waiting', id)).out).toContain(`${id}: no ask waits; next: safeband slots`);
    const few = await cli('slots', id, '--count', '5');
    expect(few.out).toMatch(/5 slots +now/);
    expect(few.out).toContain('only the next 5 slots; --count shows up to 200');
    expect((await cli('slots', id, '--count', '200')).out).toMatch(/^25 slots +now/m);
    const misspelt = await cli('slots', id.toUpperCase());
    expect(misspelt).toMatchObject({
      code: 4,
      err: expect.stringContaining(`did you mean ${id}?`),
    });
    await cli('disconnect', id, '--reason', 'left');
    await expect
      .poll(async () => (await cli('hold', id, '--reason', 'x')).err)
      .toContain(
        `is disconnected: it accepts no commands\nnext: safeband connect ${id} --tier premium`,
      );
    await stand.client.workflow.getHandle(`inmail-account/${second}`).terminate();
    expect(await cli('hold', second, '--reason', 'x')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/is connected, but its workflow does not run\nnext: .* doctor/),
    });
    const gone = await cli('check', second);
    expect([gone.code, gone.out]).toEqual([1, expect.stringContaining('no workflow runs')]);
    expect(await cli('restart', second, '--reason', 'it is gone')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`${second} had no workflow; it is started again: active`),
    });
    expect(await cli('restart', id, '--reason', 'x')).toMatchObject({
      code: 4,
      err: expect.stringContaining('is disconnected: there is nothing to start again'),
    });
  });

  it('an account is held and resumed with the name of the actor, and settled by a person', async () => {
    const { id, account } = await sent(stand, 1);
    const settings = settingsOf(stand);
    const held = await safeband(['hold', id, '--reason', 'asked to pause'], {
      ...settings,
      env: { ...settings.env, USER: 'kim' },
    });
    expect(held.out).toContain(`safeband resume ${id}`);
    expect((await statusOf(account)).hold).toMatchObject({
      actor: 'cli:kim',
      reason: 'asked to pause',
    });
    expect((await cli('slots', id)).out).toContain('denied: held; only a person can help');
    const again = await cli('hold', id, '--reason', 'to be sure');
    expect(again.out).toMatch(
      /was held already, by \S+ since \S+ \(asked to pause\); that hold stays/,
    );
    const resumed = await cli('resume', id, '--reason', 'enough', '--actor', 'lee');
    expect(resumed.out).toBe(`${id} is active again`);
    await cli('configure', id, '--daily-cap', '1');
    const validUntil = new Date(Date.now() + 2 * 86_400_000).toISOString();
    const waits = { reservationId: 'w1', wait: true, validUntil };
    await update(account, 'sendReserve', waits);
    expect((await cli('waiting', id)).out).toContain('w1');
    expect(await cli('withdraw', id, 'w1')).toMatchObject({
      code: 0,
      out: `reservation w1 of ${id} no longer waits`,
    });
    const twice = await cli('withdraw', id, 'w1');
    expect([twice.code, twice.err]).toEqual([4, expect.stringContaining('does not wait here')]);
    await cli('configure', id, '--daily-cap', '2');
    const settle = (...more: readonly string[]): Promise<Ended> =>
      cli('settle', id, ...more, '--reason', 'looked');
    expect((await settle('r9', '--outcome', 'released')).code).toBe(4);
    await ask(account, 'r9');
    expect((await settle('r9', '--outcome', 'delivered')).err).toContain('ChatIdMissing');
    expect(await settle('r9', '--outcome', 'delivered', '--chat-id', 'c9')).toMatchObject({
      code: 0,
      out: `reservation r9 of ${id}: delivered`,
    });
    expect(await settle('r9', '--outcome', 'released')).toMatchObject({ code: 5 });
    expect((await cli('disconnect', id, '--reason', 'left')).code).toBe(0);
    await expect
      .poll(async () => (await cli('hold', id, '--reason', 'x')).err)
      .toContain(`account ${id} is disconnected: it accepts no commands`);
    expect((await cli('status', id)).out).toContain('disconnected');
  });

  it('an account is read from Postgres if Temporal does not answer', async () => {
    const { id } = await sent(stand, 2);
    const settings = settingsOf(stand);
    const env = { ...settings.env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const { code, out } = await safeband(['status', id, '--json'], { env });
    expect([code, JSON.parse(out)]).toMatchObject([
      0,
      { source: 'postgres', status: { counter: 2, delivered: 2, verified: true } },
    ]);
    const slots = await safeband(['slots', id], { env });
    expect(slots).toMatchObject({
      code: 3,
      err: expect.stringContaining('Temporal (TEMPORAL_ADDR'),
    });
  });
});

describe('check', () => {
  it('`safeband check` finds all sources equal, also with InMails in flight', async () => {
    const { id, account } = await sent(stand, 3);
    await ask(account, 'open');
    await runNow(account);
    expect(await json('check', id)).toMatchObject({
      verdict: 'equal',
      differences: [],
      looks: 1,
      workflow: { counter: 4, delivered: 3, inFlight: 1 },
      reservations: { inFlight: 1, delivered: 3 },
      eventLog: { delivered: 3 },
      parts: [{ cause: 'in_flight', isNormal: true, reservations: ['open'] }],
    });
    const { code, out } = await cli('check', id);
    expect([code, out]).toEqual([0, expect.stringContaining('equal, all sources agree')]);
  });

  it('`safeband check` reports rows that are not saved yet as a stale read', async () => {
    const { id, account } = await sent(stand, 1);
    unsaved.add(id);
    await ask(account, 'late');
    const found = await json('check', id, '--wait', '0');
    expect(found).toMatchObject({
      verdict: 'stale',
      workflow: { counter: 2 },
      row: { counter: 1 },
    });
    expect((await cli('check', id, '--wait', '0')).code).toBe(0);
    unsaved.delete(id);
  });

  it('`safeband check` reports a real difference and its parts with exit code 1, and changes nothing', async () => {
    const { id } = await sent(stand, 3);
    await edit(stand, id, 'inmails_sent_today = 104');
    const rowOf = async (): Promise<unknown> =>
      (await stand.pool.query('select * from safeband.accounts where account_id = $1', [id])).rows;
    const before = await rowOf();
    const { code, out } = await cli('check', id);
    expect([code, out]).toEqual([1, expect.stringContaining('a real difference')]);
    expect(out).toContain('was edited manually');
    expect(out).toContain(`safeband reconcile ${id}`);
    expect(await json('check', id)).toMatchObject({
      verdict: 'different',
      workflow: { counter: 3 },
      row: { counter: 104, isEdited: true },
      differences: [
        { what: 'counter', text: 'counter: 3 in the workflow, 104 in the row' },
        { what: 'edited' },
      ],
    });
    expect(await rowOf()).toEqual(before);
    const drift = await cli('drift');
    expect([drift.code, drift.out]).toEqual([
      1,
      expect.stringMatching(new RegExp(`${id} +\\S+ +3 +3 .*the row has 104`)),
    ]);
    expect((await cli('reconcile', id)).out).toContain('drift 101: corrected');
    expect(await json('check', id)).toMatchObject({ verdict: 'equal', row: { counter: 3 } });
    expect((await cli('alerts', id)).out).toContain('The reconcile set the counter from 104 to 3.');
  });
});

describe('history and what-if', () => {
  it('history answers for a past instant, and what-if refuses a question without a change of policy', async () => {
    const { id } = await sent(stand, 2);
    const now = new Date().toISOString();
    expect(await json('history', id, '--at', now)).toMatchObject({
      status: { counter: 2, delivered: 2 },
      decision: { granted: true, remainingToday: 47 },
    });
    expect((await cli('history', id, '--at', now)).out).toContain(
      'granted, with 47 slots left today after it',
    );
    const later = await cli('history', id, '--at', '2999-01-01 00:00');
    expect(later).toMatchObject({ code: 2, err: expect.stringContaining('is in the future') });
    expect(await json('what-if', id, '--daily-cap', '1')).toMatchObject({
      asked: 2,
      onTime: 1,
      deferred: 1,
      policy: { dailyCap: 1 },
    });
    expect((await cli('what-if', id, '--daily-cap', '1')).out).toContain('2 were granted; 1 of');
    const nothing = await cli('what-if', id);
    expect(nothing).toMatchObject({
      code: 2,
      err: expect.stringContaining('name one of dailyCap'),
    });
    const above = await cli('what-if', id, '--daily-cap', '51');
    expect(above).toMatchObject({ code: 5, err: expect.stringContaining('CapAboveSafeBand') });
  });
});

describe('why', () => {
  it('`safeband why` prints the sentences of the API and the page', async () => {
    const { id, account } = await sent(stand, 2);
    await ask(account, 'open');
    await update(account, 'sendObserved', {
      chatId: 'by-hand',
      messageId: 'm',
      sentAt: new Date().toISOString(),
    });
    await runNow(account);
    const status: StatusWire = await statusOf(account);
    const why = await readWhy(stand.pool, id, { now: Date.now(), status });
    expect(await json('why', id)).toMatchObject({
      customer: why?.customer,
      headline: why?.headline,
      parts: why?.parts,
      beside: why?.beside,
    });
    const printed = (await cli('why', id)).out.replaceAll(/\s+/g, ' ');
    expect(printed).toContain('The counter is 4, the event log has 3: 1 apart.');
    expect(printed).toMatch(
      /^You have sent 3 InMails today. 1 more may have gone out, so it counts/,
    );
    const details = why?.customer.details ?? [];
    for (const { text } of [...details, ...(why?.parts ?? []), ...(why?.beside ?? [])]) {
      expect(printed).toContain(text);
    }
  });
});

describe('tail', () => {
  it('`safeband tail` prints past and new rows, and ends on its signal', async () => {
    const { id, account } = await sent(stand, 1);
    const stop = new AbortController();
    let out = '';
    const stdout = (text: string): void => {
      out += text;
    };
    const settings = { ...settingsOf(stand), stdout, signal: stop.signal };
    const ended = safeband(['tail', id, '--last', '1'], settings);
    await expect.poll(() => out).toMatch(/delivered +reservation s0, chat chat-s0 \(pipeline\)/);
    await update(account, 'hold', { reason: 'wait', actor: 'kim' });
    await ask(account, 'r1');
    await update(account, 'sendDelivered', { reservationId: 's0', chatId: 'other' });
    await runNow(account);
    await expect.poll(() => out).toMatch(/hold +by kim: wait/);
    await expect.poll(() => out).toContain('delivered    no reservation, chat other (external)');
    await expect.poll(() => out).toMatch(/alert +double_send/);
    stop.abort();
    expect((await ended).code).toBe(0);
    expect(out.match(/chat chat-s0/g)).toHaveLength(1);
  });
});

describe('keys', () => {
  it('keys are shown once, listed without their secret, and revoked', async () => {
    const made = await cli('keys', 'make', 'outreach', '--role', 'pipeline', '--accounts', 'a,b');
    const key = /^sb_\S+$/m.exec(made.out)?.[0] ?? 'none';
    expect(key.length).toBeGreaterThan(40);
    const taken = await cli('keys', 'make', 'outreach', '--role', 'reader');
    expect([taken.code, taken.err]).toEqual([5, expect.stringContaining('safeband keys revoke')]);
    const listed = [await cli('keys', 'list'), await cli('keys', 'list', '--json')];
    for (const { out } of listed) {
      expect(out).toContain('outreach');
      expect(out).not.toContain(key.slice(-20));
    }
    expect((await cli('keys', 'revoke', 'outreach')).out).toContain('No key is left');
    expect(await cli('keys', 'revoke', 'outreach')).toMatchObject({ code: 4, out: '' });
  });
});

describe('a terminal', () => {
  it('a terminal has colours and progress; NO_COLOR and pipes have none', async () => {
    const { id } = await sent(stand, 0);
    const settings = { ...settingsOf(stand), isTerminal: true };
    const shown = await safeband(['reconcile', id], settings);
    expect(shown.err).toContain(`reconciling ${id} …`);
    expect(shown.out).toContain('\u001B[');
    const env = { ...settings.env, NO_COLOR: '1' };
    const plain = await safeband(['status', id], { ...settings, env });
    expect([plain.out.includes('\u001B'), plain.err]).toEqual([false, '']);
    const piped = await cli('reconcile', id);
    expect([piped.out.includes('\u001B'), piped.err]).toEqual([false, '']);
  });
});
