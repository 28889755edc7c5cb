/** The page of groups. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { listNumbered } from '../../../postgres/groups/numbers.js';
import { readPage, type Query } from '../../plumbing/paging.js';
import type { PageParts } from '../context.js';
import { frameOf, sendPage } from '../ui/send.js';
import { GroupsPage } from './groupsPage.js';

type Asked = { readonly Querystring: { readonly [name: string]: unknown } };

export function addGroupPage(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  app.get<Asked>('/groups', { config: { needs: 'read' } }, async (request, reply) => {
    const { caller } = request;
    const cursor = request.query['cursor'];
    const query: Query = typeof cursor === 'string' ? { cursor } : {};
    const at = now();
    const { items, next } = await readPage({
      path: '/groups',
      query,
      place: Type.String(),
      read: async (after, limit) => {
        const found = await listNumbered(pool, { ...caller, after: after ?? '', limit, at });
        return found.map((item) => ({ item, place: item.group }));
      },
    });
    const frame = frameOf(request, reply, { assets: assets.urls, now: at });
    const page = GroupsPage({ frame, groups: items, next, isFirst: cursor === undefined });
    return sendPage(request, reply, page);
  });
}
