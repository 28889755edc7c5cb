/** Migrates a database from a version that did not compare spellings (R13). */
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { isAccountId, isIdentity } from '../../../src/domain/primitives/ids.js';
import { migrate } from '../../../src/postgres/migrate.js';
import { createPool, type Pool } from '../../../src/postgres/pool.js';
import { anAccount, must } from '../../support/scenario.js';
import { spellingsOf } from '../../support/spellings.js';
import { freshDatabase } from '../../support/stand.js';

const migrations = fileURLToPath(new URL('../../../migrations', import.meta.url));
const IDS = Array.from({ length: spellingsOf('').length }, (_, n) => `ACoAAB${n}q-${randomUUID()}`);
const spelt = (n: number): string => spellingsOf(IDS[n] ?? '')[n] ?? '';

let pool: Pool;
let close = async (): Promise<void> => undefined;
beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'migrations-'));
  const older = (await readdir(migrations)).filter((name) => /^\d{4}_/.test(name) && name < '0019');
  for (const name of older) await cp(path.join(migrations, name), path.join(folder, name));
  await writeFile(path.join(folder, 'roles.sql'), 'select 1');
  const { url, drop } = await freshDatabase('template1');
  pool = createPool(url);
  close = async () => {
    await pool.end();
    await drop();
    await rm(folder, { recursive: true, force: true });
  };
  await migrate(url, undefined, folder);
  await pool.query(
    `insert into safeband.accounts
       (account_id, tier, counter_day, state, owner, owner_version, version, updated_at, identity)
     select 'older-' || n, 'premium', safeband.utc_day(now()), 'active', 'a chain', 1, 1, now(), spelt
       from unnest($1::text[]) with ordinality as list (spelt, n)`,
    [IDS.map((_, n) => spelt(n))],
  );
  await migrate(url);
});
afterAll(() => close());

const claim = (name: string, identity: string) => {
  const start = { accountId: must(isAccountId, name), identity: must(isIdentity, identity) };
  const { entity } = anAccount(start, { now: Date.now() });
  const row = accountRow(entity.account, entity.version);
  return createActivities({ pool }).claim({ owner: name, found: null, row });
};

it('a migrated database finds the account of a member in each spelling of its connect', async () => {
  for (const [n, id] of IDS.entries()) {
    const rivals = [`older-${n + 1}`];
    expect([spelt(n), await claim(`newer-${n}`, id)]).toEqual([
      spelt(n),
      { claimed: true, rivals },
    ]);
  }
  expect(await claim('stranger', 'ACoAABstranger')).toEqual({ claimed: true, rivals: [] });
});

it('a migrated database keeps the original spelling and the compared form', async () => {
  const { rows } = await pool.query<{ identity: string; normal: string | null }>(
    `select identity, identity_normal as normal from safeband.accounts
      where account_id like 'newer-%' or account_id like 'older-%' order by account_id`,
  );
  expect(rows.filter(({ normal }) => normal === null).map(({ identity }) => identity)).toEqual(
    expect.arrayContaining(IDS.map((_, n) => spelt(n))),
  );
  expect(rows.filter(({ normal }) => normal !== null)).toEqual(
    expect.arrayContaining(IDS.map((identity) => ({ identity, normal: identity.toLowerCase() }))),
  );
});
