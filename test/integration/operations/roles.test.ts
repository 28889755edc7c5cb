/**
 * The rights of each role of the database, in a table that agrees with `migrations/roles.sql`. A
 * worker, a pipeline and a reader run with these rights only.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, pgJournal, sendWithSlot } from '../../../src/client/index.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import { readHealth } from '../../../src/postgres/operations/health.js';
import { readErasureKeys } from '../../../src/postgres/operations/vitals.js';
import { listErasures } from '../../../src/postgres/data/erasures.js';
import { migrate } from '../../../src/postgres/migrate.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import {
  addEndpoint,
  changeEndpoint,
  enableEndpoint,
  listDeliveries,
  listEndpoints,
  pingEndpoint,
  removeEndpoint,
  replay,
  rotateSecret,
} from '../../../src/postgres/webhooks/endpoints.js';
import { GROWING_TABLES, readTableSizes } from '../../../src/postgres/operations/tableSizes.js';
import { keepOrder, readOrder } from '../../../src/postgres/fleet/orders.js';
import { endOrder, noteOutcome } from '../../../src/postgres/fleet/orderWork.js';
import { findAccounts } from '../../../src/postgres/list/selecting.js';
import { actOnAlert } from '../../../src/postgres/alerts/act.js';
import { listOpenAlerts } from '../../../src/postgres/alerts/alerts.js';
import { raiseAlerts } from '../../../src/postgres/save/runs.js';
import { pageAccounts } from '../../../src/postgres/read/lists.js';
import { sendDue } from '../../../src/webhooks/sender.js';
import { statusOf } from '../../support/account.js';
import { createLogins, type Logins } from '../../support/logins.js';
import { must } from '../../support/scenario.js';
import { createStand, type Stand } from '../../support/stand.js';

let logins: Logins;
let owner: Pool;
beforeAll(async () => {
  logins = await createLogins(2);
  ({ owner } = logins);
});
afterAll(() => logins.stop());

/** s: select, i: insert, u: update, d: delete; small letters: some columns; `-`: no right. */
const RIGHTS = `
  table               worker  pipeline  reader  server
  access_changes      -       -         -       si
  account_changes     si      -         s       s
  account_counts      -       -         -       siu
  account_days        siu     -         s       s
  account_history     -       -         s       s
  account_list        -       -         -       siu
  account_list_read   -       -         -       su
  account_names       -       -         -       s
  account_status      s       -         s       s
  accounts            siu     -         s       s
  alert_actions       s       -         s       si
  alerts              siu     -         s       su.
  api_keys            -       -         -       su.
  brakes              siu     -         s       s
  campaign_days       s       -         s       s
  campaign_denials    siu     -         s       s
  corrections         si      -         s       s
  erasures            -       -         s       s
  event_seal_days     si      -         s       -
  event_seals         si      -         s       s
  group_recipients    siud    -         s       siud
  group_reserves      -       -         s       siud
  groups              -       -         -       siu
  idempotency         -       -         -       siud
  identity_locks      su      -         -       -
  inmail_events       si      -         s       s
  migration_lock      -       -         -       -
  order_accounts      su.     -         s       si
  order_counts        s       -         s       s
  orders              su.     -         s       siu.
  past_days           s       -         s       s
  past_sends          s       -         s       s
  recipient_chats     -       -         -       -
  reconciler_runs     si      -         s       s
  recovery            siu     -         s       s
  replies             si      -         s       s
  reservation_history -       -         s       s
  reservations        siu     -         s       s
  retention           s       -         s       s
  schema_migrations   s       -         s       s
  seal_comparisons    siu     -         s       s
  send_attempts       si      s.i.u.    s       si.u.
  sessions            -       -         -       sid
  shares              -       -         -       siu.
  waiting             siu     -         s       s
  webhook_deliveries  sid     -         -       s
  webhook_endpoints   su      -         -       siud
  webhook_events      siud    -         -       siu.
  webhook_position_lock u     -         -       u
  webhook_positions   su      -         -       su
  webhook_sender_lock u       -         -       -
`;

