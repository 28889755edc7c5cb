/** The pages of operators about the server itself: keys, and endpoints of webhooks. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { listKeys } from '../../../postgres/access/keys.js';
import { countGroups, scopesOfGroup } from '../../../postgres/groups/members.js';
import { listDeliveries, listEndpoints } from '../../../postgres/webhooks/endpoints.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import { forbidden } from '../../plumbing/problems.js';
import { mayHave } from '../../routes/webhooks.js';
import type { PageParts } from '../context.js';
import { frameOf, sendPage } from '../ui/send.js';
import { KeysPage } from './keysPage.js';
import { WebhooksPage } from './webhooksPage.js';

const OPERATE = { config: { needs: 'operate' } } as const;
const TRIES_SHOWN = 5;

type Asked = { readonly Querystring: { readonly [name: string]: unknown } };

export function addAdminPages(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  /** Reads the filter of the address, its choices, and what it selects. */
  const filterOf = async ({ caller, query }: FastifyRequest<Asked>) => {
    const group = groupOfPage(query['group']);
    const groups = await countGroups(pool, caller.accounts);
    return { group, groups, isOfGroup: await scopesOfGroup(pool, group) };
  };

  app.get<Asked>('/keys', OPERATE, async (request, reply) => {
    if (request.caller.accounts !== null) {
      throw forbidden('a limited key does not see other keys', 'use a key of all accounts');
    }
    const { isOfGroup, ...filter } = await filterOf(request);
    const keys = (await listKeys(pool)).filter(isOfGroup);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, KeysPage({ frame, keys, ...filter }));
  });

  app.get<Asked>('/webhooks', OPERATE, async (request, reply) => {
    const { caller } = request;
    const { isOfGroup, ...filter } = await filterOf(request);
    const all = await listEndpoints(pool);
    const seen = all.filter((endpoint) => mayHave(caller, endpoint) && isOfGroup(endpoint));
    const endpoints = await Promise.all(
      seen.map(async (endpoint) => {
        const only = { limit: TRIES_SHOWN, accounts: caller.accounts };
        return { ...endpoint, tries: await listDeliveries(pool, endpoint.endpointId, only) };
      }),
    );
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, WebhooksPage({ frame, endpoints, ...filter }));
  });
}
