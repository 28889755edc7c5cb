/** The routes of the contract's Queries (2), and of the status. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import type { AskInput } from '../../client/inputs.js';
import { slotCount } from '../../domain/wire/queryRequests.js';
import * as answers from '../schemas/answers.js';
import * as decisions from '../schemas/decisions.js';
import { anyInstant, campaignId, closed, recipientId } from '../schemas/parts.js';
import { answerOf, etagOf, hasIt } from '../status.js';
import { accountParams, problems } from './message.js';
import type { Parts } from '../context.js';

type Params = Static<typeof accountParams>;
const free = Type.Optional(
  Type.Boolean({ description: 'True: for an InMail that costs no credit.' }),
);
const peekQuery = closed({
  at: Type.Optional(
    anyInstant('An instant in place of now: not in the past, and at most 32 days ahead.'),
  ),
  recipientId: Type.Optional(recipientId),
  campaignId: Type.Optional(campaignId),
  free,
});
const slotsQuery = closed({
  count: Type.Integer({ ...slotCount.rule, examples: [5] }),
  campaignId: Type.Optional(campaignId),
  free,
});
const read = { config: { needs: 'read' } } as const;
const tags = ['queries'];

const askOf = ({ campaignId: one }: { readonly campaignId?: string }): AskInput =>
  one === undefined ? {} : { campaignId: one };

export function statusRoute(app: FastifyInstance, { statuses }: Parts): void {
  app.get<{ Params: Params }>(
    '/v1/accounts/:accountId/status',
    {
      ...read,
      schema: {
        operationId: 'status',
        tags,
        summary: 'One consistent read of the account',
        description: 'Has an ETag; If-None-Match is answered with 304 if nothing has changed.',
        params: accountParams,
        response: {
          200: answers.status,
          304: { type: 'null', description: 'Nothing has changed.' },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const status = await statuses.read(request.params.accountId);
      const etag = etagOf(status);
      void reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (hasIt(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return answerOf(status);
    },
  );
}

export function queryRoutes(app: FastifyInstance, { client }: Parts): void {
  app.get<{ Params: Params; Querystring: Static<typeof peekQuery> }>(
    '/v1/accounts/:accountId/peek',
    {
      ...read,
      schema: {
        operationId: 'peek',
        tags,
        summary: 'The decision that a reserve would get; changes nothing',
        params: accountParams,
        querystring: peekQuery,
        response: { 200: decisions.peek, ...problems },
      },
    },
    ({ params, query: { at, ...ask } }) => client.peek(params.accountId, at, ask),
  );
  app.get<{ Params: Params }>(
    '/v1/accounts/:accountId/waiting',
    {
      ...read,
      schema: {
        operationId: 'waiting',
        tags,
        summary: 'The asks that wait in the account, in the order in which they are served',
        params: accountParams,
        response: { 200: decisions.waiting, ...problems },
      },
    },
    async ({ params }) => [...(await client.waiting(params.accountId))],
  );
  app.get<{ Params: Params; Querystring: Static<typeof slotsQuery> }>(
    '/v1/accounts/:accountId/nextSlots',
    {
      ...read,
      schema: {
        operationId: 'nextSlots',
        tags,
        summary: 'The next instants at which a reserve is granted if every slot before it is used',
        params: accountParams,
        querystring: slotsQuery,
        response: { 200: answers.nextSlots, ...problems },
      },
    },
    ({ params, query }) => client.nextSlots(params.accountId, query.count, askOf(query)),
  );
}