it('each role has exactly these rights on every table', async () => {
  const { rows } = await owner.query<{ line: string }>(
    `select concat_ws(' ', c.relname, string_agg(coalesce(nullif(array_to_string(array(
              select case when has_table_privilege(role, c.oid, word) then left(word, 1)
                          when has_any_column_privilege(role, c.oid, word) then left(word, 1) || '.'
                     end
                from unnest(array['select', 'insert', 'update']) word), ''), ''), '-')
              || case when has_table_privilege(role, c.oid, 'delete') then 'd' else '' end
              || case when has_table_privilege(role, c.oid, 'truncate, references, trigger')
                      then '!' else '' end, ' ' order by position)) as line
       from pg_class c, unnest(array['safeband_worker', 'safeband_pipeline', 'safeband_reader',
              'safeband_server']) with ordinality as roles (role, position)
      where c.relnamespace = 'safeband'::regnamespace and c.relkind in ('r', 'v', 'S')
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i')
      group by c.relname order by c.relname`,
  );
  const wanted = RIGHTS.trim().split('\n').slice(1);
  expect(rows.map(({ line }) => line)).toEqual(
    wanted.map((line) => line.trim().replaceAll(/\s+/g, ' ')),
  );
});

it('a server reads the traces of erasures and their keys, and writes no trace', async () => {
  const server = await logins.poolIn('safeband_server', 1);
  expect(await readErasureKeys(server)).toMatchObject({ erasures: {} });
  expect(await listErasures(server, { before: null, limit: 1 })).toEqual([]);
  const trace = `insert into safeband.erasures (hash, erased_by, reason) values ('a', 'b', 'c')`;
  await expect(server.query(trace)).rejects.toThrow('denied');
});

it('a server closes an alert for a person, and changes nothing else of it', async () => {
  const server = await logins.poolIn('safeband_server', 2);
  const worker = await logins.poolIn('safeband_worker', 2);
  const alerts = [
    { accountId: 'one', kind: 'bad_signal', severity: 'warning', details: { day: '2026-11-24' } },
  ];
  await raiseAlerts(worker, { runId: 'a', at: Date.now(), alerts });
  const { rows } = await owner.query<{ id: string }>(`select alert_id as id from safeband.alerts`);
  const alertId = Number(rows[0]?.id);
  const by = { actor: 'ada', reason: 'looked', accounts: null, knownRaisedAt: null };
  for (const verb of ['acknowledge', 'close'] as const) {
    const done = await actOnAlert(server, { ...by, alertId, verb, at: Date.now() });
    expect(done).toMatchObject({ alert: { alertId } });
  }
  for (const change of [`details = '{}'`, `severity = 'info'`, 'raised_at = now()']) {
    await expect(server.query(`update safeband.alerts set ${change}`)).rejects.toThrow('denied');
  }
  await expect(worker.query('delete from safeband.alert_actions')).rejects.toThrow('denied');
  // The worker opens the closed alert again, and lists it, as the command line with its login.
  await raiseAlerts(worker, { runId: 'b', at: Date.now(), alerts });
  expect(await listOpenAlerts(worker, { limit: 9 })).toMatchObject([{ alertId, times: 2 }]);
});

it('entries are found and outcomes are counted, although no login may write the names or the counts', async () => {
  const server = await logins.poolIn('safeband_server', 2);
  const worker = await logins.poolIn('safeband_worker', 2);
  const [accountId, orderId] = [must(isAccountId, 'counted'), '0000000000000001'];
  await owner.query(
    `insert into safeband.accounts
       (account_id, tier, counter_day, state, owner, owner_version, version, updated_at)
     values ($1, 'recruiter', '2026-11-24', 'active', 'chain', 1, 1, now())`,
    [accountId],
  );
  await server.query(
    `insert into safeband.account_list (account_id, state, urgency, sending, counter, logged,
       in_flight, uncertain, remaining, drift, ends_at, as_of)
     values ($1, 'active', 4, 'yes', 0, 0, 0, 0, 0, 0, now(), now())`,
    [accountId],
  );
  expect(await findAccounts(server, 'ounte')).toEqual([accountId]);
  const others = { all: undefined, group: undefined, tier: undefined, state: undefined };
  const filter = { ...others, cooldown: undefined, accountIds: [accountId] };
  const by = { reason: 'a check', actor: 'ada', perSecond: 50, change: null, expected: 1 };
  await keepOrder(server, { ...by, orderId, kind: 'hold', filter }, null);
  expect(await readOrder(server, orderId, null)).toMatchObject({ done: 0, left: 1 });
  await noteOutcome(worker, { orderId, accountId, outcome: 'done', error: null });
  expect(await readOrder(worker, orderId, null)).toMatchObject({ done: 1, left: 0 });
  await endOrder(worker, orderId); // Other tests audit this database.
  await owner.query('delete from safeband.accounts where account_id = $1', [accountId]);
});

