/**
 * `safeband doctor` names each problem with its fix, `safeband recover` waits for accounts, and
 * every example of help and documents runs.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeShare } from '../../../src/postgres/access/shares.js';
import { noteStarted } from '../../../src/postgres/operations/recovery.js';
import { addEndpoint } from '../../../src/postgres/webhooks/endpoints.js';
import { startAgain } from '../../../src/temporal/workflowTasks.js';
import { ask, run as runNow, update, sent, skipToSave } from '../../support/account.js';
import { safeband, settingsOf, wordsOf, type Ended } from '../../support/cli.js';
import { commandsIn, shapesIn, unlike } from '../../support/docs.js';
import { createStand, freshDatabase, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

type Finding = { readonly name: string; readonly level: string; readonly cure: string | null };
type Report = { readonly healthy: boolean; readonly findings: readonly Finding[] };
async function doctor(more: Record<string, string>, taskQueue?: string): Promise<Report> {
  const env = { ...settingsOf(stand).env, ...more };
  const queue = taskQueue ?? stand.taskQueue;
  const { code, out } = await safeband(['doctor', '--json'], { env, taskQueue: queue });
  const report: Report = JSON.parse(out);
  expect(code).toBe(report.healthy ? 0 : 1);
  return report;
}
const found = ({ findings }: Report, name: string): Finding | undefined =>
  findings.find((finding) => finding.name === name);

describe('doctor', () => {
  it('doctor reports each working part of a stand as ok, and each missing part with a fix', async () => {
    await sent(stand, 0);
    const migratedAgo = (age: string): Promise<unknown> =>
      stand.pool.query(`update safeband.schema_migrations set applied_at = now() - $1::interval`, [
        age,
      ]);
    await migratedAgo('0');
    const report = await doctor({});
    await migratedAgo('21 min');
    const unaudited = await doctor({});
    await migratedAgo('0');
    for (const name of ['Node.js', 'time zone', 'Postgres', 'clock of Postgres', 'schema']) {
      expect(found(report, name)).toMatchObject({ level: 'ok', cure: null });
    }
    for (const name of ['Temporal', 'search attributes', 'worker', 'accounts', 'reconciles']) {
      expect(found(report, name)).toMatchObject({ level: 'ok', cure: null });
    }
    expect(found(report, 'erasures')).toMatchObject({ level: 'ok', text: 'no person was erased' });
    expect(found(report, 'API keys')).toMatchObject({
      level: 'warn',
      cure: 'safeband keys make <name> --role operator',
    });
    expect(found(report, 'fleet audit')).toMatchObject({ level: 'warn' });
    expect(found(unaudited, 'fleet audit')).toMatchObject({
      level: 'fail',
      cure: expect.stringContaining('temporal schedule trigger'),
    });
  });

  it('doctor names what the last audit found, and how far a recovery has come', async () => {
    await stand.pool.query(
      `insert into safeband.reconciler_runs
         (run_id, scope, ran_at, duration_ms, accounts_checked, explanation)
       values ('doctor', 'fleet', now(), 1, 9,
         '{"drifting": 2, "woken": 3, "missing": 1, "silent": 4, "lateResets": 1}')`,
    );
    await noteStarted(stand.pool, { started: 1_200, missing: 34 });
    const report = await doctor({});
    await stand.pool.query(`delete from safeband.reconciler_runs where run_id = 'doctor'`);
    await noteStarted(stand.pool, { started: 34, missing: 0 });
    expect(found(report, 'recovery')).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/^1,200 of 1,234 accounts .* again, 34 left, since .* UTC/),
      cure: 'safeband recover',
    });
    expect(found(await doctor({}), 'recovery')).toMatchObject({
      level: 'ok',
      text: expect.stringMatching(/^1,234 accounts started again, the last .* ago\)$/),
    });
    expect(found(report, 'fleet audit')).toMatchObject({
      level: 'ok',
      text: expect.stringMatching(/^last .*: 2 drifting, 3 woken, 1 missing, 5 late$/),
    });
  });

  it('doctor works for a user that may only read, and names the missing right', async () => {
    const user = `looks_${randomUUID().slice(0, 8)}`;
    await stand.pool.query(`create role ${user} login password '${user}' in role safeband_reader`);
    const url = new URL(stand.databaseUrl);
    Object.assign(url, { username: user, password: user });
    const report = await doctor({ DATABASE_URL: url.href });
    await stand.pool.query('revoke select on safeband.alerts from safeband_reader');
    const refused = await doctor({ DATABASE_URL: url.href });
    await stand.pool.query('grant select on safeband.alerts to safeband_reader');
    await stand.pool.query(`drop role ${user}`);
    expect(found(report, 'accounts')).toMatchObject({ level: 'ok' });
    expect(found(report, 'API keys')).toMatchObject({ level: 'ok', cure: null });
    expect(found(report, 'table webhook_events')).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('oldest not visible to this database user'),
    });
    expect(found(refused, 'accounts')).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('permission denied'),
      cure: expect.not.stringContaining('migrate'),
    });
  });

  it('doctor names a fix for each problem', async () => {
    const bare = await freshDatabase('template1'); // Postgres copies only an idle database
    const idle = 'queue-without-worker';
    const report = await doctor({ DATABASE_URL: bare.url, TZ: 'Europe/Berlin' }, idle);
    await bare.drop();
    expect(found(report, 'schema')).toMatchObject({
      level: 'fail',
      cure: expect.stringContaining('safeband migrate'),
    });
    expect(found(report, 'worker')).toMatchObject({ level: 'fail', cure: 'safeband worker' });
    expect(found(report, 'time zone')).toMatchObject({ level: 'warn' });
    await stand.pool.query(`insert into safeband.schema_migrations values ('9999_new.sql', 'x')`);
    expect(found(await doctor({}), 'schema')).toMatchObject({ cure: 'run that newer version' });
    await stand.pool.query(`delete from safeband.schema_migrations where name = '9999_new.sql'`);
  });

  it('doctor names each server that cannot be reached, and prints no password', async () => {
    const env = {
      DATABASE_URL: 'postgres://u:pass-word@127.0.0.1:1/d',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TEMPORAL_CLI_PATH: '/nowhere/temporal',
    };
    const { code, out } = await safeband(['doctor'], { env });
    expect(code).toBe(1);
    expect(out).toContain('fix: start it (safeband dev), or set DATABASE_URL');
    expect(out).toContain('fix: start it (safeband dev), or set TEMPORAL_ADDRESS');
    expect(out).toContain('fix: correct TEMPORAL_CLI_PATH, or unset it');
    expect(out).not.toContain('pass-word');
  });
});

it('recover waits for each account without a workflow, and until it has read its rows, also without an alert', async () => {
  const { id, account } = await sent(stand, 0);
  await skipToSave(account);
  const recover = async (...more: readonly string[]): Promise<Ended> =>
    safeband(['recover', ...more], { ...settingsOf(stand), signal: AbortSignal.abort() });
  const reported = async (): Promise<unknown> => {
    const { code, out } = await recover('--json');
    return { code, ...JSON.parse(out) };
  };
  await stand.stopWorker();
  await account.terminate('an accident');
  await expect.poll(reported).toMatchObject({ code: 1, missing: 1, opening: 0 });
  // As an audit starts it. Its alert may be acknowledged or closed: it shows nothing.
  const started = { accountId: id, tier: 'sales_navigator' };
  await startAgain(stand.client, started, stand.taskQueue);
  await expect.poll(reported).toMatchObject({ code: 1, missing: 0, opening: 1 });
  expect((await recover()).out).toContain(
    '1 started account has not read its rows yet; next: safeband doctor',
  );
  await stand.startWorker();
  await expect.poll(reported).toMatchObject({ code: 0, missing: 0, opening: 0 });
});

/** False for a command that is only named, or whose alert does not exist in the test. */
const isComplete = (line: string): boolean =>
  /^safeband (doctor|alerts)$|^safeband \S+ \S/.test(line) && !/^safeband alerts (a|c)/.test(line);

