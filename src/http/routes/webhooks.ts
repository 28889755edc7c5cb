/**
 * Endpoints of webhooks, for operators. A limited key sees only endpoints that name no other
 * account; for it, every other endpoint does not exist.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import {
  INSTANT_WORDS,
  parseInstant,
  isoInstant,
  isoOrNull,
  SECOND_MS,
} from '../../domain/primitives/time.js';
import { idsOfGroup, scopesOfGroup } from '../../postgres/groups/members.js';
import {
  addEndpoint,
  changeEndpoint,
  enableEndpoint,
  listDeliveries,
  listEndpoints,
  pingEndpoint,
  readEndpoint,
  removeEndpoint,
  replay,
  rotateSecret,
  type Endpoint,
  type ReplayFrom,
} from '../../postgres/webhooks/endpoints.js';
import { urlFlaw } from '../../webhooks/url.js';
import { whoOf } from '../access/accessLog.js';
import { hasGroup, maySee, type Caller } from '../access/caller.js';
import { groupIn, groupQuery } from '../plumbing/groupFilter.js';
import { pageOf, pageQuery, readPage, type Query } from '../plumbing/paging.js';
import { accountUnknown, forbidden, invalidInput, Problem } from '../plumbing/problems.js';
import { nothing } from '../schemas/messages.js';
import { closed } from '../schemas/parts.js';
import * as schemas from '../schemas/webhooks.js';
import { problems } from './message.js';
import type { Parts } from '../context.js';

type Params = Static<typeof schemas.params>;
type Create = Static<typeof schemas.create>;
type Change = Static<typeof schemas.change>;
type Rotate = Static<typeof schemas.rotate>;
type Replay = Static<typeof schemas.replay>;

const config = { needs: 'operate' } as const;
const tags = ['webhooks'];
const ONE = '/v1/webhooks/:endpointId';

type Scope = Pick<Endpoint, 'accounts' | 'groups'>;
/** Returns true if the key may see all of the named accounts, and all accounts of the groups. */
export const mayHave = (caller: Caller, { accounts, groups }: Scope): boolean =>
  caller.accounts === null ||
  ((accounts !== null || groups !== null) &&
    (accounts ?? []).every((one) => maySee(caller, one)) &&
    (groups ?? []).every((one) => hasGroup(caller, one)));

const unknown = (): Problem =>
  new Problem({
    status: 404,
    kind: 'webhook-unknown',
    title: 'There is no such webhook',
    detail: 'this key has no webhook with this id',
    cure: 'read the ids of your webhooks with GET /v1/webhooks',
  });

const shown = ({ events, accounts, groups, secrets, ...endpoint }: Endpoint) => ({
  ...endpoint,
  events: [...events],
  accounts: accounts && [...accounts],
  groups: groups && [...groups],
  secrets: secrets.map(({ secret, until }) => ({ secret, until: isoOrNull(until) })),
  createdAt: isoInstant(endpoint.createdAt),
  failingSince: isoOrNull(endpoint.failingSince),
  nextAttemptAt: isoOrNull(endpoint.nextAttemptAt),
  disabledAt: isoOrNull(endpoint.disabledAt),
});

/** Throws if a field is wrong, or names an account or a group that the key does not have. */
function check(caller: Caller, url: string | null | undefined, scope: Scope): void {
  const flaw = url ? urlFlaw(url) : undefined;
  if (flaw !== undefined) throw invalidInput(`url: ${flaw}`, 'url');
  if (mayHave(caller, scope)) return;
  const { accounts, groups } = scope;
  if (accounts === null && groups === null) {
    throw invalidInput('accounts should be a list of accounts that this key may see', 'accounts');
  }
  const foreign = (groups ?? []).find((one) => !hasGroup(caller, one));
  if (foreign === undefined) throw accountUnknown();
  throw forbidden(
    `this key is not limited to the group ${foreign}`,
    'use a key of all accounts, or name the accounts of the group that this key may see',
  );
}