it('each login reads the size of every table that grows, and may not read the rows of some', async () => {
  for (const [role, hidden] of [
    ['safeband_worker', ['access_changes', 'account_history', 'group_reserves']],
    ['safeband_reader', ['access_changes', 'webhook_deliveries', 'webhook_events']],
    ['safeband_server', []],
  ] as const) {
    const sizes = await readTableSizes(await logins.poolIn(role, 1));
    expect(sizes.map(({ table }) => table).toSorted()).toEqual(GROWING_TABLES.toSorted());
    const unreadable = sizes.filter(({ mayRead }) => !mayRead).map(({ table }) => table);
    expect([role, unreadable]).toEqual([role, expect.arrayContaining([...hidden])]);
    expect([role, unreadable.length > 0]).toEqual([role, hidden.length > 0]);
  }
});

it('a server may do all that operators do with webhooks, also while there are new events', async () => {
  const server = await logins.poolIn('safeband_server', 2);
  const [by, at] = ['ada', Date.now()];
  const url = 'https://a.example';
  const input = { url, events: ['account.held' as const], accounts: null, by, at };
  const { endpointId } = await addEndpoint(server, input);
  const raise = `select safeband.tell_webhook('a', 'account.held', 'one', safeband.at_ms($1), '{}')`;
  await owner.query(raise, [at]);
  const other = await addEndpoint(server, input);
  const eventId = await pingEndpoint(server, endpointId, at);
  expect(eventId).toMatch(/^evt_/);
  expect(await changeEndpoint(server, endpointId, { url, by, at })).toBe(true);
  expect(await rotateSecret(server, endpointId, { keepMs: 0, by, at })).toMatch(/^whsec_/);
  expect(await enableEndpoint(server, endpointId, { by, at })).toBe(true);
  expect(await replay(server, endpointId, { since: at, by, at })).toBe(true);
  expect(await listDeliveries(server, endpointId, { limit: 1 })).toEqual([]);
  expect(await listEndpoints(server)).toHaveLength(2);
  for (const one of [endpointId, other.endpointId]) {
    expect(await removeEndpoint(server, one)).toBe(true);
  }
  await owner.query('delete from safeband.webhook_events');
});

