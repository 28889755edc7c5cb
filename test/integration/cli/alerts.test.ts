/**
 * `safeband alerts`: a person lists, acknowledges and closes alerts with the command line. And
 * `safeband shadow`, with the mode that it compares (R23).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run as runNow, statusOf, update } from '../../support/account.js';
import { safeband, settingsOf, type Ended } from '../../support/cli.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const cli = (...argv: readonly string[]): Promise<Ended> => {
  const settings = settingsOf(stand);
  return safeband(argv, { ...settings, env: { ...settings.env, USER: 'mara' } });
};
type Shown = { readonly alertId: number; readonly kind: string; readonly [name: string]: unknown };
const listed = async (...argv: readonly string[]): Promise<readonly Shown[]> => {
  const { out } = await cli('alerts', 'list', ...argv, '--json');
  const { alerts }: { alerts: readonly Shown[] } = JSON.parse(out);
  return alerts;
};

/** Connects an account, which receives a Signal with an unknown name. */
async function confused(name: string, policy = {}) {
  const id = stand.newAccount(name);
  const account = await stand.connect(id, policy);
  await account.signal('foo', {});
  await runNow(account);
  const [alert] = await listed(id);
  if (!alert) throw new Error('the account has an alert');
  return { id, account, alertId: alert.alertId };
}

it('an alert is listed with its number, its age, its next step and what happens without a person', async () => {
  const { id, alertId } = await confused('list', { group: 'eu-sales' });
  const { out } = await cli('alerts', id);
  expect(out).toMatch(
    new RegExp(
      `^warning  ${id} of eu-sales  bad_signal, open, since \\d\\d:\\d\\d:\\d\\d UTC \\(\\d+ m?s\\)`,
    ),
  );
  expect(out).toContain(`alert ${alertId}`);
  const text = out.replaceAll(/\s+/g, ' ');
  expect(text).toContain('Next: Correct the program that sent it');
  expect(text).toContain('If no person acts, the program sends the same wrong message again');
  expect((await cli('alerts', id, '--severity', 'critical')).out).toBe('no alert matches');
  expect((await cli('alerts', '--kind', 'bad_signl')).err).toContain('Allowed choices are');
  expect(await listed('--kind', 'bad_signal', '--state', 'open')).toMatchObject([
    { alertId, group: 'eu-sales' },
  ]);
});

it('an alert is acknowledged and closed with a reason, and tail prints who did it', async () => {
  const { id, account, alertId } = await confused('close');
  const before = await statusOf(account);
  const seen = await cli('alerts', 'acknowledge', `${alertId}`, '--reason', 'I ask the team');
  expect(seen).toEqual({
    code: 0,
    err: '',
    out: `alert ${alertId} (bad_signal of ${id}) is acknowledged`,
  });
  expect(await listed(id)).toMatchObject([
    { state: 'acknowledged', acknowledged: { actor: 'cli:mara', reason: 'I ask the team' } },
  ]);
  expect((await cli('alerts', id)).out).toContain('acknowledged by cli:mara at');
  const done = await cli('alerts', 'close', `${alertId}`, '--reason', 'fixed', '--actor', 'ada');
  expect(done.out).toBe(`alert ${alertId} (bad_signal of ${id}) is closed`);
  expect((await cli('alerts', id)).out).toBe('no open alerts');
  expect(await listed(id, '--state', 'resolved')).toMatchObject([
    { alertId, state: 'resolved', closed: { actor: 'ada', reason: 'fixed' } },
  ]);
  expect((await cli('alerts', id, '--state', 'all')).out).toMatch(/closed by ada at .*: fixed/);
  const tail = (await cli('tail', id, '--no-follow')).out;
  expect(tail).toContain('alert bad_signal by cli:mara: I ask the team');
  expect(tail).toContain('alert bad_signal by ada: fixed');
  expect((await statusOf(account)).version).toBe(before.version);
});