function placeIn({ eventId, since }: Replay): ReplayFrom {
  const [event, time] = [eventId ?? undefined, since ?? undefined];
  if (event !== undefined && time === undefined) return { eventId: event };
  if (event === undefined && time !== undefined) {
    const instant = parseInstant(time);
    if (instant !== undefined) return { since: instant };
    throw invalidInput(`since should be ${INSTANT_WORDS}`, 'since');
  }
  throw invalidInput('eventId should be given, or since in its place, but not both', 'eventId');
}

export function webhookRoutes(app: FastifyInstance, parts: Parts): void {
  app.addHook('onResponse', async (request, reply) => {
    const { url = '' } = request.routeOptions;
    const isChange = url.startsWith('/v1/webhooks') && request.method !== 'GET';
    if (!isChange || reply.statusCode >= 300) return;
    request.log.info(whoOf(request), 'access.webhook_changed');
  });
  manage(app, parts);
  operate(app, parts);
  deliveries(app, parts);
}

/** Returns the endpoint of the path, if the caller may see it. */
async function endpointOf(
  { pool }: Parts,
  { params, caller }: FastifyRequest<{ Params: Params }>,
): Promise<Endpoint> {
  const endpoint = await readEndpoint(pool, params.endpointId);
  if (!endpoint || !mayHave(caller, endpoint)) throw unknown();
  return endpoint;
}

