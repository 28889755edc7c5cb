/**
 * Broken SQL, migrations and activities are caught, each by the check of the rule that it breaks: a
 * copy of the sources in which one text is replaced, on a real database.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_CHECKS } from './databaseChecks.js';
import { DATABASE_MUTANTS } from './databaseMutants.js';
import { activitiesOf, databaseOf, Desk, type Database } from './desk.js';
import { copyOfSources, dropCopies, flawBy, tableOf, type Mutant } from './mutant.js';

const caught = new Map<Mutant, string | undefined>();
afterAll(async () => {
  await dropCopies();
  process.stdout.write(tableOf(caught));
});

let database: Database;
beforeAll(async () => {
  database = await databaseOf();
});
afterAll(() => database.drop());

describe('the database and the activities as they are', () => {
  it('pass each check', async () => {
    const sources = await copyOfSources();
    const build = await activitiesOf(sources);
    const migrated = await databaseOf(sources);
    for (const [name, check] of Object.entries(DATABASE_CHECKS)) {
      const flaw = await flawBy(() => check(new Desk(migrated.pool, build)));
      expect([name, flaw]).toEqual([name, undefined]);
    }
    await migrated.drop();
  });
});

describe('a check of the database catches', () => {
  it.each(DATABASE_MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    '%s',
    async (_, mutant) => {
      const sources = await copyOfSources(mutant);
      const build = await activitiesOf(sources);
      const isMigration = mutant.file.startsWith('migrations/');
      const { pool, drop } = isMigration ? await databaseOf(sources) : database;
      caught.set(mutant, await flawBy(() => DATABASE_CHECKS[mutant.by](new Desk(pool, build))));
      if (isMigration) await drop();
      expect(caught.get(mutant)).toBeDefined();
    },
  );
});
