/** The names of the checks that detect mutants of SQL, migrations and activities. */
import type { AlertCheckName } from './alertChecks.js';
import type { BackupCheckName } from './backupMutants.js';
import type { CampaignCheckName } from './campaignMutants.js';
import type { ContactCheckName } from './contactMutants.js';
import type { DataCheckName } from './dataMutants.js';
import type { DatabaseCheckName } from './databaseChecks.js';
import type { FleetCheckName } from './fleetChecks.js';
import type { GroupCheckName } from './groupMutants.js';
import type { GroupSendCheckName } from './groupSendMutants.js';
import type { IdentityCheckName } from './identityChecks.js';
import type { ListCheckName } from './listMutants.js';
import type { ManyCheckName } from './manyMutants.js';
import type { RunCheckName } from './runChecks.js';
import type { SealCheckName } from './sealMutants.js';

export type CheckName =
  | DatabaseCheckName
  | RunCheckName
  | FleetCheckName
  | IdentityCheckName
  | AlertCheckName
  | CampaignCheckName
  | GroupCheckName
  | GroupSendCheckName
  | DataCheckName
  | ContactCheckName
  | BackupCheckName
  | ListCheckName
  | SealCheckName
  | ManyCheckName;