it('a worker, a pipeline and a reader run with their roles only', async () => {
  const [worker, pipeline, reader] = [
    await logins.loginIn('safeband_worker'),
    await logins.poolIn('safeband_pipeline', 2),
    await logins.poolIn('safeband_reader', 2),
  ];
  const stand: Stand = await createStand({ databaseUrl: worker });
  try {
    const id = stand.newAccount();
    const { taskQueue, client } = stand;
    const safeband = createClient({ client, taskQueue, deadlineMs: 30_000 });
    const journal = pgJournal(pipeline);
    const account = await stand.connect(id);
    const call = async () => ({ chatId: 'chat-1' });
    const sent = await sendWithSlot(safeband, id, { reservationId: 'one' }, call, { journal });
    expect(sent).toMatchObject({ sent: true, reported: true });
    await safeband.reserve(id, { reservationId: 'never', leaseSeconds: 1, journaled: true });
    await account.signal('nobodyKnows');
    // After its lease a run puts a void row in the place of the attempt, and releases the slot.
    await expect
      .poll(async () => {
        await safeband.reconcileNow(id);
        return (await safeband.reservation(id, 'never')).state;
      })
      .toBe('released');
    await safeband.reconcileNow(id); // it also saves everything
    expect(await statusOf(account)).toMatchObject({ counter: 1, delivered: 1 });
    const at = Date.now();
    const page = { at, after: '', limit: 10, prefix: '', accounts: null };
    expect(await pageAccounts(reader, page)).toMatchObject([
      { accountId: id, counter: 1, delivered: 1, lastCheckedAt: expect.any(Number) },
    ]);
    await client.workflow.execute('inmailFleetAudit', { taskQueue, workflowId: `audit-${id}` });
    expect(await readHealth(reader)).toMatchObject({ auditAgeMs: expect.any(Number) });

    const endpoint = {
      url: 'https://a.example',
      events: ['account.held' as const],
      accounts: null,
    };
    await addEndpoint(owner, { ...endpoint, by: 'ada', at });
    await safeband.hold(id, { reason: 'a check', actor: 'ada' });
    await safeband.reconcileNow(id);
    const posted: string[] = [];
    const post = async (_: string, __: object, body: string) => {
      posted.push(body);
      return { status: 204, answer: '' };
    };
    const { signal: leaving } = new AbortController();
    const nothing = () => undefined;
    const needs = { now: Date.now, random: () => 0, leaving, beat: nothing, warn: nothing };
    expect(await sendDue({ pool: stand.pool, post, ...needs })).toMatchObject({ delivered: 1 });
    expect(posted).toMatchObject([expect.stringContaining('account.held')]);

    const denied = { code: '42501' };
    const refused: [Pool, string][] = [
      [stand.pool, `delete from safeband.reservations`],
      [stand.pool, `update safeband.inmail_events set chat_id = 'x'`],
      [stand.pool, `truncate safeband.inmail_events`],
      [stand.pool, `alter table safeband.inmail_events disable trigger all`],
      [stand.pool, `update safeband.send_attempts set outcome = 'failed'`],
      [stand.pool, `select from safeband.api_keys`],
      [stand.pool, `create table safeband.mine ()`],
      [pipeline, `select chat_id from safeband.send_attempts`],
      [pipeline, `update safeband.send_attempts set quota_day = quota_day`],
      [pipeline, `delete from safeband.send_attempts`],
      [
        pipeline,
        `insert into safeband.send_attempts (account_id, reservation_id, quota_day,
                    attempted_at, outcome) values ('a', 'r', now(), now(), 'void')`,
      ],
      [pipeline, `update safeband.accounts set inmails_sent_today = 0`],
      [reader, `update safeband.accounts set inmails_sent_today = 0`],
      [reader, `select from safeband.webhook_endpoints`],
    ];
    for (const [pool, sql] of refused) {
      const answer = await pool.query(sql).catch((error: unknown) => error);
      expect([sql, answer]).toMatchObject([sql, denied]);
    }
  } finally {
    await stand.close();
  }
});

it('migrate prints the fix if its user may not create roles, and migrates', async () => {
  const user = logins.nameOf('migrator');
  await owner.query(`create role ${user} login password '${logins.password}' nocreaterole`);
  logins.names.push(user);
  const name = logins.nameOf('empty');
  await owner.query(`create database ${name} owner ${user}`);
  const url = new URL(logins.urlOf(user));
  url.pathname = `/${name}`;
  // Roles belong to the whole cluster, which has the real ones, so the test uses other names.
  const folder = await mkdtemp(path.join(tmpdir(), 'safeband-roles-'));
  await cp('migrations', folder, { recursive: true });
  const sql = await readFile('migrations/roles.sql', 'utf8');
  await writeFile(`${folder}/roles.sql`, sql.replaceAll("'safeband_", `'${user}_`));
  const migrated = async (): Promise<string> => {
    const printed: string[] = [];
    await migrate(url.href, (line) => printed.push(line), folder);
    return printed.filter((line) => !line.startsWith('applying ')).join('\n');
  };
  try {
    const printed = await migrated();
    expect(printed).toContain(`${user} may not create roles`);
    const cure = /administrator run: (.*); then run npm run migrate again/.exec(printed)?.[1] ?? '';
    expect(cure.split('; ')).toHaveLength(4);
    await owner.query(cure);
    logins.names.push(...[...cure.matchAll(/create role (\w+)/g)].map(([, role]) => role ?? ''));
    expect(await migrated()).toBe('');
    const db = createPool(url.href, 1);
    const may = `select has_table_privilege('${user}_worker', 'safeband.accounts', 'update') as may`;
    expect((await db.query(may)).rows).toEqual([{ may: true }]);
    await db.end();
  } finally {
    await owner.query(`drop database ${name} with (force)`);
    await rm(folder, { recursive: true });
  }
});
