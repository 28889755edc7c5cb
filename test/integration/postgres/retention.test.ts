/** Retention (R28): old rows are deleted in small steps, and never a row that a rule still needs. */
import { beforeAll, expect, it } from 'vitest';
import {
  isPruned,
  KEPT_OTHERWISE,
  RETENTION_DEFAULT,
} from '../../../src/domain/records/retention.js';
import { DAY_MS, dayOf, startOf } from '../../../src/domain/primitives/time.js';
import { tableFindings } from '../../../src/doctor/tables.js';
import { exportRows, recordExport } from '../../../src/postgres/operations/exportRows.js';
import { pruneRows } from '../../../src/postgres/operations/prune.js';
import { readTableSizes, readTotalSize } from '../../../src/postgres/operations/tableSizes.js';
import { readContacts } from '../../../src/postgres/read/contacts.js';
import { stateAt } from '../../../src/postgres/diagnostics/history.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { isRecipientId } from '../../../src/domain/primitives/ids.js';
import { must } from '../../support/scenario.js';
import { safeband } from '../../support/cli.js';
import { withDatabase } from '../../support/database.js';
import { fillYear, memberOf } from '../../support/madeUpYear.js';

let pool: Pool;
let url: string;
withDatabase(async (own, address) => {
  pool = own;
  url = address;
});

const now = Date.now();
const today = dayOf(now);
const DAYS = 430;
const [NEEDS_MEMORY, OPEN, PLAIN] = ['a000001', 'a000002', 'a000003'];

/** Counts of all tables, and the oldest day of each, in days before today. */
async function seen(table: string, day: string, more = 'true'): Promise<[number, number | null]> {
  const { rows } = await pool.query<{ rows: number; oldest: number | null }>(
    `select count(*)::int as rows, (safeband.day_at(${today}) - min(${day})::date)::int as oldest
       from safeband.${table} where ${more}`,
  );
  return [rows[0]?.rows ?? 0, rows[0]?.oldest ?? null];
}
const prune = (keep = RETENTION_DEFAULT, stepRows = 300): Promise<number> =>
  pruneRows(pool, { at: now, keep, stepRows });
const again = (): Promise<unknown> => pool.query('update safeband.retention set done_on = null');

beforeAll(async () => {
  await fillYear(pool, { accounts: 3, days: DAYS, perDay: 2, today });
  // Each of these rows is old, and a rule needs it.
  await pool.query(
    `update safeband.accounts set recipient_memory_days = 365,
      recorded_at = clock_timestamp() where account_id = $1`,
    [NEEDS_MEMORY],
  );
  await pool.query(
    `update safeband.reservations set state = 'uncertain', chat_id = null, number = number + 1
      where account_id = $1 and reservation_id = 'r300.1'`,
    [OPEN],
  );
  await pool.query(
    `update safeband.reservations
        set state = 'in_flight', chat_id = null, settled_at = null, number = number + 1
      where account_id = $1 and reservation_id = 'r301.1'`,
    [OPEN],
  );
  await pool.query(
    `update safeband.alerts set resolved_at = null, recorded_at = now()
      where account_id = $1 and quota_day = safeband.day_at(${today}) - 420`,
    [OPEN],
  );
  await pool.query(
    `insert into safeband.alert_actions (alert_id, action, actor, reason, at)
     select alert_id, 'acknowledged', 'ada', 'looked', safeband.at_ms(${now}) from safeband.alerts
      where quota_day = safeband.day_at(${today}) - 420`,
  );
  await pool.query(
    `insert into safeband.reconciler_runs (run_id, scope, ran_at, duration_ms, accounts_checked, explanation)
     values ('audit', 'fleet', safeband.at_ms(${now}) - interval '100 days', 1, 1, '{"horizon": "7"}')`,
  );
});

