/** The activities that a worker runs, built from what they need. */
import { accountActivities } from './account.js';
import { brakeActivities } from './orders/brake.js';
import { orderActivities } from './orders/order.js';
import { fleetActivities } from './fleet.js';
import { history } from './history.js';
import { lastRunActivities } from './start/lastRun.js';
import { startActivities } from './start/rows.js';
import type { Activities } from './ports.js';
import { withSpread } from './spread.js';
import { expandWindow } from './window.js';
import { webhookActivities, type WebhookNeeds } from './webhooks.js';
import { workflows } from './workflows.js';
import type { Pacing } from '../domain/account/policy.js';
import { RETENTION_DEFAULT, type Retention } from '../domain/records/retention.js';
import type { ErasureKey } from '../postgres/data/erasureKey.js';
import { claimContacts, leaveClaims } from '../postgres/groups/claims.js';
import { inTransaction, type Pool } from '../postgres/pool.js';
import { readContacts, readReplies } from '../postgres/read/contacts.js';
import { USUAL_SIZES, type Sizes } from '../platform/sizes.js';

export type ActivityNeeds = {
  readonly pool: Pool;
  readonly webhooks?: WebhookNeeds;
  /** The pace of new accounts that name none (R19). */
  readonly defaultPacing?: Pacing | undefined;
  readonly sizes?: Sizes;
  /** How long rows are kept (R28). */
  readonly retention?: Retention | undefined;
  /** Finds erased recipients (R29). */
  readonly erasureKey?: ErasureKey | undefined;
};

export const createActivities = ({
  pool,
  webhooks = {},
  defaultPacing,
  sizes = USUAL_SIZES,
  retention = RETENTION_DEFAULT,
  erasureKey,
}: ActivityNeeds): Activities => ({
  ...startActivities(pool, defaultPacing),
  ...withSpread(accountActivities(pool), sizes),
  ...fleetActivities(pool, workflows, sizes, { keep: retention, erasureKey }),
  ...lastRunActivities(history),
  ...webhookActivities(pool, webhooks),
  ...brakeActivities(pool),
  ...orderActivities(pool),
  findContacts: async (ask) => ({ found: await readContacts(pool, ask, erasureKey) }),
  claimContacts: (ask) =>
    inTransaction(pool, async (db) => ({
      ...(await claimContacts(db, ask, erasureKey)),
      found: await readContacts(db, ask, erasureKey),
    })),
  leaveContacts: async (ask) => {
    await leaveClaims(pool, ask, erasureKey);
    return {};
  },
  findReplies: async (ask) => ({ found: await readReplies(pool, ask) }),
  expandWindow: async (ask) => expandWindow(ask),
});
