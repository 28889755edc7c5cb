/** Endpoints of webhooks, by Postgres. */
import type { Instant } from '../../domain/primitives/time.js';
import { idsOfGroup, scopesOfGroup } from '../../postgres/groups/members.js';
import type { Pool } from '../../postgres/pool.js';
import {
  addEndpoint,
  listDeliveries,
  listEndpoints,
  readEndpoint,
  removeEndpoint,
  replay,
} from '../../postgres/webhooks/endpoints.js';
import { deliveryJson, endpointJson } from '../shapes.js';
import type { Webhooks } from './source.js';

/** Returns the endpoints of this database. */
export const directWebhooks = (pool: () => Pool, now: () => Instant): Webhooks => ({
  list: async (group) =>
    (await listEndpoints(pool())).filter(await scopesOfGroup(pool(), group)).map(endpointJson),
  add: (input, by) => addEndpoint(pool(), { ...input, by, at: now() }),
  log: async (endpointId, { limit, before, group }) => {
    if (!(await readEndpoint(pool(), endpointId))) return undefined;
    const accounts = await idsOfGroup(pool(), { group, accounts: null });
    const page = { limit: limit + 1, accounts, group, before };
    const found = await listDeliveries(pool(), endpointId, page);
    const deliveries = found.slice(0, limit).map(deliveryJson);
    const next = found.length > limit ? (deliveries.at(-1)?.deliveryId ?? null) : null;
    return { deliveries, next };
  },
  replay: async (endpointId, from, by) => {
    if (!(await readEndpoint(pool(), endpointId))) return 'unknown';
    const isReplayed = await replay(pool(), endpointId, { ...from, by, at: now() });
    return isReplayed ? 'replayed' : 'nothing';
  },
  remove: (endpointId, by) => removeEndpoint(pool(), endpointId, by),
});
