/** `GET /v1/drift`: the accounts whose counter and event log disagree now. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { compareAll, readDrift, type Compared } from '../../postgres/diagnostics/drift.js';
import { idsOfGroup } from '../../postgres/groups/members.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { Parts } from '../context.js';
import { groupIn, groupQuery } from '../plumbing/groupFilter.js';
import { accountItem } from '../routes/lists/lists.js';
import { problems } from '../routes/message.js';
import { account } from '../schemas/lists.js';
import { closed, count } from '../schemas/parts.js';

const LIMIT = 50;
const LIMIT_MAX = 1_000;

const query = closed({
  ...groupQuery,
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMIT_MAX,
      default: LIMIT,
      description: 'Maximum number of accounts in the answer.',
    }),
  ),
});
const answer = closed({
  checked: count('Connected accounts that were compared and that the key may see.'),
  disagreeing: count('How many of them disagree; `accounts` may have fewer.'),
  accounts: Type.Array(
    closed({
      ...account.properties,
      isEdited: Type.Boolean({ description: 'True: its row was edited manually.' }),
    }),
  ),
});

export function driftRoutes(app: FastifyInstance, { pool, now }: Parts): void {
  let comparing: Promise<Compared> | null = null;
  /** Compares all accounts; many requests at the same time share one comparison. */
  const compare = (at: Instant): Promise<Compared> => {
    comparing ??= compareAll(pool, at).finally(() => {
      comparing = null;
    });
    return comparing;
  };
  app.get<{ Querystring: Static<typeof query> }>(
    '/v1/drift',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'drift',
        tags: ['operations'],
        summary: 'Accounts whose counter and event log disagree now, the largest drift first',
        description:
          'Connected accounts whose drift is not explained by their slots in flight and uncertain ' +
          'slots, or whose row was edited manually. The next reconcile corrects each account.',
        querystring: query,
        response: { 200: answer, ...problems },
      },
    },
    async ({ caller, query: { limit = LIMIT, group } }) => {
      const at = now();
      const only = { group: groupIn(group), accounts: caller.accounts };
      const found = await readDrift(pool, await compare(at), {
        at,
        limit,
        accounts: await idsOfGroup(pool, only),
      });
      const accounts = found.accounts.map(({ isEdited, ...row }) => ({
        ...accountItem(row, at),
        isEdited,
      }));
      return { ...found, accounts };
    },
  );
}
