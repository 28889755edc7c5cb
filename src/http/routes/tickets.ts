/** Reads for support: why numbers differ, all sources, a past state, the effect of a policy. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { isoInstant, parseInstant } from '../../domain/primitives/time.js';
import { stateAt } from '../../postgres/diagnostics/history.js';
import { readSources } from '../../postgres/diagnostics/sources.js';
import { whatIf } from '../../postgres/diagnostics/whatIf.js';
import { readWhy } from '../../postgres/diagnostics/why.js';
import { readFeed } from '../../postgres/read/feed.js';
import { isKnown } from '../../postgres/read/lists.js';
import { QUERY_MS } from '../../status/statusReader.js';
import { askStatus } from '../../status/readStatus.js';
import { parseJson } from '../plumbing/json.js';
import { LIMITS } from '../plumbing/limits.js';
import { accountUnknown, invalidInput, problemOf } from '../plumbing/problems.js';
import * as answers from '../schemas/tickets.js';
import { anyInstant, closed } from '../schemas/parts.js';
import { accountParams, problems } from './message.js';
import { WHAT_IF_DAYS_MAX } from '../../domain/diagnostics/whatIf/question.js';
import type { Parts } from '../context.js';

type Params = Static<typeof accountParams>;
const read = { needs: 'read' } as const;
const tags = ['queries'];
/** Maximum number of rows in one answer of the feed. */
const FEED_MAX = 1_000;
const atQuery = closed({ at: anyInstant('The instant of the state.') });
const whatIfQuery = closed({
  change: Type.String({
    maxLength: 4_000,
    description: 'A body of `configure`, without tier and actor.',
    examples: ['{"dailyCap":30}'],
  }),
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: WHAT_IF_DAYS_MAX, default: 30 })),
});
const feedQuery = closed({
  since: Type.Optional(anyInstant('Only rows that were written since then.')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: FEED_MAX, default: 50 })),
});
export function ticketRoutes(app: FastifyInstance, parts: Parts): void {
  const { client, pool, now } = parts;
  sourcesRoute(app, parts);
  feedRoute(app, parts);
  app.get<{ Params: Params }>(
    '/v1/accounts/:accountId/why',
    {
      config: read,
      schema: {
        operationId: 'why',
        tags,
        summary: 'Why counter and event log differ, in sentences',
        params: accountParams,
        response: { 200: answers.why, ...problems },
      },
    },
    async ({ params: { accountId } }) => {
      const answer = await askStatus(() => client.status(accountId, QUERY_MS), now);
      const status = 'status' in answer ? answer.status : undefined;
      const why = known(await readWhy(pool, accountId, { now: now(), status }));
      return { ...why, source: status ? 'workflow' : 'postgres' };
    },
  );
  app.get<{ Params: Params; Querystring: Static<typeof atQuery> }>(
    '/v1/accounts/:accountId/history',
    {
      config: read,
      schema: {
        operationId: 'history',
        tags,
        summary: 'The state of the gate at an instant',
        params: accountParams,
        querystring: atQuery,
        response: { 200: answers.stateAt, ...problems },
      },
    },
    async ({ params: { accountId }, query }) => {
      const at = parseInstant(query.at);
      if (at === undefined || at > now())
        throw invalidInput('at should be an instant in the past', 'at');
      return known(await stateAt(pool, accountId, at));
    },
  );
  app.get<{ Params: Params; Querystring: Static<typeof whatIfQuery> }>(
    '/v1/accounts/:accountId/whatIf',
    {
      config: read,
      schema: {
        operationId: 'whatIf',
        tags,
        summary: 'The effect of another cap, ramp or window on the last days',
        params: accountParams,
        querystring: whatIfQuery,
        response: { 200: answers.whatIf, ...problems },
      },
    },
    async ({ params: { accountId }, query }) => {
      const change = changeIn(query.change);
      const days = query.days ?? 30;
      const found = known(await whatIf(pool, accountId, change, { days, now: now() }));
      if ('refused' in found) throw problemOf(found.refused, found.message, 'change');
      return found;
    },
  );
}

/** The workflow and each table side by side: what `safeband check` compares. */
function sourcesRoute(app: FastifyInstance, { client, pool, now, hasEnded }: Parts): void {
  app.get<{ Params: Params }>(
    '/v1/accounts/:accountId/sources',
    {
      config: read,
      schema: {
        operationId: 'sources',
        tags,
        summary: 'Workflow, row, reservations, journal and event log side by side',
        params: accountParams,
        response: { 200: answers.sources, ...problems },
      },
    },
    async ({ params: { accountId } }) => {
      const answer = await askStatus(() => client.status(accountId, QUERY_MS), now);
      const isGone = 'status' in answer ? await hasEnded?.(accountId) : answer.why === 'ended';
      const status = 'status' in answer ? answer.status : undefined;
      const sources = await readSources(pool, accountId, { now: now(), status });
      return { ...known(sources), status: status ?? null, isGone: isGone ?? false };
    },
  );
}

function feedRoute(app: FastifyInstance, { pool }: Parts): void {
  app.get<{ Params: Params; Querystring: Static<typeof feedQuery> }>(
    '/v1/accounts/:accountId/feed',
    {
      config: read,
      schema: {
        operationId: 'feed',
        tags,
        summary: 'The newest rows of the account of every kind, the oldest first',
        params: accountParams,
        querystring: feedQuery,
        response: { 200: answers.feed, ...problems },
      },
    },
    async ({ params: { accountId }, query: { since, limit = 50 } }) => {
      if (!(await isKnown(pool, accountId))) throw accountUnknown();
      const from = since === undefined ? null : (parseInstant(since) ?? null);
      const found = await readFeed(pool, accountId, { since: from, limit });
      const items = found.map(({ at, recordedAt, ...one }) => ({
        ...one,
        at: isoInstant(at),
        recordedAt: isoInstant(recordedAt),
      }));
      return { items };
    },
  );
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw accountUnknown();
  return found;
}

/** Reads the JSON object in a query parameter. */
function changeIn(text: string): unknown {
  const value = text.startsWith('{') ? parseJson(Buffer.from(text), LIMITS.jsonDepth) : undefined;
  if (typeof value === 'object' && value !== null) return value;
  throw invalidInput('change should be a JSON object such as {"dailyCap":30}', 'change');
}
