/** The activities that a worker runs, built from what they need. */
import { accountActivities } from './account.js';
import { fleetActivities } from './fleet.js';
import type { Activities } from './ports.js';
import { expandWindow } from './window.js';
import { workflows } from './workflows.js';
import type { Pool } from '../postgres/pool.js';

export const createActivities = ({ pool }: { readonly pool: Pool }): Activities => ({
  ...accountActivities(pool),
  ...fleetActivities(pool, workflows),
  expandWindow: async (ask) => expandWindow(ask),
});
