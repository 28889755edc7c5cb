/** `migrations/schema.sql` is the result of the migrations. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Pool } from '../../../src/postgres/pool.js';
import { withDatabase } from '../../support/database.js';
import { leftOut, schemaOf } from '../../support/schema.js';

const FILE = fileURLToPath(new URL('../../../migrations/schema.sql', import.meta.url));

let pool: Pool;
withDatabase((own) => {
  pool = own;
});

it('migrations/schema.sql has the schema of all migrations: else `npm run schema`', async () => {
  await expect(await schemaOf(pool)).toMatchFileSnapshot(FILE);
});

it('migrations/schema.sql contains every kind of object', async () => {
  expect(await leftOut(pool)).toEqual([]);
});
