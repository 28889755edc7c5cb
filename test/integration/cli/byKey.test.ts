/**
 * The command line with an API key alone: each command prints what it prints with Postgres and
 * Temporal. For the second call both addresses lead to a closed port.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDS } from '../../../src/cli/source/needs.js';
import type { Finding } from '../../../src/doctor/finding.js';
import { answering, problem, responding } from '../../support/answering.js';
import { ask, edit, run as runNow, sent, statusOf, update } from '../../support/account.js';
import { safeband, settingsOf, wordsOf, type Ended } from '../../support/cli.js';
import { addErasures } from '../../support/erasures.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let [address, key, id, alertId, endpointId] = ['', '', '', '', ''];

const NOWHERE = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d', TEMPORAL_ADDRESS: '127.0.0.1:1' };
const byKey = (line: string, more: object = {}): Promise<Ended> =>
  safeband(wordsOf(line), {
    env: { ...NOWHERE, SAFEBAND_URL: address, SAFEBAND_KEY: key, USER: 'mara', ...more },
  });
const direct = (line: string): Promise<Ended> => {
  const { env, ...settings } = settingsOf(stand);
  return safeband(wordsOf(line), { ...settings, env: { ...env, USER: 'mara' } });
};

beforeAll(async () => {
  stand = await createHttpStand();
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
  key = await stand.key('operator');
  const known = await sent(stand, 3, { inmailsSentToday: 1 });
  id = known.id;
  await ask(known.account, 'open');
  // Two alerts: the more urgent one is the older one.
  await update(known.account, 'sendDelivered', { reservationId: 's0', chatId: 'other' });
  await runNow(known.account);
  await known.account.signal('foo', {});
  await update(known.account, 'configure', { dailyCap: 40, actor: 'kim' });
  await runNow(known.account);
  const added = await byKey('webhooks add https://example.com/hooks --events drift.alert --json');
  endpointId = JSON.parse(added.out).endpointId;
  const listed = await direct(`alerts ${id} --kind bad_signal --json`);
  alertId = `${JSON.parse(listed.out).alerts[0].alertId}`;
  await addErasures(stand.pool);
});
afterAll(() => stand.close());

/** Values that differ between two reads of the same account. */
const MOVING = ['asOf', 'ageSeconds', 'to'];
/** Returns the output without ages, and without instants that move with the clock. */
function lasting({ code, out, err }: Ended): object {
  const plain = (text: string): string =>
    text.replaceAll(/\(?(?:in )?\d+ (?:ms|s|min|h(?: \d+ min)?)(?: ago)?\)?/g, '…');
  if (!out.startsWith('{')) return { code, err, out: plain(out) };
  const lines = out.split('\n').map((line): unknown =>
    JSON.parse(line, (name, value: unknown) => {
      if (MOVING.includes(name)) return '…';
      if (name === 'slots' && Array.isArray(value)) return value.length;
      if (name === 'now') return { ...Object(value), leaseExpiresAt: '…' };
      return value;
    }),
  );
  return { code, err, lines };
}

const READS = [
  'status',
  'status --send yes --group none',
  'status --send waits',
  'status --send person --state held',
  'status --send never',
  'status ID',
  'why ID',
  'slots ID --count 7',
  'waiting ID',
  'check ID',
  'history ID --at 00:00',
  'history ID --at 2999-01-01T00:00:00Z',
  'what-if ID --daily-cap 2',
  'what-if ID',
  'what-if ID --daily-cap 99',
  'shadow ID',
  'shadow ID --days 40',
  'find s0',
  'find ID',
  'find chat --limit 1',
  'find none-has-this',
  'campaigns',
  'campaigns none --account ID',
  'campaigns --group acme',
  'events ID',
  'events ID --limit 1',
  'events ID --limit 2 --before 3',
  'drift',
  'drift --limit 1',
  'order list',
  'order make reconcile --accounts ID --reason checked',
  'alerts list',
  'alerts list ID --state all',
  'alerts list --kind drift --group none',
  'tail ID --no-follow',
  'keys log',
  'erase list',
  'erase list --limit 1',
  'next acme',
  'group list',
  'group set EU',
  'webhooks list',
  'share list ID',
  'share make ID --expires 91d',
  'share make ID --label " "',
  'share revoke ID 9f2c4b7a10d3e856',
  'webhooks log WHE',
  'webhooks log whe_1',
  'status --prefix no-such',
  'status --limit 1',
];
const filled = (line: string, accountId = id): string =>
  line.replaceAll('ID', accountId).replaceAll('WHE', endpointId).replaceAll('ALERT', alertId);

