/** `GET /v1/accounts/{accountId}/shadow`: what an account in shadow mode would have denied (R23). */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { dayOf, isoInstant } from '../../domain/primitives/time.js';
import {
  pageShadow,
  readShadow,
  readSpan,
  SHADOW_DAYS_DEFAULT,
  SHADOW_DAYS_MAX,
  type ShadowPlace,
} from '../../postgres/diagnostics/shadow.js';
import type { Parts } from '../context.js';
import { csvQuery, sendCsv } from '../plumbing/csv.js';
import { accountUnknown } from '../plumbing/problems.js';
import { accountParams, problems } from '../routes/message.js';
import { closed } from '../schemas/parts.js';
import { shadowGrant, shadowReport } from '../schemas/shadow.js';

const query = closed({
  days: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: SHADOW_DAYS_MAX,
      default: SHADOW_DAYS_DEFAULT,
      description: 'How many quota days, today included.',
    }),
  ),
  ...csvQuery,
});

export function shadowRoute(app: FastifyInstance, { pool, now }: Parts): void {
  app.get<{ Params: Static<typeof accountParams>; Querystring: Static<typeof query> }>(
    '/v1/accounts/:accountId/shadow',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'shadow',
        tags: ['queries'],
        summary: 'What the gate would have denied in shadow mode, and what was delivered',
        description:
          'Grants of accounts in shadow mode that the gate would have denied, by day and reason. ' +
          'With format=csv: a file with each of them.',
        params: accountParams,
        querystring: query,
        response: { 200: shadowReport, ...problems },
      },
    },
    async (request, reply) => {
      const { accountId } = request.params;
      const { days = SHADOW_DAYS_DEFAULT, format } = request.query;
      const today = dayOf(now());
      if (format !== 'csv') {
        const report = await readShadow(pool, accountId, { today, days });
        if (!report) throw accountUnknown();
        return report;
      }
      const span = await readSpan(pool, accountId, { today, days });
      if (!span) throw accountUnknown();
      const { since } = span;
      return sendCsv<ShadowPlace>(request, reply, {
        name: `safeband-shadow-${accountId}-${isoInstant(now()).slice(0, 10)}.csv`,
        columns: ['accountId', ...Object.keys(shadowGrant.properties)],
        more: { accountId },
        read: (after, limit) => pageShadow(pool, accountId, { since, after, limit }),
      });
    },
  );
}
