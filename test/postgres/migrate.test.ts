/** Several parts start at once on a new database: one of them makes the tables, the others wait. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { migrate } from '../../src/postgres/migrate.js';

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

it('applies each file once, however many try at once', async () => {
  const said: string[] = [];
  const applied = await Promise.all(
    [1, 2, 3].map(() => migrate(url.href, (line) => said.push(line))),
  );
  const names = applied.flat();
  expect(names.length).toBeGreaterThan(0);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(names.toSorted());
  expect(said).toEqual(names.map((file) => `applying ${file}`));
  expect(await migrate(url.href)).toEqual([]);
});

it('reports who keeps it waiting, and ends with that where the wait is too long', async () => {
  await migrate(url.href);
  const holder = new pg.Client({ connectionString: url.href, application_name: 'a report' });
  await holder.connect();
  for (const table of ['migration_lock', 'schema_migrations']) {
    await holder.query(`begin; lock table safeband.${table} in access exclusive mode`);
    const said: string[] = [];
    const waits = { lockWaitMs: 1_500, reportMs: 100 };
    const tried = migrate(url.href, (line) => said.push(line), undefined, waits);
    await expect(tried).rejects.toThrow(
      /not free within 1.5 s; .*program a report.*npm run migrate again/,
    );
    expect(said[0]).toMatch(/waiting for a lock that is held by process \d+ .*program a report/);
    await holder.query('rollback');
  }
  await holder.end();
  expect(await migrate(url.href)).toEqual([]);
});