describe('a command that reads', () => {
  it.each(READS)('`safeband %s` prints the same with a key', async (line) => {
    for (const format of ['', ' --json']) {
      const command = filled(line) + format;
      // Repeated: a busy machine may read rows later than the second for which an answer waits.
      const both = async () => [lasting(await byKey(command)), lasting(await direct(command))];
      await expect.poll(both).toSatisfy(([one, other]) => isDeepStrictEqual(one, other));
    }
  });

  it('accounts that disagree are found with a key, of those that the key may see', async () => {
    const edited = await sent(stand, 1);
    await edit(stand, edited.id, 'inmails_sent_today = 30');
    for (const format of ['', ' --json']) {
      const [one, other] = [await direct(`drift${format}`), await byKey(`drift${format}`)];
      expect(one).toMatchObject({ code: 1, out: expect.stringContaining(edited.id) });
      expect(lasting(other)).toEqual(lasting(one));
    }
    const limited = await stand.key('reader', [id]);
    const { code, out } = await byKey('drift --json', { SAFEBAND_KEY: limited });
    expect([code, JSON.parse(out)]).toEqual([0, { checked: 1, disagreeing: 0, accounts: [] }]);
    await runNow(edited.account);
  });

  it('doctor with a key has the checks of the server, and names the checks that it lacks', async () => {
    const read = (ended: Ended): { findings: Finding[]; notChecked: string[] } =>
      JSON.parse(ended.out);
    const all = read(await direct('doctor --json'));
    const keyed = read(await byKey('doctor --json'));
    const lacking = ['Node.js', 'time zone', 'Temporal CLI'];
    expect([all.notChecked, keyed.notChecked]).toEqual([[], lacking]);
    const levels = ({ findings }: typeof all) =>
      findings.map(({ name, level }) => [name, level] as const);
    expect(levels(keyed)).toEqual(levels(all).filter(([name]) => !lacking.includes(name)));
    const shown = (await byKey('doctor')).out;
    expect(shown).toContain('not checked: Node.js, time zone, Temporal CLI. An API key');
    expect(shown).toContain("the server's");
    expect(shown).not.toMatch(/:\/\/|password/);
    const reader = await byKey('doctor', { SAFEBAND_KEY: await stand.key('reader') });
    expect(reader).toMatchObject({ code: 5, err: expect.stringContaining('role operator') });
    const limited = await byKey('doctor', { SAFEBAND_KEY: await stand.key('operator', [id]) });
    expect(limited.err).toContain('this key is limited to some accounts');
  });

  it('a shell completes the names of the accounts with a key', async () => {
    expect((await byKey('__accounts')).out.split('\n')).toContain(id);
    expect(await byKey('__accounts', { SAFEBAND_KEY: '' })).toMatchObject({ code: 0, err: '' });
  });

  it('a list is read page by page, and its next page is found', async () => {
    for (const name of ['x', 'y', 'z']) await stand.connect(stand.newAccount(name));
    const first = await byKey('status --limit 2 --json');
    const { accounts, next } = JSON.parse(first.out);
    expect([accounts.length, next]).toEqual([2, accounts[1].accountId]);
    const second = await byKey(`status --limit 300 --after ${next} --json`);
    const all = await direct(`status --limit 300 --after ${next} --json`);
    expect(lasting(second)).toEqual(lasting(all));
    expect(JSON.parse(second.out).accounts.length).toBeGreaterThan(1);
  });

  it('a status is read from the rows if the worker does not answer', async () => {
    await stand.stopWorker();
    const { code, out } = await byKey(`status ${id}`);
    await stand.startWorker();
    expect([code, out]).toEqual([0, expect.stringContaining('from Postgres: its workflow')]);
  });
});