/**
 * `safeband mcp` speaks with an agent, `withdraw` needs an ask that waits, and signed files need a
 * sealed month: each has a test of its own.
 */
const OWN_TEST = /^safeband (mcp$|withdraw |sign |verify --file)/;

describe('every example', () => {
  let ids: Readonly<Record<string, string>>;
  const typed = (line: string): readonly string[] =>
    wordsOf(line)
      .slice(1)
      .map((word) => ids[word] ?? word);
  const tried = async (line: string): Promise<Ended> => {
    // A command that follows the account ends at once, on its signal.
    const signal = line.includes(' tail ') ? AbortSignal.abort() : new AbortController().signal;
    const settings = settingsOf(stand);
    const env = { ...settings.env, SAFEBAND_ERASURE_KEY: Buffer.alloc(32, 7).toString('base64') };
    const ended = await safeband(typed(line), { ...settings, env, signal });
    const isDone = ended.code < 2;
    expect({ line, isDone, ...ended }).toMatchObject({ line, isDone: true, err: '' });
    return ended;
  };
  beforeAll(async () => {
    const { id, account } = await sent(stand, 2);
    const { endpointId } = await addEndpoint(stand.pool, {
      url: 'https://example.com/x',
      events: ['drift.alert'],
      accounts: [id],
      by: 'test',
      at: Date.now(),
    });
    const { share } = await makeShare(stand.pool, {
      accountId: id,
      by: 'test',
      at: Date.now(),
      lastsMs: 7_200_000,
      label: 'ticket 4711',
    });
    ids = {
      'acme-anna': id,
      'acme-ben': stand.newAccount('ben'),
      whe_1: endpointId,
      '9f2c4b7a10d3e856': share.shareId,
    };
    await ask(account, 'r-7', { campaignId: 'q4' });
    await ask(account, 'q4-0001');
    await ask(account, 'r-8', { leaseSeconds: 1 });
    await update(account, 'sendFailed', { reservationId: 'r-8', kind: 'unknown' });
    await account.signal('sendDelivered', { reservationId: 'r-0' });
    await ask(account, 'answered');
    await update(account, 'sendDelivered', { reservationId: 'answered', chatId: '2-ZDQ' });
    await update(account, 'configure', { group: 'eu-sales' });
    await runNow(account);
    const made = 'safeband order make reconcile --accounts acme-anna --expect 1 --reason x --json';
    const { out } = await tried(made);
    ids = { ...ids, '7c2e91d04ab35f68': JSON.parse(out.split('\n').at(-1) ?? '').order.orderId };
  });

  it('each example of docs/cli.md works', async () => {
    const lines = commandsIn(await readFile('docs/cli.md', 'utf8'), 'safeband');
    expect(lines.length).toBeGreaterThan(8);
    for (const line of lines) await tried(line);
  });

  it('each example of docs/cli.md prints the JSON that is shown', async () => {
    const shapes = shapesIn(await readFile('docs/cli.md', 'utf8'), 'safeband');
    expect(shapes.length).toBeGreaterThan(15);
    for (const [line, shown] of shapes) {
      const { out } = await tried(`${line} --json`);
      expect([line, unlike(shown, JSON.parse(out.split('\n').at(-1) ?? ''))]).toEqual([line, []]);
    }
  });

  it('each example of a help text works', async () => {
    const top = (await safeband([])).out.matchAll(/^ {2}([a-z-]+)(?= )/gm);
    const names = [...top].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(20);
    const groups = [
      ...['make', 'list', 'revoke', 'log'].map((name) => ['keys', name]),
      ...['list', 'add', 'log', 'replay', 'remove'].map((name) => ['webhooks', name]),
      ...['make', 'list', 'revoke'].map((name) => ['share', name]),
      ...['set', 'list'].map((name) => ['group', name]),
      ...['make', 'list', 'show'].map((name) => ['order', name]),
      ['alerts', 'list'],
      ['erase', 'recipient'],
      ['erase', 'list'],
      ['import', 'accounts'],
      ['import', 'history'],
    ];
    const single = names.filter((name) => !groups.some(([group]) => group === name));
    const lines: string[] = [];
    for (const argv of [...single.map((name) => [name]), ...groups]) {
      const { out } = await safeband([...argv, '--help']);
      lines.push(...[...out.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = '']) => line));
    }
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines.filter((one) => !OWN_TEST.test(one))) await tried(line);
  });

  it.each([
    'agents',
    'connect-a-pipeline',
    'customer-questions',
    'data',
    'denials',
    'migrate',
    'on-call',
    'starting-over',
    'upgrade',
  ])('each command of docs/%s.md works', async (name) => {
    const text = await readFile(`docs/${name}.md`, 'utf8');
    const inline = [...text.matchAll(/`(safeband [^`]*)`/g)].map(([, line = '']) => line);
    const typedInside = commandsIn(text, 'npx safeband').map((line) => line.replace('npx ', ''));
    const lines = [...typedInside, ...commandsIn(text, 'safeband'), ...inline.filter(isComplete)];
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines.filter((one) => !OWN_TEST.test(one))) await tried(line);
  });
});