function manage(app: FastifyInstance, parts: Parts): void {
  const { pool, now } = parts;
  const schemaOf = (operationId: string, summary: string, more: object) => ({
    config,
    schema: { operationId, tags, summary, ...more },
  });
  app.get<{ Querystring: Query }>(
    '/v1/webhooks',
    schemaOf('listWebhooks', 'All endpoints, or those that a group has, with their state', {
      querystring: closed(groupQuery),
      response: { 200: pageOf(schemas.endpoint), ...problems },
    }),
    async ({ caller, query }) => {
      const isOfGroup = await scopesOfGroup(pool, groupIn(query['group']));
      const isSeen = (one: Endpoint): boolean => mayHave(caller, one) && isOfGroup(one);
      return { items: (await listEndpoints(pool)).filter(isSeen).map(shown), next: null };
    },
  );
  app.post<{ Body: Create }>(
    '/v1/webhooks',
    schemaOf('createWebhook', 'Add an endpoint; only this answer has its secret', {
      body: schemas.create,
      response: { 201: schemas.created, ...problems },
    }),
    async ({ caller, body }, reply) => {
      const scope = { accounts: body.accounts ?? null, groups: body.groups ?? null };
      const wanted = { ...body, ...scope };
      check(caller, body.url, scope);
      const made = await addEndpoint(pool, { ...wanted, by: caller.name, at: now() });
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  );
  app.get<{ Params: Params }>(
    ONE,
    schemaOf('readWebhook', 'Read one endpoint', {
      params: schemas.params,
      response: { 200: schemas.endpoint, ...problems },
    }),
    async (request) => shown(await endpointOf(parts, request)),
  );
  app.patch<{ Params: Params; Body: Change }>(
    ONE,
    schemaOf('changeWebhook', 'Change the given fields; waiting events are sent at once', {
      params: schemas.params,
      body: schemas.change,
      response: { 200: schemas.endpoint, ...problems },
    }),
    async (request) => {
      const { caller, body } = request;
      const { endpointId, ...known } = await endpointOf(parts, request);
      const { accounts = known.accounts, groups = known.groups } = body;
      check(caller, body.url, { accounts, groups });
      await changeEndpoint(pool, endpointId, { ...body, by: caller.name, at: now() });
      return shown(await endpointOf(parts, request));
    },
  );
  app.delete<{ Params: Params }>(
    ONE,
    schemaOf('removeWebhook', 'Remove an endpoint and its log', {
      params: schemas.params,
      response: { 204: { type: 'null', description: 'The endpoint is removed.' }, ...problems },
    }),
    async (request, reply) => {
      const { endpointId } = await endpointOf(parts, request);
      await removeEndpoint(pool, endpointId, request.caller.name);
      return reply.code(204).send();
    },
  );
}

function operate(app: FastifyInstance, parts: Parts): void {
  const { pool, now } = parts;
  const schemaOf = (operationId: string, summary: string, response: object, more = {}) => ({
    config,
    schema: {
      operationId,
      tags,
      summary,
      params: schemas.params,
      response: { 200: response, ...problems },
      ...more,
    },
  });
  app.post<{ Params: Params; Body: Rotate }>(
    `${ONE}/rotate`,
    schemaOf('rotateWebhookSecret', 'Make a new secret; only this answer has it', schemas.rotated, {
      body: schemas.rotate,
    }),
    async (request, reply) => {
      const { endpointId } = await endpointOf(parts, request);
      const keepMs = (request.body.keepSeconds ?? schemas.KEEP_SECONDS) * SECOND_MS;
      const by = request.caller.name;
      const secret = await rotateSecret(pool, endpointId, { keepMs, by, at: now() });
      if (secret === undefined) throw unknown();
      return reply.header('cache-control', 'no-store').send({ secret });
    },
  );
  app.post<{ Params: Params }>(
    `${ONE}/ping`,
    schemaOf('pingWebhook', 'Send a ping at once', schemas.pinged, {
      body: nothing,
    }),
    async (request) => {
      const { endpointId } = await endpointOf(parts, request);
      const eventId = await pingEndpoint(pool, endpointId, now());
      if (eventId === undefined) throw unknown();
      return { eventId };
    },
  );
  app.post<{ Params: Params }>(
    `${ONE}/enable`,
    schemaOf('enableWebhook', 'Enable the endpoint again', schemas.endpoint, {
      body: nothing,
    }),
    async (request) => {
      const { endpointId } = await endpointOf(parts, request);
      await enableEndpoint(pool, endpointId, { by: request.caller.name, at: now() });
      return shown(await endpointOf(parts, request));
    },
  );
  app.post<{ Params: Params; Body: Replay }>(
    `${ONE}/replay`,
    schemaOf('replayWebhook', 'Replay events from a given point', schemas.endpoint, {
      body: schemas.replay,
    }),
    async (request) => {
      const from = placeIn(request.body);
      const { endpointId } = await endpointOf(parts, request);
      const by = request.caller.name;
      if (!(await replay(pool, endpointId, { ...from, by, at: now() }))) {
        const field = 'eventId' in from ? 'eventId' : 'since';
        throw invalidInput(`${field} should be earlier: no event is kept from there on`, field);
      }
      return shown(await endpointOf(parts, request));
    },
  );
}

function deliveries(app: FastifyInstance, parts: Parts): void {
  app.get<{ Params: Params; Querystring: Query }>(
    `${ONE}/deliveries`,
    {
      config,
      schema: {
        operationId: 'webhookDeliveries',
        tags,
        summary: 'Delivery attempts, newest first',
        params: schemas.params,
        querystring: closed({ ...groupQuery, ...pageQuery }),
        response: { 200: pageOf(schemas.delivery), ...problems },
      },
    },
    async (request) => {
      const { endpointId } = await endpointOf(parts, request);
      const group = groupIn(request.query['group']);
      return readPage({
        path: request.url.split('?')[0] ?? '',
        query: request.query,
        place: Type.Integer(),
        read: async (after, limit) => {
          const accounts = await idsOfGroup(parts.pool, { ...request.caller, group });
          const page = { limit, accounts, group, before: after };
          return (await listDeliveries(parts.pool, endpointId, page)).map((one) => ({
            item: { ...one, at: isoInstant(one.at) },
            place: one.deliveryId,
          }));
        },
      });
    },
  );
}