/** Each order is given twice: directly for one account, by key for its twin. */
const ORDERS = [
  'connect ID --tier premium --ramp 5,10',
  'connect ID --tier premium --daily-cap 99',
  'configure ID --ramp none --window "mon-fri 09:00-17:30" --timezone Europe/Berlin',
  'configure ID --window always --timezone UTC',
  'hold ID --reason "asked to pause"',
  'resume ID --reason "long enough"',
  'settle ID no-such --outcome released --reason x',
  'withdraw ID no-such',
  'credits ID --balance 12',
  'credits ID --balance 3 --at 2026-01-01T00:00:00Z',
  'credits ID --balance -1',
  'reply ID --chat no-such --at 2026-01-01T00:00:00Z',
  'disconnect ID --reason "left the company"',
];
const APART = [
  'import accounts',
  'doctor',
  'reconcile',
  'alerts acknowledge',
  'alerts close',
  'settle',
  'webhooks add',
];

describe('a command that changes something', () => {
  it('each order answers the same with a key', async () => {
    const [one, twin] = [stand.newAccount('t'), stand.newAccount('t')];
    for (const line of ORDERS) {
      const asked = lasting(await direct(filled(line, one)));
      const keyed = lasting(await byKey(filled(line, twin)));
      expect(JSON.parse(JSON.stringify(keyed).replaceAll(twin, one))).toEqual(asked);
    }
    await expect
      .poll(async () => (await byKey(`hold ${stand.newAccount('none')} --reason x`)).err)
      .toContain('or this key may not see it\nnext: safeband status');
  });

  it('accounts are imported with a key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'safeband-by-key-'));
    const file = join(folder, 'accounts.csv');
    const imported = stand.newAccount();
    await writeFile(file, `account,tier,daily_cap\n${imported},premium,9\n`);
    expect((await byKey(`import ${file}`)).out).toContain('1 line: 1 new');
    expect((await byKey(`import ${file} --apply`)).out).toContain('1 line: 1 connected');
    expect((await byKey(`import ${file}`)).out).toContain('1 that exist');
    await rm(folder, { recursive: true });
  });

  it('a hold with a key records the person and the key', async () => {
    const held = stand.newAccount('held');
    await byKey(`connect ${held} --tier premium`);
    await byKey(`hold ${held} --reason x`);
    const { hold } = await statusOf(stand.handle(held));
    expect(hold?.actor).toMatch(/^cli:mara via operator-\d/);
  });

  it('a slot is settled and an account reconciled with a key', async () => {
    expect((await byKey(`reconcile ${id}`)).out).toContain('nothing to correct');
    const settle = `settle ${id} open --outcome delivered --reason seen`;
    expect((await byKey(settle)).err).toContain('ChatIdMissing');
    expect((await byKey(`${settle} --chat-id c9`)).out).toBe(
      `reservation open of ${id}: delivered`,
    );
    expect((await byKey(`settle ${id} open --outcome released --reason x`)).code).toBe(5);
  });

  it('an alert is acknowledged and closed with a key, and a second close is refused', async () => {
    const acknowledged = await byKey(`alerts acknowledge ${alertId} --reason "I look"`);
    expect(acknowledged.out).toBe(`alert ${alertId} (bad_signal of ${id}) is acknowledged`);
    const closed = await byKey(`alerts close ${alertId} --reason "mended" --json`);
    expect(JSON.parse(closed.out).alert.closed.actor).toMatch(/^cli:mara via operator-\d/);
    const again = `alerts close ${alertId} --reason again`;
    const [one, other] = [await direct(again), await byKey(again)];
    expect({ ...other, err: other.err.split('\n')[0] }).toEqual({
      ...one,
      err: one.err.split('\n')[0],
    });
    expect(other).toMatchObject({ code: 5, err: expect.stringContaining('AlertResolved') });
    expect(await byKey('alerts close 999999 --reason x')).toEqual(
      await direct('alerts close 999999 --reason x'),
    );
  });

  it('an endpoint is replayed and removed with a key', async () => {
    for (const line of [
      'webhooks replay WHE --since 00:00',
      'webhooks replay whe_1 --since 00:00',
    ]) {
      expect(await byKey(filled(line))).toEqual(await direct(filled(line)));
    }
    expect((await byKey(`webhooks remove ${endpointId}`)).out).toContain('and its log are removed');
    expect(await byKey(`webhooks remove ${endpointId}`)).toMatchObject({ code: 4 });
  });
});

