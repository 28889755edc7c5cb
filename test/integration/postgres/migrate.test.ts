/** Several programs start at once on a new database: one makes the tables, and the others wait. */
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { migrate } from '../../../src/postgres/migrate.js';

const name = `empty_${randomUUID().replaceAll('-', '')}`;
const url = new URL(inject('postgresUrl'));
url.pathname = `/${name}`;
let admin: pg.Client;
beforeAll(async () => {
  admin = new pg.Client({ connectionString: inject('postgresUrl') });
  await admin.connect();
  await admin.query(`create database ${name}`);
});
afterAll(async () => {
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
});

it('simultaneous migrations apply each file once', async () => {
  const printed: string[] = [];
  const applied = await Promise.all(
    [1, 2, 3].map(() => migrate(url.href, (line) => printed.push(line))),
  );
  const names = applied.flat();
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(names.toSorted());
  expect(printed).toEqual(names.map((file) => `applying ${file}`));
  expect(await migrate(url.href)).toEqual([]);
});

it('a migration that waits reports the session that holds the lock, and fails with its name after the time limit', async () => {
  await migrate(url.href);
  const holder = new pg.Client({ connectionString: url.href, application_name: 'a report' });
  await holder.connect();
  for (const table of ['migration_lock', 'schema_migrations']) {
    await holder.query(`begin; lock table safeband.${table} in access exclusive mode`);
    const printed: string[] = [];
    const waits = { lockWaitMs: 4_000, reportMs: 100 };
    const tried = migrate(url.href, (line) => printed.push(line), undefined, waits);
    await expect(tried).rejects.toThrow(
      /not free within 4 s; .*program a report.*npm run migrate again/,
    );
    expect(printed[0]).toMatch(/waiting for a lock that is held by process \d+ .*program a report/);
    await holder.query('rollback');
  }
  await holder.end();
  expect(await migrate(url.href)).toEqual([]);
});

/** The beginning of an older worker's reason for a pause, which migration 0024 reads. */
const OLDER_TEXT = ['throttled,', 'said', 'of', 'reservation'].join(' ');

it('a migration adds to cooldowns of older workers the reservation whose report caused them', async () => {
  const older = await mkdtemp(path.join(tmpdir(), 'safeband-migrations-'));
  const own = fileURLToPath(new URL('../../../migrations', import.meta.url));
  await cp(own, older, { recursive: true, filter: (file) => !file.includes('0024_') });
  await admin.query(`create database ${name}_older`);
  const at = new URL(url);
  at.pathname = `/${name}_older`;
  await migrate(at.href, undefined, older);
  const rows = new pg.Client({ connectionString: at.href });
  await rows.connect();
  const changes = [
    [`${OLDER_TEXT} r.1:x`, { cause: 'throttled' }],
    ['60 of a cap of 50', { cause: 'overshoot' }],
    [`${OLDER_TEXT} r-2`, { cause: 'throttled', reservationId: 'r-3' }],
  ] as const;
  for (const [number, [reason, details]] of changes.entries()) {
    await rows.query(
      `insert into safeband.account_changes (account_id, number, kind, actor, reason, details, at)
       values ('a', $1, 'cooldown', 'safeband', $2, $3, now())`,
      [number, reason, details],
    );
  }
  expect(await migrate(at.href)).toEqual(['0024_throttled_by.sql']);
  const { rows: found } = await rows.query<{ id: string | null }>(
    `select details ->> 'reservationId' as id from safeband.account_changes order by number`,
  );
  expect(found.map(({ id }) => id)).toEqual(['r.1:x', null, 'r-3']);
  await rows.end();
  await admin.query(`drop database ${name}_older with (force)`);
  await rm(older, { recursive: true });
});
