/** The activities that a worker runs, built from what they need. */
import { accountActivities } from './account.js';
import type { Activities } from './ports.js';
import { expandWindow } from './window.js';
import type { Pool } from '../postgres/pool.js';

export const createActivities = ({ pool }: { readonly pool: Pool }): Activities => ({
  ...accountActivities(pool),
  expandWindow: async (ask) => expandWindow(ask),
});