describe('each command', () => {
  it('each command for which a key is enough is compared here', () => {
    const others =
      'webhooks replay, webhooks remove, brake, order show, order stop, order take-back, __accounts';
    const lines = [...READS, ...ORDERS, ...APART, ...others.split(', ')];
    const compared = Object.keys(NEEDS).filter((path) =>
      lines.some((line) => line === path || line.startsWith(`${path} `)),
    );
    expect(compared).toEqual(Object.keys(NEEDS).filter((path) => NEEDS[path] === 'key'));
  });

  it.each([
    ['migrate', 'unset SAFEBAND_URL and set DATABASE_URL and TEMPORAL_ADDRESS'],
    ['keys make x --role reader', 'With an API key alone these commands work: status, why'],
    ['restart acme-anna --reason x', 'NeedsServers'],
    ['recover', 'NeedsServers'],
  ])('`safeband %s` names what it needs', async (line, text) => {
    expect(await byKey(line)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(text),
    });
  });
});

describe('a server that refuses, or that is not Safeband', () => {
  it('a wrong key, a key without the right and an unknown account are named', async () => {
    const reader = await stand.key('reader');
    const hold = `hold ${id} --reason x`;
    const wrong = await byKey('status', { SAFEBAND_KEY: 'sb_wrong-key' });
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('(KeyRefused)') });
    const forbidden = await byKey(hold, { SAFEBAND_KEY: reader });
    expect(forbidden).toMatchObject({ code: 5, err: expect.stringContaining('(KeyForbidden)') });
    expect(forbidden.err).toContain('role reader');
    expect(forbidden.err).toContain('use a key of the role operator');
    const unknown = await byKey('why no-such-account');
    expect(unknown).toMatchObject({ code: 4, err: expect.stringContaining('(AccountUnknown)') });
    const limited = await stand.key('operator', [id]);
    const all = await byKey('keys log', { SAFEBAND_KEY: limited });
    expect(all.err).toContain('this key is limited to some accounts');
    for (const { out, err } of [wrong, forbidden, unknown, all]) {
      expect(out + err).not.toMatch(/sb_wrong-key|sb_[A-Za-z0-9_-]{20}/);
    }
  });

  it('unknown fields of a newer server are accepted, and its key is not echoed', async () => {
    const { body } = await stand.ask(key, '/v1/accounts');
    const newer = { ...JSON.parse(body), more: 1 };
    newer.items = newer.items.map((one: object) => ({ ...one, newField: 'x' }));
    const url = await answering(responding(200, 'application/json', JSON.stringify(newer)));
    const { code, out } = await byKey('status --json', { SAFEBAND_URL: url });
    expect([code, out.includes('newField')]).toEqual([0, false]);
    const echo = await answering((request, response) => {
      const detail = `you sent ${request.headers.authorization}`;
      problem(401, 'unauthenticated', { detail })(request, response);
    });
    const { err } = await byKey('status', { SAFEBAND_URL: echo });
    expect(err).toContain('you sent Bearer sb_…');
    expect(err).not.toContain(key);
  });
});
