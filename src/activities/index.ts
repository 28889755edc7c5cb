/** The activities that a worker runs, built from what they need. */
import { accountActivities } from './account.js';
import { brakeActivities } from './orders/brake.js';
import { fleetActivities } from './fleet.js';
import { history } from './history.js';
import { lastRunActivities } from './lastRun.js';
import type { Activities } from './ports.js';
import { expandWindow } from './window.js';
import { webhookActivities, type WebhookNeeds } from './webhooks.js';
import { workflows } from './workflows.js';
import type { Pacing } from '../domain/account/policy.js';
import type { Pool } from '../postgres/pool.js';
import { readContacts } from '../postgres/read/contacts.js';

export type ActivityNeeds = {
  readonly pool: Pool;
  readonly webhooks?: WebhookNeeds;
  /** The pace of new accounts that name none (R19). */
  readonly defaultPacing?: Pacing | undefined;
};

export const createActivities = ({
  pool,
  webhooks = {},
  defaultPacing,
}: ActivityNeeds): Activities => ({
  ...accountActivities(pool, defaultPacing),
  ...fleetActivities(pool, workflows),
  ...lastRunActivities(history),
  ...webhookActivities(pool, webhooks),
  ...brakeActivities(pool),
  findContacts: async (ask) => ({ found: await readContacts(pool, ask) }),
  expandWindow: async (ask) => expandWindow(ask),
});
