/** What a check of the domain may use: the domain, and files outside of it that use no server. */
import { DOMAIN_FILES, loadDomain, type Domain } from '../support/domain.js';

export type Checked = Domain &
  typeof import('../../src/domain/entity/atOnce.js') &
  typeof import('../../src/domain/entity/endings.js') &
  typeof import('../../src/domain/reconcile/leases.js') &
  typeof import('../../src/activities/start/closedRuns.js') &
  typeof import('../../src/platform/signedFile.js') &
  typeof import('../../src/platform/retention.js') &
  typeof import('../../src/postgres/data/eraseText.js');

const OTHERS = [
  'entity/atOnce',
  'entity/endings',
  'reconcile/leases',
  '../activities/start/closedRuns',
  '../platform/signedFile',
  '../platform/retention',
  '../postgres/data/eraseText',
];
/** The files, from `src/domain`. */
export const CHECKED_FILES = [...DOMAIN_FILES, ...OTHERS];

/** Loads the files as they are, from the path of `src/domain`. */
export const loadChecked = (folder: string): Promise<Checked> =>
  loadDomain<Checked>(folder, CHECKED_FILES);