it('a wrong number, a second close and a missing reason end with a sentence and an exit code', async () => {
  const { alertId } = await confused('wrong');
  expect(await cli('alerts', 'close', '999999999', '--reason', 'x')).toMatchObject({
    code: 4,
    err: expect.stringContaining('there is no alert 999999999'),
  });
  for (const wrong of ['abc', '0', '1.5']) {
    expect((await cli('alerts', 'close', wrong, '--reason', 'x')).code).toBe(2);
  }
  expect(await cli('alerts', 'close', `${alertId}`)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--reason'),
  });
  for (const reason of [' ', 'a\u001B[2Jb', 'x'.repeat(513)]) {
    const refused = await cli('alerts', 'close', `${alertId}`, '--reason', reason);
    expect([reason, refused.code, refused.err]).toMatchObject([
      reason,
      2,
      expect.stringContaining('reason should be'),
    ]);
  }
  const stale = ['--raised-at', '2026-01-01T00:00:00Z'];
  expect(await cli('alerts', 'close', `${alertId}`, '--reason', 'x', ...stale)).toMatchObject({
    code: 5,
    err: expect.stringContaining('was raised again at'),
  });
  expect((await cli('alerts', 'close', `${alertId}`, '--reason', 'x')).code).toBe(0);
  expect(await cli('alerts', 'close', `${alertId}`, '--reason', 'x')).toMatchObject({
    code: 5,
    err: expect.stringContaining('already resolved by cli:mara'),
  });
});

it('an alert that ends with its cause is not closed: the error names the command to acknowledge it', async () => {
  const id = stand.newAccount('cause');
  const account = await stand.connect(id);
  await update(account, 'sendReserve', { reservationId: 'r-1' });
  await update(account, 'sendFailed', { reservationId: 'r-1', kind: 'restricted' });
  await runNow(account);
  const [{ alertId } = { alertId: 0 }] = await listed(id);
  const { code, err } = await cli('alerts', 'close', `${alertId}`, '--reason', 'x');
  expect(code).toBe(5);
  expect(err).toContain('ends with its cause: when a person resumes the account, the alert closes');
  expect(err).toContain(`next: safeband alerts acknowledge ${alertId} --reason …`);
});

it('the shadow mode is begun, marked, compared and ended by commands', async () => {
  const id = stand.newAccount();
  const begun = await cli('connect', id, '--tier', 'premium', '--daily-cap', '1');
  expect(begun.code).toBe(0);
  expect((await cli('shadow', id)).out).toContain('not in shadow mode now: the gate denies');
  const set = await cli('configure', id, '--mode', 'shadow');
  expect(set.out).toContain('SHADOW MODE: the gate denies nothing');
  const account = stand.client.workflow.getHandle(`inmail-account/${id}`);
  for (const name of ['a', 'b', 'c']) await update(account, 'sendReserve', { reservationId: name });
  expect((await cli('slots', id)).out).toContain(
    'granted in shadow mode; would be denied: daily_cap (3 of 1); ask again at',
  );
  expect((await cli('hold', id, '--reason', 'x')).out).toContain('and still grants');
  await update(account, 'reconcileNow', {});
  expect((await cli('status', id)).out).toMatch(
    /Granted in shadow mode; would be denied.*\nSHADOW MODE: .*\n.*configure .* --mode enforce/,
  );
  expect((await cli('status')).out).toMatch(new RegExp(`${id} +held, shadow `));
  expect((await cli('why', id)).out).toContain('the gate would have denied 2');
  const { out } = await cli('shadow', id);
  expect(out).toContain('2 of them would have been denied (0 of these were delivered)');
  expect(out).toMatch(/caps +2 +0/);
  expect(out).toContain('its daily cap is used up (1 of 1)');
  expect(JSON.parse((await cli('shadow', id, '--days', '1', '--json')).out)).toMatchObject({
    mode: 'shadow',
    granted: 3,
    wouldDeny: 2,
    reasons: [{ reason: 'daily_cap', group: 'caps', granted: 2, delivered: 0 }],
  });
  expect(await cli('shadow', id, '--days', '32')).toMatchObject({
    code: 2,
    err: expect.stringContaining('from 1 to 31'),
  });
  await cli('configure', id, '--mode', 'enforce');
  expect((await cli('slots', id)).out).toContain('denied: held');
});
