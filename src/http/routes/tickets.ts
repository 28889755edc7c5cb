/** Reads for support: why numbers differ, a past state, and the effect of another policy. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { parseInstant } from '../../domain/primitives/time.js';
import { stateAt } from '../../postgres/diagnostics/history.js';
import { whatIf } from '../../postgres/diagnostics/whatIf.js';
import { readWhy } from '../../postgres/diagnostics/why.js';
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
const atQuery = closed({ at: anyInstant('The instant of the state.') });
const whatIfQuery = closed({
  change: Type.String({
    maxLength: 4_000,
    description: 'A body of `configure`, without tier and actor.',
    examples: ['{"dailyCap":30}'],
  }),
  days: Type.Optional(Type.Integer({ minimum: 1, maximum: WHAT_IF_DAYS_MAX, default: 30 })),
});
export function ticketRoutes(app: FastifyInstance, { client, pool, now }: Parts): void {
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
      return known(await readWhy(pool, accountId, { now: now(), status }));
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
