/** The pages of operators about the server itself: keys, and endpoints of webhooks. */
import type { FastifyInstance } from 'fastify';
import { listKeys } from '../../../postgres/access/keys.js';
import { listDeliveries, listEndpoints } from '../../../postgres/webhooks/endpoints.js';
import { forbidden } from '../../plumbing/problems.js';
import { mayHave } from '../../routes/webhooks.js';
import type { PageParts } from '../context.js';
import { frameOf, sendPage } from '../ui/send.js';
import { KeysPage } from './keysPage.js';
import { WebhooksPage } from './webhooksPage.js';

const OPERATE = { config: { needs: 'operate' } } as const;
const TRIES_SHOWN = 5;

export function addAdminPages(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  app.get('/keys', OPERATE, async (request, reply) => {
    if (request.caller.accounts !== null) {
      throw forbidden('a limited key does not see other keys', 'use a key of all accounts');
    }
    const keys = await listKeys(pool);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, KeysPage({ frame, keys }));
  });

  app.get('/webhooks', OPERATE, async (request, reply) => {
    const { caller } = request;
    const all = await listEndpoints(pool);
    const seen = all.filter((endpoint) => mayHave(caller, endpoint));
    const endpoints = await Promise.all(
      seen.map(async (endpoint) => {
        const only = { limit: TRIES_SHOWN, accounts: caller.accounts };
        return { ...endpoint, tries: await listDeliveries(pool, endpoint.endpointId, only) };
      }),
    );
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, WebhooksPage({ frame, endpoints }));
  });
}
