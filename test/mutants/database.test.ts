/**
 * Each broken SQL statement, migration or activity fails the check of the rule that it breaks. A
 * mutant has one text of the sources or migrations replaced, and it runs on a real database.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALERT_CHECKS } from './alertChecks.js';
import { BACKUP_CHECKS } from './backupMutants.js';
import { CAMPAIGN_CHECKS } from './campaignMutants.js';
import { CONTACT_CHECKS } from './contactMutants.js';
import { DATA_CHECKS } from './dataMutants.js';
import { DATABASE_CHECKS } from './databaseChecks.js';
import { DATABASE_MUTANTS } from './databaseMutants.js';
import { buildOf, databaseOf, Desk, type Build, type Database } from './desk.js';
import { FLEET_CHECKS } from './fleetChecks.js';
import { GROUP_CHECKS } from './groupMutants.js';
import { GROUP_SEND_CHECKS } from './groupSendMutants.js';
import { IDENTITY_CHECKS } from './identityChecks.js';
import { LIST_CHECKS } from './listMutants.js';
import { MANY_CHECKS } from './manyMutants.js';
import { RUN_CHECKS } from './runChecks.js';
import { SEAL_CHECKS } from './sealMutants.js';
import { broken, dropCopies, flawBy, project, tableOf, type Mutant } from './mutant.js';

const CHECKS = {
  ...DATABASE_CHECKS,
  ...RUN_CHECKS,
  ...FLEET_CHECKS,
  ...IDENTITY_CHECKS,
  ...ALERT_CHECKS,
  ...CAMPAIGN_CHECKS,
  ...GROUP_CHECKS,
  ...GROUP_SEND_CHECKS,
  ...DATA_CHECKS,
  ...CONTACT_CHECKS,
  ...BACKUP_CHECKS,
  ...SEAL_CHECKS,
  ...LIST_CHECKS,
  ...MANY_CHECKS,
};
const caught = new Map<Mutant, string | undefined>();
afterAll(async () => {
  await dropCopies();
  process.stdout.write(tableOf(caught));
});

let database: Database;
let unbroken: Build;
beforeAll(async () => {
  [database, unbroken] = await Promise.all([databaseOf(), buildOf()]);
});
afterAll(() => database.drop());

describe('the database and the activities as they are', () => {
  it('the unchanged database and activities pass each check', async () => {
    const migrated = await databaseOf(project);
    for (const [name, check] of Object.entries(CHECKS)) {
      const flaw = await flawBy(() => check(new Desk(migrated.pool, unbroken)));
      expect([name, flaw]).toEqual([name, undefined]);
    }
    await migrated.drop();
  });
});

const isMigration = ({ file }: Mutant): boolean => file.startsWith('migrations/');

/** A mutant with other migrations needs its own database; audits and seals read all accounts. */
async function ownDatabase(mutant: Mutant): Promise<Database | undefined> {
  if (isMigration(mutant)) return databaseOf(await broken(mutant));
  const isOfAudit = /fleet|audit|^src\/postgres\/(data|operations)\//.test(mutant.file);
  return isOfAudit ? databaseOf() : undefined;
}

describe('a check of the database catches', () => {
  it.each(DATABASE_MUTANTS.map((mutant) => [mutant.what, mutant] as const))(
    '%s',
    async (_, mutant) => {
      const build = await (isMigration(mutant) ? unbroken : buildOf(mutant));
      const own = await ownDatabase(mutant);
      const desk = new Desk((own ?? database).pool, build);
      caught.set(mutant, await flawBy(() => CHECKS[mutant.by](desk)));
      await own?.drop();
      expect(caught.get(mutant)).toBeDefined();
    },
  );
});
