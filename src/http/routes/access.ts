/** Log-ins, and changes of keys and webhooks: for operators of all accounts. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { listAccessChanges } from '../../postgres/access/changes.js';
import { groupIn, groupQuery } from '../plumbing/groupFilter.js';
import { pageOf, pageQuery, readPage, type Query } from '../plumbing/paging.js';
import { closed } from '../schemas/parts.js';
import { problems } from './message.js';
import { checkAllAccounts } from '../access/caller.js';
import type { Parts } from '../context.js';

const item = closed({
  changeId: Type.Integer(),
  at: Type.String(),
  kind: Type.String({
    description:
      'login, key_made, key_revoked, webhook_added, webhook_changed (also by a new secret, a replay ' +
      'or enabling), webhook_removed, share_made, share_revoked or group_changed.',
  }),
  actor: Type.String({ description: 'The name of a key, or `cli:<user>`.' }),
  target: Type.String({ description: 'The id of the key, the webhook or the link, or the group.' }),
  details: Type.Object({}),
});

export function accessRoutes(app: FastifyInstance, { pool }: Parts): void {
  app.get<{ Querystring: Query }>(
    '/v1/access',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'accessChanges',
        tags: ['lists'],
        summary: 'Log-ins, and changes of keys and webhooks; for keys of all accounts',
        description:
          'Of a group: changes of its policy, and of keys, webhooks and links that name the group or ' +
          'an account that it has now. Those of all accounts belong to no group.',
        querystring: closed({ ...groupQuery, ...pageQuery }),
        response: { 200: pageOf(item), ...problems },
      },
    },
    async ({ caller, query, url }) => {
      checkAllAccounts(caller);
      const group = groupIn(query['group']);
      return readPage({
        path: url.split('?')[0] ?? '',
        query,
        place: Type.Integer(),
        read: async (after, limit) =>
          (await listAccessChanges(pool, { before: after, limit, group })).map((one) => ({
            item: one,
            place: one.changeId,
          })),
      });
    },
  );
}
