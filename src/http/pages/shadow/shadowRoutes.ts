/** The page of an account's shadow mode (R23). */
import type { FastifyInstance } from 'fastify';
import { dayOf } from '../../../domain/primitives/time.js';
import {
  readShadow,
  SHADOW_DAYS_DEFAULT,
  SHADOW_DAYS_MAX,
} from '../../../postgres/diagnostics/shadow.js';
import { accountUnknown } from '../../plumbing/problems.js';
import { accountIn } from '../account/accountRoutes.js';
import type { PageParts } from '../context.js';
import { frameOf, sendPage } from '../ui/send.js';
import { daysIn, ShadowPage } from './shadowPage.js';

type Asked = {
  readonly Params: { readonly accountId: string };
  readonly Querystring: { readonly days?: unknown };
};

export function addShadow(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  app.get<Asked>(
    '/accounts/:accountId/shadow',
    { config: { needs: 'read' } },
    async (request, reply) => {
      const accountId = accountIn(request.params);
      const asked = daysIn(request.query.days);
      const days = asked ?? SHADOW_DAYS_DEFAULT;
      const report = await readShadow(pool, accountId, { today: dayOf(now()), days });
      if (!report) throw accountUnknown();
      const failure =
        asked === undefined ? `Days must be a whole number from 1 to ${SHADOW_DAYS_MAX}.` : null;
      const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
      const page = ShadowPage({ frame, report, days, failure });
      return sendPage(request, reply, page, failure === null ? 200 : 400);
    },
  );
}