it('a table that is not in the document has no retention', async () => {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'safeband'::regnamespace and relkind = 'r'`,
  );
  const unknown = rows
    .map(({ name }) => name)
    .filter((name) => !isPruned(name) && !(name in KEPT_OTHERWISE));
  expect(unknown).toEqual([]);
});

it('a worker that deletes only exported rows deletes nothing before the export', async () => {
  expect(await prune({ ...RETENTION_DEFAULT, onlyExported: true })).toBe(0);
  await again();
  const before = startOf(today - 200);
  const lines: string[] = [];
  const { rows, asOf } = await exportRows(pool, { table: 'campaign_denials', before }, (line) =>
    lines.push(line),
  );
  expect(rows).toBe(lines.length);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ campaign_id: 'q4', count: 3 });
  await recordExport(pool, { table: 'campaign_denials', before, asOf, by: 'ada' });
  // A row that was written after the export is not in the file.
  await pool.query(
    `update safeband.campaign_denials set recorded_at = now()
     where account_id = $1 and quota_day = safeband.day_at(${today}) - 210`,
    [PLAIN],
  );
  expect(await prune({ ...RETENTION_DEFAULT, onlyExported: true })).toBe(rows - 1);
  expect(await seen('campaign_denials', 'quota_day')).toEqual([20 * 3 + 1, 210]);
  await again();
});

it('rows without a day limit are kept permanently', async () => {
  const forever = {
    heartbeats: null,
    attempts: null,
    reservations: null,
    alerts: null,
    changes: null,
  };
  expect(await prune({ ...forever, onlyExported: false, sealAfterDays: null })).toBe(0);
  expect(await pool.query('select from safeband.retention where days is not null')).toMatchObject({
    rowCount: 0,
  });
  await again();
});

it('an audit that has no time left deletes nothing more, and the next one continues', async () => {
  const steps: number[] = [];
  const ask = {
    at: now,
    keep: RETENTION_DEFAULT,
    stepRows: 40,
    afterStep: (rows: number) => steps.push(rows),
  };
  expect(await pruneRows(pool, { ...ask, stepsMs: 0 })).toBe(0);
  await pruneRows(pool, { ...ask, stepsMs: 5_000 });
  expect(steps.every((rows, at) => rows - (steps[at - 1] ?? 0) <= 40)).toBe(true);
  expect(await prune()).toBe(0); // done for today
});

it('rows that are older than the settings are deleted, except those that a rule needs', async () => {
  const of = (account: string | undefined): string => `account_id = '${account}'`;
  expect(await seen('reservations', 'quota_day', of(PLAIN))).toEqual([360, 180]);
  expect(await seen('send_attempts', 'quota_day', of(PLAIN))).toEqual([360, 180]);
  // R20: the recipients of the last 365 days, and two more.
  expect(await seen('reservations', 'quota_day', of(NEEDS_MEMORY))).toEqual([734, 367]);
  expect(await seen('reservations', 'quota_day', of(OPEN))).toEqual([362, 301]);
  expect(await seen('send_attempts', 'quota_day', of(OPEN))).toEqual([362, 301]);
  expect(await seen('waiting', 'decided_at')).toEqual([54, 180]);
  expect(await seen('campaign_denials', 'quota_day')).toEqual([54, 180]);
  expect(await seen('alerts', 'quota_day')).toEqual([121, 420]);
  expect(await seen('alerts', 'quota_day', 'resolved_at is not null')).toEqual([120, 400]);
  expect(await seen('alert_actions', 'at')).toEqual([1, 0]);
  // A correction keeps its heartbeat; the last connect stays, and the horizon of the last audit.
  expect(await seen('corrections', 'at')).toEqual([120, 400]);
  expect(await seen('reconciler_runs', 'ran_at', `scope = 'account'`)).toEqual([
    3 * (30 + 37),
    400,
  ]);
  expect(await seen('reconciler_runs', 'ran_at', `scope = 'fleet'`)).toEqual([1, 100]);
  expect(await seen('account_changes', 'at')).toEqual([120 + 3, 430]);
});

it('the event log, the closed days and the account stay whole', async () => {
  expect(await seen('inmail_events', 'quota_day')).toEqual([DAYS * 6, DAYS]);
  expect(await seen('account_days', 'quota_day')).toEqual([DAYS * 3, DAYS]);
  expect(await seen('accounts', 'counter_day', 'is_edited')).toEqual([0, null]);
});

it('a recipient of 300 days ago is still known to the account that looks back a year', async () => {
  const recipients = [must(isRecipientId, memberOf(1, 300, 1))];
  const accountId = must((id): id is string => id !== undefined, NEEDS_MEMORY);
  const found = await readContacts(pool, { accountId, recipients, since: today - 365 });
  expect(found).toEqual([{ recipient: 0, reservationId: 'r300.1', quotaDay: today - 300 }]);
});

it('a deleted row that the gate would count is a manual edit, and an old one is none', async () => {
  const edited = (): Promise<[number, number | null]> =>
    seen('accounts', 'counter_day', 'is_edited');
  await pool.query(
    `delete from safeband.reservations where account_id = $1 and reservation_id = 'r100.1'`,
    [PLAIN],
  );
  expect(await edited()).toEqual([0, null]);
  await pool.query(
    `delete from safeband.reservations where account_id = $1 and reservation_id = 'r20.1'`,
    [PLAIN],
  );
  expect(await edited()).toEqual([1, 0]);
  await pool.query(
    `delete from safeband.reservations where account_id = $1 and state = 'in_flight'`,
    [OPEN],
  );
  expect(await edited()).toEqual([2, 0]);
});

it('no setting and no clock deletes what people may ask for', async () => {
  // A clock may be wrong by an hour, so the day of the database begins an hour early here.
  const { rows } = await pool.query<{ kept: number }>(
    `select safeband.prune_rows('reservations', safeband.at_ms($1), 1, false),
            100 - (safeband.utc_day(clock_timestamp() + interval '1 hour') - safeband.day_at($2))
              as kept`,
    [now + 1_000 * DAY_MS, today],
  );
  const kept = rows[0]?.kept ?? 0;
  expect([100, 99]).toContain(kept);
  const left = await seen('reservations', 'quota_day', `account_id = '${PLAIN}'`);
  expect(left).toEqual([2 * kept - (kept === 100 ? 2 : 1), kept]); // r20.1 and r100.1 are gone
  await expect(
    pool.query(`select safeband.prune_rows('inmail_events', now(), 400, false)`),
  ).rejects.toThrow('rows of inmail_events are not deleted');
});

it('an answer about a day whose heartbeats are deleted has a note', async () => {
  const state = await stateAt(pool, 'a000001', startOf(today - 60));
  expect(state?.status.verified).toBe(true);
  expect(state?.notes.join(' ')).toContain('Heartbeats are kept since');
});

const TOTAL = /^[\d.]+ MiB in \d+ tables, with their indexes$/;

it('doctor lists each table that grows with its size, its oldest row and how long it is kept', async () => {
  await pool.query('analyze safeband.inmail_events, safeband.reconciler_runs');
  const findings = tableFindings(await readTableSizes(pool), await readTotalSize(pool), now);
  const textOf = (name: string): string =>
    findings.find((one) => one.name === `table ${name}`)?.text ?? '';
  expect(textOf('inmail_events')).toMatch(
    /^[\d.]+ MiB, about 2,580 rows, oldest of \d{4}-\d\d-\d\d, kept permanently$/,
  );
  expect(textOf('reconciler_runs')).toMatch(/kept 30 days, [\d,]+ deleted$/);
  expect(textOf('group_reserves')).toMatch(
    /no row, kept as long as reservations, at least 367 days$/,
  );
  for (const [name, kept] of [
    ['account_history', /about \d+ rows, oldest of .*, kept 90 days, and the last row/],
    ['reservation_history', /kept 90 days$/],
    ['webhook_events', /kept 30 days$/],
    ['webhook_deliveries', /no row, kept 30 days$/],
    ['access_changes', /no row, kept permanently$/],
    ['order_accounts', /no row, kept 400 days/],
  ] as const) {
    expect(textOf(name)).toMatch(kept);
  }
  expect(findings[0]).toMatchObject({ name: 'tables', text: expect.stringMatching(TOTAL) });
  expect(findings.every(({ level }) => level === 'ok')).toBe(true);
});

it('safeband export writes JSON lines or CSV, and remembers what was exported', async () => {
  const env = { DATABASE_URL: url };
  const lines = await safeband(['export', 'alerts', '--before', '2099-01-01'], { env });
  expect(lines).toMatchObject({ code: 2 });
  const before = new Date(startOf(today - 10)).toISOString().slice(0, 10);
  const json = await safeband(['export', 'alerts', '--before', before, '--record'], { env });
  const rows = json.out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(rows).toHaveLength(117);
  expect(rows[0]).toMatchObject({ kind: 'drift', account_id: expect.any(String), actions: [] });
  expect(json.err).toBe('');
  const csv = await safeband(['export', 'alerts', '--before', before, '--csv'], { env });
  expect(csv.out.split('\n')[0]).toMatch(/^account_id,kind,severity,quota_day,.*,actions$/);
  const { rows: known } = await pool.query(
    `select exported_by is not null as by, exported_before::date::text as before
       from safeband.retention where relation = 'alerts'`,
  );
  expect(known).toEqual([{ by: true, before }]);
});

it('safeband export writes the rows of a group, and does not remember such a file', async () => {
  const env = { DATABASE_URL: url };
  await pool.query(
    `update safeband.accounts set group_name = 'eu-sales', recorded_at = clock_timestamp()
      where account_id = $1`,
    [PLAIN],
  );
  const before = new Date(startOf(today)).toISOString().slice(0, 10);
  const accountsIn = async (...argv: readonly string[]): Promise<readonly string[]> => {
    const { out } = await safeband(['export', 'alerts', '--before', before, ...argv], { env });
    const lines = out.split('\n').filter((line) => line !== '');
    return [...new Set(lines.map((line): string => JSON.parse(line).account_id))].toSorted();
  };
  expect(await accountsIn()).toEqual([NEEDS_MEMORY, OPEN, PLAIN]);
  expect(await accountsIn('--group', 'eu-sales')).toEqual([PLAIN]);
  expect(await accountsIn('--group', 'none')).toEqual([NEEDS_MEMORY, OPEN]);
  expect(await accountsIn('--group', 'nobody')).toEqual([]);
  const recorded = ['export', 'alerts', '--group', 'eu-sales', '--record'];
  expect(await safeband(recorded, { env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('--record: leave out --group'),
  });
});

it('contacts are kept as long as an account of the group remembers them', async () => {
  await pool.query(
    `update safeband.accounts set group_name = 'g', recorded_at = clock_timestamp(),
            recipient_scope = case account_id when $1 then 'group' else 'account' end
      where account_id in ($1, $2)`,
    [NEEDS_MEMORY, OPEN],
  );
  const { rows } = await pool.query<{ days: number }>(
    'select safeband.contact_days(a) as days from safeband.accounts a order by account_id',
  );
  expect(rows.map(({ days }) => days)).toEqual([367, 367, 4]);
});
