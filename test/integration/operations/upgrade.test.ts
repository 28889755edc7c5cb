/**
 * The upgrade from 0.1.0. Its rows were recorded on 3 June 2025, with its own worker and server:
 * accounts with sends in each state, a hold, a cooldown, keys and a webhook endpoint.
 */
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, type SafebandClient } from '../../../src/client/index.js';
import { DAY_MS } from '../../../src/domain/primitives/time.js';
import { migrate } from '../../../src/postgres/migrate.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import { query } from '../../support/account.js';
import { failureTypeOf } from '../../support/failure.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, freshDatabase, type Stand } from '../../support/stand.js';

const MIGRATIONS = 'migrations';
const ROWS = 'test/histories/0.1.0/rows.jsonl';
/** The first migration that 0.1.0 does not have. */
const NEXT = '0019';
type Row = { readonly table: string; readonly row: Readonly<Record<string, unknown>> };

const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Workflow ids are unique in the namespace, which all test files share. */
const prefix = `t${randomUUID().slice(0, 8)}`;
const id = (name: string): string => `${prefix}-${name}`;

let stand: Stand;
let safeband: SafebandClient;
let applied: readonly string[];
const counts = new Map<string, number>();
let close = async (): Promise<void> => undefined;

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  const older = (await readdir(MIGRATIONS)).filter((name) => /^\d{4}_/.test(name) && name < NEXT);
  for (const name of older) await cp(path.join(MIGRATIONS, name), path.join(folder, name));
  await writeFile(path.join(folder, 'roles.sql'), 'select 1');
  const { url, drop } = await freshDatabase('template1');
  await migrate(url, undefined, folder);
  await load(url);
  applied = await migrate(url);
  stand = await createStand({ databaseUrl: url });
  safeband = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
  close = async () => {
    await stand.close();
    await drop();
    await rm(folder, { recursive: true, force: true });
  };
});
afterAll(() => close());

/** Writes the recorded rows as a restored dump does: without triggers, with their own numbers. */
async function load(url: string): Promise<void> {
  const yesterday = isoDay(Date.now() - DAY_MS);
  const text = (await readFile(ROWS, 'utf8'))
    .replaceAll('"old-', `"${prefix}-`)
    .replaceAll('2025-06-03', yesterday)
    .replaceAll('2025-06-04T09', `${yesterday}T23`); // a lease of a day, which has ended
  const rows = text
    .trim()
    .split('\n')
    .map((line): Row => JSON.parse(line));
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  const { rows: numbered } = await db.query<{ table: string; column: string }>(
    `select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'safeband' and is_identity = 'YES'`,
  );
  // New rows get numbers after those of the recorded rows.
  for (const { table, column } of numbered) {
    await db.query(`select setval(pg_get_serial_sequence('safeband.${table}', '${column}'), 1000)`);
  }
  await db.query('set session_replication_role = replica');
  for (const { table, row } of rows) {
    const columns = Object.keys(row).join(', ');
    await db.query(
      `insert into safeband.${table} (${columns}) overriding system value
       select ${columns} from json_populate_record(null::safeband.${table}, $1)`,
      [JSON.stringify(row)],
    );
    counts.set(table, (counts.get(table) ?? 0) + 1);
  }
  await db.end();
}

const rowsOf = async (sql: string): Promise<readonly unknown[]> =>
  (await stand.pool.query<{ row: unknown }>(`select to_json(x) as row from (${sql}) x`)).rows.map(
    ({ row }) => row,
  );
const statusOf = (name: string): Promise<StatusWire> => query(stand.handle(id(name)), 'status');

it('the rows of 0.1.0 are migrated, and none is lost', async () => {
  expect(applied[0]).toBe('0019_identities.sql');
  expect(await migrate(stand.databaseUrl)).toEqual([]);
  expect(counts.size).toBeGreaterThan(10);
  for (const [table, count] of counts) {
    const [row] = await rowsOf(`select count(*)::int from safeband.${table}`);
    // Triggers add rows about the loaded ones.
    expect([table, row]).toEqual([table, { count: expect.toSatisfy((n) => n >= count) }]);
  }
  const cause = await rowsOf(
    `select details ->> 'reservationId' as id from safeband.account_changes where kind = 'cooldown'`,
  );
  expect(cause).toEqual([{ id: 't-1' }]); // migration 0024
});

it('an account of 0.1.0 continues with its policy, its open slots and its journal', async () => {
  await stand.connect(id('busy'));
  await safeband.reconcileNow(id('busy'));
  expect(await statusOf('busy')).toMatchObject({
    caps: { daily: 20 },
    mode: 'enforce',
    timezone: 'Europe/Berlin',
    verified: true,
    weekUsed: 7,
    openReservations: [
      { reservationId: 'b-5', state: 'uncertain' },
      { reservationId: 'b-7', state: 'uncertain' },
    ],
  });
  const events = await rowsOf(
    `select reservation_id as id, source from safeband.inmail_events
      where account_id = '${id('busy')}' order by event_id`,
  );
  expect(events).toEqual([
    { id: 'b-1', source: 'pipeline' },
    { id: 'b-2', source: 'pipeline' },
    { id: 'b-3', source: 'pipeline' },
    { id: null, source: 'external' },
    { id: 'b-6', source: 'journal' }, // delivered, and its report was lost
  ]);
  for (const reservationId of ['b-1', 'b-4', 'b-5', 'b-6', 'b-7']) {
    const again = (): Promise<unknown> => safeband.reserve(id('busy'), { reservationId });
    expect(await failureTypeOf(again)).toBe('ReservationSettled');
  }
  // Its workflow is gone, as after the loss of Temporal: it waits until a person has checked it.
  const ask = () => safeband.reserve(id('busy'), { reservationId: 'b-8' });
  expect(await ask()).toMatchObject({ granted: false, reason: 'cooldown' });
  const resumed = { reason: 'checked', actor: 'ada', cooldown: 'unclean_end' } as const;
  expect(await safeband.resume(id('busy'), resumed)).toEqual({ state: 'active' });
  expect(await ask()).toMatchObject({ granted: true });
});

it('a hold and a ramp of 0.1.0 remain, and an account that had left may be connected', async () => {
  await stand.connect(id('held'));
  expect(await statusOf('held')).toMatchObject({
    state: 'held',
    hold: { actor: 'ada via outreach', reason: 'a person checks the account' },
    caps: { ramp: 5, binding: 'ramp' },
  });
  await stand.connect(id('gone'));
  await safeband.reconcileNow(id('gone'));
  expect(await statusOf('gone')).toMatchObject({ state: 'active', weekUsed: 1 });
  const alerts = `select distinct kind from safeband.alerts where account_id <> '${id('busy')}'`;
  expect(await rowsOf(alerts)).toEqual([{ kind: 'unclean_end' }]);
});
