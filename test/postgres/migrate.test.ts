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
